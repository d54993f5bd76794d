//! The outbox: rendered mails waiting, under way and done.
//!
//! Owns: table `outbox`, where a mail stands; `sending` is committed before the first byte leaves.
//! Never: rendering or delivering.
//! Reads next: `outbox/body.rs`, `outbox/claims.rs`, `decisions.rs`.

mod body;
mod claims;
mod undelivered;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};

use super::entity::outbox::{self, Column as Col};
use super::runs::NO_RUN;
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::word_enum;

pub use body::Body;
pub use claims::Claimed;

word_enum! {
    pub enum MailKind {
        Alert = "alert",
        Digest = "digest",
    }
}

word_enum! {
    pub enum MailStatus {
        /// Of a backfill: waits for the operator.
        Held = "held",
        /// Waits for its next attempt.
        Queued = "queued",
        /// Committed before the first byte: a crash from here on is ambiguous.
        Sending = "sending",
        Accepted = "accepted",
        Rejected = "rejected",
        /// Nobody knows whether the server took it: the operator decides.
        Ambiguous = "ambiguous",
        /// Taken by the relay, and given back for good by whoever it passed it on to.
        Bounced = "bounced",
    }
}

/// A rendered mail for one recipient. Its bytes never change again.
#[derive(Clone)]
pub struct NewMail {
    /// Derived from what is told to whom: the same mail cannot be queued twice.
    pub message_id: String,
    /// The run that tells it; `None`: the daemon itself.
    pub run_id: Option<i64>,
    pub kind: MailKind,
    /// `head@00118`
    pub post: String,
    /// Envelope addresses.
    pub sender: String,
    pub recipient: String,
    pub subject: String,
    pub body: Vec<u8>,
    /// The same mail with a note in place of its attachments.
    pub light: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
    /// `Queued`, or `Held` for the operator.
    pub status: MailStatus,
}

/// Where a mail stands; what it says is read where it is needed ([`Body`]).
#[derive(Clone)]
pub struct Mail {
    pub id: i64,
    pub message_id: String,
    pub kind: MailKind,
    pub post: String,
    pub sender: String,
    pub recipient: String,
    pub subject: String,
    pub status: MailStatus,
    pub attempts: i32,
    pub ambiguities: i32,
    pub next_attempt_at: DateTime<Utc>,
    pub reply: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When a relay first refused it for now.
    pub first_refused_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "mail {} <{}> to {}, {}",
            self.id, self.message_id, self.post, self.status
        )
    }
}

/// What becomes of a mail after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub status: MailStatus,
    /// When to try again, if `status` is `queued`.
    pub next_attempt_at: DateTime<Utc>,
    pub ambiguities: i32,
    pub first_refused_at: Option<DateTime<Utc>>,
    pub reply: String,
}

impl Write {
    /// Puts a mail into the outbox; `false` if this Message-ID is there already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn queue_mail(&self, mail: NewMail) -> Result<bool, StoreError> {
        let row = outbox::ActiveModel {
            id: NotSet,
            message_id: Set(mail.message_id),
            run_id: Set(mail.run_id.unwrap_or(NO_RUN)),
            kind: Set(mail.kind.as_str().to_owned()),
            post: Set(mail.post),
            sender: Set(mail.sender),
            recipient: Set(mail.recipient),
            subject: Set(mail.subject),
            status: Set(mail.status.as_str().to_owned()),
            attempts: Set(0),
            next_attempt_at: Set(seconds(mail.created_at)),
            ambiguities: Set(0),
            reply: Set(None),
            created_at: Set(seconds(mail.created_at)),
            finished_at: Set(None),
            first_refused_at: Set(None),
            followed_at: Set(None),
        };
        let inserted = outbox::Entity::insert(row)
            .on_conflict_do_nothing_on([Col::MessageId])
            .exec(&self.tx)
            .await?;
        let TryInsertResult::Inserted(row) = inserted else {
            return Ok(false);
        };
        let (whole, light) = (mail.body, mail.light);
        let body = Body { whole, light };
        self.keep_body(row.last_insert_id, body).await?;
        Ok(true)
    }

    /// Queues a mail again that was held, rejected, bounced or ended ambiguously; `false` if there is none such.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn requeue_mail(&self, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let may = [
            MailStatus::Held,
            MailStatus::Rejected,
            MailStatus::Ambiguous,
            MailStatus::Bounced,
        ];
        let updated = outbox::Entity::update_many()
            .col_expr(Col::Status, Expr::value(MailStatus::Queued.as_str()))
            .col_expr(Col::NextAttemptAt, Expr::value(seconds(now)))
            .col_expr(Col::FinishedAt, Expr::value(None::<i64>))
            .col_expr(Col::FirstRefusedAt, Expr::value(None::<i64>))
            .col_expr(Col::FollowedAt, Expr::value(None::<i64>))
            .filter(Col::Id.eq(id))
            .filter(Col::Status.is_in(may.map(MailStatus::as_str)))
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected == 1)
    }
}

impl Store {
    /// How many mails stand where; a status that no mail has is left out.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn mails_by_status(&self) -> Result<BTreeMap<MailStatus, u64>, StoreError> {
        let rows: Vec<(String, i64)> = outbox::Entity::find()
            .select_only()
            .column(Col::Status)
            .column_as(Col::Id.count(), "mails")
            .group_by(Col::Status)
            .into_tuple()
            .all(&self.db)
            .await?;
        let counted = |(status, mails): (String, i64)| {
            let status = word("outbox", &status, &status, MailStatus::parse)?;
            Ok((status, mails.unsigned_abs()))
        };
        rows.into_iter().map(counted).collect()
    }

    /// Whether a mail waits whose time has come.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_due_mails(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let due = outbox::Entity::find()
            .select_only()
            .column(Col::Id)
            .filter(Col::Status.eq(MailStatus::Queued.as_str()))
            .filter(Col::NextAttemptAt.lte(seconds(now)))
            .limit(1)
            .into_tuple::<i64>()
            .one(&self.db)
            .await?;
        Ok(due.is_some())
    }

    /// All mails, oldest first; `status` narrows them.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn mails(&self, status: Option<MailStatus>) -> Result<Vec<Mail>, StoreError> {
        let mut find = outbox::Entity::find();
        if let Some(status) = status {
            find = find.filter(Col::Status.eq(status.as_str()));
        }
        let rows = find.order_by_asc(Col::Id).all(&self.db).await?;
        rows.into_iter().map(Mail::try_from).collect()
    }

    /// Mails put into the outbox after the one of this id, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn mails_after(&self, id: i64) -> Result<Vec<Mail>, StoreError> {
        let rows = outbox::Entity::find()
            .filter(Col::Id.gt(id))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Mail::try_from).collect()
    }

    /// The id of the latest mail; 0 if there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_mail(&self) -> Result<i64, StoreError> {
        let found: Option<i64> = outbox::Entity::find()
            .select_only()
            .column(Col::Id)
            .order_by_desc(Col::Id)
            .into_tuple()
            .one(&self.db)
            .await?;
        Ok(found.unwrap_or(0))
    }

    /// How many mails of a run wait for the operator.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn held_mails_of(&self, run_id: i64) -> Result<u64, StoreError> {
        let count = outbox::Entity::find()
            .filter(Col::RunId.eq(run_id))
            .filter(Col::Status.eq(MailStatus::Held.as_str()))
            .count(&self.db)
            .await?;
        Ok(count)
    }

    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn mail(&self, id: i64) -> Result<Option<Mail>, StoreError> {
        outbox::Entity::find_by_id(id)
            .one(&self.db)
            .await?
            .map(Mail::try_from)
            .transpose()
    }
}

impl TryFrom<outbox::Model> for Mail {
    type Error = StoreError;

    fn try_from(row: outbox::Model) -> Result<Self, StoreError> {
        let id = row.id;
        Ok(Self {
            id,
            kind: word("outbox", id, &row.kind, MailKind::parse)?,
            status: word("outbox", id, &row.status, MailStatus::parse)?,
            next_attempt_at: instant("outbox", id, row.next_attempt_at)?,
            created_at: instant("outbox", id, row.created_at)?,
            finished_at: instant_or_none("outbox", id, row.finished_at)?,
            first_refused_at: instant_or_none("outbox", id, row.first_refused_at)?,
            message_id: row.message_id,
            post: row.post,
            sender: row.sender,
            recipient: row.recipient,
            subject: row.subject,
            attempts: row.attempts,
            ambiguities: row.ambiguities,
            reply: row.reply,
        })
    }
}

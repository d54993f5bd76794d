//! Mails under way: taken for sending, given back, settled.
//!
//! Owns: that a mail is `sending` before its first byte leaves, and that only the claim under which it was sent says
//! what became of it.
//! Never: what an outcome means (`job::deliver`).
//! Reads next: `../outbox.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::body::{self, Body};
use super::{Mail, MailStatus, Settled};
use crate::store::entity::outbox::{self, Column as Col};
use crate::store::{StoreError, Write, seconds};

/// A mail taken for sending, and what it says.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub mail: Mail,
    pub body: Body,
}

impl Write {
    /// Takes up to `limit` mails that are due and marks them `sending`, an attempt more for each. Commit before
    /// sending. Another process that claims at the same time gets others.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn claim_mails(
        &self,
        now: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Claimed>, StoreError> {
        let due = outbox::Entity::find()
            .filter(Col::Status.eq(MailStatus::Queued.as_str()))
            .filter(Col::NextAttemptAt.lte(seconds(now)))
            .order_by_asc(Col::NextAttemptAt)
            .order_by_asc(Col::Id)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&self.tx)
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        outbox::Entity::update_many()
            .col_expr(
                Col::Status,
                Expr::value(MailStatus::Sending.as_str().to_owned()),
            )
            .col_expr(Col::Attempts, Expr::col(Col::Attempts).add(1))
            .filter(Col::Id.is_in(due.iter().map(|row| row.id)))
            .exec(&self.tx)
            .await?;
        let mut bodies = body::bodies(&self.tx, due.iter().map(|row| row.id)).await?;
        let claimed = |mut row: outbox::Model| {
            row.status = MailStatus::Sending.as_str().to_owned();
            row.attempts += 1;
            let body = bodies
                .remove(&row.id)
                .ok_or_else(|| body::missing(row.id))?;
            let mail = Mail::try_from(row)?;
            Ok(Claimed { mail, body })
        };
        due.into_iter().map(claimed).collect()
    }

    /// Takes the claim of `mail` back, if it stands: it had no attempt, and may have one from `next` on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unclaim_mail(&self, mail: &Mail, next: DateTime<Utc>) -> Result<(), StoreError> {
        outbox::Entity::update_many()
            .col_expr(Col::Status, Expr::value(MailStatus::Queued.as_str()))
            .col_expr(Col::Attempts, Expr::value(mail.attempts - 1))
            .col_expr(Col::NextAttemptAt, Expr::value(seconds(next)))
            .filter(Col::Id.eq(mail.id))
            .filter(Col::Status.eq(MailStatus::Sending.as_str()))
            .filter(Col::Attempts.eq(mail.attempts))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Mails that a killed process left in `sending`.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn interrupted_mails(&self) -> Result<Vec<Mail>, StoreError> {
        let rows = outbox::Entity::find()
            .filter(Col::Status.eq(MailStatus::Sending.as_str()))
            .order_by_asc(Col::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(Mail::try_from).collect()
    }

    /// Writes what became of a mail, if the claim under which it was sent still stands; `false`: another process
    /// has it by now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settle_mail(
        &self,
        mail: &Mail,
        settled: &Settled,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let finished = matches!(settled.status, MailStatus::Accepted | MailStatus::Rejected);
        let first_refused_at = settled.first_refused_at.map(seconds);
        let updated = outbox::Entity::update_many()
            .col_expr(Col::Status, Expr::value(settled.status.as_str()))
            .col_expr(
                Col::NextAttemptAt,
                Expr::value(seconds(settled.next_attempt_at)),
            )
            .col_expr(Col::Ambiguities, Expr::value(settled.ambiguities))
            .col_expr(Col::FirstRefusedAt, Expr::value(first_refused_at))
            .col_expr(Col::Reply, Expr::value(settled.reply.clone()))
            .col_expr(Col::FinishedAt, Expr::value(finished.then(|| seconds(now))))
            .filter(Col::Id.eq(mail.id))
            .filter(Col::Status.eq(MailStatus::Sending.as_str()))
            .filter(Col::Attempts.eq(mail.attempts))
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected == 1)
    }
}

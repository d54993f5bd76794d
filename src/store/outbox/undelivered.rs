//! Mails that did not arrive, or of which nobody knows: refused, given back after the relay had taken them, ambiguous.
//!
//! Owns: what a notice changes in a row; which of them nobody has followed up yet.
//! Never: reading notices (`mail::bounce`); who hears of it (`job::undelivered`).
//! Reads next: `claims.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Mail, MailStatus};
use crate::store::entity::outbox::{self, Column as Col};
use crate::store::{Store, StoreError, Write, seconds};

impl Write {
    /// The mail of this Message-ID.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn mail_named(&self, message_id: &str) -> Result<Option<Mail>, StoreError> {
        outbox::Entity::find()
            .filter(Col::MessageId.eq(message_id))
            .one(&self.tx)
            .await?
            .map(Mail::try_from)
            .transpose()
    }

    /// A mail that the relay had taken, or may have taken, has come back for good, which is to be followed up though
    /// its ambiguous end was; `false`: it is no such mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn bounce_mail(
        &self,
        mail: &Mail,
        said: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let may = [MailStatus::Accepted, MailStatus::Ambiguous];
        let updated = outbox::Entity::update_many()
            .col_expr(Col::Status, Expr::value(MailStatus::Bounced.as_str()))
            .col_expr(Col::Reply, Expr::value(said.to_owned()))
            .col_expr(Col::FinishedAt, Expr::value(seconds(now)))
            .col_expr(Col::FollowedAt, Expr::value(None::<i64>))
            .filter(Col::Id.eq(mail.id))
            .filter(Col::Status.is_in(may.map(MailStatus::as_str)))
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected == 1)
    }

    /// Adds what a server said to the reply of a mail, once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_on_mail(&self, mail: &Mail, said: &str) -> Result<(), StoreError> {
        let before = mail.reply.as_deref().unwrap_or_default();
        if before.ends_with(said) {
            return Ok(());
        }
        outbox::Entity::update_many()
            .col_expr(Col::Reply, Expr::value(format!("{before}; {said}")))
            .filter(Col::Id.eq(mail.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Nobody needs to follow this mail up any more; `false`: somebody has already, or it stands otherwise by now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn follow_mail(&self, mail: &Mail, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let updated = outbox::Entity::update_many()
            .col_expr(Col::FollowedAt, Expr::value(seconds(now)))
            .filter(Col::Id.eq(mail.id))
            .filter(Col::Status.eq(mail.status.as_str()))
            .filter(Col::FollowedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected == 1)
    }
}

impl Store {
    /// Mails that were refused, came back or ended ambiguously, and that nobody has followed up, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn unfollowed_mails(&self, limit: u64) -> Result<Vec<Mail>, StoreError> {
        let not_there = [
            MailStatus::Rejected,
            MailStatus::Bounced,
            MailStatus::Ambiguous,
        ];
        let rows = outbox::Entity::find()
            .filter(Col::Status.is_in(not_there.map(MailStatus::as_str)))
            .filter(Col::FollowedAt.is_null())
            .order_by_asc(Col::Id)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Mail::try_from).collect()
    }
}

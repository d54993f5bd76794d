//! The audit trail: who was told what, by which mail, what became of it, and what was answered.
//!
//! Owns: reading tables `decision`, `outbox` and `answer` together.
//! Never: writing; silence (a decision not to speak is in `decisions.rs`); the bytes of mails.
//! Reads next: `answers.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::answers::Answered;
use super::decisions::{HELD, occasion};
use super::entity::{answer, decision, outbox};
use super::outbox::MailStatus;
use super::{Store, StoreError, instant, instant_or_none, seconds, word};

/// How many values one question may hold.
const AT_ONCE: usize = 500;

/// Something that somebody was told, or that waits to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub about: String,
    /// `head@00118`
    pub post: String,
    /// Address of whoever is told.
    pub recipient: String,
    pub reason: String,
    pub occasion: String,
    /// When it was told; of what waits, when it was decided.
    pub at: DateTime<Utc>,
    /// The mail that tells it; `None`: it waits for the day's letter.
    pub mail: Option<Sending>,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    pub message_id: String,
    pub status: MailStatus,
    pub attempts: i32,
    /// Of the server, to the last attempt.
    pub reply: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// Which part of the trail is read.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    pub about: Option<String>,
    /// Inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// What the mail `message_id` tells, in the order in which it was decided; what a held mail would tell is no part
    /// of it.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn told_in(&self, message_id: &str) -> Result<Vec<Telling>, StoreError> {
        let find = spoken()
            .filter(decision::Column::MessageId.eq(message_id))
            .filter(decision::Column::Told.not_like(format!("{HELD}%")));
        self.tellings_of(find).await
    }

    /// What was decided to be told, in order.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn tellings(&self, stretch: &Stretch) -> Result<Vec<Telling>, StoreError> {
        let mut find = spoken();
        if let Some(about) = &stretch.about {
            find = find.filter(decision::Column::About.eq(about));
        }
        if let Some(from) = stretch.from {
            find = find.filter(when_told().gte(seconds(from)));
        }
        if let Some(until) = stretch.until {
            find = find.filter(when_told().lt(seconds(until)));
        }
        self.tellings_of(find).await
    }

    /// What was answered, in order.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn answers(&self, stretch: &Stretch) -> Result<Vec<Answered>, StoreError> {
        let mut find = answer::Entity::find();
        if let Some(about) = &stretch.about {
            find = find.filter(answer::Column::About.eq(about));
        }
        if let Some(from) = stretch.from {
            find = find.filter(answer::Column::AnsweredAt.gte(seconds(from)));
        }
        if let Some(until) = stretch.until {
            find = find.filter(answer::Column::AnsweredAt.lt(seconds(until)));
        }
        let rows = find.order_by_asc(answer::Column::Id).all(&self.db).await?;
        rows.into_iter().map(Answered::try_from).collect()
    }

    async fn tellings_of(
        &self,
        find: Select<decision::Entity>,
    ) -> Result<Vec<Telling>, StoreError> {
        let rows = find
            .order_by_asc(decision::Column::Id)
            .all(&self.db)
            .await?;
        let mut ids: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.message_id.as_deref())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let sendings = self.sendings(&ids).await?;
        let telling = |row: decision::Model| {
            Ok(Telling {
                occasion: occasion(&row)?,
                at: instant("decision", row.id, row.told_at.unwrap_or(row.decided_at))?,
                mail: row
                    .message_id
                    .as_ref()
                    .and_then(|id| sendings.get(id).cloned()),
                about: row.about,
                post: row.post,
                recipient: row.recipient,
                reason: row.reason,
            })
        };
        rows.into_iter().map(telling).collect()
    }

    /// Without the bytes, which are large.
    async fn sendings(&self, ids: &[&str]) -> Result<BTreeMap<String, Sending>, StoreError> {
        use outbox::Column as Col;
        type Row = (i64, String, String, i32, Option<String>, Option<i64>);
        let mut sendings = BTreeMap::new();
        for chunk in ids.chunks(AT_ONCE) {
            let rows: Vec<Row> = outbox::Entity::find()
                .select_only()
                .columns([Col::Id, Col::MessageId, Col::Status, Col::Attempts])
                .columns([Col::Reply, Col::FinishedAt])
                .filter(Col::MessageId.is_in(chunk.iter().copied()))
                .into_tuple()
                .all(&self.db)
                .await?;
            for (id, message_id, status, attempts, reply, finished_at) in rows {
                let sending = Sending {
                    message_id: message_id.clone(),
                    status: word("outbox", id, &status, MailStatus::parse)?,
                    attempts,
                    reply,
                    finished_at: instant_or_none("outbox", id, finished_at)?,
                };
                sendings.insert(message_id, sending);
            }
        }
        Ok(sendings)
    }
}

/// A decision is told when its letter is written.
fn when_told() -> Expr {
    let told_at = Expr::col(decision::Column::ToldAt);
    let decided_at = Expr::col(decision::Column::DecidedAt);
    Func::coalesce([told_at, decided_at]).into()
}

/// Decisions to speak.
fn spoken() -> Select<decision::Entity> {
    decision::Entity::find().filter(decision::Column::Told.is_not_null())
}

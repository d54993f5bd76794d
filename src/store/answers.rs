//! What people answered to alerts.
//!
//! Owns: table `answer`. Rows are only added: they are part of the proof.
//! Never: how long an answer holds (`domain::answer`).
//! Reads next: `trail.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::answer::{self, Column as Col};
use super::{Store, StoreError, Write, instant, seconds, word};
use crate::domain::answer::{Answer, AnswerKind};
use crate::word_enum;

/// How many values one question may hold.
const AT_ONCE: usize = 500;

word_enum! {
    /// How an answer came.
    pub enum Via {
        Link = "link",
        Command = "command",
        Page = "page",
    }
}

/// An answer as it is kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub about: String,
    pub post: String,
    /// Address of whoever answered, or in whose name.
    pub recipient: String,
    pub kind: AnswerKind,
    pub until: Option<NaiveDate>,
    pub via: Via,
    /// The letter whose link was used.
    pub message_id: Option<String>,
    pub at: DateTime<Utc>,
}

/// Answers by what they are about, oldest first.
pub type Answers = BTreeMap<String, Vec<Answered>>;

impl Write {
    /// Keeps an answer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_answer(&self, answered: &Answered) -> Result<(), StoreError> {
        let row = answer::ActiveModel {
            id: NotSet,
            about: Set(answered.about.clone()),
            post: Set(answered.post.clone()),
            recipient: Set(answered.recipient.clone()),
            kind: Set(answered.kind.as_str().to_owned()),
            until: Set(answered.until.map(|day| day.to_string())),
            via: Set(answered.via.as_str().to_owned()),
            message_id: Set(answered.message_id.clone()),
            answered_at: Set(seconds(answered.at)),
        };
        answer::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// As [`Store::answers_to`], read in the transaction that will write the next answer.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn answers_to(&self, abouts: &[String]) -> Result<Answers, StoreError> {
        answers_to(&self.tx, abouts).await
    }
}

impl Store {
    /// Answers to each of these things.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn answers_to(&self, abouts: &[String]) -> Result<Answers, StoreError> {
        answers_to(&self.db, abouts).await
    }

    /// What was answered by the link of one letter, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn answers_by(&self, message_id: &str) -> Result<Vec<Answered>, StoreError> {
        let rows = answer::Entity::find()
            .filter(Col::MessageId.eq(message_id))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Answered::try_from).collect()
    }
}

async fn answers_to(db: &impl ConnectionTrait, abouts: &[String]) -> Result<Answers, StoreError> {
    let mut answers = Answers::new();
    for chunk in abouts.chunks(AT_ONCE) {
        let rows = answer::Entity::find()
            .filter(Col::About.is_in(chunk))
            .order_by_asc(Col::Id)
            .all(db)
            .await?;
        for row in rows {
            let answered = Answered::try_from(row)?;
            answers
                .entry(answered.about.clone())
                .or_default()
                .push(answered);
        }
    }
    Ok(answers)
}

impl Answered {
    /// As the decision sees it.
    #[must_use]
    pub fn answer(&self, on: NaiveDate) -> Answer {
        Answer {
            kind: self.kind,
            post: self.post.clone(),
            on,
            until: self.until,
        }
    }
}

impl TryFrom<answer::Model> for Answered {
    type Error = StoreError;

    fn try_from(row: answer::Model) -> Result<Self, StoreError> {
        let id = row.id;
        let bad = |day: &str| StoreError::bad_row("answer", id, format!("`{day}` is not a day"));
        let until = row.until.as_deref();
        Ok(Self {
            kind: word("answer", id, &row.kind, AnswerKind::parse)?,
            via: word("answer", id, &row.via, Via::parse)?,
            until: until
                .map(|day| day.parse().map_err(|_| bad(day)))
                .transpose()?,
            at: instant("answer", id, row.answered_at)?,
            about: row.about,
            post: row.post,
            recipient: row.recipient,
            message_id: row.message_id,
        })
    }
}

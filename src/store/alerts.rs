//! Alerts that are open, what was answered to them, and who has had today's letter.
//!
//! Owns: tables `alert`, `answer` and `letter`. Answers are only added: they are part of the proof.
//! Never: deciding (`domain::decide`).
//! Reads next: `decisions.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::alert::{self, Column as Col};
use super::entity::{answer, letter};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::answer::{Answer, AnswerKind};
use crate::domain::decide::Ending;
use crate::domain::unit::UnitCode;
use crate::word_enum;

/// How many values one question may hold.
const AT_ONCE: usize = 500;

/// Something somebody was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub id: i64,
    /// `dossier/CODE`, `ward/00118/ward-on-time`
    pub about: String,
    /// Address of whoever was told.
    pub recipient: String,
    /// `head@00118`
    pub post: String,
    pub unit: UnitCode,
    /// When it became true, not when it was noticed.
    pub since: DateTime<Utc>,
    /// What was told last.
    pub occasion: String,
    pub told_at: DateTime<Utc>,
    /// `None`: it is still so.
    pub closed_at: Option<DateTime<Utc>>,
    pub ending: Option<Ending>,
}

/// What is told of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAlert {
    pub about: String,
    pub recipient: String,
    pub post: String,
    pub unit: UnitCode,
    pub since: DateTime<Utc>,
    pub occasion: String,
    pub told_at: DateTime<Utc>,
}

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

impl Write {
    /// Opens an alert, or notes what was told of an open one anew.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open_alerts(&self, told: &[ToldAlert]) -> Result<(), StoreError> {
        let update = [
            Col::Post,
            Col::Unit,
            Col::Since,
            Col::Occasion,
            Col::ToldAt,
            Col::ClosedAt,
            Col::Ending,
        ];
        for chunk in told.chunks(AT_ONCE) {
            let rows = chunk.iter().map(|told| alert::ActiveModel {
                id: NotSet,
                about: Set(told.about.clone()),
                recipient: Set(told.recipient.clone()),
                post: Set(told.post.clone()),
                unit: Set(told.unit.to_string()),
                since: Set(seconds(told.since)),
                occasion: Set(told.occasion.clone()),
                told_at: Set(seconds(told.told_at)),
                closed_at: Set(None),
                ending: Set(None),
            });
            let known = OnConflict::columns([Col::About, Col::Recipient])
                .update_columns(update)
                .to_owned();
            alert::Entity::insert_many(rows)
                .on_conflict(known)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// What was over and is so again, and was told before, is open again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reopen_alerts(
        &self,
        recipient: &str,
        abouts: &[String],
    ) -> Result<(), StoreError> {
        for chunk in abouts.chunks(AT_ONCE) {
            alert::Entity::update_many()
                .col_expr(Col::ClosedAt, Expr::value(None::<i64>))
                .col_expr(Col::Ending, Expr::value(None::<String>))
                .filter(Col::Recipient.eq(recipient))
                .filter(Col::About.is_in(chunk))
                .filter(Col::ClosedAt.is_not_null())
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// What came to its end is open no more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close_alert(
        &self,
        alert: &Alert,
        ending: Ending,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        alert::Entity::update_many()
            .col_expr(Col::ClosedAt, Expr::value(seconds(at)))
            .col_expr(Col::Ending, Expr::value(ending.as_str()))
            .filter(Col::Id.eq(alert.id))
            .filter(Col::ClosedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

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

    /// Notes the ordinary letter of `day` to `recipient`; `false`: there is one already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_letter(
        &self,
        recipient: &str,
        day: NaiveDate,
        message_id: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = letter::ActiveModel {
            recipient: Set(recipient.to_owned()),
            day: Set(day.to_string()),
            message_id: Set(message_id.to_owned()),
            written_at: Set(seconds(at)),
        };
        let first = OnConflict::columns([letter::Column::Recipient, letter::Column::Day])
            .do_nothing()
            .to_owned();
        let inserted = letter::Entity::insert(row)
            .on_conflict(first)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(inserted > 0)
    }
}

impl Store {
    /// Open alerts, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn open_alerts(&self) -> Result<Vec<Alert>, StoreError> {
        let rows = alert::Entity::find()
            .filter(Col::ClosedAt.is_null())
            .order_by_asc(Col::Since)
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Alert::try_from).collect()
    }

    /// Open alerts of one person, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn open_alerts_of(&self, recipient: &str) -> Result<Vec<Alert>, StoreError> {
        let rows = alert::Entity::find()
            .filter(Col::Recipient.eq(recipient))
            .filter(Col::ClosedAt.is_null())
            .order_by_asc(Col::Since)
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Alert::try_from).collect()
    }

    /// Alerts about one thing, open and closed.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn alerts_about(&self, about: &str) -> Result<Vec<Alert>, StoreError> {
        let rows = alert::Entity::find()
            .filter(Col::About.eq(about))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Alert::try_from).collect()
    }

    /// Answers to each of these things, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn answers_to(
        &self,
        abouts: &[String],
    ) -> Result<BTreeMap<String, Vec<Answered>>, StoreError> {
        let mut answers: BTreeMap<String, Vec<Answered>> = BTreeMap::new();
        for chunk in abouts.chunks(AT_ONCE) {
            let rows = answer::Entity::find()
                .filter(answer::Column::About.is_in(chunk))
                .order_by_asc(answer::Column::Id)
                .all(&self.db)
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

    /// Whether `recipient` has had the ordinary letter of `day`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_letter(&self, recipient: &str, day: NaiveDate) -> Result<bool, StoreError> {
        let key = (recipient.to_owned(), day.to_string());
        Ok(letter::Entity::find_by_id(key)
            .one(&self.db)
            .await?
            .is_some())
    }
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

impl TryFrom<alert::Model> for Alert {
    type Error = StoreError;

    fn try_from(row: alert::Model) -> Result<Self, StoreError> {
        let id = row.id;
        let ending = row.ending.as_deref();
        Ok(Self {
            id,
            unit: UnitCode::parse(&row.unit)
                .map_err(|error| StoreError::bad_row("alert", id, error))?,
            since: instant("alert", id, row.since)?,
            told_at: instant("alert", id, row.told_at)?,
            closed_at: instant_or_none("alert", id, row.closed_at)?,
            ending: ending
                .map(|ending| word("alert", id, ending, Ending::parse))
                .transpose()?,
            about: row.about,
            recipient: row.recipient,
            post: row.post,
            occasion: row.occasion,
        })
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

//! What the operator is told beside mail, and by which way it was told already.
//!
//! Owns: table `alarm`; its unique `occasion` is what keeps an alarm from being raised twice.
//! Never: what is worth an alarm (`job::alarm`).
//! Reads next: `rests.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::alarm::{self as entity, Column as Col};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::word_enum;

word_enum! {
    pub enum AlarmState {
        Begins = "begins",
        Over = "over",
    }
}

/// One thing to tell, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlarm {
    /// `relay 1590971400 begins`
    pub occasion: String,
    /// `relay`, `mail-to-operator`
    pub about: String,
    pub state: AlarmState,
    /// In words; no names or addresses of people.
    pub text: String,
    pub raised_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub id: i64,
    pub occasion: String,
    pub about: String,
    pub state: AlarmState,
    pub text: String,
    pub raised_at: DateTime<Utc>,
    pub failures: i32,
    pub posted_at: Option<DateTime<Utc>>,
    pub filed_at: Option<DateTime<Utc>>,
}

/// The ways there are beside mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    pub posts: bool,
    pub files: bool,
}

impl Ways {
    #[must_use]
    pub fn files_alone(self) -> Self {
        Self {
            posts: false,
            ..self
        }
    }

    #[must_use]
    pub fn posts_alone(self) -> Self {
        Self {
            files: false,
            ..self
        }
    }
}

impl Write {
    /// Raises an alarm, unless this occasion was raised before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn raise(&self, alarm: NewAlarm) -> Result<bool, StoreError> {
        let row = entity::ActiveModel {
            id: NotSet,
            occasion: Set(alarm.occasion),
            about: Set(alarm.about),
            state: Set(alarm.state.as_str().to_owned()),
            text: Set(alarm.text),
            raised_at: Set(seconds(alarm.raised_at)),
            failures: Set(0),
            next_attempt_at: Set(seconds(alarm.raised_at)),
            posted_at: Set(None),
            filed_at: Set(None),
        };
        let inserted = entity::Entity::insert(row)
            .on_conflict(OnConflict::column(Col::Occasion).do_nothing().to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        Ok(inserted > 0)
    }

    /// The latest alarm about `about`, if that is not over.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn standing_alarm(&self, about: &str) -> Result<Option<Alarm>, StoreError> {
        let last = entity::Entity::find()
            .filter(Col::About.eq(about))
            .order_by_desc(Col::Id)
            .one(&self.tx)
            .await?;
        let last = last.map(Alarm::try_from).transpose()?;
        Ok(last.filter(|alarm| alarm.state == AlarmState::Begins))
    }

    /// Writes by which ways an alarm has been told by now, and when it is tried again by the others.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_alarm(&self, alarm: &Alarm, next: DateTime<Utc>) -> Result<(), StoreError> {
        entity::Entity::update_many()
            .col_expr(Col::PostedAt, Expr::value(alarm.posted_at.map(seconds)))
            .col_expr(Col::FiledAt, Expr::value(alarm.filed_at.map(seconds)))
            .col_expr(Col::Failures, Expr::value(alarm.failures))
            .col_expr(Col::NextAttemptAt, Expr::value(seconds(next)))
            .filter(Col::Id.eq(alarm.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// The first alarm, in order, that one of `ways` has not told and whose time has come. A later one waits for it.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn untold_alarm(
        &self,
        ways: Ways,
        now: DateTime<Utc>,
    ) -> Result<Option<Alarm>, StoreError> {
        let mut untold = Condition::any();
        if ways.posts {
            untold = untold.add(Col::PostedAt.is_null());
        }
        if ways.files {
            untold = untold.add(Col::FiledAt.is_null());
        }
        if !ways.posts && !ways.files {
            return Ok(None);
        }
        let row = entity::Entity::find()
            .filter(untold)
            .order_by_asc(Col::Id)
            .limit(1)
            .one(&self.db)
            .await?;
        let due = row.filter(|row| row.next_attempt_at <= seconds(now));
        due.map(Alarm::try_from).transpose()
    }
}

impl TryFrom<entity::Model> for Alarm {
    type Error = StoreError;

    fn try_from(row: entity::Model) -> Result<Self, StoreError> {
        let id = row.id;
        Ok(Self {
            id,
            state: word("alarm", id, &row.state, AlarmState::parse)?,
            raised_at: instant("alarm", id, row.raised_at)?,
            posted_at: instant_or_none("alarm", id, row.posted_at)?,
            filed_at: instant_or_none("alarm", id, row.filed_at)?,
            occasion: row.occasion,
            about: row.about,
            text: row.text,
            failures: row.failures,
        })
    }
}

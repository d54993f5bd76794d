//! Alerts that are open, and who has had today's letter.
//!
//! Owns: tables `alert` and `letter`.
//! Never: deciding (`domain::decide`).
//! Reads next: `answers.rs`, `decisions.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::alert::{self, Column as Col};
use super::entity::letter;
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::decide::Ending;
use crate::domain::unit::UnitCode;

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

    /// What `recipient` was told of these things, open and closed. Until this transaction has ended, no other one
    /// answers or decides for `recipient`.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn alerts_of(
        &self,
        recipient: &str,
        abouts: &[String],
    ) -> Result<Vec<Alert>, StoreError> {
        self.decide_alone_about(recipient).await?;
        let mut alerts = Vec::new();
        for chunk in abouts.chunks(AT_ONCE) {
            let rows = alert::Entity::find()
                .filter(Col::Recipient.eq(recipient))
                .filter(Col::About.is_in(chunk))
                .all(&self.tx)
                .await?;
            for row in rows {
                alerts.push(Alert::try_from(row)?);
            }
        }
        Ok(alerts)
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

    /// As [`Store::open_alerts_of`], read in the transaction that will write the next letter.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn open_alerts_of(&self, recipient: &str) -> Result<Vec<Alert>, StoreError> {
        open_alerts_of(&self.tx, recipient).await
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

    /// Every alert, open and closed, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn alerts(&self) -> Result<Vec<Alert>, StoreError> {
        let rows = alert::Entity::find()
            .order_by_asc(Col::Since)
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Alert::try_from).collect()
    }

    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn alert(&self, id: i64) -> Result<Option<Alert>, StoreError> {
        let row = alert::Entity::find_by_id(id).one(&self.db).await?;
        row.map(Alert::try_from).transpose()
    }

    /// Open alerts of one person, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn open_alerts_of(&self, recipient: &str) -> Result<Vec<Alert>, StoreError> {
        open_alerts_of(&self.db, recipient).await
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

async fn open_alerts_of(
    db: &impl ConnectionTrait,
    recipient: &str,
) -> Result<Vec<Alert>, StoreError> {
    let rows = alert::Entity::find()
        .filter(Col::Recipient.eq(recipient))
        .filter(Col::ClosedAt.is_null())
        .order_by_asc(Col::Since)
        .order_by_asc(Col::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Alert::try_from).collect()
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

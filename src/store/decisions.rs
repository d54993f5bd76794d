//! Decisions to speak or stay silent, with their reasons.
//!
//! Owns: table `decision`; its unique `told` is what keeps a thing from being told twice.
//! Never: deciding (`domain::decide`).
//! Reads next: `transitions.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::decision::{self, Column as Col};
use super::runs::NO_RUN;
use super::{Store, StoreError, Write, instant, seconds};

/// One decision about one thing and one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// The run that decided; `None`: the daemon itself, about itself.
    pub run_id: Option<i64>,
    /// `dossier/CODE`, `ward/00118/ward-on-time`, `digest/weekly-digest`, `job/pull-city`
    pub about: String,
    pub post: String,
    pub recipient: String,
    /// In words, as `dondoc` prints it.
    pub reason: String,
    /// The occasion that is spoken of (`newly-late 2020-06-02`); `None`: stay silent.
    pub occasion: Option<String>,
    pub message_id: Option<String>,
    pub decided_at: DateTime<Utc>,
}

/// Something that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub about: String,
    pub recipient: String,
    pub occasion: String,
    pub at: DateTime<Utc>,
}

impl Write {
    /// Records decisions. One that speaks of something already told to that recipient leaves no second row.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_decisions(&self, decisions: &[DecisionRow]) -> Result<(), StoreError> {
        for chunk in decisions.chunks(500) {
            let rows = chunk.iter().map(|row| decision::ActiveModel {
                id: NotSet,
                run_id: Set(row.run_id.unwrap_or(NO_RUN)),
                about: Set(row.about.clone()),
                post: Set(row.post.clone()),
                recipient: Set(row.recipient.clone()),
                reason: Set(row.reason.clone()),
                told: Set(row
                    .occasion
                    .as_ref()
                    .map(|occasion| told_key(&row.about, &row.recipient, occasion))),
                message_id: Set(row.message_id.clone()),
                decided_at: Set(seconds(row.decided_at)),
            });
            decision::Entity::insert_many(rows)
                .on_conflict(OnConflict::column(Col::Told).do_nothing().to_owned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Everything told to `recipient` about things that begin with `about`, oldest first. Read in the
    /// transaction that will write the next decision.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn told(&self, recipient: &str, about: &str) -> Result<Vec<Told>, StoreError> {
        let rows = decision::Entity::find()
            .filter(Col::Recipient.eq(recipient))
            .filter(Col::About.starts_with(about))
            .filter(Col::Told.is_not_null())
            .order_by_asc(Col::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(Told::try_from).collect()
    }
}

impl Store {
    /// Every decision about one thing, oldest first: why somebody was told, or was not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decisions_about(&self, about: &str) -> Result<Vec<(String, String)>, StoreError> {
        let rows = decision::Entity::find()
            .filter(Col::About.eq(about))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(|row| (row.post, row.reason)).collect())
    }
}

fn told_key(about: &str, recipient: &str, occasion: &str) -> String {
    format!("{about}|{recipient}|{occasion}")
}

impl TryFrom<decision::Model> for Told {
    type Error = StoreError;

    fn try_from(row: decision::Model) -> Result<Self, StoreError> {
        let occasion = row
            .told
            .as_deref()
            .and_then(|told| told.rsplit('|').next())
            .ok_or_else(|| StoreError::bad_row("decision", row.id, "`told` has no occasion"))?
            .to_owned();
        Ok(Self {
            occasion,
            at: instant("decision", row.id, row.decided_at)?,
            about: row.about,
            recipient: row.recipient,
        })
    }
}

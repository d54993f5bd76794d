//! What is known of dossiers beside what they are now: what was said before, what vanished, who else tells them.
//!
//! Owns: reading tables `dossier_history` and `dossier_twin`.
//! Never: a change (`../filing.rs`).
//! Reads next: `../daybook.rs`.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::domain::dossier::Status;
use crate::domain::unit::UnitCode;
use crate::store::entity::dossier::{self, Column as Col};
use crate::store::entity::{history, twin};
use crate::store::{Store, StoreError, instant};

/// What a source said of a dossier before it said something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    pub until: DateTime<Utc>,
    pub unit: UnitCode,
    pub status: Status,
    pub due_at: DateTime<Utc>,
    pub has_vanished: bool,
}

/// A dossier that two sources tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub code: String,
    /// The source that does not count.
    pub source: String,
}

impl Store {
    /// What the source said of a dossier before, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn history_of(&self, code: &str) -> Result<Vec<Former>, StoreError> {
        let models = history::Entity::find()
            .filter(history::Column::Code.eq(code))
            .order_by_asc(history::Column::Id)
            .all(&self.db)
            .await?;
        models.into_iter().map(Former::try_from).collect()
    }

    /// How many dossiers of `source` vanished there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_vanished(&self, source: &str) -> Result<u64, StoreError> {
        let vanished = dossier::Entity::find()
            .filter(Col::Source.eq(source))
            .filter(Col::VanishedAt.is_not_null());
        Ok(vanished.count(&self.db).await?)
    }

    /// Dossiers that a second source tells too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn twins(&self) -> Result<Vec<Twin>, StoreError> {
        let models = twin::Entity::find().all(&self.db).await?;
        let twin = |model: twin::Model| Twin {
            code: model.code,
            source: model.source,
        };
        Ok(models.into_iter().map(twin).collect())
    }
}

impl TryFrom<history::Model> for Former {
    type Error = StoreError;

    fn try_from(model: history::Model) -> Result<Self, StoreError> {
        let id = model.id;
        let bad = |what: String| StoreError::bad_row("dossier_history", id, what);
        Ok(Self {
            until: instant("dossier_history", id, model.until)?,
            unit: UnitCode::parse(&model.unit).map_err(|error| bad(error.to_string()))?,
            status: Status(u16::try_from(model.status).map_err(|error| bad(error.to_string()))?),
            due_at: instant("dossier_history", id, model.due_at)?,
            has_vanished: model.vanished_at.is_some(),
        })
    }
}

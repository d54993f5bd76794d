//! Changes of assessments.
//!
//! Owns: table `transition`.
//! Never: assessing.
//! Reads next: `job/step/assess.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::transition::{self, Column as Col};
use super::{Store, StoreError, Write, instant, seconds};

/// A target's (or, with `unit`, a ward's) change from one status to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub target: String,
    pub level: String,
    pub unit: Option<String>,
    /// `None`: assessed for the first time.
    pub from: Option<String>,
    pub to: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

impl Write {
    /// # Errors
    /// When the database refuses.
    pub async fn save_transitions(
        &self,
        run_id: i64,
        transitions: &[Transition],
    ) -> Result<(), StoreError> {
        for chunk in transitions.chunks(500) {
            let rows = chunk.iter().map(|change| transition::ActiveModel {
                id: NotSet,
                target: Set(change.target.clone()),
                level: Set(change.level.clone()),
                unit: Set(change.unit.clone().unwrap_or_default()),
                from_status: Set(change.from.clone()),
                to_status: Set(change.to.clone()),
                reason: Set(change.reason.clone()),
                at: Set(seconds(change.at)),
                run_id: Set(run_id),
            });
            let key = [Col::Target, Col::Level, Col::Unit, Col::At];
            transition::Entity::insert_many(rows)
                .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// All transitions up to `until`, oldest first: the last one of a subject is its standing.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn transitions_until(
        &self,
        until: DateTime<Utc>,
    ) -> Result<Vec<Transition>, StoreError> {
        let rows = transition::Entity::find()
            .filter(Col::At.lte(seconds(until)))
            .order_by_asc(Col::At)
            .order_by_asc(Col::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(Transition::try_from).collect()
    }
}

impl Store {
    /// Transitions in (`after`, `until`], oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn transitions_between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Transition>, StoreError> {
        let rows = transition::Entity::find()
            .filter(Col::At.gt(seconds(after)))
            .filter(Col::At.lte(seconds(until)))
            .order_by_asc(Col::At)
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Transition::try_from).collect()
    }
}

impl TryFrom<transition::Model> for Transition {
    type Error = StoreError;

    fn try_from(row: transition::Model) -> Result<Self, StoreError> {
        Ok(Self {
            at: instant("transition", row.id, row.at)?,
            target: row.target,
            level: row.level,
            unit: (!row.unit.is_empty()).then_some(row.unit),
            from: row.from_status,
            to: row.to_status,
            reason: row.reason,
        })
    }
}

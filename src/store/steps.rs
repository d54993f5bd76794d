//! Steps of runs: the checkpoints.
//!
//! Owns: table `step`.
//! Never: what a step does (`job::step`).
//! Reads next: `outbox.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::entity::step::{self, Column as Col};
use super::{Store, StoreError, Write, instant_or_none, seconds, word};
use crate::word_enum;

word_enum! {
    pub enum StepStatus {
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
        /// Not performed: the run works from what is stored.
        Skipped = "skipped",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub run_id: i64,
    pub position: i32,
    pub name: String,
    pub status: StepStatus,
    pub attempts: i32,
    /// What it did, as `{ "rows": 500, … }`.
    pub counts: serde_json::Value,
    pub error: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl Write {
    /// # Errors
    /// When the database refuses.
    pub async fn save_step(&self, step: &Step) -> Result<(), StoreError> {
        let row = step::Model {
            run_id: step.run_id,
            position: step.position,
            name: step.name.clone(),
            status: step.status.as_str().to_owned(),
            attempts: step.attempts,
            counts: step.counts.to_string(),
            error: step.error.clone(),
            started_at: step.started_at.map(seconds),
            finished_at: step.finished_at.map(seconds),
        };
        let rest = [
            Col::Name,
            Col::Status,
            Col::Attempts,
            Col::Counts,
            Col::Error,
            Col::StartedAt,
            Col::FinishedAt,
        ];
        step::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::columns([Col::RunId, Col::Position])
                    .update_columns(rest)
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends the steps of an ended run that did not end themselves: it was timed out, or panicked.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn break_off_steps(&self, run_id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        step::Entity::update_many()
            .col_expr(Col::Status, Expr::value(StepStatus::Failed.as_str()))
            .col_expr(Col::Error, Expr::value("broken off with its run"))
            .col_expr(Col::FinishedAt, Expr::value(seconds(now)))
            .filter(Col::RunId.eq(run_id))
            .filter(Col::Status.eq(StepStatus::Running.as_str()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// # Errors
    /// When the database refuses.
    pub(super) async fn forget_steps(&self, run_id: i64) -> Result<(), StoreError> {
        step::Entity::delete_many()
            .filter(Col::RunId.eq(run_id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn steps(&self, run_id: i64) -> Result<Vec<Step>, StoreError> {
        let rows = step::Entity::find()
            .filter(Col::RunId.eq(run_id))
            .order_by_asc(Col::Position)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Step::try_from).collect()
    }
}

impl TryFrom<step::Model> for Step {
    type Error = StoreError;

    fn try_from(row: step::Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", row.run_id, row.position);
        Ok(Self {
            status: word("step", &id, &row.status, StepStatus::parse)?,
            counts: serde_json::from_str(&row.counts)
                .map_err(|error| StoreError::bad_row("step", &id, error))?,
            started_at: instant_or_none("step", &id, row.started_at)?,
            finished_at: instant_or_none("step", &id, row.finished_at)?,
            run_id: row.run_id,
            position: row.position,
            name: row.name,
            attempts: row.attempts,
            error: row.error,
        })
    }
}

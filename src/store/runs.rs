//! Schedules' cursors, runs and steps.
//!
//! Owns: tables `schedule`, `run`, `step`; the claim of a queued run.
//! Never: what is due (`job::plan`) or what a run does (`job::run`).
//! Reads next: `outbox.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entity::run::Column as RunCol;
use super::entity::{run, schedule, step};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::word_enum;

word_enum! {
    pub enum RunStatus {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        /// Every step that could run did; a source failed.
        Partial = "partial",
        Failed = "failed",
        /// Nobody was there at the time, and a later occurrence took its place.
        Missed = "missed",
        /// Deliberately not run.
        Skipped = "skipped",
    }
}

word_enum! {
    pub enum Trigger {
        Schedule = "schedule",
        CatchUp = "catch-up",
        Manual = "manual",
    }
}

word_enum! {
    pub enum StepStatus {
        Running = "running",
        Succeeded = "succeeded",
        Failed = "failed",
    }
}

/// How far a job's schedule has been planned, and which schedule that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    /// The schedule as written; an edited one starts anew.
    pub fingerprint: String,
}

/// What a run used: recorded so that its figures can be explained years later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    pub schedule: String,
    pub configuration: String,
    pub calendar: String,
}

#[derive(Clone, Debug)]
pub struct NewRun {
    pub job: String,
    pub scheduled_for: DateTime<Utc>,
    pub trigger: Trigger,
    pub status: RunStatus,
    pub reason: String,
    pub basis: Basis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: i64,
    pub job: String,
    pub scheduled_for: DateTime<Utc>,
    pub trigger: Trigger,
    pub status: RunStatus,
    pub reason: String,
    pub attempts: i32,
    /// Read once at the first claim; a resumed run keeps it.
    pub as_of: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub basis: Basis,
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
    /// When the database does not answer or the row does not convert.
    pub async fn cursor(&self, job: &str) -> Result<Option<Cursor>, StoreError> {
        let found = schedule::Entity::find_by_id(job.to_owned())
            .one(&self.tx)
            .await?;
        found
            .map(|row| {
                Ok(Cursor {
                    at: instant("schedule", job, row.cursor)?,
                    fingerprint: row.fingerprint,
                })
            })
            .transpose()
    }

    /// # Errors
    /// When the database refuses.
    pub async fn set_cursor(&self, job: &str, cursor: &Cursor) -> Result<(), StoreError> {
        let row = schedule::ActiveModel {
            job: Set(job.to_owned()),
            cursor: Set(seconds(cursor.at)),
            fingerprint: Set(cursor.fingerprint.clone()),
        };
        schedule::Entity::insert(row)
            .on_conflict(
                OnConflict::column(schedule::Column::Job)
                    .update_columns([schedule::Column::Cursor, schedule::Column::Fingerprint])
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Inserts the run: this is the fire. `None` if that occurrence has a row already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_run(&self, new: NewRun) -> Result<Option<i64>, StoreError> {
        let row = run::ActiveModel {
            id: NotSet,
            job: Set(new.job.clone()),
            scheduled_for: Set(seconds(new.scheduled_for)),
            trigger: Set(new.trigger.as_str().to_owned()),
            status: Set(new.status.as_str().to_owned()),
            reason: Set(new.reason),
            attempts: Set(0),
            as_of: Set(None),
            started_at: Set(None),
            finished_at: Set(None),
            schedule: Set(new.basis.schedule),
            configuration: Set(new.basis.configuration),
            calendar: Set(new.basis.calendar),
        };
        let inserted = run::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([RunCol::Job, RunCol::ScheduledFor])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        let fresh = inserted > 0;
        if !fresh {
            return Ok(None);
        }
        let found = run::Entity::find()
            .filter(RunCol::Job.eq(new.job))
            .filter(RunCol::ScheduledFor.eq(seconds(new.scheduled_for)))
            .one(&self.tx)
            .await?;
        Ok(found.map(|row| row.id))
    }

    /// Claims the oldest queued run whose job is not running. One process executes on SQLite;
    /// the engine for several processes takes this function's place.
    ///
    /// # Errors
    /// When the database refuses or a row does not convert.
    pub async fn claim_run(&self, now: DateTime<Utc>) -> Result<Option<Run>, StoreError> {
        let running = run::Entity::find()
            .select_only()
            .column(RunCol::Job)
            .filter(RunCol::Status.eq(RunStatus::Running.as_str()))
            .into_tuple::<String>()
            .all(&self.tx)
            .await?;
        let queued = run::Entity::find()
            .filter(RunCol::Status.eq(RunStatus::Queued.as_str()))
            .filter(RunCol::Job.is_not_in(running))
            .order_by_asc(RunCol::ScheduledFor)
            .order_by_asc(RunCol::Id)
            .one(&self.tx)
            .await?;
        let Some(mut row) = queued else {
            return Ok(None);
        };
        row.status = RunStatus::Running.as_str().to_owned();
        row.attempts += 1;
        row.as_of = row.as_of.or(Some(seconds(now)));
        row.started_at = row.started_at.or(Some(seconds(now)));
        run::Entity::update_many()
            .col_expr(RunCol::Status, Expr::value(row.status.clone()))
            .col_expr(RunCol::Attempts, Expr::value(row.attempts))
            .col_expr(RunCol::AsOf, Expr::value(row.as_of))
            .col_expr(RunCol::StartedAt, Expr::value(row.started_at))
            .filter(RunCol::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        Run::try_from(row).map(Some)
    }

    /// Queues again what a killed process left running; their finished steps stay finished.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn requeue_interrupted_runs(&self) -> Result<u64, StoreError> {
        let updated = run::Entity::update_many()
            .col_expr(RunCol::Status, Expr::value(RunStatus::Queued.as_str()))
            .col_expr(
                RunCol::Reason,
                Expr::value("resumed: the process that ran it was interrupted"),
            )
            .filter(RunCol::Status.eq(RunStatus::Running.as_str()))
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected)
    }

    /// # Errors
    /// When the database refuses.
    pub async fn finish_run(
        &self,
        id: i64,
        status: RunStatus,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run::Entity::update_many()
            .col_expr(RunCol::Status, Expr::value(status.as_str()))
            .col_expr(RunCol::Reason, Expr::value(reason))
            .col_expr(RunCol::FinishedAt, Expr::value(seconds(now)))
            .filter(RunCol::Id.eq(id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

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
        use step::Column as Col;
        let rest = [
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
}

impl Store {
    /// The latest `limit` runs, newest first; of one job if it is named.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn runs(&self, job: Option<&str>, limit: u64) -> Result<Vec<Run>, StoreError> {
        let mut find = run::Entity::find();
        if let Some(job) = job {
            find = find.filter(RunCol::Job.eq(job));
        }
        let rows = find
            .order_by_desc(RunCol::ScheduledFor)
            .order_by_desc(RunCol::Id)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn run(&self, id: i64) -> Result<Option<Run>, StoreError> {
        run::Entity::find_by_id(id)
            .one(&self.db)
            .await?
            .map(Run::try_from)
            .transpose()
    }

    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn steps(&self, run_id: i64) -> Result<Vec<Step>, StoreError> {
        let rows = step::Entity::find()
            .filter(step::Column::RunId.eq(run_id))
            .order_by_asc(step::Column::Position)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Step::try_from).collect()
    }

    /// Whether any run waits or is under way.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_pending(&self) -> Result<bool, StoreError> {
        let open = [RunStatus::Queued.as_str(), RunStatus::Running.as_str()];
        let found = run::Entity::find()
            .filter(RunCol::Status.is_in(open))
            .one(&self.db)
            .await?;
        Ok(found.is_some())
    }

    /// The `as_of` of the last finished run of `job` before `before`: what a digest compares itself with.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn last_finished_before(
        &self,
        job: &str,
        before: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let finished = [RunStatus::Succeeded.as_str(), RunStatus::Partial.as_str()];
        let row = run::Entity::find()
            .filter(RunCol::Job.eq(job))
            .filter(RunCol::Status.is_in(finished))
            .filter(RunCol::AsOf.lt(seconds(before)))
            .order_by_desc(RunCol::AsOf)
            .one(&self.db)
            .await?;
        row.map_or(Ok(None), |row| instant_or_none("run", row.id, row.as_of))
    }
}

impl TryFrom<run::Model> for Run {
    type Error = StoreError;

    fn try_from(row: run::Model) -> Result<Self, StoreError> {
        let id = row.id;
        Ok(Self {
            id,
            scheduled_for: instant("run", id, row.scheduled_for)?,
            trigger: word("run", id, &row.trigger, Trigger::parse)?,
            status: word("run", id, &row.status, RunStatus::parse)?,
            as_of: instant_or_none("run", id, row.as_of)?,
            started_at: instant_or_none("run", id, row.started_at)?,
            finished_at: instant_or_none("run", id, row.finished_at)?,
            attempts: row.attempts,
            basis: Basis {
                schedule: row.schedule,
                configuration: row.configuration,
                calendar: row.calendar,
            },
            job: row.job,
            reason: row.reason,
        })
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

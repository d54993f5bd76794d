//! Runs: one row for each occurrence, whatever became of it.
//!
//! Owns: table `run`: what a run is, inserting it, its ending.
//! Never: what is due (`job::plan`), who may start (`job::admit`), what a run does (`job::run`).
//! Reads next: `runs/claims.rs`, `runs/past.rs`, `steps.rs`.

mod claims;
mod past;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::run::{self, Column as Col};
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
        /// Begun, and given up.
        Abandoned = "abandoned",
    }
}

word_enum! {
    pub enum Trigger {
        Schedule = "schedule",
        CatchUp = "catch-up",
        Manual = "manual",
        /// A past occurrence, asked for by hand.
        Backfill = "backfill",
    }
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
    /// Fixed beforehand for a backfill; otherwise read at the first claim.
    pub as_of: Option<DateTime<Utc>>,
    pub holds_mails: bool,
    /// Why its occurrence is not simply what the schedule says, in words.
    pub note: String,
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
    /// Counts the claims; the latest one alone may write (the fence).
    pub attempts: i32,
    /// How often its process died since it last came any further.
    pub deaths: i32,
    /// Read once at the first claim; a resumed run keeps it.
    pub as_of: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub holds_mails: bool,
    /// Why its occurrence is not simply what the schedule says, in words; empty if it is.
    pub note: String,
    pub basis: Basis,
}

/// Who claims, and until when the claim is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub owner: String,
    pub until: DateTime<Utc>,
}

/// Stands as `run_id` where no run led to a row: ids of runs begin at 1.
pub(super) const NO_RUN: i64 = 0;

const COLUMNS: [Column; 12] = [
    ("job", Kind::Text),
    ("scheduled_for", Kind::Long),
    ("trigger", Kind::Text),
    ("status", Kind::Text),
    ("reason", Kind::Text),
    ("attempts", Kind::Integer),
    ("as_of", Kind::Long),
    ("holds_mails", Kind::Flag),
    ("note", Kind::Text),
    ("schedule", Kind::Text),
    ("configuration", Kind::Text),
    ("calendar", Kind::Text),
];

impl Write {
    /// Inserts runs: this is the fire. An occurrence that has a row already is left alone.
    /// Returns how many are new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_runs(&self, runs: &[NewRun]) -> Result<u64, StoreError> {
        let row = |new: &NewRun| {
            [
                new.job.clone().into(),
                seconds(new.scheduled_for).into(),
                new.trigger.as_str().into(),
                new.status.as_str().into(),
                new.reason.clone().into(),
                0.into(),
                new.as_of.map(seconds).into(),
                new.holds_mails.into(),
                new.note.clone().into(),
                new.basis.schedule.clone().into(),
                new.basis.configuration.clone().into(),
                new.basis.calendar.clone().into(),
            ]
        };
        let rows = runs.iter().map(row).collect();
        bulk::insert(
            &self.tx,
            "run",
            &COLUMNS,
            rows,
            Clash::Keep("job, scheduled_for"),
        )
        .await
    }

    /// The row of an occurrence.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn run_of(
        &self,
        job: &str,
        scheduled_for: DateTime<Utc>,
    ) -> Result<Option<Run>, StoreError> {
        let found = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::ScheduledFor.eq(seconds(scheduled_for)))
            .one(&self.tx)
            .await?;
        found.map(Run::try_from).transpose()
    }

    /// Makes `new` out of an occurrence's row, which says with `new.reason` what had become of it; its steps
    /// begin anew. `attempts` goes on counting: whoever claimed the run before writes nothing more under it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take_over(&self, run: &Run, new: &NewRun) -> Result<(), StoreError> {
        run::Entity::update_many()
            .col_expr(Col::Trigger, Expr::value(new.trigger.as_str()))
            .col_expr(Col::Status, Expr::value(new.status.as_str()))
            .col_expr(Col::Reason, Expr::value(&new.reason))
            .col_expr(Col::AsOf, Expr::value(new.as_of.map(seconds)))
            .col_expr(Col::StartedAt, Expr::value(None::<i64>))
            .col_expr(Col::FinishedAt, Expr::value(None::<i64>))
            .col_expr(Col::HoldsMails, Expr::value(new.holds_mails))
            .col_expr(Col::Deaths, Expr::value(0))
            .col_expr(Col::Schedule, Expr::value(&new.basis.schedule))
            .col_expr(Col::Configuration, Expr::value(&new.basis.configuration))
            .col_expr(Col::Calendar, Expr::value(&new.basis.calendar))
            .filter(Col::Id.eq(run.id))
            .exec(&self.tx)
            .await?;
        self.forget_steps(run.id).await
    }

    /// Gives the runs of `job` that its schedule queued and nobody began their ending. Returns how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn skip_queued(
        &self,
        job: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let of_schedule = [Trigger::Schedule.as_str(), Trigger::CatchUp.as_str()];
        let updated = run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(RunStatus::Skipped.as_str()))
            .col_expr(Col::Reason, Expr::value(reason))
            .col_expr(Col::FinishedAt, Expr::value(seconds(now)))
            .filter(Col::Job.eq(job))
            .filter(Col::Status.eq(RunStatus::Queued.as_str()))
            .filter(Col::Trigger.is_in(of_schedule))
            .filter(Col::Attempts.eq(0))
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected)
    }

    /// Writes that a queued run never begins; nothing where it is not queued any more as `run` was read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn refuse_run(
        &self,
        run: &Run,
        status: RunStatus,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(status.as_str()))
            .col_expr(Col::Reason, Expr::value(reason))
            .col_expr(Col::FinishedAt, Expr::value(seconds(now)))
            .filter(Col::Id.eq(run.id))
            .filter(Col::Status.eq(RunStatus::Queued.as_str()))
            .filter(Col::Attempts.eq(run.attempts))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Writes the end of a run that is held.
    ///
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
            .col_expr(Col::Status, Expr::value(status.as_str()))
            .col_expr(Col::Reason, Expr::value(reason))
            .col_expr(Col::FinishedAt, Expr::value(seconds(now)))
            .filter(Col::Id.eq(id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Up to `limit` queued runs after the first `skip`, oldest first; what fills up the past comes last.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn queued_runs(&self, skip: u64, limit: u64) -> Result<Vec<Run>, StoreError> {
        let rows = run::Entity::find()
            .filter(Col::Status.eq(RunStatus::Queued.as_str()))
            .order_by_asc(Col::Trigger.eq(Trigger::Backfill.as_str()))
            .order_by_asc(Col::ScheduledFor)
            .order_by_asc(Col::Id)
            .offset(skip)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// Jobs of which a run is under way, or queued for an instant up to `now`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn jobs_under_way(&self, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        let jobs = run::Entity::find()
            .select_only()
            .column(Col::Job)
            .distinct()
            .filter(
                Col::Status.is_in([RunStatus::Queued, RunStatus::Running].map(RunStatus::as_str)),
            )
            .filter(Col::ScheduledFor.lte(seconds(now)))
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(jobs)
    }

    /// Jobs with a run under way, and what started it.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn running_jobs(&self) -> Result<Vec<(String, Trigger)>, StoreError> {
        let rows: Vec<(String, String)> = run::Entity::find()
            .select_only()
            .column(Col::Job)
            .column(Col::Trigger)
            .filter(Col::Status.eq(RunStatus::Running.as_str()))
            .into_tuple()
            .all(&self.db)
            .await?;
        let running = rows.into_iter().map(|(job, trigger)| {
            let trigger = word("run", &job, &trigger, Trigger::parse)?;
            Ok((job, trigger))
        });
        running.collect()
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
            deaths: row.deaths,
            holds_mails: row.holds_mails,
            note: row.note,
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

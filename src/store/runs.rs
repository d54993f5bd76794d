//! Runs: one row for each occurrence, whatever became of it.
//!
//! Owns: table `run`; claims, leases and their fence.
//! Never: what is due (`job::plan`), who may start (`job::admit`), what a run does (`job::run`).
//! Reads next: `steps.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::run::{self, Column as Col};
use super::schedules::Pause;
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
    /// Read once at the first claim; a resumed run keeps it.
    pub as_of: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub holds_mails: bool,
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

const COLUMNS: [Column; 11] = [
    ("job", Kind::Text),
    ("scheduled_for", Kind::Instant),
    ("trigger", Kind::Text),
    ("status", Kind::Text),
    ("reason", Kind::Text),
    ("attempts", Kind::Integer),
    ("as_of", Kind::Instant),
    ("holds_mails", Kind::Flag),
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

    /// Claims a queued run; `None` if somebody else was faster.
    ///
    /// # Errors
    /// When the database refuses or the row does not convert.
    pub async fn claim_run(
        &self,
        run: &Run,
        lease: &Lease,
        now: DateTime<Utc>,
    ) -> Result<Option<Run>, StoreError> {
        let claimed = Run {
            status: RunStatus::Running,
            attempts: run.attempts + 1,
            as_of: run.as_of.or(Some(now)),
            started_at: run.started_at.or(Some(now)),
            ..run.clone()
        };
        let updated = run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(claimed.status.as_str()))
            .col_expr(Col::Attempts, Expr::value(claimed.attempts))
            .col_expr(Col::AsOf, Expr::value(claimed.as_of.map(seconds)))
            .col_expr(Col::StartedAt, Expr::value(claimed.started_at.map(seconds)))
            .col_expr(Col::LeaseOwner, Expr::value(lease.owner.clone()))
            .col_expr(Col::LeaseUntil, Expr::value(seconds(lease.until)))
            .filter(Col::Id.eq(run.id))
            .filter(Col::Status.eq(RunStatus::Queued.as_str()))
            .filter(Col::Attempts.eq(run.attempts))
            .exec(&self.tx)
            .await?;
        Ok((updated.rows_affected == 1).then_some(claimed))
    }

    /// Makes sure that the claim still stands before anything is written under it: a process that stalled
    /// while another took its run over ends here.
    ///
    /// # Errors
    /// `Fenced` when it does not.
    pub async fn hold(&self, run: &Run) -> Result<(), StoreError> {
        let held = run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(RunStatus::Running.as_str()))
            .filter(Col::Id.eq(run.id))
            .filter(Col::Attempts.eq(run.attempts))
            .filter(Col::Status.eq(RunStatus::Running.as_str()))
            .exec(&self.tx)
            .await?;
        if held.rows_affected == 1 {
            Ok(())
        } else {
            Err(StoreError::Fenced(run.id))
        }
    }

    /// Prolongs the leases of everything that `owner` runs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renew_leases(&self, lease: &Lease) -> Result<(), StoreError> {
        run::Entity::update_many()
            .col_expr(Col::LeaseUntil, Expr::value(seconds(lease.until)))
            .filter(Col::LeaseOwner.eq(&lease.owner))
            .filter(Col::Status.eq(RunStatus::Running.as_str()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Queues again everything left running: for a process that alone holds the database and has begun nothing
    /// yet. Finished steps stay finished.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn requeue_all(&self) -> Result<u64, StoreError> {
        self.requeue(Condition::all()).await
    }

    /// Queues again what nobody runs any more: runs of other processes whose lease ended before `now`, and
    /// runs of `owner` that are not `under_way`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn requeue_lost(
        &self,
        owner: &str,
        under_way: &[i64],
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let silent = Condition::all()
            .add(Col::LeaseUntil.lt(seconds(now)))
            .add(Col::LeaseOwner.ne(owner));
        let forgotten = Condition::all()
            .add(Col::LeaseOwner.eq(owner))
            .add(Col::Id.is_not_in(under_way.iter().copied()));
        self.requeue(Condition::any().add(silent).add(forgotten))
            .await
    }

    /// Queues a run of ours again after its task lost the database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn requeue_run(&self, run: &Run, why: &str) -> Result<(), StoreError> {
        self.hold(run).await?;
        run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(RunStatus::Queued.as_str()))
            .col_expr(Col::Reason, Expr::value(format!("resumed: {why}")))
            .filter(Col::Id.eq(run.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    async fn requeue(&self, which: Condition) -> Result<u64, StoreError> {
        let is_backfill = Col::Trigger.eq(Trigger::Backfill.as_str());
        let reason = Expr::case(is_backfill, Expr::col(Col::Reason))
            .finally("resumed: the process that ran it was interrupted");
        let updated = run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(RunStatus::Queued.as_str()))
            .col_expr(Col::Reason, reason.into())
            .filter(Col::Status.eq(RunStatus::Running.as_str()))
            .filter(which)
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected)
    }

    /// Writes the end of a run, or that it never begins.
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

    /// Whether a run of `job` that was scheduled in [`from`, `until`) has succeeded.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_succeeded(
        &self,
        job: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let count = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::Status.eq(RunStatus::Succeeded.as_str()))
            .filter(Col::ScheduledFor.gte(seconds(from)))
            .filter(Col::ScheduledFor.lt(seconds(until)))
            .count(&self.db)
            .await?;
        Ok(count > 0)
    }

    /// When `job` last succeeded. A backfill tells of the past: it is no sign that the job works now.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn last_success(&self, job: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let row = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::Status.eq(RunStatus::Succeeded.as_str()))
            .filter(Col::Trigger.ne(Trigger::Backfill.as_str()))
            .order_by_desc(Col::ScheduledFor)
            .one(&self.db)
            .await?;
        row.map_or(Ok(None), |row| {
            instant_or_none("run", row.id, row.finished_at)
        })
    }

    /// The latest run of `job` that began, backfills apart.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn last_begun(&self, job: &str) -> Result<Option<Run>, StoreError> {
        let row = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::StartedAt.is_not_null())
            .filter(Col::Trigger.ne(Trigger::Backfill.as_str()))
            .order_by_desc(Col::ScheduledFor)
            .one(&self.db)
            .await?;
        row.map(Run::try_from).transpose()
    }

    /// The latest occurrence of `job` that was not run because of a pause.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn last_paused(&self, job: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let row = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::Status.eq(RunStatus::Skipped.as_str()))
            .filter(Col::Reason.starts_with(Pause::REASON))
            .order_by_desc(Col::ScheduledFor)
            .one(&self.db)
            .await?;
        row.map(|row| instant("run", row.id, row.scheduled_for))
            .transpose()
    }

    /// Occurrences of the schedule of `job` in (`after`, `until`], whatever became of them, oldest first, at most
    /// `limit`; `after` may be open.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn occurrences_between(
        &self,
        job: &str,
        after: Option<DateTime<Utc>>,
        until: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Run>, StoreError> {
        let of_schedule = [Trigger::Schedule.as_str(), Trigger::CatchUp.as_str()];
        let mut find = run::Entity::find()
            .filter(Col::Job.eq(job))
            .filter(Col::Trigger.is_in(of_schedule))
            .filter(Col::ScheduledFor.lte(seconds(until)));
        if let Some(after) = after {
            find = find.filter(Col::ScheduledFor.gt(seconds(after)));
        }
        let rows = find
            .order_by_asc(Col::ScheduledFor)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// The latest `limit` runs, newest first; of one job if it is named.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn runs(&self, job: Option<&str>, limit: u64) -> Result<Vec<Run>, StoreError> {
        let mut find = run::Entity::find();
        if let Some(job) = job {
            find = find.filter(Col::Job.eq(job));
        }
        let rows = find
            .order_by_desc(Col::ScheduledFor)
            .order_by_desc(Col::Id)
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

    /// The runs scheduled in [`from`, `until`), in their order.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn runs_between(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = run::Entity::find()
            .filter(Col::ScheduledFor.gte(seconds(from)))
            .filter(Col::ScheduledFor.lt(seconds(until)))
            .order_by_asc(Col::ScheduledFor)
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Run::try_from).collect()
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
            .filter(Col::Job.eq(job))
            .filter(Col::Status.is_in(finished))
            .filter(Col::AsOf.lt(seconds(before)))
            .order_by_desc(Col::AsOf)
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
            holds_mails: row.holds_mails,
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

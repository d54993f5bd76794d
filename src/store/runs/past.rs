//! What became of runs: the history that planner, watchdog, digest and `dondoc runs` ask for.
//!
//! Owns: questions about runs that were.
//! Never: a change.
//! Reads next: `../steps.rs`.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Run, RunStatus, Trigger};
use crate::store::entity::run::{self, Column as Col};
use crate::store::schedules::Pause;
use crate::store::{Store, StoreError, instant, instant_or_none, seconds};

impl Store {
    /// Whether a run of `job` that was scheduled in [`from`, `until`] has succeeded.
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
            .filter(Col::ScheduledFor.lte(seconds(until)))
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

    /// The runs scheduled in [`from`, `until`], in their order.
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
            .filter(Col::ScheduledFor.lte(seconds(until)))
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

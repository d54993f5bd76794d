//! Who runs what: claims, leases, and the fence that a lapsed claim runs into.
//!
//! Owns: how a run changes hands.
//! Never: when it does (`job::runner`).
//! Reads next: `past.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{Lease, Run, RunStatus, Trigger};
use crate::store::entity::run::{self, Column as Col};
use crate::store::{StoreError, Write, seconds};

impl Write {
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

    /// The run came further than it had been: what it does next has not killed its process yet.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn progress(&self, run: &Run) -> Result<(), StoreError> {
        if run.deaths == 0 {
            return Ok(());
        }
        run::Entity::update_many()
            .col_expr(Col::Deaths, Expr::value(0))
            .filter(Col::Id.eq(run.id))
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
        self.requeue_dead(Condition::all()).await
    }

    /// Queues again what nobody runs any more: runs of other processes whose lease ended before `now`, and
    /// runs of `owner` that are not `under_way`: the answer to their claim was lost, and nobody died of that.
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
        let why = "it was claimed, and nobody heard of it";
        let forgotten = self.requeue(forgotten, why, 0).await?;
        Ok(forgotten + self.requeue_dead(silent).await?)
    }

    /// Queues a run of ours again that was broken off alive: its database was away, or its process stops.
    ///
    /// # Errors
    /// `Fenced` when the claim does not stand any more, or when the database refuses.
    pub async fn requeue_run(&self, run: &Run, why: &str) -> Result<(), StoreError> {
        self.hold(run).await?;
        self.requeue(Condition::all().add(Col::Id.eq(run.id)), why, 0)
            .await?;
        Ok(())
    }

    async fn requeue_dead(&self, which: Condition) -> Result<u64, StoreError> {
        self.requeue(which, "the process that ran it was interrupted", 1)
            .await
    }

    async fn requeue(&self, which: Condition, why: &str, deaths: i32) -> Result<u64, StoreError> {
        let is_backfill = Col::Trigger.eq(Trigger::Backfill.as_str());
        let reason =
            Expr::case(is_backfill, Expr::col(Col::Reason)).finally(format!("resumed: {why}"));
        let updated = run::Entity::update_many()
            .col_expr(Col::Status, Expr::value(RunStatus::Queued.as_str()))
            .col_expr(Col::Reason, reason.into())
            .col_expr(Col::Deaths, Expr::col(Col::Deaths).add(deaths))
            .filter(Col::Status.eq(RunStatus::Running.as_str()))
            .filter(which)
            .exec(&self.tx)
            .await?;
        Ok(updated.rows_affected)
    }
}

//! A run that leaves no trace: sources are really read, into a copy; its mails are shown, not sent.
//!
//! Owns: one run on a copy, from its claim to its end.
//! Never: another run that waits in the copy; the site's own database.
//! Reads next: `run.rs`.

use super::plan::queue_now;
use super::round::{self, Haste, Round};
use super::runner::{LEASE, process_name};
use super::scratch::{Scratch, Unsent};
use super::watch::Watcher;
use super::{App, JobError, Pulls, run};
use crate::store::runs::{Lease, Run};
use crate::store::steps::Step;

/// What a run would do.
#[derive(Debug)]
pub struct Tried {
    pub run: Run,
    pub steps: Vec<Step>,
    pub mails: Vec<Unsent>,
    /// What would not go yet.
    pub round: Round,
}

/// Runs `job` on a copy that is thrown away. 1. Copy. 2. Queue and claim this one run: what else waits in the
/// copy is not ours. 3. Run it. 4. See what it left.
///
/// # Errors
/// When there is no such job, or a database refuses.
pub async fn try_out(app: App, job: &str, watcher: &dyn Watcher) -> Result<Tried, JobError> {
    let clock = app.clock.clone();
    let mut scratch = Scratch::of(app, clock, Pulls::IntoScratch).await?;
    let app = scratch.app.clone();
    let missing = || JobError::Missing(format!("there is no job `{job}`"));
    let queued = queue_now(&app, app.job(job).ok_or_else(missing)?, app.clock.now()).await?;
    let claimed = claim(&app, &queued).await?;
    run::run_claimed(&app, &claimed, watcher).await?;
    let round = round::write(&app, Haste::Now).await?;
    Ok(Tried {
        run: app.store.run(queued.id).await?.unwrap_or(claimed),
        steps: app.store.steps(queued.id).await?,
        mails: scratch.new_mails().await?,
        round,
    })
}

async fn claim(app: &App, run: &Run) -> Result<Run, JobError> {
    let now = app.clock.now();
    let lease = Lease {
        owner: process_name(),
        until: now + LEASE,
    };
    let write = app.store.write().await?;
    let claimed = write.claim_run(run, &lease, now).await?;
    write.commit().await?;
    claimed.ok_or_else(|| JobError::Missing("the run in the copy is gone".to_owned()))
}

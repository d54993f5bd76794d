//! Several runs at a time, each in a task of its own: one that panics or hangs harms no other.
//!
//! Owns: claiming, leases, what becomes of a task that died. Claiming stands behind [`Runner::claim`] alone:
//! an engine for several machines takes its place.
//! Never: what a run does (`run.rs`).
//! Reads next: `run.rs`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{Id, JoinError, JoinSet};

use super::admit::{Admission, Situation, admit};
use super::watch::Watcher;
use super::{App, JobError, run};
use crate::domain::dossier::{end_of, start_of};
use crate::store::StoreError;
use crate::store::runs::{Lease, Run, RunStatus, Trigger};

/// How long a claim is believed without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(90);
/// Queued runs looked at in one go.
const LOOK: u64 = 500;
/// A run that breaks off this often is given up.
const MOST_CLAIMS: i32 = 5;

/// Runs under way in this process.
pub struct Runner {
    owner: String,
    at_once: usize,
    tasks: JoinSet<Result<RunStatus, JobError>>,
    under_way: HashMap<Id, Run>,
    watcher: Arc<dyn Watcher>,
}

/// What becomes of a queued run now.
enum Fate {
    Begins(Run),
    Waits,
    /// It never begins, or another process has it.
    IsNoneOfOurs,
}

/// A run that ended, and how.
#[derive(Debug)]
pub struct Ended {
    pub run: Run,
    pub status: RunStatus,
}

impl Runner {
    /// `owner` names this process; `at_once` bounds the runs under way.
    #[must_use]
    pub fn new(owner: String, at_once: usize, watcher: Arc<dyn Watcher>) -> Self {
        Self {
            owner,
            at_once,
            tasks: JoinSet::new(),
            under_way: HashMap::new(),
            watcher,
        }
    }

    /// Starts what may begin now, oldest first; runs that never will are given their ending on the way.
    /// Returns how many it started.
    ///
    /// # Errors
    /// When the database refuses; what is queued stays queued.
    pub async fn start_ready(&mut self, app: &Arc<App>) -> Result<usize, JobError> {
        let (mut started, mut waiting) = (0, 0);
        let mut running = None;
        while self.tasks.len() < self.at_once {
            let queued = app.store.queued_runs(waiting, LOOK).await?;
            if queued.is_empty() {
                break;
            }
            let running = match &mut running {
                Some(running) => running,
                None => running.insert(app.store.running_jobs().await?),
            };
            for run in queued {
                if self.tasks.len() >= self.at_once {
                    break;
                }
                match self.decide(app, &run, running).await? {
                    Fate::Begins(claimed) => {
                        running.push((claimed.job.clone(), claimed.trigger));
                        self.spawn(app, claimed);
                        started += 1;
                    }
                    Fate::Waits => waiting += 1,
                    Fate::IsNoneOfOurs => {}
                }
            }
        }
        Ok(started)
    }

    fn spawn(&mut self, app: &Arc<App>, run: Run) {
        let (app, watcher, claimed) = (Arc::clone(app), Arc::clone(&self.watcher), run.clone());
        let task = self
            .tasks
            .spawn(async move { run::run_claimed(&app, &claimed, watcher.as_ref()).await });
        self.under_way.insert(task.id(), run);
    }

    async fn decide(
        &self,
        app: &App,
        run: &Run,
        running: &[(String, Trigger)],
    ) -> Result<Fate, JobError> {
        let now = app.clock.now();
        match judge(app, run, running, now).await? {
            Admission::Wait(what) => {
                tracing::debug!(run = run.id, job = run.job, what, "waits");
                Ok(Fate::Waits)
            }
            Admission::Never(status, reason) => {
                tracing::warn!(run = run.id, job = run.job, %status, reason, "not run");
                let write = app.store.write().await?;
                write.finish_run(run.id, status, &reason, now).await?;
                write.commit().await?;
                Ok(Fate::IsNoneOfOurs)
            }
            Admission::Begin => Ok(self
                .claim(app, run, now)
                .await?
                .map_or(Fate::IsNoneOfOurs, Fate::Begins)),
        }
    }

    /// The one place where a run becomes ours.
    async fn claim(
        &self,
        app: &App,
        run: &Run,
        now: DateTime<Utc>,
    ) -> Result<Option<Run>, JobError> {
        let lease = Lease {
            owner: self.owner.clone(),
            until: now + LEASE,
        };
        let write = app.store.write().await?;
        let claimed = write.claim_run(run, &lease, now).await?;
        write.commit().await?;
        Ok(claimed)
    }

    /// Waits for one run to end; `None` if none is under way.
    ///
    /// # Errors
    /// When a dead task's run cannot be given its ending.
    pub async fn next_ended(&mut self, app: &App) -> Result<Option<Ended>, JobError> {
        match self.tasks.join_next_with_id().await {
            Some(joined) => self.ended(app, joined).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes in the runs that have ended meanwhile.
    ///
    /// # Errors
    /// When a dead task's run cannot be given its ending.
    pub async fn reap(&mut self, app: &App) -> Result<Vec<Ended>, JobError> {
        let mut ended = Vec::new();
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            ended.push(self.ended(app, joined).await?);
        }
        Ok(ended)
    }

    async fn ended(
        &mut self,
        app: &App,
        joined: Result<(Id, Result<RunStatus, JobError>), JoinError>,
    ) -> Result<Ended, JobError> {
        let id = match &joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let run = self
            .under_way
            .remove(&id)
            .ok_or_else(|| JobError::Missing("a task nobody started".into()))?;
        let status = match joined {
            Ok((_, Ok(status))) => status,
            Ok((_, Err(error))) => broke_off(app, &run, &error).await?,
            Err(error) => give_ending(app, &run, &panic_text(&error)).await?,
        };
        Ok(Ended { run, status })
    }

    /// A sign of life for the runs under way, and a second chance for those whose process gave none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renew(&self, app: &App) -> Result<(), JobError> {
        let now = app.clock.now();
        let write = app.store.write().await?;
        if !self.tasks.is_empty() {
            write
                .renew_leases(&Lease {
                    owner: self.owner.clone(),
                    until: now + LEASE,
                })
                .await?;
        }
        let under_way: Vec<i64> = self.under_way.values().map(|run| run.id).collect();
        let taken = write.requeue_lost(&self.owner, &under_way, now).await?;
        write.commit().await?;
        if taken > 0 {
            tracing::warn!(
                taken,
                "runs whose process gave no sign of life are queued again"
            );
        }
        Ok(())
    }

    /// Waits for the runs under way until `deadline` is over; what is left then is taken up at the next start.
    ///
    /// # Errors
    /// When a dead task's run cannot be given its ending.
    pub async fn drain(&mut self, app: &App, deadline: Duration) -> Result<(), JobError> {
        let all = async {
            while self.next_ended(app).await?.is_some() {}
            Ok(())
        };
        match tokio::time::timeout(deadline, all).await {
            Ok(result) => result,
            Err(_) => {
                let left = self.tasks.len();
                tracing::warn!(
                    left,
                    "the deadline is over: these runs are taken up at the next start"
                );
                self.tasks.shutdown().await;
                Ok(())
            }
        }
    }

    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }
}

async fn judge(
    app: &App,
    run: &Run,
    running: &[(String, Trigger)],
    now: DateTime<Utc>,
) -> Result<Admission, JobError> {
    let job = app.job(&run.job);
    let zone = job.map_or(app.zone(), |job| job.timing.schedule.zone());
    let day = crate::domain::dossier::day_of(run.scheduled_for, zone);
    let mut missing = Vec::new();
    for before in job.into_iter().flat_map(|job| &job.after) {
        if !app
            .store
            .has_succeeded(before, start_of(day, zone), end_of(day, zone))
            .await?
        {
            missing.push(before.as_str());
        }
    }
    let situation = Situation {
        now,
        running: running
            .iter()
            .find(|(job, _)| *job == run.job)
            .map(|(_, trigger)| *trigger),
        missing: &missing,
        day_is_over: now > end_of(day, zone),
    };
    Ok(admit(run, job, situation))
}

/// A run that lost its database is taken up again, up to a bound; one that was taken over is not ours any more.
async fn broke_off(app: &App, run: &Run, error: &JobError) -> Result<RunStatus, JobError> {
    match error {
        JobError::Store(StoreError::Fenced(_)) => {
            tracing::warn!(
                run = run.id,
                job = run.job,
                "another process has taken this run over"
            );
            Ok(RunStatus::Abandoned)
        }
        JobError::Store(_) if run.attempts < MOST_CLAIMS => {
            tracing::warn!(run = run.id, job = run.job, %error, "the run lost its database and is taken up again");
            let write = app.store.write().await?;
            write.requeue_run(run, &error.to_string()).await?;
            write.commit().await?;
            Ok(RunStatus::Queued)
        }
        _ => give_ending(app, run, &error.to_string()).await,
    }
}

/// A run whose task panicked, or lost its database, gets an ending in words, unless another process has it.
async fn give_ending(app: &App, run: &Run, why: &str) -> Result<RunStatus, JobError> {
    tracing::error!(run = run.id, job = run.job, why, "the run broke off");
    let write = app.store.write().await?;
    if write.hold(run).await.is_err() {
        return Ok(RunStatus::Abandoned);
    }
    write
        .finish_run(run.id, RunStatus::Failed, why, app.clock.now())
        .await?;
    write.commit().await?;
    Ok(RunStatus::Failed)
}

fn panic_text(error: &JoinError) -> String {
    if error.is_panic() {
        "it panicked: see the log".to_owned()
    } else {
        "it was cancelled".to_owned()
    }
}

/// Runs everything that is queued until nothing may begin any more.
///
/// # Errors
/// When the database refuses; what was not finished is resumed by the next call.
pub async fn run_to_end(app: &Arc<App>, watcher: Arc<dyn Watcher>) -> Result<Vec<Ended>, JobError> {
    let mut runner = Runner::new(process_name(), 1, watcher);
    let mut ended = Vec::new();
    loop {
        runner.start_ready(app).await?;
        match runner.next_ended(app).await? {
            Some(one) => ended.push(one),
            None => return Ok(ended),
        }
    }
}

/// Names this process among those that may share a database.
#[must_use]
pub fn process_name() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("{}/{}", host.trim(), std::process::id())
}

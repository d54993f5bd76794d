//! Several runs at a time, each in a task of its own: one that panics or hangs harms no other.
//!
//! Owns: claiming, leases, stopping. Claiming stands behind [`Runner::claim`] alone: an engine for several
//! machines takes its place.
//! Never: what a run does (`run.rs`).
//! Reads next: `runner/ending.rs`, `run.rs`.

mod ending;
mod rest;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{Id, JoinError, JoinSet};

use super::admit::{Admission, Situation, admit};
use super::watch::Watcher;
use super::{App, JobError, crash, run};
use crate::domain::dossier::{end_of, start_of};
use crate::store::runs::{Lease, Run, RunStatus, Trigger};
use ending::Ending;
use rest::Rests;

/// How long a claim is believed without a sign of life.
pub const LEASE: TimeDelta = TimeDelta::seconds(90);
/// Between two tries to write the ending of a run while the program stops.
const RETRY_ENDING: Duration = Duration::from_millis(200);
/// Queued runs looked at in one go.
const LOOK: u64 = 500;
/// How long giving runs back may take when the program stops; what is not given back by then is taken up anyway.
const GIVING_BACK: Duration = Duration::from_secs(3);
/// How long a command waits before it looks again for runs that rest.
const REST: Duration = Duration::from_secs(1);

/// Runs under way in this process.
pub struct Runner {
    owner: String,
    at_once: usize,
    tasks: JoinSet<Result<RunStatus, JobError>>,
    under_way: HashMap<Id, Run>,
    /// Runs whose tasks ended and whose rows do not say so yet.
    unwritten: VecDeque<(Run, Ending)>,
    rests: Rests,
    watcher: Arc<dyn Watcher>,
}

/// What becomes of a queued run now.
enum Fate {
    Begins(Box<Run>),
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
            unwritten: VecDeque::new(),
            rests: Rests::default(),
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
                        self.spawn(app, *claimed);
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
        if self.rests.holds(run.id, now) {
            return Ok(Fate::Waits);
        }
        match judge(app, run, running, now).await? {
            Admission::Wait(what) => {
                tracing::debug!(run = run.id, job = run.job, what, "waits");
                Ok(Fate::Waits)
            }
            Admission::Never(status, reason) => {
                tracing::warn!(run = run.id, job = run.job, %status, reason, "not run");
                if status == RunStatus::Abandoned {
                    crash::tell(app, run).await?;
                }
                let write = app.store.write().await?;
                write.refuse_run(run, status, &reason, now).await?;
                write.commit().await?;
                Ok(Fate::IsNoneOfOurs)
            }
            Admission::Begin => Ok(self
                .claim(app, run, now)
                .await?
                .map_or(Fate::IsNoneOfOurs, |run| Fate::Begins(Box::new(run)))),
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
    /// When the database refuses to take a run's end; it is written by a later call.
    pub async fn next_ended(&mut self, app: &App) -> Result<Option<Ended>, JobError> {
        if self.unwritten.is_empty() {
            match self.tasks.join_next_with_id().await {
                Some(joined) => self.note(joined)?,
                None => return Ok(None),
            }
        }
        self.write_ending(app).await
    }

    /// Takes in the runs that have ended meanwhile. One that cannot be written keeps no other from it.
    ///
    /// # Errors
    /// When the database refuses to take a run's end; it is written by a later call.
    pub async fn reap(&mut self, app: &App) -> Result<Vec<Ended>, JobError> {
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.note(joined)?;
        }
        let mut ended = Vec::new();
        let mut failure = None;
        for _ in 0..self.unwritten.len() {
            match self.write_ending(app).await {
                Ok(one) => ended.extend(one),
                Err(error) => {
                    failure = Some(error);
                    self.unwritten.rotate_left(1);
                }
            }
        }
        failure.map_or(Ok(ended), Err)
    }

    /// Kept until it is written: a database that is away then does not hide how a run ended.
    fn note(
        &mut self,
        joined: Result<(Id, Result<RunStatus, JobError>), JoinError>,
    ) -> Result<(), JobError> {
        let (id, ending) = match joined {
            Ok((id, result)) => (id, Ending::of(Ok(result))),
            Err(error) => (error.id(), Ending::of(Err(error))),
        };
        let run = self
            .under_way
            .remove(&id)
            .ok_or_else(|| JobError::Missing("a task nobody started".into()))?;
        self.unwritten.push_back((run, ending));
        Ok(())
    }

    async fn write_ending(&mut self, app: &App) -> Result<Option<Ended>, JobError> {
        let Some((run, ending)) = self.unwritten.front() else {
            return Ok(None);
        };
        let status = ending.write(app, run).await?;
        let written = self.unwritten.pop_front();
        Ok(written.map(|(run, _)| {
            match status {
                RunStatus::Queued => self.rests.begin(run.id, app.clock.now()),
                _ => self.rests.end(run.id),
            }
            Ended { run, status }
        }))
    }

    /// A sign of life for the runs under way, and a second chance for those whose process gave none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renew(&self, app: &App) -> Result<(), JobError> {
        let now = app.clock.now();
        let write = app.store.write().await?;
        if !self.is_idle() {
            write
                .renew_leases(&Lease {
                    owner: self.owner.clone(),
                    until: now + LEASE,
                })
                .await?;
        }
        let under_way: Vec<i64> = self.ours().map(|run| run.id).collect();
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

    /// Waits for the runs under way until `deadline` is over, and then stops.
    ///
    /// # Errors
    /// When the database refuses to take a run's end.
    pub async fn drain(&mut self, app: &App, deadline: Duration) -> Result<(), JobError> {
        let all = async {
            let mut failure = None;
            while !self.is_idle() {
                if let Err(error) = self.next_ended(app).await {
                    self.unwritten.rotate_left(1.min(self.unwritten.len()));
                    failure = Some(error);
                    tokio::time::sleep(RETRY_ENDING).await;
                }
            }
            failure.map_or(Ok(()), Err)
        };
        match tokio::time::timeout(deadline, all).await {
            Ok(result) => result,
            Err(_) => {
                let left = self.tasks.len();
                tracing::warn!(left, "the deadline is over: what still runs is broken off");
                self.stop(app).await;
                Ok(())
            }
        }
    }

    /// Breaks off the runs under way at once and queues them: the next start goes on at their unfinished steps.
    pub async fn stop(&mut self, app: &App) {
        self.tasks.abort_all();
        while let Some(joined) = self.tasks.join_next_with_id().await {
            // A task that came to its end in the last moment has one; an aborted one stays under way.
            if !matches!(&joined, Err(error) if error.is_cancelled()) {
                let _ = self.note(joined);
            }
        }
        match tokio::time::timeout(GIVING_BACK, self.give_back(app)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "what was broken off is taken up at the next start")
            }
            Err(_) => tracing::warn!(
                "the database does not answer: what was broken off is taken up at the next start"
            ),
        }
    }

    async fn give_back(&mut self, app: &App) -> Result<(), JobError> {
        self.reap(app).await?;
        let ids: Vec<Id> = self.under_way.keys().copied().collect();
        for id in ids {
            if let Some(run) = self.under_way.remove(&id) {
                let why = "the program was stopped before it ended".to_owned();
                self.unwritten.push_back((run, Ending::Interrupted(why)));
            }
        }
        self.reap(app).await.map(drop)
    }

    /// Runs whose rows say that this process has them.
    fn ours(&self) -> impl Iterator<Item = &Run> {
        let unwritten = self.unwritten.iter().map(|(run, _)| run);
        self.under_way.values().chain(unwritten)
    }

    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.unwritten.is_empty()
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
    // Nobody else waits for other jobs: see `admit`.
    let waits = run.attempts == 0 && matches!(run.trigger, Trigger::Schedule | Trigger::CatchUp);
    for before in job.into_iter().filter(|_| waits).flat_map(|job| &job.after) {
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
            Some(one) => {
                if one.status == RunStatus::Queued {
                    app.clock.sleep(REST).await;
                }
                ended.push(one);
            }
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

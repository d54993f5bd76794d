//! What is due: occurrences become rows, and the row is the fire.
//!
//! Owns: cursors, the unique run rows in the same transaction, what became of occurrences nobody ran.
//! Never: running (`runner.rs`), the heartbeat (`scheduler.rs`).
//! Reads next: `plan/occurrences.rs`, `admit.rs`.

mod occurrences;
pub use occurrences::{Listed, listed};

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, TimeDelta, Utc};

use super::spec::Job;
use super::{App, JobError};
use crate::store::runs::{NewRun, Run, RunStatus, Trigger};
use crate::store::schedules::Cursor;

/// Remembers when each job is due next, so that a heartbeat with nothing due asks nobody.
#[derive(Debug, Default)]
pub struct Planner {
    /// When, and the job's place in `App::jobs`; the earliest on top.
    next: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    is_ready: bool,
}

impl Planner {
    /// Plans every job that is due at `now`, all in one transaction. Returns how many runs it queued.
    ///
    /// 1. Take the jobs that are due; the first time, all of them.
    /// 2. Read their cursors in the transaction that will move them.
    /// 3. List what lies in (cursor, now] and insert a row for each occurrence.
    /// 4. Move the cursors, commit, remember when each is due next.
    ///
    /// # Errors
    /// When the database refuses; what was not planned stays due.
    pub async fn tick(&mut self, app: &App, now: DateTime<Utc>) -> Result<usize, JobError> {
        let due = self.due(app, now);
        if due.is_empty() {
            return Ok(0);
        }
        match plan(app, &due, now).await {
            Ok((queued, cursors)) => {
                self.remember(app, &due, &cursors);
                self.is_ready = true;
                Ok(queued)
            }
            Err(error) => {
                self.next
                    .extend(due.into_iter().map(|place| Reverse((now, place))));
                Err(error)
            }
        }
    }

    /// When any job is due next, as far as was planned.
    #[must_use]
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        self.next.peek().map(|Reverse((at, _))| *at)
    }

    fn due(&mut self, app: &App, now: DateTime<Utc>) -> Vec<usize> {
        if !self.is_ready {
            self.next.clear();
            return (0..app.jobs.len()).collect();
        }
        let mut due = Vec::new();
        while self.next.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            due.extend(self.next.pop().map(|Reverse((_, place))| place));
        }
        due
    }

    fn remember(&mut self, app: &App, due: &[usize], cursors: &[DateTime<Utc>]) {
        for (place, cursor) in due.iter().zip(cursors) {
            if let Some(at) = occurrences::next_after(app, &app.jobs[*place], *cursor) {
                self.next.push(Reverse((at, *place)));
            }
        }
    }
}

/// Plans the jobs at `places`; returns how many runs were queued and the cursor of each.
async fn plan(
    app: &App,
    places: &[usize],
    now: DateTime<Utc>,
) -> Result<(usize, Vec<DateTime<Utc>>), JobError> {
    let jobs: Vec<&Job> = places.iter().map(|place| &app.jobs[*place]).collect();
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    let write = app.store.write().await?;
    let known = write.cursors_of(&names).await?;
    let fingerprints: Vec<String> = jobs.iter().map(|job| job.timing.fingerprint()).collect();
    let mut rows = Vec::new();
    let mut cursors = Vec::new();
    for (job, fingerprint) in jobs.iter().zip(&fingerprints) {
        let cursor = known.get(&job.name);
        let planned = plan_job(
            app,
            job,
            cursor.filter(|cursor| cursor.fingerprint == *fingerprint),
            now,
        );
        let paused = cursor.and_then(|cursor| cursor.pause.as_ref());
        rows.extend(occurrences::rows(app, job, &planned, paused, now));
        cursors.push(planned.cursor);
    }
    let queued = rows
        .iter()
        .filter(|row| row.status == RunStatus::Queued)
        .count();
    write.insert_runs(&rows).await?;
    let moved: Vec<_> = names
        .iter()
        .zip(&cursors)
        .zip(&fingerprints)
        .map(|((name, cursor), fingerprint)| (*name, *cursor, fingerprint.as_str()))
        .collect();
    write.set_cursors(&moved).await?;
    write.commit().await?;
    Ok((queued, cursors))
}

/// A new or edited schedule starts from `now`; a clock that was set back moves no cursor back.
fn plan_job(
    app: &App,
    job: &Job,
    cursor: Option<&Cursor>,
    now: DateTime<Utc>,
) -> occurrences::Planned {
    match cursor {
        None => occurrences::Planned::nothing(now),
        Some(cursor) if now <= cursor.at => occurrences::Planned::nothing(cursor.at),
        Some(cursor) => occurrences::between(app, job, cursor.at, now),
    }
}

/// Queues a run by hand. `scheduled_for` is `now`, or the first free second after it.
///
/// # Errors
/// When the database refuses.
pub async fn queue_now(app: &App, job: &Job, now: DateTime<Utc>) -> Result<Run, JobError> {
    queue_as_of(app, job, now, None).await
}

/// As [`queue_now`], with figures of `as_of`, whoever runs it and whenever.
///
/// # Errors
/// When the database refuses.
pub async fn queue_as_of(
    app: &App,
    job: &Job,
    now: DateTime<Utc>,
    as_of: Option<DateTime<Utc>>,
) -> Result<Run, JobError> {
    let write = app.store.write().await?;
    let mut new = new_run(app, job, now, Trigger::Manual);
    new.as_of = as_of;
    "asked for by hand".clone_into(&mut new.reason);
    loop {
        if is_occurrence(app, job, new.scheduled_for) {
            new.scheduled_for += TimeDelta::seconds(1);
            continue;
        }
        if write.insert_runs(std::slice::from_ref(&new)).await? == 1
            && let Some(run) = write.run_of(&job.name, new.scheduled_for).await?
        {
            write.commit().await?;
            return Ok(run);
        }
        new.scheduled_for += TimeDelta::seconds(1);
    }
}

/// A run by hand must not take the row that an occurrence of the schedule is about to need.
fn is_occurrence(app: &App, job: &Job, at: DateTime<Utc>) -> bool {
    let before = at - TimeDelta::seconds(1);
    let next = job.timing.due_after(before, &app.files.calendar);
    next.is_some_and(|due| due.at() == at) && !is_every_second(app, job, at)
}

/// Such a job has no second left for anybody else: its occurrence is the run that is asked for.
fn is_every_second(app: &App, job: &Job, at: DateTime<Utc>) -> bool {
    let free = (1..=60).map(|seconds| at + TimeDelta::seconds(seconds));
    let next = |after: DateTime<Utc>| {
        job.timing
            .due_after(after - TimeDelta::seconds(1), &app.files.calendar)
    };
    free.into_iter()
        .all(|at| next(at).is_some_and(|due| due.at() == at))
}

/// Queues a run by hand for `at`, unless that occurrence has a row already.
///
/// # Errors
/// When the database refuses.
pub async fn queue_once(app: &App, job: &Job, at: DateTime<Utc>) -> Result<bool, JobError> {
    let write = app.store.write().await?;
    let mut new = new_run(app, job, at, Trigger::Manual);
    "asked for by hand".clone_into(&mut new.reason);
    let inserted = write.insert_runs(&[new]).await?;
    write.commit().await?;
    Ok(inserted == 1)
}

/// A queued run of `job`.
#[must_use]
pub fn new_run(app: &App, job: &Job, scheduled_for: DateTime<Utc>, trigger: Trigger) -> NewRun {
    NewRun {
        job: job.name.clone(),
        scheduled_for,
        trigger,
        status: RunStatus::Queued,
        reason: String::new(),
        as_of: None,
        holds_mails: false,
        note: String::new(),
        basis: app.basis(job),
    }
}

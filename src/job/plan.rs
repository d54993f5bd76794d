//! What is due: occurrences become rows, and the row is the fire.
//!
//! Owns: cursors, the unique run row in the same transaction, what became of occurrences nobody ran.
//! Never: running (`run.rs`), the heartbeat (`scheduler.rs`).
//! Reads next: `run.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use super::spec::Job;
use super::{App, JobError};
use crate::domain::schedule::{CatchUp, Occurrence};
use crate::store::Write;
use crate::store::runs::{Cursor, NewRun, RunStatus, Trigger};

/// Occurrences planned in one transaction; the rest of a long absence follows at the next heartbeat.
const BATCH: usize = 1_000;
/// An occurrence noticed later than this was caught up.
const ON_TIME: TimeDelta = TimeDelta::seconds(60);

/// Remembers when each job is due next, so that a heartbeat with nothing due asks nobody.
#[derive(Debug, Default)]
pub struct Planner {
    /// By the job's place in `App::jobs`; `None`: not planned yet.
    next: Vec<Option<DateTime<Utc>>>,
}

impl Planner {
    /// Plans every job that is due at `now`. Returns how many runs it queued.
    ///
    /// # Errors
    /// When the database refuses; what was not planned stays due.
    pub async fn tick(&mut self, app: &App, now: DateTime<Utc>) -> Result<usize, JobError> {
        self.next.resize(app.jobs.len(), None);
        let mut queued = 0;
        for (job, next) in app.jobs.iter().zip(&mut self.next) {
            if next.is_some_and(|next| now < next) {
                continue;
            }
            let (runs, cursor) = plan_job(app, job, now).await?;
            queued += runs;
            *next = job
                .timing
                .schedule
                .next_after(cursor)
                .map(|occurrence| occurrence.at);
        }
        Ok(queued)
    }
}

/// Plans one job, in one transaction.
///
/// 1. Read its cursor; a new or edited schedule starts from `now`.
/// 2. List the occurrences in (cursor, now].
/// 3. Insert a row for each: one to run, the others missed or skipped, with their reasons.
/// 4. Move the cursor.
async fn plan_job(
    app: &App,
    job: &Job,
    now: DateTime<Utc>,
) -> Result<(usize, DateTime<Utc>), JobError> {
    let write = app.store.write().await?;
    let fingerprint = fingerprint(job);
    let known = write
        .cursor(&job.name)
        .await?
        .filter(|cursor| cursor.fingerprint == fingerprint);
    let from = known.as_ref().map_or(now, |cursor| cursor.at);
    // A clock that was set back must not move the cursor back.
    if known.is_some() && now <= from {
        return Ok((0, from));
    }
    let occurrences: Vec<Occurrence> = job.timing.schedule.between(from, now).take(BATCH).collect();
    let complete = occurrences.len() < BATCH;
    let cursor = match occurrences.last() {
        Some(last) if !complete => last.at,
        _ => now,
    };
    let mut queued = 0;
    for new in rows(app, job, &occurrences, complete, now) {
        let runs = new.status == RunStatus::Queued;
        queued += usize::from(write.insert_run(new).await?.is_some() && runs);
    }
    write
        .set_cursor(
            &job.name,
            &Cursor {
                at: cursor,
                fingerprint,
            },
        )
        .await?;
    write.commit().await?;
    Ok((queued, cursor))
}

/// One row per occurrence; with `complete` the last worked one is to run, unless the job does not catch up.
fn rows(
    app: &App,
    job: &Job,
    occurrences: &[Occurrence],
    complete: bool,
    now: DateTime<Utc>,
) -> Vec<NewRun> {
    let day_off = |at| job.timing.day_off(at, &app.files.calendar);
    let last = occurrences
        .iter()
        .rev()
        .find(|occurrence| day_off(occurrence.at).is_none());
    let to_run = last.map(|last| last.at).filter(|_| complete);
    occurrences
        .iter()
        .map(|occurrence| {
            let late = now - occurrence.at > ON_TIME;
            let (status, reason) = match day_off(occurrence.at) {
                Some(day) => (RunStatus::Skipped, format!("{day} is not a working day")),
                None if Some(occurrence.at) != to_run => (
                    RunStatus::Missed,
                    "nothing ran at the time; a later occurrence takes its place".to_owned(),
                ),
                None if late && job.timing.catch_up == CatchUp::None => (
                    RunStatus::Missed,
                    "nothing ran at the time, and this job does not catch up".to_owned(),
                ),
                None => (RunStatus::Queued, String::new()),
            };
            let trigger = if late {
                Trigger::CatchUp
            } else {
                Trigger::Schedule
            };
            new_run(app, job, occurrence.at, trigger, status, reason)
        })
        .collect()
}

/// Queues a run by hand. `scheduled_for` is `now`, or the first free second after it.
///
/// # Errors
/// When the database refuses.
pub async fn queue_now(app: &App, job: &Job, now: DateTime<Utc>) -> Result<i64, JobError> {
    let write = app.store.write().await?;
    let id = queue_in(&write, app, job, now).await?;
    write.commit().await?;
    Ok(id)
}

async fn queue_in(
    write: &Write,
    app: &App,
    job: &Job,
    now: DateTime<Utc>,
) -> Result<i64, JobError> {
    let mut scheduled_for = now;
    loop {
        let new = new_run(
            app,
            job,
            scheduled_for,
            Trigger::Manual,
            RunStatus::Queued,
            "asked for by hand".to_owned(),
        );
        if let Some(id) = write.insert_run(new).await? {
            return Ok(id);
        }
        scheduled_for += TimeDelta::seconds(1);
    }
}

fn new_run(
    app: &App,
    job: &Job,
    scheduled_for: DateTime<Utc>,
    trigger: Trigger,
    status: RunStatus,
    reason: String,
) -> NewRun {
    NewRun {
        job: job.name.clone(),
        scheduled_for,
        trigger,
        status,
        reason,
        basis: app.basis(job),
    }
}

/// The schedule as a line of text: a changed line is an edited schedule.
#[must_use]
pub fn fingerprint(job: &Job) -> String {
    let timing = &job.timing;
    let only_on = timing
        .only_on
        .map_or("every day", |only_on| only_on.as_str());
    let (cron, zone) = (timing.schedule.text(), timing.schedule.zone());
    format!("{cron} | {zone} | {only_on} | catch up {}", timing.catch_up)
}

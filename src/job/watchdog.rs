//! The dead-man's switch: the operator hears of a job that has not succeeded for its expected time.
//!
//! Owns: which occurrences count, when to look again.
//! Never: the rule (`domain::silence`), running anything.
//! Reads next: `domain/silence.rs`, `notice.rs`.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::notice::{Matter, Notices, Telling};
use super::spec::Job;
use super::{App, JobError};
use crate::domain::schedule::Jitter;
use crate::domain::silence::{Silence, silence};
use crate::report::notice::{LastRun, Outcome, Silent, What};
use crate::store::runs::{Run, RunStatus, Trigger};

/// Occurrences read in one go.
const PAGE: u64 = 500;
/// A job is looked at again after this time at the latest, whatever the clock did.
const AT_LATEST: TimeDelta = TimeDelta::hours(1);
/// A silent job of which the operator was told is looked at again after this time.
const TOLD: TimeDelta = TimeDelta::minutes(5);
/// Nobody looked for longer than this: the program was down, the machine slept, or the clock was set.
const GAP: TimeDelta = TimeDelta::minutes(5);
/// After such a gap, what is caught up has this long to succeed before anybody is told.
const GRACE: TimeDelta = TimeDelta::hours(1);

/// Looks at the jobs of which a success is expected.
#[derive(Debug, Default)]
pub struct Watchdog {
    /// Before this a job cannot be overdue.
    look_at: HashMap<String, DateTime<Utc>>,
    awake: Option<Awake>,
}

/// A stretch of time without a gap.
#[derive(Clone, Copy, Debug)]
struct Awake {
    since: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// What is known of a job at a look.
enum Seen {
    Silent(Silence),
    /// Not overdue before this instant.
    Until(DateTime<Utc>),
}

impl Watchdog {
    /// The files changed: every job is looked at anew.
    pub fn forget(&mut self) {
        self.look_at.clear();
    }

    /// Looks at every job that could be overdue by now and tells the operator of those that are. What goes wrong
    /// with one job is logged, and tried again at the next look.
    pub async fn look(&mut self, app: &App, notices: &mut Notices) {
        let now = app.clock.now();
        self.stay_awake(now);
        for job in &app.jobs {
            if self.look_at.get(&job.name).is_some_and(|at| now < *at) {
                continue;
            }
            let Some(within) = job.expect_success_within else {
                continue;
            };
            let within = with_jitter(job, within);
            match self.look_at_job(app, job, within, now, notices).await {
                Ok(again) => {
                    self.look_at.insert(job.name.clone(), again);
                }
                Err(error) => {
                    tracing::error!(job = job.name, %error, "whether the job is silent cannot be told");
                }
            }
        }
    }

    fn stay_awake(&mut self, now: DateTime<Utc>) {
        let gap = TimeDelta::zero()..=GAP;
        let since = match self.awake {
            Some(awake) if gap.contains(&(now - awake.last)) => awake.since,
            _ => now,
        };
        if since == now {
            self.look_at.clear();
        }
        self.awake = Some(Awake { since, last: now });
    }

    /// Returns when to look again.
    async fn look_at_job(
        &self,
        app: &App,
        job: &Job,
        within: TimeDelta,
        now: DateTime<Utc>,
        notices: &mut Notices,
    ) -> Result<DateTime<Utc>, JobError> {
        let silence = match see(app, job, within, now).await? {
            Seen::Until(at) => return Ok(at.min(now + AT_LATEST)),
            Seen::Silent(silence) => silence,
        };
        if is_paused(app, job, now).await? || self.may_yet_succeed(silence, within, now) {
            return Ok(now);
        }
        let matter = matter(app, job, silence, now).await?;
        // Boxed: a letter in the making is large, and most looks make none.
        let telling = Box::pin(notices.tell(app, matter)).await?;
        if telling != Telling::Known {
            tracing::warn!(job = job.name, %silence, ?telling, "the job has not succeeded for its expected time");
        }
        Ok(now + TOLD)
    }

    /// Whether the time was over while nobody looked, and what is caught up since may still succeed.
    fn may_yet_succeed(&self, silence: Silence, within: TimeDelta, now: DateTime<Utc>) -> bool {
        let over_at = silence.occurrence.checked_add_signed(within);
        self.awake.is_some_and(|awake| {
            over_at.is_some_and(|at| at < awake.since) && now - awake.since < GRACE.min(within)
        })
    }
}

/// A jitter delays a run by less than its length, and so what is expected of it.
fn with_jitter(job: &Job, within: Duration) -> TimeDelta {
    let jitter = job.timing.jitter.as_ref().map(Jitter::most);
    let within = TimeDelta::from_std(within).ok();
    within
        .and_then(|within| within.checked_add(&jitter.unwrap_or_default()))
        .unwrap_or(TimeDelta::MAX)
}

/// 1. Take the last success, and the last occurrence that a pause passed over: what was before them is settled.
/// 2. Find the first occurrence after them that was not passed over for a day off.
/// 3. Ask the rule.
async fn see(
    app: &App,
    job: &Job,
    within: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Seen, JobError> {
    let last_success = app.store.last_success(&job.name).await?;
    let settled = last_success.max(app.store.last_paused(&job.name).await?);
    let expected = first_expected(app, job, settled, now).await?;
    if let Some(silence) = silence(expected, last_success, within, now) {
        return Ok(Seen::Silent(silence));
    }
    let next = || {
        let next = job.timing.next_after(now, &app.files.calendar);
        next.map(|occurrence| occurrence.at)
    };
    let over = expected
        .or_else(next)
        .and_then(|at| at.checked_add_signed(within));
    Ok(Seen::Until(over.map_or(DateTime::<Utc>::MAX_UTC, |at| {
        at + TimeDelta::seconds(1)
    })))
}

async fn first_expected(
    app: &App,
    job: &Job,
    settled: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, JobError> {
    let mut after = settled;
    loop {
        let rows = app
            .store
            .occurrences_between(&job.name, after, now, PAGE)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        if let Some(found) = rows.iter().find(|row| is_expected(app, job, row)) {
            return Ok(Some(found.scheduled_for));
        }
        after = Some(last.scheduled_for);
    }
}

/// Nobody expects anything of an occurrence on a day off.
fn is_expected(app: &App, job: &Job, row: &Run) -> bool {
    let is_off = || job.timing.day_off(row.scheduled_for, &app.files.calendar);
    row.status != RunStatus::Skipped || is_off().is_none()
}

async fn is_paused(app: &App, job: &Job, now: DateTime<Utc>) -> Result<bool, JobError> {
    let pause = app.store.pause_of(&job.name).await?;
    Ok(pause.is_some_and(|pause| pause.holds_at(now)))
}

async fn matter(
    app: &App,
    job: &Job,
    silence: Silence,
    now: DateTime<Utc>,
) -> Result<Matter, JobError> {
    let local = |at: DateTime<Utc>| local(app, at);
    let silent = Silent {
        job: job.name.clone(),
        title: job.title.clone(),
        occurrence: local(silence.occurrence),
        within: job.expect_success_within.unwrap_or_default(),
        last_success: silence.last_success.map(local),
        last_run: last_run(app, job, now).await?,
    };
    Ok(Matter {
        about: format!("job/{}", job.name),
        occasion: silence.to_string(),
        reason: format!("no success since its occurrence of {}", silent.occurrence),
        what: What::Silent(silent),
    })
}

async fn last_run(app: &App, job: &Job, now: DateTime<Utc>) -> Result<Option<LastRun>, JobError> {
    let runs = app.store.runs(Some(&job.name), PAGE).await?;
    let last = runs.into_iter().find(|run| {
        run.trigger != Trigger::Backfill && run.scheduled_for <= now && is_expected(app, job, run)
    });
    Ok(last.map(|run| LastRun {
        scheduled_for: local(app, run.scheduled_for),
        outcome: outcome(run.status),
        reason: run.reason,
    }))
}

fn local(app: &App, at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&app.zone()).fixed_offset()
}

fn outcome(status: RunStatus) -> Outcome {
    match status {
        RunStatus::Queued => Outcome::Waiting,
        RunStatus::Running => Outcome::Running,
        RunStatus::Succeeded => Outcome::Succeeded,
        RunStatus::Partial => Outcome::Partial,
        RunStatus::Failed => Outcome::Failed,
        RunStatus::Missed => Outcome::Missed,
        RunStatus::Skipped => Outcome::Skipped,
        RunStatus::Abandoned => Outcome::Abandoned,
    }
}

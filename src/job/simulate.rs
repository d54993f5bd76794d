//! A period lived through on a copy: every run that would be, and every mail that would go.
//!
//! Owns: the clock that jumps from occurrence to occurrence.
//! Never: planning or running by other means than the daemon's; a source; a delivery.
//! Reads next: `plan.rs`, `scratch.rs`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::Planner;
use super::round::{self, Haste};
use super::scratch::{Scratch, Unsent};
use super::watch::Watcher;
use super::{App, JobError, Pulls, runner};
use crate::clock::Clock;
use crate::domain::dossier::{end_of, start_of};
use crate::domain::period::Period;
use crate::store::runs::{Run, RunStatus};

/// What a simulation takes for granted, for whoever reads it.
pub const ASSUMED: &str = "from the data at hand, as if no dossier moved on and every source that was ever read stayed fresh";

/// An occurrence and what would become of it.
#[derive(Clone, Debug)]
pub struct Fire {
    pub job: String,
    pub at: DateTime<Utc>,
    pub status: RunStatus,
    pub reason: String,
    /// Where the calendar or a change of the clocks moved it.
    pub note: Option<String>,
}

#[derive(Debug)]
pub struct Simulated {
    pub fires: Vec<Fire>,
    pub mails: Vec<Unsent>,
}

/// Lives through `period` (days of the site's zone).
///
/// 1. Copy the database. For a period that began already, the copy goes back to its first instant; if it lies
///    ahead, the time until then is lived through too: what is told in it is not told again.
/// 2. Jump from one instant at which a job is due to the next; sources appear as just read.
/// 3. Plan and run what is due, and write the letters whose hour has come; nothing is delivered. 4. List what happened within the period.
///
/// # Errors
/// When a database refuses.
pub async fn simulate(
    app: App,
    period: Period,
    watcher: Arc<dyn Watcher>,
) -> Result<Simulated, JobError> {
    let zone = app.zone();
    let (start, end) = (start_of(period.from, zone), end_of(period.to, zone));
    let mut now = before(start).min(app.clock.now());
    let is_ahead = now < before(start);
    let mut scratch = Scratch::of(app, Clock::fixed(now), Pulls::FromStore).await?;
    stand_at(&scratch, now, is_ahead).await?;
    let mut planner = Planner::default();
    let mut mails = Vec::new();
    let mut letters = live(&scratch, &mut planner, now, &watcher).await?;
    // What waited or was overdue before the period belongs to no day of it.
    scratch.new_mails().await?;
    while let Some(next) = planner
        .next_at()
        .into_iter()
        .chain(letters)
        .min()
        .filter(|next| *next <= end)
    {
        now = next;
        letters = live(&scratch, &mut planner, now, &watcher).await?;
        let queued = scratch.new_mails().await?;
        mails.extend(queued.into_iter().filter(|_| now >= start));
    }
    // What waited for another job until the last day was over gets its ending.
    scratch.app.clock.set(end + TimeDelta::seconds(1));
    runner::run_to_end(&scratch.app, watcher).await?;
    let runs = scratch.app.store.runs_between(start, end).await?;
    let fires = runs
        .into_iter()
        .map(|run| fire(&scratch.app, run))
        .collect();
    Ok(Simulated { fires, mails })
}

/// The copy as it stood at `now`: nothing of what came later has happened or is planned. Before a period that
/// lies `ahead`, what waits then is run, and what was not planned is.
async fn stand_at(scratch: &Scratch, now: DateTime<Utc>, ahead: bool) -> Result<(), JobError> {
    let app = &scratch.app;
    scratch.copy.rewind(now, ahead).await?;
    let write = app.store.write().await?;
    write.requeue_all().await?;
    let names: Vec<&str> = app.jobs.iter().map(|job| job.name.as_str()).collect();
    let known = write.cursors_of(&names).await?;
    let prints: Vec<String> = app
        .jobs
        .iter()
        .map(|job| job.timing.fingerprint())
        .collect();
    let mut cursors = Vec::new();
    for (name, print) in names.iter().zip(&prints) {
        match known.get(*name) {
            Some(cursor) if ahead => {
                cursors.push((*name, cursor.at.min(now), cursor.fingerprint.as_str()));
            }
            None if ahead => {}
            _ => cursors.push((*name, now, print.as_str())),
        }
    }
    write.set_cursors(&cursors).await?;
    Ok(write.commit().await?)
}

async fn live(
    scratch: &Scratch,
    planner: &mut Planner,
    now: DateTime<Utc>,
    watcher: &Arc<dyn Watcher>,
) -> Result<Option<DateTime<Utc>>, JobError> {
    let app = &scratch.app;
    app.clock.set(now);
    scratch.copy.freshen(now).await?;
    planner.tick(app, now).await?;
    runner::run_to_end(app, Arc::clone(watcher)).await?;
    Ok(round::write(app, Haste::Now).await?.next)
}

fn before(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::seconds(1)
}

fn fire(app: &App, run: Run) -> Fire {
    let at = run.scheduled_for;
    let note = app.job(&run.job).and_then(|job| {
        let next = job.timing.next_after(before(at), &app.files.calendar);
        next.filter(|next| next.at == at)?.note
    });
    Fire {
        job: run.job,
        at,
        status: run.status,
        reason: run.reason,
        note: note.map(|note| note.to_string()),
    }
}

//! A period lived through on a copy: every run that would be, and every mail that would go.
//!
//! Owns: the clock that jumps from occurrence to occurrence.
//! Never: planning or running by other means than the daemon's; a source; a delivery.
//! Reads next: `plan.rs`, `scratch.rs`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::{self, Planner};
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
/// 1. Copy the database; the copy stands at the period's first instant, or now if the period lies ahead: the
///    days until then are lived through too, for what is told in them is not told again.
/// 2. Jump from one instant at which a job is due to the next; sources appear as just read.
/// 3. Plan and run what is due; nothing is delivered. 4. List what happened within the period.
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
    let first = start.min(app.clock.now());
    let mut scratch = Scratch::of(app, Clock::fixed(first), Pulls::FromStore).await?;
    stand_at(&scratch, first).await?;
    let mut planner = Planner::default();
    let mut mails = Vec::new();
    let mut now = before(first);
    while let Some(next) = plan::next_instant(&scratch.app, now).filter(|next| *next <= end) {
        now = next;
        live(&scratch, &mut planner, now, &watcher).await?;
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

/// The copy as it would have been at `first`: nothing of what came after has happened or is planned.
async fn stand_at(scratch: &Scratch, first: DateTime<Utc>) -> Result<(), JobError> {
    scratch.copy.rewind(first).await?;
    let app = &scratch.app;
    let prints: Vec<String> = app
        .jobs
        .iter()
        .map(|job| job.timing.fingerprint())
        .collect();
    let cursors: Vec<_> = app
        .jobs
        .iter()
        .zip(&prints)
        .map(|(job, print)| (job.name.as_str(), before(first), print.as_str()))
        .collect();
    let write = app.store.write().await?;
    write.set_cursors(&cursors).await?;
    Ok(write.commit().await?)
}

async fn live(
    scratch: &Scratch,
    planner: &mut Planner,
    now: DateTime<Utc>,
    watcher: &Arc<dyn Watcher>,
) -> Result<(), JobError> {
    let app = &scratch.app;
    app.clock.set(now);
    scratch.copy.freshen(now).await?;
    planner.tick(app, now).await?;
    runner::run_to_end(app, Arc::clone(watcher)).await?;
    Ok(())
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

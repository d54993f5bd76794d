//! Opening a site, and the daemon: heartbeat, planner, runner, outbox, until a signal.
//!
//! Owns: building the `App`, the main loop, draining at the end.
//! Never: rules.
//! Reads next: `job/plan.rs`, `job/run.rs`.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use secrecy::ExposeSecret;

use crate::clock::Clock;
use crate::config::document::Documents;
use crate::config::problem::Problem;
use crate::config::site;
use crate::domain::dossier::day_of;
use crate::job::check::{self, Findings};
use crate::job::plan::Planner;
use crate::job::run::{self, Unwatched};
use crate::job::{App, JobError, deliver, spec};
use crate::mail::{Templates, Transport};
use crate::scheduler::Heartbeat;
use crate::store::{Store, StoreError};

/// Why a site cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Everything that `dondoc check` would say; the texts are there to show the lines.
    #[error("the site's files have {} problem(s)", .0.len())]
    Problems(Vec<Problem>, Documents),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The clock of a command: fixed by `--at` or by the site's settings (a demo), else the system's.
#[must_use]
pub fn clock(at: Option<DateTime<Utc>>, site: &Path) -> Clock {
    let set = at.or_else(|| {
        let reading = site::read_site(site, &site::environment());
        reading.settings?.site.now.map(|now| now.to_utc())
    });
    set.map_or(Clock::System, Clock::fixed)
}

/// Every problem of every file of the site, templates included, as of `today`.
#[must_use]
pub fn check_site(folder: &Path, today: NaiveDate) -> Findings {
    check_site_with(folder, today, &site::environment())
}

fn check_site_with(folder: &Path, today: NaiveDate, variables: &[(String, String)]) -> Findings {
    let mut findings = check::check(folder, today, variables);
    if folder.join("templates").is_dir()
        && let Err(problems) = Templates::load(&folder.join("templates"))
    {
        findings.problems.extend(problems);
    }
    findings
}

/// Opens the site in `folder`: refuses whatever `check` refuses, opens and migrates the database.
///
/// # Errors
/// With all problems of the site's files, or when the database cannot be opened.
pub async fn open(folder: &Path, clock: Clock) -> Result<App, OpenError> {
    open_with(folder, clock, &site::environment()).await
}

/// As [`open`], with the given variables instead of those of this process.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    folder: &Path,
    clock: Clock,
    variables: &[(String, String)],
) -> Result<App, OpenError> {
    let reading = site::read_site(folder, variables);
    let zone = reading
        .settings
        .as_ref()
        .map_or(chrono_tz::UTC, |settings| settings.site.zone);
    let found = check_site_with(folder, day_of(clock.now(), zone), variables);
    if !found.problems.is_empty() {
        return Err(OpenError::Problems(found.problems, found.documents));
    }
    let refused = |problems| OpenError::Problems(problems, Documents::default());
    let files = site::load(folder, variables).map_err(refused)?;
    let jobs = spec::load(folder, files.settings.site.zone).map_err(refused)?;
    let templates = Templates::load(&folder.join("templates")).map_err(refused)?;
    let transport = Transport::new(&files.settings.mail.delivery, folder);
    let store = Store::open(files.settings.database.url.expose_secret(), folder).await?;
    store.migrate().await?;
    Ok(App {
        site: folder.to_owned(),
        files,
        jobs,
        templates,
        transport,
        store,
        clock,
    })
}

/// Serves until a signal comes: what runs then is finished, what waits stays for the next start.
///
/// 1. Hold the database; take up what a killed process left.
/// 2. At every beat: plan what is due, run what is queued, deliver what waits.
/// 3. At a signal: stop planning, let the run under way end, deliver.
///
/// # Errors
/// When the database is in use by another process or the heartbeat does not start.
pub async fn serve(app: &App) -> anyhow::Result<()> {
    let _held = app.store.lock()?;
    run::recover(app).await?;
    let heartbeat = Heartbeat::start().await?;
    let stop = stop_signal();
    tokio::pin!(stop);
    let mut planner = Planner::default();
    tracing::info!(
        jobs = app.jobs.len(),
        database = app.store.kind(),
        "serving"
    );
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = heartbeat.beat() => {}
        }
        if let Err(error) = beat(app, &mut planner).await {
            tracing::error!(%error, "this beat failed; the next one tries again");
        }
    }
    tracing::info!("stopping: what runs is finished, what waits stays");
    heartbeat.stop().await?;
    Ok(())
}

async fn beat(app: &App, planner: &mut Planner) -> Result<(), JobError> {
    planner.tick(app, app.clock.now()).await?;
    run::run_queued(app, &Unwatched).await?;
    deliver::drain(app).await?;
    Ok(())
}

/// SIGTERM or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be heard");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

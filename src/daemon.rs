//! Opening a site, and the daemon: heartbeat, planner, runner, outbox, until a signal.
//!
//! Owns: building the `App`, the main loop, applying changed files, draining at the end.
//! Never: rules.
//! Reads next: `daemon/reload.rs`, `job/plan.rs`, `job/runner.rs`.

mod reload;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use secrecy::ExposeSecret;

use crate::clock::Clock;
use crate::config::document::Documents;
use crate::config::problem::Problem;
use crate::config::site;
use crate::domain::dossier::day_of;
use crate::job::check::{self, Findings};
use crate::job::notice::Notices;
use crate::job::plan::Planner;
use crate::job::runner::{Runner, process_name};
use crate::job::watch::Unwatched;
use crate::job::watchdog::Watchdog;
use crate::job::{App, Gates, JobError, Pulls, deliver, run, spec};
use crate::mail::{Templates, Transport};
use crate::metrics::Exporter;
use crate::scheduler::Heartbeat;
use crate::store::{Store, StoreError};
use reload::Files;

/// Runs under way at once.
const AT_ONCE: usize = 4;
/// How long a run under way may go on after a signal.
const DRAIN: Duration = Duration::from_secs(30);
/// Beats between two signs of life.
const SIGN_OF_LIFE: u64 = 20;

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

/// The day of `now` in the site's zone; in UTC where the settings cannot be read.
#[must_use]
pub fn today(site: &Path, now: DateTime<Utc>) -> NaiveDate {
    let reading = site::read_site(site, &site::environment());
    let zone = reading
        .settings
        .map_or(chrono_tz::UTC, |settings| settings.site.zone);
    day_of(now, zone)
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
    open_with(folder, clock, site::environment()).await
}

/// As [`open`], with the given variables instead of those of this process.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    folder: &Path,
    clock: Clock,
    variables: Vec<(String, String)>,
) -> Result<App, OpenError> {
    let read = read(folder, clock.now(), &variables)?;
    let store = Store::open(read.files.settings.database.url.expose_secret(), folder).await?;
    store.migrate().await?;
    store.keep_daybook(read.files.settings.site.zone).await?;
    Ok(read.app(folder, store, clock, Gates::default(), variables))
}

/// What the files of a site say, all of it valid.
struct Read {
    files: site::Files,
    jobs: Vec<spec::Job>,
    templates: Templates,
}

fn read(
    folder: &Path,
    now: DateTime<Utc>,
    variables: &[(String, String)],
) -> Result<Read, OpenError> {
    let reading = site::read_site(folder, variables);
    let zone = reading
        .settings
        .map_or(chrono_tz::UTC, |settings| settings.site.zone);
    let Findings {
        problems,
        jobs,
        documents,
        ..
    } = check_site_with(folder, day_of(now, zone), variables);
    if !problems.is_empty() {
        return Err(OpenError::Problems(problems, documents));
    }
    drop(documents);
    let refused = |problems| OpenError::Problems(problems, Documents::default());
    let files = site::load(folder, variables).map_err(refused)?;
    let templates = Templates::load(&folder.join("templates")).map_err(refused)?;
    Ok(Read {
        files,
        jobs,
        templates,
    })
}

impl Read {
    fn app(
        self,
        folder: &Path,
        store: Store,
        clock: Clock,
        gates: Gates,
        variables: Vec<(String, String)>,
    ) -> App {
        let transport = Transport::new(&self.files.settings.mail.delivery, folder);
        let Self {
            files,
            jobs,
            templates,
        } = self;
        let pulls = Pulls::FromSources;
        App {
            site: folder.to_owned(),
            files,
            jobs,
            templates,
            transport,
            store,
            clock,
            pulls,
            gates,
            variables,
        }
    }
}

/// The same site opened anew from its files, on the same database and clock.
///
/// # Errors
/// With all problems of its files.
pub fn copy(app: &App) -> Result<App, OpenError> {
    let read = read(&app.site, app.clock.now(), &app.variables)?;
    Ok(read.app(
        &app.site,
        app.store.clone(),
        app.clock.clone(),
        app.gates.clone(),
        app.variables.clone(),
    ))
}

/// Serves until a signal comes: what runs then is finished, what waits stays for the next start.
///
/// 1. Hold the database; take up what a killed process left.
/// 2. At every beat: apply changed files, plan what is due, start what is queued, deliver what waits.
/// 3. At a signal: stop planning, let the runs under way end within a deadline.
///
/// # Errors
/// When the database is in use by another process or the heartbeat does not start.
pub async fn serve(app: App) -> anyhow::Result<()> {
    let _held = app.store.lock().await?;
    run::recover(&app).await?;
    let heartbeat = Heartbeat::start().await?;
    let stop = stop_signal();
    tokio::pin!(stop);
    tracing::info!(
        jobs = app.jobs.len(),
        database = app.store.kind(),
        "serving"
    );
    let mut daemon = Daemon::new(app);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = heartbeat.beat() => {}
        }
        if let Err(error) = daemon.beat().await {
            tracing::error!(%error, "this beat failed; the next one tries again");
        }
    }
    tracing::info!("stopping: what runs is finished, what waits stays");
    heartbeat.stop().await?;
    daemon.finish_delivery().await;
    daemon.runner.drain(&daemon.app, DRAIN).await?;
    Ok(reload::farewell(&daemon.app, &process_name()).await?)
}

/// The parts that one beat moves.
pub struct Daemon {
    app: Arc<App>,
    files: Files,
    planner: Planner,
    runner: Runner,
    post: Option<tokio::task::JoinHandle<Result<usize, JobError>>>,
    /// Set at the end: no other mail is begun.
    is_stopping: Arc<AtomicBool>,
    watchdog: Watchdog,
    notices: Notices,
    exporter: Exporter,
    beats: u64,
}

impl Daemon {
    #[must_use]
    pub fn new(app: App) -> Self {
        let runner = Runner::new(process_name(), AT_ONCE, Arc::new(Unwatched));
        let files = Files::of(&app.site);
        let app = Arc::new(app);
        Self {
            exporter: Exporter::new(&app),
            app,
            files,
            planner: Planner::default(),
            runner,
            post: None,
            is_stopping: Arc::new(AtomicBool::new(false)),
            watchdog: Watchdog::default(),
            notices: Notices::default(),
            beats: 0,
        }
    }

    /// Once a second.
    ///
    /// # Errors
    /// When the database refuses; the next beat tries again.
    pub async fn beat(&mut self) -> Result<(), JobError> {
        if let Some(changed) = self.files.changed(&self.app).await? {
            self.app = changed;
            self.planner = Planner::default();
            self.watchdog.forget();
            self.notices = Notices::default();
            self.exporter.keep(&self.app).await;
        }
        self.planner.tick(&self.app, self.app.clock.now()).await?;
        self.runner.reap(&self.app).await?;
        self.runner.start_ready(&self.app).await?;
        self.deliver().await?;
        if self.beats.is_multiple_of(SIGN_OF_LIFE) {
            self.runner.renew(&self.app).await?;
            self.files.sign_of_life(&self.app, &process_name()).await?;
            self.watchdog.look(&self.app, &mut self.notices).await;
            self.exporter.keep(&self.app).await;
        }
        self.beats += 1;
        Ok(())
    }

    /// The site as it runs now.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Lets the mail under way come to its end, so that nobody has to doubt it; begins no other.
    async fn finish_delivery(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if let Some(post) = self.post.take()
            && tokio::time::timeout(DRAIN, post).await.is_err()
        {
            tracing::warn!(
                "a mail is still under way: whether it arrived is settled at the next start"
            );
        }
    }

    /// One delivery at a time, beside the runs: a slow relay keeps no run from its time.
    async fn deliver(&mut self) -> Result<(), JobError> {
        if let Some(post) = self.post.take_if(|post| post.is_finished()) {
            match post.await {
                Ok(result) => drop(result?),
                Err(error) => tracing::error!(%error, "the delivery broke off"),
            }
        }
        if self.post.is_none() {
            let app = Arc::clone(&self.app);
            let stop = Arc::clone(&self.is_stopping);
            self.post = Some(tokio::spawn(async move {
                deliver::drain_until(&app, &stop).await
            }));
        }
        Ok(())
    }
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn stop_signal() {
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

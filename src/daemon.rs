//! The daemon: heartbeat, planner, runner, outbox, until a signal.
//!
//! Owns: the main loop, holding the database, draining at the end.
//! Never: rules.
//! Reads next: `daemon/open.rs`, `daemon/reload.rs`, `job/plan.rs`, `job/runner.rs`.

mod open;
mod outage;
mod reload;
mod signals;

pub use open::{OpenError, check_site, clock, copy, ledger, open, open_with, today};
pub use signals::{Signals, stop_signal};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::job::bounces::Bounces;
use crate::job::notice::Notices;
use crate::job::plan::Planner;
use crate::job::round::{self, Haste};
use crate::job::runner::{Runner, process_name};
use crate::job::watch::Unwatched;
use crate::job::watchdog::Watchdog;
use crate::job::{App, JobError, deliver, run};
use crate::metrics::Exporter;
use crate::scheduler::Heartbeat;
use crate::store::{Kept, Lock, StoreError};
use crate::web::Door;
use outage::Outages;
use reload::Files;

/// Runs under way at once.
const AT_ONCE: usize = 4;
/// How long a run under way may go on after a signal.
const DRAIN: Duration = Duration::from_secs(30);
/// What may take long while the program stops, and has this long then: a beat, saying farewell.
const MOMENT: Duration = Duration::from_secs(3);
/// A part of a beat that takes longer waits for a database that will not answer.
const SILENCE: Duration = Duration::from_secs(120);
/// After a letter that could not be made.
const LETTERS_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Beats between two signs of life.
const SIGN_OF_LIFE: u64 = 20;
/// Beats between two looks whether the database is still held.
const LOOK_AT_LOCK: u64 = 3;

/// Serves until a signal comes: what runs then is finished, what waits stays for the next start.
///
/// 1. Hold the database; take up what a killed process left.
/// 2. At every beat: apply changed files, plan what is due, start what is queued, deliver what waits.
/// 3. At a signal: stop planning, let the runs under way end within a deadline; at a second one, break them off.
///
/// # Errors
/// When another process has the database, now or later, or the heartbeat does not start.
pub async fn serve(app: App, mut signals: Signals) -> anyhow::Result<()> {
    let begun = tokio::select! {
        biased;
        () = signals.next() => None,
        begun = begin(app) => Some(begun?),
    };
    let Some((heartbeat, mut daemon)) = begun else {
        tracing::info!("stopped before the first beat");
        return Ok(());
    };
    let ended = go_on(&heartbeat, &mut daemon, &mut signals).await;
    match &ended {
        Ok(()) => tracing::info!("stopping: what runs is finished, what waits stays"),
        Err(error) => {
            tracing::error!(%error, "stopping: what runs is broken off, and the other process goes on with it")
        }
    }
    heartbeat.stop().await?;
    match ended {
        Ok(()) => daemon.finish(&mut signals).await,
        Err(_) => daemon.finish_delivery().await,
    }
    daemon.end().await;
    Ok(ended?)
}

async fn begin(app: App) -> anyhow::Result<(Heartbeat, Daemon)> {
    let daemon = Daemon::hold(app).await?;
    let heartbeat = Heartbeat::start().await?;
    tracing::info!(
        jobs = daemon.app.jobs.len(),
        database = daemon.app.store.kind(),
        "serving"
    );
    Ok((heartbeat, daemon))
}

/// Beat after beat, until a signal comes. A beat under way then has a moment to end.
async fn go_on(
    heartbeat: &Heartbeat,
    daemon: &mut Daemon,
    signals: &mut Signals,
) -> Result<(), StoreError> {
    loop {
        tokio::select! {
            biased;
            () = signals.next() => return Ok(()),
            () = heartbeat.beat() => {}
        }
        let mut beat = std::pin::pin!(daemon.beat());
        let is_told = tokio::select! {
            biased;
            () = signals.next() => true,
            done = &mut beat => { done?; false }
        };
        if is_told {
            return tokio::time::timeout(MOMENT, beat).await.unwrap_or(Ok(()));
        }
    }
}

/// The parts that one beat moves.
pub struct Daemon {
    app: Arc<App>,
    lock: Lock,
    /// As far as is known; while it is not, nothing is begun.
    is_held: bool,
    files: Files,
    planner: Planner,
    runner: Runner,
    /// Letters may be due: a run ended, files changed, the daemon began.
    letters_wait: bool,
    /// When the next one is.
    next_letter: Option<DateTime<Utc>>,
    post: Option<tokio::task::JoinHandle<Result<usize, JobError>>>,
    /// Set at the end: no other mail is begun.
    is_stopping: Arc<AtomicBool>,
    watchdog: Watchdog,
    notices: Notices,
    exporter: Exporter,
    bounces: Bounces,
    door: Door,
    /// What the database failed with at this beat.
    error: Option<String>,
    outages: Outages,
    beats: u64,
}

impl Daemon {
    /// Takes the database, and up what a killed process left in it.
    ///
    /// # Errors
    /// When another process has the database, or it does not answer.
    pub async fn hold(app: App) -> Result<Self, JobError> {
        let lock = app.store.lock().await?;
        run::recover(&app).await?;
        Ok(Self::new(app, lock))
    }

    fn new(app: App, lock: Lock) -> Self {
        let runner = Runner::new(process_name(), AT_ONCE, Arc::new(Unwatched));
        let files = Files::of(&app);
        let app = Arc::new(app);
        Self {
            exporter: Exporter::new(&app),
            door: Door::new(&app),
            app,
            lock,
            files,
            planner: Planner::default(),
            runner,
            letters_wait: true,
            next_letter: None,
            post: None,
            is_stopping: Arc::new(AtomicBool::new(false)),
            watchdog: Watchdog::default(),
            notices: Notices::default(),
            bounces: Bounces::default(),
            is_held: true,
            error: None,
            outages: Outages::default(),
            beats: 0,
        }
    }

    /// Once a second. What fails is tried again at the next beat, and keeps nothing else from its turn.
    ///
    /// # Errors
    /// When another process has taken the database: this one must stop.
    pub async fn beat(&mut self) -> Result<(), StoreError> {
        if self.holds_database().await? {
            self.move_parts().await;
            if self.beats.is_multiple_of(SIGN_OF_LIFE) || self.outages.is_on() {
                self.give_sign_of_life().await;
            }
        }
        self.outages.note(self.error.take(), self.app.clock.now());
        self.outages.tell(&self.app).await;
        self.beats += 1;
        Ok(())
    }

    /// Nothing is begun while nobody knows whether the database is still ours.
    async fn holds_database(&mut self) -> Result<bool, StoreError> {
        if self.is_held && !self.beats.is_multiple_of(LOOK_AT_LOCK) && !self.outages.is_on() {
            return Ok(true);
        }
        self.is_held = match self.lock.keep().await {
            Ok(Kept::Still) => true,
            Ok(Kept::Again) => {
                tracing::warn!(
                    "the hold on the database was lost with its connection, and is taken again"
                );
                true
            }
            Err(error @ StoreError::InUse { .. }) => return Err(error),
            Err(error) => {
                self.note("holding the database", Err(error.into()));
                false
            }
        };
        Ok(self.is_held)
    }

    async fn move_parts(&mut self) {
        let changed = self.apply_changes().await;
        self.note("applying changed files", changed);
        let now = self.app.clock.now();
        let planned = answered(self.planner.tick(&self.app, now)).await;
        if planned.is_err() {
            // A tick that was given up has not said what it left undone.
            self.planner = Planner::default();
        }
        self.note("planning", planned.map(drop));
        let reaped = answered(self.runner.reap(&self.app)).await;
        self.letters_wait |= reaped.as_ref().is_ok_and(|ended| !ended.is_empty());
        self.note("ending runs", reaped.map(drop));
        let started = answered(self.runner.start_ready(&self.app)).await;
        self.note("starting runs", started.map(drop));
        let written = answered(self.write_letters()).await;
        self.note("writing letters", written);
        let delivered = self.deliver().await;
        self.note("delivering", delivered);
    }

    /// Looks for letters to write when there may be any, not at every beat.
    async fn write_letters(&mut self) -> Result<(), JobError> {
        let now = self.app.clock.now();
        if self.letters_wait || self.next_letter.is_some_and(|next| next <= now) {
            let round = round::write(&self.app, Haste::Gathers).await;
            let is_outage = round.as_ref().is_err_and(JobError::is_outage);
            self.letters_wait = is_outage;
            self.next_letter = match &round {
                Ok(round) => round.next,
                // What cannot be made now cannot be made a second later either.
                Err(_) => Some(now + LETTERS_AGAIN),
            };
            round?;
        }
        Ok(())
    }

    async fn apply_changes(&mut self) -> Result<(), JobError> {
        if let Some(changed) = self.files.changed(&self.app).await? {
            self.app = changed;
            self.letters_wait = true;
            self.planner = Planner::default();
            self.watchdog.forget();
            self.notices = Notices::default();
            self.listen().await;
        }
        Ok(())
    }

    async fn give_sign_of_life(&mut self) {
        let renewed = answered(self.runner.renew(&self.app)).await;
        self.note("renewing leases", renewed);
        let owner = process_name();
        let given = answered(self.files.sign_of_life(&self.app, &owner)).await;
        let is_given = given.is_ok();
        self.note("giving a sign of life", given);
        if !is_given {
            return;
        }
        let emptied = answered(async { Ok(self.app.store.empty_log().await?) }).await;
        self.note("emptying the database's log", emptied);
        self.watchdog.look(&self.app, &mut self.notices).await;
        let looked = answered(self.bounces.look(&self.app)).await;
        self.note("reading notices of non-delivery", looked.map(drop));
        self.listen().await;
    }

    /// Answers where the settings say.
    async fn listen(&mut self) {
        self.exporter.keep(&self.app).await;
        self.door.keep(&self.app).await;
    }

    /// A database that is away is one matter, whatever parts it keeps from their work.
    fn note(&mut self, part: &str, result: Result<(), JobError>) {
        match result {
            Ok(()) => {}
            Err(error) if error.is_outage() => {
                self.error.get_or_insert_with(|| error.to_string());
            }
            Err(error) => {
                tracing::error!(part, %error, "this part of the beat failed; the next beat tries it again");
            }
        }
    }

    /// The site as it runs now.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Lets what is under way end within a deadline, unless another signal comes.
    async fn finish(&mut self, signals: &mut Signals) {
        let finished = async {
            self.finish_delivery().await;
            if let Err(error) = self.runner.drain(&self.app, DRAIN).await {
                tracing::error!(%error, "not everything that ended could be written");
            }
            if let Err(error) = round::write(&self.app, Haste::Gathers).await {
                tracing::warn!(%error, "letters are written at the next start");
            }
        };
        tokio::select! {
            () = finished => {}
            () = signals.next() => tracing::warn!("a second signal: what still runs is broken off"),
        }
    }

    /// Queues what still runs for the next start; commands beside this need not wait for its silence.
    async fn end(&mut self) {
        self.door.close().await;
        self.runner.stop(&self.app).await;
        let owner = process_name();
        let farewell = reload::farewell(&self.app, &owner);
        match tokio::time::timeout(MOMENT, farewell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "no farewell could be said"),
            Err(_) => tracing::warn!("no farewell could be said: the database does not answer"),
        }
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

/// What the database does not answer in a long while it does not answer at all: a connection may be dead without
/// saying so, and a beat must end.
async fn answered<T>(part: impl Future<Output = Result<T, JobError>>) -> Result<T, JobError> {
    match tokio::time::timeout(SILENCE, part).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::Silent(SILENCE).into()),
    }
}

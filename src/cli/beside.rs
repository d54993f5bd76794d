//! Whether this process may run things itself, or a daemon beside it does.
//!
//! Owns: asking for the database, and what to say when another process has it.
//! Never: running.
//! Reads next: `run.rs`, `backfill.rs`.

use anyhow::Context;

use crate::clock::Clock;
use crate::daemon;
use crate::job::{App, run};
use crate::store::daemons::Daemon;
use crate::store::{Lock, Store, StoreError};

/// Who runs what is queued.
pub enum Runs {
    /// This process: the database is held while the lock lives.
    Here(Lock),
    /// The daemon, at its next beat.
    Daemon,
}

/// Takes the database, with what a killed process left in it, or finds the daemon that has it.
///
/// # Errors
/// When another process than a daemon has it.
pub async fn who_runs(app: &App) -> anyhow::Result<Runs> {
    let in_use = match app.store.lock().await {
        Ok(lock) => {
            run::recover(app).await?;
            return Ok(Runs::Here(lock));
        }
        Err(error @ StoreError::InUse { .. }) => error,
        Err(error) => return Err(error.into()),
    };
    match daemon(&app.store, &app.clock).await? {
        Some(_) => Ok(Runs::Daemon),
        None => Err(in_use).context("try again when the other command is done"),
    }
}

/// The daemon that works on the same database.
pub async fn daemon(store: &Store, clock: &Clock) -> anyhow::Result<Option<Daemon>> {
    let found = store.daemon().await?;
    Ok(found.filter(|daemon| daemon.is_alive(clock.now())))
}

/// Does the work unless a signal comes first: then what the work holds is given up in order.
pub async fn until_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        () = daemon::stop_signal() => anyhow::bail!("interrupted: nothing was changed"),
    }
}

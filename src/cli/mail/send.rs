//! `dondoc mail send`: what is due leaves now, without a daemon.
//!
//! Owns: saying what became of it.
//! Never: a mail that a daemon beside it has under way.
//! Reads next: `../../job/deliver.rs`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::cli::beside::{self, Runs};
use crate::cli::run::later;
use crate::cli::{Scope, output};
use crate::daemon;
use crate::job::bounces::Bounces;
use crate::job::round::{self, Haste};
use crate::job::{App, deliver};
use crate::store::outbox::MailStatus;

#[derive(Serialize)]
struct Sent {
    accepted: usize,
    /// All mails of the outbox, by status.
    outbox: BTreeMap<MailStatus, u64>,
}

/// Delivers what is due; a signal lets the mails under way come to their end, and begins no other.
pub async fn send(scope: &Scope) -> anyhow::Result<()> {
    let app = scope.app().await?;
    let _lock = match beside::who_runs(&app).await? {
        Runs::Here(lock) => lock,
        Runs::Daemon => {
            anyhow::bail!("the daemon runs: it sends what is due within seconds")
        }
    };
    Bounces::default().look(&app).await?;
    let round = round::write(&app, Haste::Now).await?;
    let accepted = until_told_to_stop(&app).await?;
    let outbox = app.store.mails_by_status().await?;
    if scope.json {
        return output::json(&Sent { accepted, outbox });
    }
    let count = |status| outbox.get(&status).copied().unwrap_or_default();
    if round.waiting > 0 {
        output::line(later(app.zone(), round))?;
    }
    output::line(format!(
        "{accepted} accepted; {} wait, {} need you (see `dondoc mail list`)",
        count(MailStatus::Queued),
        count(MailStatus::Rejected) + count(MailStatus::Ambiguous) + count(MailStatus::Bounced)
    ))
}

async fn until_told_to_stop(app: &App) -> anyhow::Result<usize> {
    let stop = AtomicBool::new(false);
    let mut delivery = std::pin::pin!(deliver::drain_until(app, &stop));
    tokio::select! {
        accepted = &mut delivery => return Ok(accepted?),
        () = daemon::stop_signal() => stop.store(true, Ordering::Relaxed),
    }
    Ok(delivery.await?)
}

//! The outbox drained: bytes to the transport, its answer to the row.
//!
//! Owns: when a delivery begins; what becomes of mails that a dead process left behind.
//! Never: failing a run; rendering again.
//! Reads next: `deliver/round.rs`, `deliver/settle.rs`.

mod books;
pub mod rest;
mod round;
mod settle;

use std::sync::atomic::{AtomicBool, Ordering};

use super::{App, JobError, alarm, undelivered};
use crate::config::settings::Delivery;
use crate::mail::transport::Outcome;
use crate::store::outbox::{Mail, MailStatus, Settled};
use round::Round;
use settle::settle;

/// Delivers every mail that is due. Returns how many were accepted.
///
/// # Errors
/// When the database refuses; a failed delivery is not an error.
pub async fn drain(app: &App) -> Result<usize, JobError> {
    drain_until(app, &AtomicBool::new(false)).await
}

/// As [`drain`], but begins no other mail once `stop` is set.
///
/// 1. A round goes through all that is due.
/// 2. What did not arrive is followed up; the mails about it go at once.
/// 3. What mail cannot tell the operator is told beside it.
///
/// # Errors
/// As [`drain`].
pub async fn drain_until(app: &App, stop: &AtomicBool) -> Result<usize, JobError> {
    let mut accepted = deliver(app, stop).await?;
    if undelivered::follow_up(app).await? > 0 {
        accepted += deliver(app, stop).await?;
    }
    alarm::tell(app).await?;
    Ok(accepted)
}

/// While the relay rests, or nothing is due, there is nothing to do.
async fn deliver(app: &App, stop: &AtomicBool) -> Result<usize, JobError> {
    let now = app.clock.now();
    let rest = app.store.rest().await?;
    if stop.load(Ordering::Relaxed)
        || rest
            .as_ref()
            .is_some_and(|rest| rest::holds(app, rest, now))
    {
        return Ok(0);
    }
    if !app.store.has_due_mails(now).await? {
        return Ok(0);
    }
    // Boxed: a round is large, and most beats have none.
    Box::pin(Round::new(app, stop, rest).run()).await
}

fn log(mail: &Mail, settled: &Settled) {
    let (id, to, status) = (mail.id, &mail.post, settled.status);
    match settled.status {
        MailStatus::Accepted => tracing::info!(id, to, reply = settled.reply, "mail accepted"),
        _ => tracing::warn!(id, to, %status, reply = settled.reply, "mail not accepted"),
    }
}

/// Settles mails that a killed process left in `sending`: nobody knows whether they arrived.
/// Into a folder the same file is simply written again.
///
/// # Errors
/// When the database refuses.
pub async fn recover(app: &App) -> Result<(), JobError> {
    let now = app.clock.now();
    let repeatable = matches!(app.files.settings.mail.delivery, Delivery::File { .. });
    let write = app.store.write().await?;
    for mail in write.interrupted_mails().await? {
        let reply = "the process was interrupted while sending".to_owned();
        let Some(mut settled) = settle(&mail, &Outcome::Ambiguous { reply }, now) else {
            continue;
        };
        if repeatable {
            settled = Settled {
                status: MailStatus::Queued,
                ambiguities: mail.ambiguities,
                ..settled
            };
        }
        if settled.status == MailStatus::Queued {
            settled.next_attempt_at = now;
        }
        log(&mail, &settled);
        write.settle_mail(&mail, &settled, now).await?;
        alarm::of_mail(app, &write, &mail, settled.status, now).await?;
    }
    Ok(write.commit().await?)
}

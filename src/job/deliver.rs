//! The outbox drained: bytes to the transport, its answer to the row.
//!
//! Owns: what becomes of a mail after each outcome (design: accepted, retry, rejected, ambiguous).
//! Never: failing a run; rendering again.
//! Reads next: `mail/transport.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, JobError};
use crate::config::organisation::Address;
use crate::config::settings::Delivery;
use crate::mail::transport::Outcome;
use crate::store::outbox::{Mail, MailKind, MailStatus, Settled};

/// Mails claimed at a time. One: if the process dies, no other mail is in doubt.
const CLAIM: u64 = 1;
/// Waits after each failed attempt, in minutes; greylisting wants the first one short. The last one repeats.
const WAITS: [i64; 6] = [5, 15, 60, 120, 240, 480];
/// An alert whose delivery ended ambiguously is sent once more, under the same Message-ID.
const REPEATS_OF_AN_ALERT: i32 = 1;
/// Waits of a delivery whose database does not let it write.
const FIRST_WAIT_TO_WRITE: Duration = Duration::from_secs(1);
const LONGEST_WAIT_TO_WRITE: Duration = Duration::from_secs(30);

/// Delivers every mail that is due. Returns how many were accepted.
///
/// # Errors
/// When the database refuses; a failed delivery is not an error.
pub async fn drain(app: &App) -> Result<usize, JobError> {
    drain_until(app, &AtomicBool::new(false)).await
}

/// As [`drain`], but begins no other mail once `stop` is set.
///
/// 1. Claim one: `sending` is committed before the first byte.
/// 2. Send it, one message per recipient, over one connection kept for all.
/// 3. Write what the server said, however long the database takes to let us: it is known nowhere else.
///
/// # Errors
/// As [`drain`].
pub async fn drain_until(app: &App, stop: &AtomicBool) -> Result<usize, JobError> {
    let mut accepted = 0;
    let mut session = app.transport.session();
    while !stop.load(Ordering::Relaxed) {
        let mails = claim(app).await?;
        if mails.is_empty() {
            break;
        }
        for mail in mails {
            let (from, to) = (
                Address::new(mail.sender.clone()),
                Address::new(mail.recipient.clone()),
            );
            let outcome = session.send(&from, &to, &mail.message_id, &mail.body).await;
            let settled = settle(&mail, &outcome, app.clock.now());
            log(&mail, &settled);
            accepted += usize::from(settled.status == MailStatus::Accepted);
            write_surely(app, &mail, Some(&settled)).await;
        }
    }
    session.close().await;
    Ok(accepted)
}

/// A claim whose commit was not answered may stand all the same. Nothing of these mails was sent: they are
/// given back, or else would lie in `sending` until somebody doubts them.
async fn claim(app: &App) -> Result<Vec<Mail>, JobError> {
    if !app.store.has_due_mails(app.clock.now()).await? {
        return Ok(Vec::new());
    }
    let write = app.store.write().await?;
    let mails = write.claim_mails(app.clock.now(), CLAIM).await?;
    if let Err(error) = write.commit().await {
        for mail in &mails {
            write_surely(app, mail, None).await;
        }
        return Err(error.into());
    }
    Ok(mails)
}

/// Writes what became of `mail`, or with `None` that nothing did, until it is written.
async fn write_surely(app: &App, mail: &Mail, settled: Option<&Settled>) {
    let mut wait = FIRST_WAIT_TO_WRITE;
    while let Err(error) = write(app, mail, settled).await {
        let id = mail.id;
        tracing::error!(id, %error, "what became of a mail cannot be written; it is tried again");
        app.clock.sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT_TO_WRITE);
    }
}

async fn write(app: &App, mail: &Mail, settled: Option<&Settled>) -> Result<(), JobError> {
    let write = app.store.write().await?;
    match settled {
        Some(settled) => {
            if !write.settle_mail(mail, settled, app.clock.now()).await? {
                let id = mail.id;
                tracing::error!(id, %settled.status, "another process has taken this mail over");
            }
        }
        None => write.unclaim_mail(mail).await?,
    }
    Ok(write.commit().await?)
}

/// What becomes of `mail` after `outcome`.
fn settle(mail: &Mail, outcome: &Outcome, now: DateTime<Utc>) -> Settled {
    let (status, next_attempt_at, ambiguities) = match outcome {
        Outcome::Accepted { .. } => (MailStatus::Accepted, now, mail.ambiguities),
        Outcome::Rejected { .. } => (MailStatus::Rejected, now, mail.ambiguities),
        Outcome::Retry { .. } => (
            MailStatus::Queued,
            now + wait(mail.attempts),
            mail.ambiguities,
        ),
        Outcome::Ambiguous { .. } if may_repeat(mail) => (
            MailStatus::Queued,
            now + wait(mail.attempts),
            mail.ambiguities + 1,
        ),
        Outcome::Ambiguous { .. } => (MailStatus::Ambiguous, now, mail.ambiguities + 1),
    };
    Settled {
        status,
        next_attempt_at,
        ambiguities,
        reply: outcome.reply().to_owned(),
    }
}

fn may_repeat(mail: &Mail) -> bool {
    mail.kind == MailKind::Alert && mail.ambiguities < REPEATS_OF_AN_ALERT
}

fn wait(attempts: i32) -> TimeDelta {
    let nth = usize::try_from(attempts - 1)
        .unwrap_or(0)
        .min(WAITS.len() - 1);
    TimeDelta::minutes(WAITS[nth])
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
        let mut settled = settle(&mail, &Outcome::Ambiguous { reply }, now);
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
    }
    Ok(write.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(kind: MailKind, attempts: i32, ambiguities: i32) -> Mail {
        let now = DateTime::UNIX_EPOCH;
        Mail {
            id: 1,
            message_id: "m@longbien.example".into(),
            kind,
            post: "head@00118".into(),
            sender: "a@longbien.example".into(),
            recipient: "b@longbien.example".into(),
            subject: "s".into(),
            body: Vec::new(),
            status: MailStatus::Sending,
            attempts,
            ambiguities,
            next_attempt_at: now,
            reply: None,
            created_at: now,
            finished_at: None,
        }
    }

    #[test]
    fn every_outcome_has_its_ending() {
        let reply = String::new;
        let (alert, digest) = (MailKind::Alert, MailKind::Digest);
        let ambiguous = || Outcome::Ambiguous { reply: reply() };
        for (mail, outcome, status, minutes, why) in [
            (
                mail(alert, 1, 0),
                Outcome::Accepted { reply: reply() },
                MailStatus::Accepted,
                0,
                "taken",
            ),
            (
                mail(alert, 1, 0),
                Outcome::Rejected { reply: reply() },
                MailStatus::Rejected,
                0,
                "refused for good",
            ),
            (
                mail(alert, 1, 0),
                Outcome::Retry { reply: reply() },
                MailStatus::Queued,
                5,
                "greylisted",
            ),
            (
                mail(alert, 2, 0),
                Outcome::Retry { reply: reply() },
                MailStatus::Queued,
                15,
                "greylisted again",
            ),
            (
                mail(digest, 99, 0),
                Outcome::Retry { reply: reply() },
                MailStatus::Queued,
                480,
                "down for days",
            ),
            (
                mail(alert, 1, 0),
                ambiguous(),
                MailStatus::Queued,
                5,
                "an alert is sent once more",
            ),
            (
                mail(alert, 2, 1),
                ambiguous(),
                MailStatus::Ambiguous,
                0,
                "but only once",
            ),
            (
                mail(digest, 1, 0),
                ambiguous(),
                MailStatus::Ambiguous,
                0,
                "a digest waits for the operator",
            ),
        ] {
            let settled = settle(&mail, &outcome, DateTime::UNIX_EPOCH);
            assert_eq!(settled.status, status, "{why}");
            let waits = settled.next_attempt_at - DateTime::UNIX_EPOCH;
            assert_eq!(waits, TimeDelta::minutes(minutes), "{why}");
        }
    }
}

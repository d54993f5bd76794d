//! A mail that stopped, queued again by the operator.
//!
//! Owns: which mails may go again, and that nothing is told twice by it.
//! Never: sending.
//! Reads next: `deliver.rs`.

use super::round::{self, Facts};
use super::{App, JobError};
use crate::store::decisions::Released;
use crate::store::outbox::{Mail, MailKind, MailStatus};

/// What became of the wish to send a mail again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It waits for its next attempt.
    Queued,
    /// It is not one that stopped.
    LeftAlone(MailStatus),
    /// A held mail that would repeat what others have told meanwhile: `dossier/CODE`, …
    ToldMeanwhile(Vec<String>),
    /// A held mail about dossiers, while nobody knows how they stand: their source is older than it may be.
    NobodyKnows,
}

/// Queues `mail` again if it is held, rejected or ended ambiguously. What a held mail says is told from now on,
/// and open as far as it is still so.
///
/// # Errors
/// When the database refuses; of a held alert, when nothing feeds what it tells of.
pub async fn retry(app: &App, mail: &Mail) -> Result<Retried, JobError> {
    let now = app.clock.now();
    let is_held_alert = mail.status == MailStatus::Held && mail.kind == MailKind::Alert;
    // Before the transaction: a small database has one connection.
    let facts = if is_held_alert {
        Some(Facts::all(app, now).await?)
    } else {
        None
    };
    let write = app.store.write().await?;
    if !write.requeue_mail(mail.id, now).await? {
        return Ok(Retried::LeftAlone(mail.status));
    }
    if mail.status == MailStatus::Held {
        match (
            write.release_decisions(&mail.message_id, now).await?,
            &facts,
        ) {
            (Released::ToldMeanwhile(told), _) => return Ok(Retried::ToldMeanwhile(told)),
            (Released::Told(told), Some(facts)) => {
                let codes = told
                    .iter()
                    .filter_map(|one| one.about.strip_prefix("dossier/"));
                if codes.into_iter().any(|code| facts.is_unseen(code)) {
                    return Ok(Retried::NobodyKnows);
                }
                round::open_released(app, &write, facts, told).await?;
            }
            (Released::Told(_), None) => {}
        }
    }
    write.commit().await?;
    Ok(Retried::Queued)
}

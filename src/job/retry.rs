//! A mail that stopped, queued again by the operator.
//!
//! Owns: which mails may go again, and that nothing is told twice by it.
//! Never: sending.
//! Reads next: `deliver.rs`.

use super::{App, JobError};
use crate::store::outbox::{Mail, MailStatus};

/// What became of the wish to send a mail again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It waits for its next attempt.
    Queued,
    /// It is not one that stopped.
    LeftAlone(MailStatus),
    /// A held mail that would repeat what others have told meanwhile: `dossier/CODE`, …
    ToldMeanwhile(Vec<String>),
}

/// Queues `mail` again if it is held, rejected or ended ambiguously. What a held mail says is told from now on.
///
/// # Errors
/// When the database refuses.
pub async fn retry(app: &App, mail: &Mail) -> Result<Retried, JobError> {
    let write = app.store.write().await?;
    if !write.requeue_mail(mail.id, app.clock.now()).await? {
        return Ok(Retried::LeftAlone(mail.status));
    }
    if mail.status == MailStatus::Held {
        let told = write.release_decisions(&mail.message_id).await?;
        if !told.is_empty() {
            return Ok(Retried::ToldMeanwhile(told));
        }
    }
    write.commit().await?;
    Ok(Retried::Queued)
}

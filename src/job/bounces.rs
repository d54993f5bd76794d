//! Notices of non-delivery taken from a maildir and matched with the outbox.
//!
//! Owns: what a notice means for a mail: bounced, or noted only; that a notice counts once.
//! Never: deleting one; touching what is about no mail of ours.
//! Reads next: `../mail/bounce.rs`, `undelivered.rs`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::{App, JobError, alarm};
use crate::mail::bounce::{Action, Notice};
use crate::mail::maildir;
use crate::store::Write;
use crate::store::outbox::{Mail, MailStatus};

/// What this process knows of the maildir.
#[derive(Debug, Default)]
pub struct Bounces {
    /// Messages that are about no mail of ours: left where they are, unread.
    left: BTreeSet<PathBuf>,
    /// Why the folder cannot be read, as it was last logged.
    failure: Option<String>,
}

/// What one look brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Notices that were about mails of ours.
    pub matched: usize,
    /// Messages that were not, and lie there still.
    pub left: usize,
}

impl Bounces {
    /// Reads what is new in the maildir of the settings, if they name one. Each notice is marked seen after what it
    /// says is written: a process that dies in between reads it once more, and that changes nothing.
    ///
    /// # Errors
    /// When the database refuses; a folder that cannot be read is logged once.
    pub async fn look(&mut self, app: &App) -> Result<Looked, JobError> {
        let Some(maildir) = folder(app) else {
            return Ok(Looked::default());
        };
        let mut looked = Looked::default();
        match unread(maildir.clone()).await {
            Ok(found) => {
                self.failure = None;
                let before = self.left.len();
                self.left.retain(|path| found.contains(path));
                for message in found {
                    looked.matched += usize::from(self.take(app, &maildir, message).await?);
                }
                if self.left.len() > before {
                    let left = self.left.len();
                    tracing::warn!(left, "messages among the notices are about no mail of ours");
                }
            }
            Err(error) => self.fail(&maildir, &error),
        }
        looked.left = self.left.len();
        Ok(looked)
    }

    fn fail(&mut self, maildir: &Path, error: &io::Error) {
        let failure = format!("{}: {error}", maildir.display());
        if self.failure.as_ref() != Some(&failure) {
            tracing::error!(failure, "notices of non-delivery cannot be read");
        }
        self.failure = Some(failure);
    }

    /// Whether it was about a mail of ours.
    async fn take(
        &mut self,
        app: &App,
        maildir: &Path,
        message: PathBuf,
    ) -> Result<bool, JobError> {
        if self.left.contains(&message) {
            return Ok(false);
        }
        let notice = match maildir::read(&message) {
            Ok(bytes) => bytes.as_deref().and_then(Notice::read),
            Err(error) => {
                self.fail(maildir, &error);
                return Ok(false);
            }
        };
        let became = match &notice {
            Some(notice) => enter(app, notice).await?,
            None => Became::NotOurs,
        };
        match became {
            Became::Entered => {
                if let Err(error) = maildir::mark_seen(maildir, &message) {
                    self.fail(maildir, &error);
                }
            }
            Became::NotOurs => {
                self.left.insert(message);
            }
            Became::TooEarly => {}
        }
        Ok(became == Became::Entered)
    }
}

/// How many unread messages lie in the maildir; `None`: the settings name none.
///
/// # Errors
/// When the folder cannot be read.
pub fn waiting(app: &App) -> Option<Result<usize, io::Error>> {
    folder(app).map(|maildir| maildir::unread(&maildir).map(|unread| unread.len()))
}

fn folder(app: &App) -> Option<PathBuf> {
    let maildir = app.files.settings.mail.bounces.as_ref()?;
    Some(app.site.join(maildir))
}

async fn unread(maildir: PathBuf) -> io::Result<Vec<PathBuf>> {
    let read = tokio::task::spawn_blocking(move || maildir::unread(&maildir));
    read.await.map_err(io::Error::other)?
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Entered,
    NotOurs,
    /// Its mail is still being sent, as far as is known: it is read again.
    TooEarly,
}

/// Writes what a notice says of a mail of ours.
async fn enter(app: &App, notice: &Notice) -> Result<Became, JobError> {
    let write = app.store.write().await?;
    for id in &notice.about {
        let Some(mail) = write.mail_named(id).await? else {
            continue;
        };
        let Some(fate) = notice.fate_of(&mail.recipient) else {
            continue;
        };
        if mail.status == MailStatus::Sending {
            return Ok(Became::TooEarly);
        }
        match fate.action {
            Action::Failed => bounced(app, &write, &mail, &fate.said).await?,
            Action::Delayed => {
                let said = format!("delayed: {}", fate.said);
                write.note_on_mail(&mail, &said).await?;
            }
            Action::Other => {}
        }
        write.commit().await?;
        return Ok(Became::Entered);
    }
    Ok(Became::NotOurs)
}

async fn bounced(app: &App, write: &Write, mail: &Mail, said: &str) -> Result<(), JobError> {
    let now = app.clock.now();
    if write.bounce_mail(mail, said, now).await? {
        let (id, to) = (mail.id, &mail.post);
        tracing::warn!(id, to, said, "mail came back");
        alarm::of_mail(app, write, mail, MailStatus::Bounced, now).await?;
    }
    Ok(())
}

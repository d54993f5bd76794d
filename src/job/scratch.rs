//! A site on a copy of its database, to try things that nobody may notice.
//!
//! Owns: the copy and its folder, which is gone with it; the mails that would go.
//! Never: a delivery; a byte in the site's own database.
//! Reads next: `try_out.rs`, `simulate.rs`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::{App, JobError, Pulls};
use crate::clock::Clock;
use crate::config::organisation::Address;
use crate::config::settings::Delivery;
use crate::mail::Transport;
use crate::store::outbox::{Mail, MailKind};
use crate::store::{self, StoreError};

/// The site on a copy. The folder comes last: the copy is closed before it is removed.
#[derive(Debug)]
pub struct Scratch {
    pub app: Arc<App>,
    pub copy: store::scratch::Scratch,
    seen: i64,
    _folder: TempDir,
}

/// A mail that would go. The address prints masked.
#[derive(Clone, Debug)]
pub struct Unsent {
    pub at: DateTime<Utc>,
    /// `head@00118`
    pub post: String,
    pub to: Address,
    pub kind: MailKind,
    pub subject: String,
}

impl Scratch {
    /// Copies the database of `app`. Whatever the copy is used for, its transport leads into its own folder.
    ///
    /// # Errors
    /// When the database refuses or there is no room for a copy.
    pub async fn of(app: App, clock: Clock, pulls: Pulls) -> Result<Self, JobError> {
        let folder = folder()?;
        let copy = app
            .store
            .copy_to(&folder.path().join("scratch.sqlite"))
            .await?;
        let mails = Delivery::File {
            folder: "mails".into(),
        };
        let seen = copy.store().last_mail().await?;
        let app = App {
            transport: Transport::new(&mails, folder.path()),
            store: copy.store().clone(),
            clock,
            pulls,
            ..app
        };
        Ok(Self {
            app: Arc::new(app),
            copy,
            seen,
            _folder: folder,
        })
    }

    /// The mails queued since the last look.
    ///
    /// # Errors
    /// When the copy does not answer.
    pub async fn new_mails(&mut self) -> Result<Vec<Unsent>, JobError> {
        let mails = self.copy.store().mails_after(self.seen).await?;
        self.seen = mails.last().map_or(self.seen, |mail| mail.id);
        Ok(mails.into_iter().map(Unsent::of).collect())
    }
}

/// Readable by this user only: the copy holds what the database holds.
fn folder() -> Result<TempDir, StoreError> {
    let made = tempfile::Builder::new().prefix("dondoc-").tempdir();
    made.map_err(|cause| StoreError::File {
        path: std::env::temp_dir(),
        cause,
    })
}

impl Unsent {
    fn of(mail: Mail) -> Self {
        Self {
            at: mail.created_at,
            post: mail.post,
            to: Address::new(mail.recipient),
            kind: mail.kind,
            subject: mail.subject,
        }
    }
}

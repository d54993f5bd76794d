//! Messages of document exchange as a source (edXML, QCVN 102:2016): each read once, never further than its header.
//!
//! Owns: which messages are new, and pages of them.
//! Never: changing anything where they lie, unless its file says that they are moved; what messages say together
//! (`domain::exchange`).
//! Reads next: `edxml/folder.rs`, `edxml/sieve.rs`, `edxml/message.rs`, `edxml/rows.rs`.

mod folder;
mod header;
mod message;
mod refusal;
mod rows;
mod sieve;

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

pub use self::rows::rows;

use self::folder::Letterbox;
use self::header::Element;
use self::refusal::Refusal;
use super::drop;
use super::{Ask, Next, Origin, RawPage, SourceError};
use crate::config::sources::Listing;
use crate::config::sources::edxml::{Done, EdxmlAccess, EdxmlListing};
use crate::domain::exchange::Message;

/// Messages of one page.
const PAGE: usize = 200;

/// By what a message is known again without being read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub name: String,
    pub size: u64,
    /// Seconds since 1970.
    pub modified: i64,
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub stamp: Stamp,
    /// SHA-256 of its header, in hex.
    pub hash: String,
    /// What it says, or why it cannot be read.
    pub says: Result<Vec<Message>, String>,
}

/// Where a page of documents came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub arrived: Vec<Arrived>,
    /// When the newest message came: so far, what lies there tells.
    pub newest: Option<DateTime<Utc>>,
    /// By row: the document it is of.
    pub documents: Vec<String>,
    /// Statuses of documents that are not known yet.
    pub waiting: u64,
}

/// Messages opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    access: &'a EdxmlAccess,
    folder: PathBuf,
    zone: Tz,
    stamps: HashSet<Stamp>,
    hashes: HashSet<String>,
    queue: Option<VecDeque<Letterbox>>,
    newest: Option<DateTime<Utc>>,
    /// Read, perhaps not stored yet.
    handed: Vec<Letterbox>,
}

impl<'a> Connection<'a> {
    #[must_use]
    pub fn open(access: &'a EdxmlAccess, site: &Path, zone: Tz) -> Self {
        Self {
            access,
            folder: site.join(&access.folder),
            zone,
            stamps: HashSet::new(),
            hashes: HashSet::new(),
            queue: None,
            newest: None,
            handed: Vec::new(),
        }
    }

    /// Messages that need not be read again.
    pub fn knows(&mut self, messages: impl IntoIterator<Item = (Stamp, String)>) {
        for (stamp, hash) in messages {
            self.stamps.insert(stamp);
            self.hashes.insert(hash);
        }
    }

    pub(super) async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        let Listing::Edxml(listing) = &ask.pull.listing else {
            return Err(SourceError::Settings(
                "this list is not made of messages".to_owned(),
            ));
        };
        if self.queue.is_none() || ask.position.is_none() {
            self.look(listing, ask.now)?;
        }
        let mut arrived = Vec::new();
        let mut batch = self.next_batch();
        while !batch.is_empty() && arrived.is_empty() {
            arrived = self.read(batch).await?;
            batch = if arrived.is_empty() {
                self.next_batch()
            } else {
                Vec::new()
            };
        }
        Ok(self.give(arrived))
    }

    pub(super) fn shown(&self, ask: &Ask<'_>) -> String {
        let files = match &ask.pull.listing {
            Listing::Edxml(listing) => listing.files.join(", "),
            _ => String::new(),
        };
        format!("{files} in {}", self.folder.display())
    }

    fn look(&mut self, listing: &EdxmlListing, now: DateTime<Utc>) -> Result<(), SourceError> {
        let look = folder::Look {
            folder: &self.folder,
            files: &listing.files,
            settle: self.access.settle,
            now,
        };
        let mut found = folder::messages(&look)?;
        let newest = found.last().map(|file| file.stamp.modified);
        self.newest = newest.and_then(|at| DateTime::from_timestamp(at, 0));
        found.retain(|file| !self.stamps.contains(&file.stamp));
        self.queue = Some(found.into());
        Ok(())
    }

    fn next_batch(&mut self) -> Vec<Letterbox> {
        let queue = self.queue.get_or_insert_default();
        queue.drain(..queue.len().min(PAGE)).collect()
    }

    /// Reads files, without those whose header was read under another name.
    async fn read(&mut self, batch: Vec<Letterbox>) -> Result<Vec<Arrived>, SourceError> {
        let zone = self.zone;
        let read = tokio::task::spawn_blocking(move || {
            let read = |file: Letterbox| Some((folder::read(&file, file.made(zone))?, file));
            batch.into_iter().filter_map(read).collect::<Vec<_>>()
        });
        let read = read.await.map_err(|error| SourceError::Folder {
            folder: self.folder.display().to_string(),
            cause: std::io::Error::other(error),
        })?;
        let mut arrived = Vec::new();
        for (message, file) in read {
            self.handed.push(file);
            if self.hashes.insert(message.hash.clone()) {
                arrived.push(message);
            }
        }
        Ok(arrived)
    }

    fn give(&self, arrived: Vec<Arrived>) -> RawPage {
        let goes_on = self.queue.as_ref().is_some_and(|queue| !queue.is_empty());
        RawPage {
            rows: Vec::new(),
            first: 0,
            total: None,
            next: if goes_on {
                Next::At("next".to_owned())
            } else {
                Next::End
            },
            origin: Origin::Messages(Post {
                arrived,
                newest: self.newest,
                documents: Vec::new(),
                waiting: 0,
            }),
        }
    }

    /// Everything that was read is stored: it may be moved away, where the source's file says so.
    ///
    /// # Errors
    /// When a message cannot be moved; it is known again at the next look.
    pub async fn committed(&mut self, now: DateTime<Utc>) -> Result<(), SourceError> {
        let day = now.with_timezone(&self.zone).date_naive();
        for file in std::mem::take(&mut self.handed) {
            if self.access.done == Done::Move {
                drop::put_away(&self.folder, &file.path, &file.stamp.name, day).await?;
            }
        }
        Ok(())
    }
}

impl Letterbox {
    fn made(&self, zone: Tz) -> NaiveDateTime {
        let at = DateTime::from_timestamp(self.stamp.modified, 0).unwrap_or_default();
        at.with_timezone(&zone).naive_local()
    }
}

impl Arrived {
    fn new(
        stamp: Stamp,
        hash: String,
        sifted: Result<(Vec<u8>, bool), Refusal>,
        made: NaiveDateTime,
    ) -> Self {
        let says =
            sifted.and_then(|(kept, ended)| message::messages(&Element::read(&kept, ended)?, made));
        Self {
            stamp,
            hash,
            says: says.map_err(|refusal| refusal.to_string()),
        }
    }
}

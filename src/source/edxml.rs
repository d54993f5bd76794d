//! Messages of document exchange as a source (edXML, QCVN 102:2016): each read once, never further than its header.
//!
//! Owns: which messages were read before, and pages of new ones.
//! Never: changing anything where they lie, unless its file says that they are moved; what messages say together
//! (`domain::exchange`).
//! Reads next: `edxml/pile.rs` and `edxml/endpoint.rs` (whence they come), `edxml/sieve.rs`, `edxml/message.rs`,
//! `edxml/rows.rs`.

mod endpoint;
mod envelope;
mod folder;
mod header;
mod mail;
mod message;
mod pile;
mod refusal;
mod rows;
mod sieve;

use std::collections::HashSet;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

pub use self::rows::rows;

use self::endpoint::Endpoint;
use self::header::Element;
use self::pile::Pile;
use self::refusal::Refusal;
use super::{Ask, Next, Origin, RawPage, SourceError, http};
use crate::config::sources::Listing;
use crate::config::sources::edxml::{EdxmlListing, FolderAccess};
use crate::domain::exchange::Message;

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
    /// Which of several in the same file it is, for people; empty where it is the only one.
    pub part: String,
    /// What it says, or why it cannot be read.
    pub says: Result<Vec<Message>, String>,
    /// It is asked for again at the next pull: it may be better then.
    pub again: bool,
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

/// Messages that need not be read again.
#[derive(Debug, Default)]
struct Seen {
    stamps: HashSet<Stamp>,
    hashes: HashSet<String>,
}

/// Messages opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    reach: Reach<'a>,
    seen: Seen,
}

#[derive(Debug)]
enum Reach<'a> {
    Folder(Pile<'a>),
    Endpoint(Box<Endpoint<'a>>),
}

impl<'a> Connection<'a> {
    /// Messages that lie in a folder.
    #[must_use]
    pub fn in_folder(access: &'a FolderAccess, site: &Path, zone: Tz) -> Self {
        Self {
            reach: Reach::Folder(Pile::open(access, site, zone)),
            seen: Seen::default(),
        }
    }

    /// Messages that a system lists and gives.
    #[must_use]
    pub fn at_endpoint(http: http::Connection<'a>, zone: Tz) -> Self {
        Self {
            reach: Reach::Endpoint(Box::new(Endpoint::new(http, zone))),
            seen: Seen::default(),
        }
    }

    /// Messages that need not be read again.
    pub fn knows(&mut self, messages: impl IntoIterator<Item = (Stamp, String)>) {
        for (stamp, hash) in messages {
            self.seen.stamps.insert(stamp);
            self.seen.hashes.insert(hash);
        }
    }

    pub(super) async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        match (&mut self.reach, &ask.pull.listing) {
            (Reach::Folder(pile), Listing::Edxml(EdxmlListing::Files(files))) => {
                let look = (ask.position.is_none(), ask.now);
                let (arrived, goes_on) = pile.next(files, &mut self.seen, look).await?;
                Ok(page(arrived, goes_on, pile.newest))
            }
            (Reach::Endpoint(endpoint), Listing::Edxml(EdxmlListing::Asked(asked))) => {
                let (arrived, goes_on) = endpoint.next(asked, &mut self.seen, ask).await?;
                Ok(page(arrived, goes_on, Some(ask.now)))
            }
            _ => Err(not_of_messages()),
        }
    }

    pub(super) fn shown(&self, ask: &Ask<'_>) -> Result<String, SourceError> {
        match (&self.reach, &ask.pull.listing) {
            (Reach::Folder(pile), Listing::Edxml(EdxmlListing::Files(files))) => {
                Ok(format!("{} in {}", files.join(", "), pile.folder.display()))
            }
            (Reach::Endpoint(endpoint), Listing::Edxml(EdxmlListing::Asked(asked))) => {
                endpoint.shown(asked, ask)
            }
            _ => Err(not_of_messages()),
        }
    }

    /// Everything that was read is stored: it may be moved away, where the source's file says so.
    ///
    /// # Errors
    /// When a message cannot be moved; it is known again at the next look.
    pub async fn committed(&mut self, now: DateTime<Utc>) -> Result<(), SourceError> {
        match &mut self.reach {
            Reach::Folder(pile) => pile.committed(now).await,
            Reach::Endpoint(_) => Ok(()),
        }
    }
}

fn not_of_messages() -> SourceError {
    SourceError::Settings("this list is not made of messages".to_owned())
}

/// What is read before is told by the store, so a position need not say it: a later pull looks from the beginning.
fn page(arrived: Vec<Arrived>, goes_on: bool, newest: Option<DateTime<Utc>>) -> RawPage {
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
            newest,
            documents: Vec::new(),
            waiting: 0,
        }),
    }
}

/// What was kept of a message with whether its header ended, or why it is refused.
type Sifted = Result<(Vec<u8>, bool), Refusal>;

impl Arrived {
    fn new(stamp: Stamp, hash: String, sifted: Sifted, made: NaiveDateTime) -> Self {
        let says =
            sifted.and_then(|(kept, ended)| message::messages(&Element::read(&kept, ended)?, made));
        Self {
            stamp,
            hash,
            part: String::new(),
            says: says.map_err(|refusal| refusal.to_string()),
            again: false,
        }
    }

    /// For people: its file, and which part of it.
    #[must_use]
    pub fn name(&self) -> String {
        match self.part.as_str() {
            "" => self.stamp.name.clone(),
            part => format!("{}, {part}", self.stamp.name),
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

//! Messages that a system lists and gives, one by one.
//!
//! Owns: what is asked for next; that one message which cannot be had does not keep the others away.
//! Never: a request that changes anything there: what was read is remembered here.
//! Reads next: `envelope.rs`, `../http.rs`.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use reqwest::Response;
use serde_json::Value;

use super::envelope::Envelope;
use super::{Arrived, Seen, Sifted, Stamp, hash};
use crate::config::sources::edxml::{Asked, Get};
use crate::source::http::{self, Reception, next_of};
use crate::source::spot::Spot;
use crate::source::{Ask, Next, RawPage, Retry, SourceError};

/// Messages of one page: what is fetched again where a run is killed.
const PAGE: usize = 25;
/// So many messages that cannot be had one after the other are the system's fault, not theirs.
const MOST_FAILED: u32 = 3;
/// Bytes of one message that are let past at most.
const MOST_READ: u64 = 2 << 30;

#[derive(Debug)]
pub(super) struct Endpoint<'a> {
    http: http::Connection<'a>,
    zone: Tz,
    listed: Listed,
    /// Names in the list that were not asked for yet.
    queue: VecDeque<String>,
    /// What the list named in this pull, or what of it is kept aside.
    named: HashSet<String>,
    failed_in_a_row: u32,
    /// What is told when all that can be had is given.
    owed: Option<SourceError>,
}

/// How far the list is read.
#[derive(Debug)]
enum Listed {
    UpTo(Option<String>),
    ToItsEnd,
}

impl<'a> Endpoint<'a> {
    pub(super) fn new(http: http::Connection<'a>, zone: Tz) -> Self {
        Self {
            http,
            zone,
            listed: Listed::UpTo(None),
            queue: VecDeque::new(),
            named: HashSet::new(),
            failed_in_a_row: 0,
            owed: None,
        }
    }

    pub(super) fn shown(&self, asked: &Asked, ask: &Ask<'_>) -> Result<String, SourceError> {
        let ask = Ask {
            position: None,
            ..*ask
        };
        self.http.shown_of(&asked.list, &ask)
    }

    /// The next messages, and whether there are more.
    ///
    /// # Errors
    /// With the first that could not be had, after those that could.
    pub(super) async fn next(
        &mut self,
        asked: &Asked,
        seen: &mut Seen,
        ask: &Ask<'_>,
    ) -> Result<(Vec<Arrived>, bool), SourceError> {
        let mut arrived = Vec::new();
        while arrived.len() < PAGE && !self.is_over() {
            if let Some(id) = self.queue.pop_front() {
                arrived.extend(self.message(&asked.get, &id, seen, ask.now).await);
            } else if let Err(error) = self.list(asked, seen, ask, &mut arrived).await {
                self.give_up(error);
            }
        }
        match self.owed.take_if(|_| arrived.is_empty()) {
            Some(error) => Err(error),
            None => Ok((arrived, !self.is_over() || self.owed.is_some())),
        }
    }

    fn is_over(&self) -> bool {
        self.queue.is_empty() && matches!(self.listed, Listed::ToItsEnd)
    }

    fn give_up(&mut self, error: SourceError) {
        self.owed.get_or_insert(error);
        self.listed = Listed::ToItsEnd;
        self.queue.clear();
    }

    /// Reads a page of the list. Rows without a name are kept aside.
    async fn list(
        &mut self,
        asked: &Asked,
        seen: &Seen,
        ask: &Ask<'_>,
        arrived: &mut Vec<Arrived>,
    ) -> Result<(), SourceError> {
        let Listed::UpTo(position) = &self.listed else {
            return Ok(());
        };
        let ask = Ask {
            position: position.as_deref(),
            ..*ask
        };
        let page = self.http.page_of(&asked.list, &ask).await?;
        self.listed = match &page.next {
            Next::At(position) => Listed::UpTo(Some(position.clone())),
            Next::Again => Listed::UpTo(None),
            Next::End | Next::Unsettled => Listed::ToItsEnd,
        };
        self.take_names(&Spot::new(&asked.id), page, seen, arrived);
        Ok(())
    }

    fn take_names(&mut self, spot: &Spot, page: RawPage, seen: &Seen, arrived: &mut Vec<Arrived>) {
        for (place, row) in (page.first + 1..).zip(&page.rows) {
            let Some(id) = name(spot, row) else {
                let why = format!("no name of a message at `{}`", spot.as_str());
                arrived.push(apart(format!("row {place} of the list"), &why));
                continue;
            };
            if !seen.stamps.contains(&stamp(&id)) && self.named.insert(id.clone()) {
                self.queue.push_back(id);
            }
        }
    }

    /// A message, if it can be had now.
    async fn message(
        &mut self,
        get: &Get,
        id: &str,
        seen: &mut Seen,
        now: DateTime<Utc>,
    ) -> Option<Arrived> {
        let contents = Contents { get };
        match self.http.one(&get.request, id, &contents, now).await {
            Ok(sifted) => {
                self.failed_in_a_row = 0;
                Some(self.arrived(id, sifted, seen, now))
            }
            Err(error) if is_its_own_fault(&error) => {
                self.failed_in_a_row = 0;
                Some(apart(id.to_owned(), &error.to_string()))
            }
            Err(error) => {
                self.fail(id, error);
                None
            }
        }
    }

    fn arrived(&self, id: &str, sifted: Sifted, seen: &mut Seen, now: DateTime<Utc>) -> Arrived {
        let read = match &sifted {
            Ok((kept, _)) => hash(kept),
            Err(_) => hash(id.as_bytes()),
        };
        let made = now.with_timezone(&self.zone).naive_local();
        let message = Arrived::new(stamp(id), read, sifted, made);
        if message.says.is_err() {
            let hash = hash(id.as_bytes());
            let again = true;
            return Arrived {
                hash,
                again,
                ..message
            };
        }
        if seen.hashes.insert(message.hash.clone()) {
            return message;
        }
        // The same under another name: nothing new, but not to be asked for again.
        Arrived {
            hash: hash(format!("{id} {}", message.hash).as_bytes()),
            says: Ok(Vec::new()),
            ..message
        }
    }

    /// It is told at the end, when the others had their turn; at once where none is to be had.
    fn fail(&mut self, id: &str, error: SourceError) {
        tracing::warn!(message = id, %error, "cannot be had");
        self.failed_in_a_row += 1;
        let may_pass = matches!(error.retry(), Retry::Later(_));
        if !may_pass || self.failed_in_a_row >= MOST_FAILED {
            self.give_up(error);
        } else {
            self.owed.get_or_insert(error);
        }
    }
}

/// What a row of the list calls its message.
fn name(spot: &Spot, row: &Value) -> Option<String> {
    let said = spot.find(row)?;
    let id = matches!(said, Value::String(_) | Value::Number(_)).then(|| http::shown(said))?;
    // A path with such a segment would lead elsewhere.
    (!["", ".", ".."].contains(&id.trim())).then_some(id)
}

/// Whether the others can be had all the same: it was taken away, or something else came in its place.
fn is_its_own_fault(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::Status {
            status: 404 | 410,
            ..
        } | SourceError::Body { .. }
            | SourceError::NoSuccess { .. }
            | SourceError::TooLarge { .. }
    )
}

fn stamp(id: &str) -> Stamp {
    Stamp {
        name: id.to_owned(),
        size: 0,
        modified: 0,
    }
}

/// Kept aside, and asked for again at the next pull.
fn apart(name: String, why: &str) -> Arrived {
    Arrived {
        hash: hash(name.as_bytes()),
        stamp: stamp(&name),
        part: String::new(),
        says: Err(why.to_owned()),
        again: true,
    }
}

/// What a message's body holds of its header, read no further than that.
struct Contents<'g> {
    get: &'g Get,
}

impl Reception for Contents<'_> {
    type Got = Sifted;

    async fn receive(&self, response: Response, shown: &str) -> Result<Sifted, SourceError> {
        let mut response = response;
        let content = self.get.content.as_deref();
        let mut envelope = Envelope::new(content);
        let mut read = 0;
        while let Some(chunk) = next_of(&mut response, shown).await? {
            let chunk = chunk.as_ref();
            read += chunk.len() as u64;
            if read > MOST_READ {
                return Err(SourceError::TooLarge {
                    url: shown.to_owned(),
                    limit: MOST_READ,
                });
            }
            match envelope.take(chunk) {
                Ok(false) => {}
                Ok(true) => break,
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        envelope.finish().map_or_else(
            || {
                let field = content.unwrap_or_default().to_owned();
                let said = String::new();
                let url = shown.to_owned();
                Err(SourceError::NoSuccess { url, field, said })
            },
            |sifted| Ok(Ok(sifted)),
        )
    }
}

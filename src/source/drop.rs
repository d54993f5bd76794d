//! A folder of exports as a source: file after file, each read once and in pages.
//!
//! Owns: which file is read next, and that it leaves the folder only after its rows are stored.
//! Never: moving a file by itself: [`Connection::committed`] and [`Connection::set_aside`] are asked to.
//! Reads next: `drop/folder.rs`, `drop/reading.rs`, `drop/shelf.rs`.
//!
//! A file that was stored but not moved, because the process was killed between the two, is known by its content
//! at the next look and only moved. One that was half stored is gone on with at its next row.

mod dated;
mod folder;
mod known;
mod reading;
mod shelf;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

pub(in crate::source) use self::shelf::put_away;

use self::folder::Candidate;
use self::known::Known;
use self::reading::Reading;
use super::export::ExportFault;
use super::{Ask, Next, Origin, RawPage, SourceError};
use crate::config::sources::Listing;
use crate::config::sources::drop::{DropAccess, DropListing};

/// A folder opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    access: &'a DropAccess,
    folder: PathBuf,
    zone: Tz,
    known: Known,
    queue: Queue,
    reading: Option<Reading>,
    /// Read to their end, perhaps not stored yet.
    ended: Vec<Candidate>,
    /// To be moved away without being read.
    needless: Vec<Candidate>,
    failed: Vec<Candidate>,
}

/// The files of one list that wait.
#[derive(Debug, Default)]
struct Queue {
    records: Option<String>,
    /// The hash of the list's mapping.
    mapping: String,
    waiting: VecDeque<Candidate>,
}

/// A file that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEnd {
    /// SHA-256 of its content, in hex.
    pub hash: String,
    /// SHA-256 of the mapping that read it, in hex.
    pub mapping: String,
    pub name: String,
    /// The instant of which it tells: when it was last changed, or the end of the day that its name states.
    pub made_at: DateTime<Utc>,
    /// The file is the whole list.
    pub whole: bool,
    pub rows: u64,
}

/// Where a page of a file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOrigin {
    pub name: String,
    pub sheet: String,
    /// Of each row, in its sheet.
    pub numbers: Vec<u64>,
    /// Totals, repeated headings and the like.
    pub left_out: u64,
    /// With its last page.
    pub ended: Option<FileEnd>,
}

/// Text of a position: the next file, or a row of one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    NextFile,
    Row {
        hash: String,
        mapping: String,
        row: u64,
    },
}

impl Position {
    fn read(text: Option<&str>) -> Self {
        Self::of_row(text.unwrap_or_default()).unwrap_or(Self::NextFile)
    }

    fn of_row(text: &str) -> Option<Self> {
        let (hash, rest) = text.split_once(' ')?;
        let (row, mapping) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self::Row {
            hash: hash.to_owned(),
            mapping: mapping.to_owned(),
            row: row.parse().ok()?,
        })
    }

    fn write(&self) -> String {
        match self {
            Self::NextFile => "next".to_owned(),
            Self::Row { hash, mapping, row } => format!("{hash} {row} {mapping}"),
        }
    }
}

impl<'a> Connection<'a> {
    #[must_use]
    pub fn open(access: &'a DropAccess, site: &Path, zone: Tz) -> Self {
        Self {
            access,
            folder: site.join(&access.folder),
            zone,
            known: Known::default(),
            queue: Queue::default(),
            reading: None,
            ended: Vec::new(),
            needless: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Contents that need not be read again, by their hashes, with those of the mappings that read them.
    pub fn knows(&mut self, contents: impl IntoIterator<Item = (String, String)>) {
        self.known.extend(contents);
    }

    /// Where is looked, for people: the folder and the names.
    pub(super) fn shown(&self, ask: &Ask<'_>) -> String {
        let names = match &ask.pull.listing {
            Listing::Drop(listing) => listing.files.join(", "),
            Listing::Http(_) | Listing::Edxml(_) => String::new(),
        };
        format!("{}: {names}", self.folder.display())
    }

    pub(super) async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        let Listing::Drop(listing) = &ask.pull.listing else {
            return Err(SourceError::Settings(
                "this list is not in a folder".to_owned(),
            ));
        };
        let position = Position::read(ask.position);
        let goes_on = self
            .reading
            .as_ref()
            .is_some_and(|reading| reading.stands_at(&position));
        if !goes_on {
            self.list(ask, listing).await?;
            let Some((file, skip)) = self.next_file(&position) else {
                return Ok(RawPage::nothing());
            };
            // What a whole list does not hold is gone: it is seen from its first row in one run.
            let skip = if listing.whole { 0 } else { skip };
            let mapping = self.queue.mapping.clone();
            self.reading = Some(Reading::begin((file, mapping), skip, ask.pull, listing));
        }
        self.read_on(listing).await
    }

    /// The files of the list, in their order, once for all its pages.
    async fn list(&mut self, ask: &Ask<'_>, listing: &DropListing) -> Result<(), SourceError> {
        if self.queue.records.as_ref() == Some(&ask.pull.records) {
            return Ok(());
        }
        let look = folder::Look {
            folder: &self.folder,
            settle: self.access.settle,
            zone: self.zone,
            now: ask.now,
        };
        let mut files = folder::complete(&look, &listing.files).await?;
        if listing.whole {
            // Of several whole lists the newest says all.
            files.reverse();
        }
        self.queue = Queue {
            records: Some(ask.pull.records.clone()),
            mapping: known::print(ask.pull, listing),
            waiting: files.into(),
        };
        Ok(())
    }

    /// The file to read, and how many of its rows are stored already.
    fn next_file(&mut self, position: &Position) -> Option<(Candidate, u64)> {
        if let Position::Row { hash, mapping, row } = position {
            let at = self
                .queue
                .waiting
                .iter()
                .position(|file| file.hash == *hash);
            match at.and_then(|at| self.queue.waiting.remove(at)) {
                // Rows that another mapping read are not stored as this one reads them.
                Some(file) if !["", &self.queue.mapping].contains(&mapping.as_str()) => {
                    return Some((file, 0));
                }
                Some(file) => return Some((file, *row)),
                None => {
                    tracing::warn!(folder = %self.folder.display(), "the file that was being read is gone")
                }
            }
        }
        while let Some(file) = self.queue.waiting.pop_front() {
            if !self.known.has(&file.hash, &self.queue.mapping) {
                return Some((file, 0));
            }
            tracing::info!(file = file.name, "the same content was read before");
            self.needless.push(file);
        }
        None
    }

    async fn read_on(&mut self, listing: &DropListing) -> Result<RawPage, SourceError> {
        let Some(reading) = &mut self.reading else {
            return Ok(RawPage::nothing());
        };
        match reading.page().await {
            Ok(page) => Ok(self.arrived(page, listing)),
            Err(fault) => {
                let file = self.reading.take().map(|reading| reading.file);
                let name = file
                    .as_ref()
                    .map(|file| file.name.clone())
                    .unwrap_or_default();
                self.failed.extend(file);
                Err(SourceError::File {
                    name,
                    fault: Box::new(fault),
                })
            }
        }
    }

    fn arrived(&mut self, page: reading::Page, listing: &DropListing) -> RawPage {
        if page.origin.ended.is_some()
            && let Some(reading) = self.reading.take()
        {
            self.known.insert(&reading.file.hash, &reading.mapping);
            self.ended.push(reading.file);
            if listing.whole {
                self.needless.extend(self.queue.waiting.drain(..));
            }
        }
        let next = match &page.origin.ended {
            None => Next::At(page.position.write()),
            Some(_) if self.queue.waiting.is_empty() => Next::End,
            Some(_) => Next::At(Position::NextFile.write()),
        };
        RawPage {
            rows: page.rows,
            first: page.first,
            total: None,
            next,
            origin: Origin::File(page.origin),
        }
    }

    /// Moves files away whose rows are stored, and those that need no reading.
    ///
    /// # Errors
    /// When one cannot be moved; it is known by its content then, and moved at the next look.
    pub async fn committed(
        &mut self,
        ends: &[FileEnd],
        now: DateTime<Utc>,
    ) -> Result<(), SourceError> {
        let is_stored = |file: &Candidate| ends.iter().any(|end| end.hash == file.hash);
        let ended: Vec<Candidate> = std::mem::take(&mut self.ended);
        let (stored, rest) = ended.into_iter().partition(is_stored);
        self.ended = rest;
        let mut files: Vec<Candidate> = stored;
        files.append(&mut self.needless);
        let day = self.day(now);
        for file in files {
            shelf::done(&self.folder, &file, day).await?;
        }
        Ok(())
    }

    /// Moves a file that failed into `bad/`, a report beside it; one that may be readable later stays.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub async fn set_aside(
        &mut self,
        name: &str,
        fault: &ExportFault,
        now: DateTime<Utc>,
    ) -> Result<(), SourceError> {
        let at = self.failed.iter().position(|file| file.name == name);
        let file = at.map(|at| self.failed.remove(at));
        let Some(file) = file.filter(|_| !fault.may_pass()) else {
            return Ok(());
        };
        tracing::warn!(file = file.name, %fault, "set aside");
        shelf::bad(&self.folder, &file, self.day(now), fault).await
    }

    fn day(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let row = Position::Row {
            hash: "ab12".to_owned(),
            mapping: "cd34".to_owned(),
            row: 2_000,
        };
        for position in [Position::NextFile, row] {
            assert_eq!(Position::read(Some(&position.write())), position);
        }
        assert_eq!(Position::read(None), Position::NextFile);
        assert_eq!(
            Position::read(Some("7")),
            Position::NextFile,
            "of another kind of source"
        );
    }
}

//! One file under way: a thread reads it and hands over batches, never more than two ahead.
//!
//! Owns: pages of a file with the place of every row, and going on at a row.
//! Never: taking the end of the thread for the end of the file.
//! Reads next: `../export.rs`.

use std::ops::ControlFlow;

use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::folder::Candidate;
use super::{FileEnd, FileOrigin, Position};
use crate::config::sources::Pull;
use crate::config::sources::drop::DropListing;
use crate::source::export::heading::{Wanted, WantedField};
use crate::source::export::{self, Batch, ExportFault};

/// What the thread tells.
#[derive(Debug)]
enum Told {
    Batch(Batch),
    Fault(ExportFault),
    /// Every row was handed over.
    End,
}

#[derive(Debug)]
pub(super) struct Reading {
    pub(super) file: Candidate,
    /// The hash of the mapping that reads it.
    pub(super) mapping: String,
    told: Receiver<Told>,
    /// What was heard and not yet given out: one knows the last page by what comes after it.
    ahead: Option<Told>,
    /// Rows given out.
    row: u64,
    whole: bool,
}

#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    pub(super) first: u64,
    pub(super) position: Position,
    pub(super) origin: FileOrigin,
}

impl Reading {
    /// Begins to read `file` after its first `skip` rows.
    pub(super) fn begin(
        (file, mapping): (Candidate, String),
        skip: u64,
        pull: &Pull,
        listing: &DropListing,
    ) -> Self {
        let (tell, told) = mpsc::channel(2);
        let (path, form, wanted) = (file.path.clone(), listing.form.clone(), wanted(pull));
        tokio::task::spawn_blocking(move || {
            let mut left = skip;
            let mut hand_over = |batch| tell_rest(&tell, batch, &mut left);
            let last = match export::read(&path, &form, &wanted, &mut hand_over) {
                Ok(()) => Told::End,
                Err(fault) => Told::Fault(fault),
            };
            // Nobody listens any more when the run has ended.
            let _ = tell.blocking_send(last);
        });
        Self {
            file,
            mapping,
            told,
            ahead: None,
            row: skip,
            whole: listing.whole,
        }
    }

    pub(super) fn stands_at(&self, position: &Position) -> bool {
        *position == self.position()
    }

    fn position(&self) -> Position {
        Position::Row {
            hash: self.file.hash.clone(),
            mapping: self.mapping.clone(),
            row: self.row,
        }
    }

    /// The next page.
    pub(super) async fn page(&mut self) -> Result<Page, ExportFault> {
        let batch = match self.hear().await {
            Told::Batch(batch) => batch,
            Told::Fault(fault) => return Err(fault),
            Told::End => return self.last(Batch::default()),
        };
        let next = self.hear().await;
        if matches!(next, Told::End) {
            return self.last(batch);
        }
        self.ahead = Some(next);
        Ok(self.give(batch))
    }

    async fn hear(&mut self) -> Told {
        if let Some(told) = self.ahead.take() {
            return told;
        }
        let stopped = || ExportFault::Broken {
            shape: "readable",
            cause: "reading it stopped in the middle".to_owned(),
        };
        self.told
            .recv()
            .await
            .unwrap_or_else(|| Told::Fault(stopped()))
    }

    fn last(&mut self, batch: Batch) -> Result<Page, ExportFault> {
        if !self.file.is_unchanged() {
            return Err(ExportFault::Changed);
        }
        let mut page = self.give(batch);
        if self.whole && self.row == 0 {
            return Err(ExportFault::NoRows);
        }
        page.origin.ended = Some(FileEnd {
            hash: self.file.hash.clone(),
            mapping: self.mapping.clone(),
            name: self.file.name.clone(),
            made_at: self.file.made_at,
            whole: self.whole,
            rows: self.row,
        });
        Ok(page)
    }

    fn give(&mut self, batch: Batch) -> Page {
        let first = self.row;
        self.row += batch.rows.len() as u64;
        Page {
            first,
            position: self.position(),
            origin: FileOrigin {
                name: self.file.name.clone(),
                sheet: batch.sheet,
                numbers: batch.numbers,
                left_out: batch.left_out,
                ended: None,
            },
            rows: batch.rows,
        }
    }
}

/// Hands over a batch without the rows that are still to be skipped.
fn tell_rest(tell: &Sender<Told>, mut batch: Batch, left: &mut u64) -> ControlFlow<()> {
    let skipped = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(batch.rows.len());
    batch.rows.drain(..skipped);
    batch.numbers.drain(..skipped);
    *left -= skipped as u64;
    if skipped > 0 && batch.rows.is_empty() {
        return ControlFlow::Continue(());
    }
    match tell.blocking_send(Told::Batch(batch)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// The columns that the mapping asks for.
fn wanted(pull: &Pull) -> Wanted {
    let fields = pull
        .fields
        .iter()
        .filter(|(_, field)| !field.from.is_empty());
    let wanted = fields.map(|(name, field)| WantedField {
        field: name.clone(),
        names: field.from.clone(),
        required: field.required && field.default.is_none(),
    });
    Wanted {
        fields: wanted.collect(),
    }
}

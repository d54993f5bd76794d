//! The way through a list, page by page.
//!
//! Owns: where the next page is and when the list ends. Positions are marks, written as text.
//! Never: asking.
//! Reads next: `answer.rs`.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::sources::http::{HttpListing, Paging};
use crate::source::Next;

/// How often a list is gone through again because its rows moved while it was read.
const SECOND_LOOKS: u32 = 1;

/// Where a pull stands in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Of the list's description: a mark that was made by another one says nothing.
    list: u64,
    /// How often the whole list was read before.
    looks: u32,
    /// Pages and rows of it read so far.
    pub(super) pages: u64,
    pub(super) rows: u64,
    total: Option<u64>,
    /// The total changed meanwhile: rows went from pages not yet read to pages already read, or came between.
    moved: bool,
    /// Of the rows of the page before.
    print: u64,
}

impl Mark {
    /// The place that `position` speaks of; the list's beginning where it speaks of another list.
    pub(super) fn read(position: Option<&str>, listing: &HttpListing) -> Self {
        let list = print(&format!("{listing:?}"));
        let read = position.and_then(|text| serde_json::from_str::<Self>(text).ok());
        read.filter(|mark| mark.list == list).unwrap_or(Self {
            list,
            ..Self::default()
        })
    }

    /// What comes after a page of `rows` here.
    pub(super) fn after(&self, rows: &[Value], total: Option<u64>) -> Next {
        let mut next = self.clone();
        next.pages += 1;
        next.rows += rows.len() as u64;
        next.print = print(rows);
        next.moved |= self.pages > 0 && self.total != total;
        next.total = total;
        let repeats = self.pages > 0 && next.print == self.print;
        let ends = rows.is_empty() || repeats || total.is_some_and(|total| next.rows >= total);
        match (ends, next.moved) {
            (false, _) => next.position(),
            (true, false) => Next::End,
            (true, true) if self.looks < SECOND_LOOKS => self.second_look().position(),
            (true, true) => Next::Unsettled,
        }
    }

    fn second_look(&self) -> Self {
        Self {
            list: self.list,
            looks: self.looks + 1,
            ..Self::default()
        }
    }

    fn position(&self) -> Next {
        serde_json::to_string(self).map_or(Next::Unsettled, Next::At)
    }
}

fn print<T: Hash + ?Sized>(what: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The parameters that ask for the page at `mark`.
pub(super) fn parameters(paging: &Paging, mark: &Mark) -> Vec<(String, String)> {
    match paging {
        Paging::Page {
            page, size, rows, ..
        } => vec![
            (page.clone(), (mark.pages + 1).to_string()),
            (size.clone(), rows.to_string()),
        ],
        Paging::Offset {
            offset,
            limit,
            rows,
            ..
        } => vec![
            (offset.clone(), mark.rows.to_string()),
            (limit.clone(), rows.to_string()),
        ],
    }
}

/// Where the body states the number of all rows.
pub(super) fn total_at(paging: &Paging) -> Option<&str> {
    match paging {
        Paging::Page { total, .. } | Paging::Offset { total, .. } => total.as_deref(),
    }
}

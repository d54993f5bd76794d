//! Pages that are stored together: while one batch is written, the next one grows.
//!
//! Owns: what becomes of a code that occurs on several pages.
//! Never: storing (`list.rs`).
//! Reads next: `list.rs`.

use std::collections::HashMap;

use tokio::sync::OwnedSemaphorePermit;

use super::threads;
use crate::domain::dossier::Dossier;
use crate::domain::record::Entry;
use crate::domain::reject::Reject;
use crate::source::drop::FileEnd;
use crate::source::mapping::Mapped;
use crate::source::{Next, Origin};
use crate::store::messages::KeptMessage;

/// A page, read and mapped.
#[derive(Debug)]
pub struct Page {
    pub mapped: Mapped,
    /// The place of its first row in the whole list.
    pub first: u64,
    pub rows: u64,
    /// How many rows the source says there are.
    pub total: Option<u64>,
    pub next: Next,
    pub origin: Origin,
    /// Its share of the memory; given back when it is stored.
    pub room: OwnedSemaphorePermit,
}

/// Records of some pages. A code that occurs on several is there once, as it came last.
#[derive(Debug, Default)]
pub struct Batch {
    pub dossiers: Vec<Dossier>,
    pub entries: Vec<Entry>,
    pub rejects: Vec<Reject>,
    pub rows: u64,
    /// Files that end in it.
    pub files: Vec<FileEnd>,
    /// Messages of which it tells.
    pub messages: Vec<KeptMessage>,
    /// Names of those that could be read.
    read: Vec<String>,
    places: HashMap<String, usize>,
    rooms: Vec<OwnedSemaphorePermit>,
}

impl Batch {
    pub fn add(&mut self, page: Page) {
        let Mapped {
            dossiers,
            entries,
            rejects,
            ..
        } = page.mapped;
        for dossier in dossiers {
            let code = dossier.code.clone();
            put(&mut self.places, &mut self.dossiers, code, dossier);
        }
        for entry in entries {
            let code = entry.code.clone();
            put(&mut self.places, &mut self.entries, code, entry);
        }
        // A row that was bad on an earlier page and is good now is bad no more.
        let places = &self.places;
        let is_good = |reject: &Reject| {
            reject
                .code
                .as_ref()
                .is_some_and(|code| places.contains_key(code))
        };
        self.rejects.retain(|reject| !is_good(reject));
        self.rejects.extend(rejects);
        self.rows += page.rows;
        self.files.extend(page.origin.file_end().cloned());
        if let Origin::Messages(post) = &page.origin {
            self.messages.extend(threads::kept(post));
            self.read.extend(threads::readable(post));
        }
        self.rooms.push(page.room);
    }

    /// The codes of its records, and the names of messages: whatever was kept aside under one of them is good now.
    pub fn codes(&self) -> Vec<&str> {
        self.places
            .keys()
            .chain(&self.read)
            .map(String::as_str)
            .collect()
    }
}

fn put<T>(places: &mut HashMap<String, usize>, items: &mut Vec<T>, code: String, item: T) {
    let place = *places.entry(code).or_insert(items.len());
    match items.get_mut(place) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;
    use crate::domain::sample;

    async fn page(codes: &[&str], rejected: &[&str]) -> Page {
        let reject = |code: &&str| Reject {
            position: 0,
            code: Some((*code).to_owned()),
            reason: "is bad".to_owned(),
            raw: String::new(),
            hash: (*code).to_owned(),
        };
        Page {
            mapped: Mapped {
                dossiers: codes.iter().map(|code| sample::dossier(code)).collect(),
                rejects: rejected.iter().map(reject).collect(),
                ..Mapped::default()
            },
            first: 0,
            rows: (codes.len() + rejected.len()) as u64,
            total: None,
            next: Next::End,
            origin: Origin::System,
            room: Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap(),
        }
    }

    #[tokio::test]
    async fn what_came_last_counts() {
        let mut batch = Batch::default();
        batch.add(page(&["a", "b"], &["c", "d"]).await);
        batch.add(page(&["b", "c"], &["a"]).await);
        let codes: Vec<_> = batch
            .dossiers
            .iter()
            .map(|dossier| dossier.code.as_str())
            .collect();
        assert_eq!(codes, ["a", "b", "c"], "each once");
        let bad: Vec<_> = batch
            .rejects
            .iter()
            .filter_map(|reject| reject.code.as_deref())
            .collect();
        assert_eq!(
            bad,
            ["d", "a"],
            "c is good now; a has become bad, and its good row stays"
        );
        assert_eq!(batch.rows, 7);
    }
}

//! What a pull counted, and where the rows it rejected stand.
//!
//! Owns: the figures of a run's history; a reject's place in the words of a person before the file.
//! Never: storing.
//! Reads next: `../reconcile.rs`.

use serde_json::{Value, json};

use crate::domain::reject::Reject;
use crate::source::{Origin, RawPage};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    rows: u64,
    rejected: u64,
    from_files: bool,
    files: u64,
    /// Totals, repeated headings, signatures.
    left_out: u64,
    /// Dossiers that a whole list does not hold any more.
    pub(super) vanished: u64,
}

impl Tally {
    pub(super) fn add(&mut self, page: &RawPage, rejected: usize) {
        self.rows += page.rows.len() as u64;
        self.rejected += rejected as u64;
        if let Origin::File(file) = &page.origin {
            self.files += u64::from(file.ended.is_some());
            self.left_out += file.left_out;
        }
        self.from_files |= page.origin != Origin::System;
    }

    pub(super) fn counts(&self) -> Value {
        let mut counts = json!({ "rows": self.rows, "rejected": self.rejected });
        if self.from_files {
            counts["files"] = self.files.into();
            counts["left_out"] = self.left_out.into();
            counts["vanished"] = self.vanished.into();
        }
        counts
    }
}

/// Says of rejects from a file in which row of which sheet they stand.
pub(super) fn place(page: &RawPage, rejects: &mut [Reject]) {
    let Origin::File(file) = &page.origin else {
        return;
    };
    let sheet = match file.sheet.as_str() {
        "" => String::new(),
        sheet => format!(" of sheet `{sheet}`"),
    };
    for reject in rejects {
        let index = usize::try_from(reject.position - page.first).ok();
        let Some(number) = index.and_then(|index| file.numbers.get(index)) else {
            continue;
        };
        reject.position = *number;
        reject.reason = format!("row {number}{sheet} in {}: {}", file.name, reject.reason);
    }
}

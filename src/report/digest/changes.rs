//! What changed since the last digest.
//!
//! Owns: the sentence for each change.
//! Never: comparing boards (`domain::decide`).
//! Reads next: `quality.rs`.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use crate::domain::board::Status;
use crate::report::page::bare;
use crate::report::tone::{Badge, Tone};
use crate::report::words::Words;

#[derive(Clone, Debug)]
pub enum Changes {
    /// The first digest: nothing to compare with.
    First,
    Since {
        at: DateTime<FixedOffset>,
        list: Vec<Change>,
    },
}

/// One change; titles in the mail's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Target {
        title: String,
        from: Status,
        to: Status,
    },
    Ward {
        ward: String,
        target: String,
        from: Status,
        to: Status,
    },
    /// Overdue dossiers of the whole district.
    Overdue { before: u64, now: u64 },
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub symbol: &'static str,
    pub colour: &'static str,
    pub text: String,
}

/// The changes, and what they are counted from.
pub fn rows(changes: &Changes, words: &Words) -> (Vec<Row>, String) {
    match changes {
        Changes::First => (Vec::new(), words.digest.first()),
        Changes::Since { at, list } => {
            let since = words.moment(at.naive_local());
            let rows: Vec<Row> = list.iter().map(|change| row(change, words)).collect();
            let note = if rows.is_empty() {
                words.digest.no_change(since)
            } else {
                words.digest.since(since)
            };
            (rows, note)
        }
    }
}

fn row(change: &Change, words: &Words) -> Row {
    match change {
        Change::Target { title, from, to } => {
            let text = words.digest.target_change(
                title,
                Badge::of(*from, words).word,
                Badge::of(*to, words).word,
            );
            status_row(*to, text, words)
        }
        Change::Ward {
            ward,
            target,
            from,
            to,
        } => status_row(*to, ward_text(ward, target, *from, *to, words), words),
        Change::Overdue { before, now } => overdue_row(*before, *now, words),
    }
}

fn ward_text(ward: &str, target: &str, from: Status, to: Status, words: &Words) -> String {
    let name = words.phrase.ward(bare(ward));
    let name = crate::domain::format::capitalised(&name);
    match (from, to) {
        (_, Status::Lagging) => words.digest.ward_lags(name, target),
        (Status::Lagging, Status::Met) => words.digest.ward_recovers(name, target),
        _ => words.digest.ward_changes(
            name,
            target,
            Badge::of(from, words).word,
            Badge::of(to, words).word,
        ),
    }
}

fn status_row(to: Status, text: String, words: &Words) -> Row {
    let Badge { symbol, colour, .. } = Badge::of(to, words);
    Row {
        symbol,
        colour,
        text,
    }
}

fn overdue_row(before: u64, now: u64, words: &Words) -> Row {
    let (symbol, tone) = if now > before {
        ("▲", Tone::Bad)
    } else {
        ("▼", Tone::Good)
    };
    let text = words.digest.overdue_change(
        words.difference(before, now),
        words.figure(before),
        words.figure(now),
    );
    Row {
        symbol,
        colour: tone.colour(),
        text,
    }
}

//! The page where there is nothing to answer, or no answer is taken: why, and what to do.
//!
//! Owns: the words of each refusal.
//! Never: the status it is sent with (`web`).
//! Reads next: `samples.rs`.

use chrono::NaiveDate;
use serde::Serialize;

use crate::report::words::Words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not signed by this site, or changed.
    Forged,
    Expired(NaiveDate),
    /// Signed, and its letter is not there.
    Unknown,
    /// All that the letter told of is over.
    Nothing,
    /// Sent from another page.
    Elsewhere,
    /// Too long, or no form.
    Unreadable,
    /// The database is away.
    Busy,
}

/// What the template prints.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub help: String,
}

/// Its title, and what to do.
pub(super) fn words(why: Refusal, words: &Words) -> (String, String) {
    let page = &words.page;
    match why {
        Refusal::Forged => (page.forged(), page.forged_help()),
        Refusal::Expired(day) => (page.expired(words.day(day)), page.expired_help()),
        Refusal::Unknown => (page.unknown(), page.unknown_help()),
        Refusal::Nothing => (page.nothing(), page.nothing_help()),
        Refusal::Elsewhere => (page.elsewhere(), page.elsewhere_help()),
        Refusal::Unreadable => (page.unreadable(), page.unreadable_help()),
        Refusal::Busy => (page.busy(), page.busy_help()),
    }
}

//! The page after an answer: what was noted, and what happens next.
//!
//! Owns: a sentence for each kind of answer.
//! Never: what an answer brings about (`domain::decide`).
//! Reads next: `refused.rs`.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::answer::AnswerKind;
use crate::report::words::Words;

#[derive(Clone, Debug)]
pub struct Noted {
    pub kind: AnswerKind,
    pub until: Option<NaiveDate>,
    /// Codes of dossiers, wards with their targets.
    pub things: Vec<String>,
    /// More can be answered.
    pub is_more_open: bool,
}

/// What the template prints.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    noted: String,
    things: Vec<String>,
    next: String,
    what_next: String,
    is_more_open: bool,
    again: String,
}

pub(super) fn view(noted: &Noted, words: &Words) -> View {
    let (said, what_next) = said(noted, words);
    View {
        noted: said,
        things: noted.things.clone(),
        next: words.page.next(),
        what_next,
        is_more_open: noted.is_more_open,
        again: words.page.again(),
    }
}

fn said(noted: &Noted, words: &Words) -> (String, String) {
    let page = &words.page;
    let things = page.things(words.number(noted.things.len() as u64));
    let day = noted.until.map(|day| words.day(day)).unwrap_or_default();
    match noted.kind {
        AnswerKind::Seen => (page.noted_seen(things), page.next_seen()),
        AnswerKind::Promised => (page.noted_promised(things, &day), page.next_promised(&day)),
        AnswerKind::NotMine => (page.noted_not_mine(things), page.next_not_mine()),
        AnswerKind::Silenced => (page.noted_silenced(things, &day), page.next_silenced(&day)),
        AnswerKind::Withdrawn => (page.noted_withdrawn(things), page.next_withdrawn()),
    }
}

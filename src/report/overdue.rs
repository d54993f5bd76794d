//! The letter about overdue dossiers: for the head of a unit, or for an upper rung.
//!
//! Owns: its headline, its reason for being sent, its rule.
//! Never: another unit's dossiers in a head's letter: the caller gives the lines.
//! Reads next: `dossier.rs`.

use chrono::{DateTime, FixedOffset, NaiveTime};
use serde::Serialize;

use super::dossier::{Line, List, Nature, Show, any_tentative, by_unit, list};
use super::page::{Body, Parts};
use super::words::Words;

/// Late dossiers shown in one letter, oldest first, and soon ones: mail programs cut what is longer than about
/// 100 KB. What a letter does not show it counts; announce no dossier that was not shown.
pub const MOST_LATE: usize = 75;
pub const MOST_SOON: usize = 20;

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The head of the unit whose dossiers these are.
    Head,
    /// Someone above: of dossiers late by at least so many working days, over several units.
    Upper { late_at_least: u32 },
}

#[derive(Clone, Debug)]
pub struct Overdue {
    /// `UBND quận Long Biên`
    pub site: String,
    /// As it stands after "Kính gửi: Đồng chí": `Chủ tịch UBND phường Ngọc Thụy`.
    pub recipient: String,
    /// As it stands in a sentence: `phường Ngọc Thụy`.
    pub unit: String,
    pub rung: Rung,
    pub as_of: DateTime<FixedOffset>,
    /// When the source was last read completely, where that is known.
    pub fresh_at: Option<DateTime<FixedOffset>>,
    /// The due moment of a due date without a time.
    pub due_time: NaiveTime,
    pub late: Vec<Line>,
    pub soon: Vec<Line>,
    /// Late dossiers announced earlier and not repeated here.
    pub already_told: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub intro: String,
    pub ask: String,
    pub has_reason: bool,
    pub reason: String,
    pub has_told: bool,
    pub told: String,
    pub has_units: bool,
    pub units: String,
    pub late: List,
    pub soon: List,
}

pub(super) fn parts(letter: &Overdue, words: &Words) -> Parts {
    let result = result(letter, words);
    let view = view(letter, &result, words);
    let mut notes = vec![
        words
            .overdue
            .rule(letter.due_time.format("%H:%M").to_string()),
    ];
    notes.extend(
        letter
            .fresh_at
            .map(|at| words.phrase.read_at(words.moment(at.naive_local()))),
    );
    if any_tentative(&letter.late) || any_tentative(&letter.soon) {
        notes.push(words.phrase.tentative_note());
    }
    Parts {
        title: words.overdue.title(),
        result: words.overdue.result(&result, &letter.unit),
        preview: format!("{} {}", view.ask, view.told).trim().to_owned(),
        notes,
        body: Body::Overdue(view),
    }
}

/// `12 hồ sơ quá hạn, 5 sắp đến hạn`; with the whole number where some were announced before.
fn result(letter: &Overdue, words: &Words) -> String {
    let (late, soon) = (letter.late.len() as u64, letter.soon.len() as u64);
    let dossiers = |count| words.phrase.dossiers(words.number(count));
    let result = match (late, soon) {
        (0, 0) => words.overdue.nothing(),
        (0, _) => words.overdue.soon_only(dossiers(soon)),
        (_, 0) => words.overdue.late_only(dossiers(late)),
        _ => words
            .overdue
            .late_and_soon(dossiers(late), words.number(soon)),
    };
    match letter.already_told {
        0 => result,
        told => words
            .overdue
            .of_all(result, words.number(late + told as u64)),
    }
}

fn view(letter: &Overdue, result: &str, words: &Words) -> View {
    let upper = letter.rung != Rung::Head;
    let show = |nature, most| Show {
        nature,
        most,
        unit: upper,
        due_time: letter.due_time,
    };
    let told = letter.already_told as u64;
    View {
        intro: words.overdue.intro(
            words.moment(letter.as_of.naive_local()),
            &letter.unit,
            result,
        ),
        ask: if letter.late.is_empty() {
            words.overdue.ask_soon()
        } else {
            words.overdue.ask()
        },
        has_reason: upper,
        reason: reason(letter.rung, words),
        has_told: told > 0,
        told: if told > 0 {
            words
                .overdue
                .already_told(words.phrase.dossiers(words.number(told)))
        } else {
            String::new()
        },
        has_units: upper && !letter.late.is_empty(),
        units: by_unit(&letter.late, words),
        late: list(&letter.late, show(Nature::Late, MOST_LATE), words),
        soon: list(&letter.soon, show(Nature::Soon, MOST_SOON), words),
    }
}

fn reason(rung: Rung, words: &Words) -> String {
    match rung {
        Rung::Head => String::new(),
        Rung::Upper { late_at_least } => words.overdue.escalated(
            words
                .phrase
                .working_days(words.number(late_at_least.into())),
        ),
    }
}

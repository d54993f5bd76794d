//! Targets against the scheme, level by level, and one verdict for each.
//!
//! Owns: how a target and its levels read.
//! Never: judging (`domain::assess`).
//! Reads next: `changes.rs`.

use serde::Serialize;

use crate::domain::assess::overall;
use crate::domain::board::{Status, TargetRow};
use crate::domain::ratio::{Percent, Share};
use crate::report::tone::Badge;
use crate::report::ward_lag::rate;
use crate::report::words::Words;

/// A target over all its levels: met only if all are.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub status: Status,
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub number: String,
    pub title: String,
    pub badge: Badge,
    pub levels: Vec<LevelRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct LevelRow {
    pub level: String,
    pub rate: String,
    pub has_fraction: bool,
    pub fraction: String,
    pub at_least: String,
    /// Whether the level shows a verdict of its own.
    pub judged: bool,
    pub badge: Badge,
    pub simulated: bool,
    pub simulated_word: String,
    pub has_note: bool,
    pub note: String,
}

/// In the order of the scheme.
#[must_use]
pub fn verdicts(rows: &[TargetRow]) -> Vec<Verdict<'_>> {
    let mut verdicts: Vec<Verdict<'_>> = Vec::new();
    for row in totals(rows) {
        if !verdicts.iter().any(|verdict| verdict.id == row.id) {
            let levels: Vec<Status> = totals(rows)
                .filter(|other| other.id == row.id)
                .map(|other| other.status)
                .collect();
            verdicts.push(Verdict {
                id: &row.id,
                title: &row.title,
                status: overall(&levels),
            });
        }
    }
    verdicts
}

fn totals(rows: &[TargetRow]) -> impl Iterator<Item = &TargetRow> {
    rows.iter().filter(|row| row.unit.is_none())
}

pub fn rows(rows: &[TargetRow], words: &Words) -> Vec<Row> {
    let numbered = verdicts(rows).into_iter().zip(1..);
    numbered
        .map(|(verdict, number)| row(&verdict, number, rows, words))
        .collect()
}

fn row(verdict: &Verdict<'_>, number: u64, rows: &[TargetRow], words: &Words) -> Row {
    let mine: Vec<&TargetRow> = totals(rows).filter(|row| row.id == verdict.id).collect();
    let several = mine.len() > 1;
    Row {
        number: words.figure(number),
        title: verdict.title.to_owned(),
        badge: Badge::of(verdict.status, words),
        levels: mine
            .into_iter()
            .map(|row| level(row, several, words))
            .collect(),
    }
}

fn level(row: &TargetRow, judged: bool, words: &Words) -> LevelRow {
    let share = Share::new(row.numerator, row.denominator);
    let mark = Percent::parse(&row.at_least.to_string()).ok();
    let note = match row.status {
        Status::NotVerifiable => words.status.not_verifiable_note(),
        Status::Unknown => words.status.unknown_note(),
        Status::Met | Status::Missed | Status::Watch | Status::Lagging => String::new(),
    };
    LevelRow {
        level: words.level(row.level),
        rate: rate(share, mark, row.decimals, words),
        has_fraction: share.denominator > 0,
        fraction: words.fraction(share),
        at_least: words
            .phrase
            .at_least(words.percent(Some(row.at_least.to_string()))),
        judged,
        badge: Badge::of(row.status, words),
        simulated: row.simulated,
        simulated_word: words.status.simulated(),
        has_note: !note.is_empty(),
        note,
    }
}

/// What the marks of the rows mean, where they occur.
pub fn notes(rows: &[TargetRow], words: &Words) -> Option<String> {
    totals(rows)
        .any(|row| row.simulated)
        .then(|| words.status.simulated_note())
}

//! The periodic digest for leaders, readable in a minute on a phone.
//!
//! Owns: its headline, its order: result, changes, I. dossiers, II. overdue and soon due, III. targets, IV. data.
//! Never: counting (`domain::board`); personal data.
//! Reads next: `digest/summary.rs`.

mod changes;
mod levels;
mod quality;
mod summary;
mod targets;

use chrono::NaiveTime;
use serde::Serialize;

pub use changes::{Change, Changes};

use super::dossier::{Line, List, Mark, Nature, Show, any_tentative, by_unit, list};
use super::page::{Body, Parts};
use super::ward_lag::{Evidence, evidence};
use super::words::Words;
use crate::domain::board::Board;
use crate::domain::unit::UnitCode;

/// Rows of the list of what is soon due.
const SOON_ROWS: usize = 10;

#[derive(Clone, Debug)]
pub struct Digest {
    pub site: String,
    pub recipient: String,
    /// Titles in the mail's language.
    pub board: Board,
    /// Which of the board's units are wards.
    pub wards: Vec<UnitCode>,
    /// Every overdue dossier of the district.
    pub overdue: Vec<Line>,
    pub soon: Vec<Line>,
    /// Working days that *soon* means.
    pub soon_within: u32,
    pub due_time: NaiveTime,
    /// How many overdue dossiers are shown; the rest is counted.
    pub rows: usize,
    pub changes: Changes,
    /// A source's name and its title.
    pub source_titles: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub period: String,
    pub summary: Vec<summary::Point>,
    pub figures: Vec<summary::FigureRow>,
    pub changes: Vec<changes::Row>,
    pub changes_note: String,
    pub has_changes: bool,
    pub dossiers: levels::Table,
    pub behind: Vec<Evidence>,
    pub any_behind: bool,
    pub meaning: String,
    pub overdue: List,
    pub units: String,
    pub has_units: bool,
    pub soon: List,
    pub targets: Vec<targets::Row>,
    pub sources: Vec<quality::Freshness>,
    pub findings: Vec<String>,
    pub has_findings: bool,
    pub no_findings: String,
}

pub(super) fn parts(digest: &Digest, words: &Words) -> Parts {
    let verdicts = targets::verdicts(&digest.board.targets);
    let behind = levels::behind(digest);
    let summary = summary::points(digest, &verdicts, &behind, words);
    let result = summary::result(digest, &verdicts, &behind, words);
    let preview: Vec<&str> = summary.iter().map(|point| point.text.as_str()).collect();
    Parts {
        title: words
            .digest
            .title(words.day(digest.board.as_of.date_naive())),
        result,
        preview: preview.join(" "),
        notes: notes(digest, words),
        body: Body::Digest(Box::new(view(digest, summary, &behind, words))),
    }
}

fn view(
    digest: &Digest,
    summary: Vec<summary::Point>,
    behind: &[super::ward_lag::Lag],
    words: &Words,
) -> View {
    let (changes, changes_note) = changes::rows(&digest.changes, words);
    let findings = quality::sentences(&digest.board.quality, &digest.source_titles, words);
    let period = digest.board.period;
    View {
        period: words
            .digest
            .period(words.day(period.from), words.day(period.to)),
        summary,
        figures: summary::figures(digest, words),
        has_changes: !changes.is_empty(),
        changes,
        changes_note,
        dossiers: levels::table(digest, words),
        any_behind: !behind.is_empty(),
        behind: behind.iter().map(|lag| evidence(lag, words)).collect(),
        meaning: words.ward_lag.meaning(),
        overdue: list(
            &unmarked(&digest.overdue),
            show(digest, Nature::Late, digest.rows),
            words,
        ),
        has_units: !digest.overdue.is_empty(),
        units: by_unit(&digest.overdue, words),
        soon: list(
            &unmarked(&digest.soon),
            show(digest, Nature::Soon, SOON_ROWS),
            words,
        ),
        targets: targets::rows(&digest.board.targets, words),
        sources: quality::freshness(&digest.board.sources, &digest.source_titles, words),
        has_findings: !findings.is_empty(),
        findings,
        no_findings: words.digest.no_findings(),
    }
}

fn show(digest: &Digest, nature: Nature, most: usize) -> Show {
    Show {
        nature,
        most,
        unit: true,
        due_time: digest.due_time,
    }
}

fn unmarked(lines: &[Line]) -> Vec<Line> {
    lines
        .iter()
        .map(|line| Line {
            mark: Mark::None,
            ..line.clone()
        })
        .collect()
}

fn notes(digest: &Digest, words: &Words) -> Vec<String> {
    let stopped = digest.board.dossiers.district.stopped + digest.board.dossiers.ward.stopped;
    let mut notes = vec![
        words.digest.share_note(),
        words
            .digest
            .late_note(digest.due_time.format("%H:%M").to_string()),
        words.digest.lag_note(),
    ];
    if stopped > 0 {
        notes.push(
            words
                .digest
                .stopped_note(words.phrase.dossiers(words.number(stopped))),
        );
    }
    notes.extend(targets::notes(&digest.board.targets, words));
    if any_tentative(&digest.overdue) || any_tentative(&digest.soon) {
        notes.push(words.phrase.tentative_note());
    }
    notes
}

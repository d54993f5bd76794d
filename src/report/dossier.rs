//! Dossiers in a list: late ones and those that soon will be.
//!
//! Owns: how one dossier reads, and counts by unit. No personal data has a place here.
//! Never: which dossiers are late (`domain::overdue`).
//! Reads next: `overdue.rs`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde::Serialize;

use super::tone::{Badge, Tone};
use super::words::Words;
use crate::domain::calendar::WorkingDays;
use crate::domain::overdue::{DueStatus, OverdueRow};

/// Why the reader hears of a dossier, in the order in which a list shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    New,
    /// The next rung of the ladder is reached.
    Worse,
    /// The day that was promised has passed.
    Broken,
    Reminder,
    /// A list that is not about news.
    None,
}

/// One dossier. Times are wall times of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub code: String,
    pub procedure_name: String,
    pub unit_name: String,
    pub received: NaiveDate,
    pub due: NaiveDateTime,
    /// Before it was rescheduled.
    pub originally_due: Option<NaiveDateTime>,
    /// Working days late, for a late dossier; working days left, for one that soon will be.
    pub days: WorkingDays,
    pub mark: Mark,
}

impl Line {
    /// A row of the overdue list as a line.
    #[must_use]
    pub fn of(row: &OverdueRow, mark: Mark) -> Self {
        let days = match row.status {
            DueStatus::Overdue => row.working_days_late,
            DueStatus::Soon => row.working_days_left,
        };
        Self {
            code: row.code.clone(),
            procedure_name: row.procedure_name.clone(),
            unit_name: row.unit_name.clone(),
            received: row.received_at.date_naive(),
            due: row.due_at.naive_local(),
            originally_due: row.original_due_at.map(|at| at.naive_local()),
            days: WorkingDays {
                days,
                tentative: row.tentative,
            },
            mark,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    Late,
    Soon,
}

/// How a list is shown.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    pub nature: Nature,
    /// So many are shown in full.
    pub most: usize,
    /// The rest is named by code; otherwise it is counted.
    pub rest: bool,
    /// Whether lines name their unit.
    pub unit: bool,
    /// The due moment of a due date; another time is written out.
    pub due_time: NaiveTime,
}

/// A list of dossiers, ready to print.
#[derive(Clone, Debug, Serialize)]
pub struct List {
    pub any: bool,
    pub title: String,
    pub none: String,
    pub rows: Vec<Row>,
    pub has_more: bool,
    pub more: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub number: String,
    pub code: String,
    pub procedure: String,
    pub has_unit: bool,
    pub unit: String,
    pub dates: String,
    pub rescheduled: bool,
    pub originally: String,
    pub badge: Badge,
    pub is_marked: bool,
    pub mark: String,
}

/// `lines` by what is new in them, then oldest due first, then by code.
#[must_use]
pub fn list(lines: &[Line], show: Show, words: &Words) -> List {
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort_by_key(|line| (line.mark, line.due, &line.code));
    let shown = sorted.iter().take(show.most).zip(1..);
    let hidden = sorted.len().saturating_sub(show.most) as u64;
    let (title, none) = match show.nature {
        Nature::Late => (words.labels.overdue(), words.dossier.none_late()),
        Nature::Soon => (words.labels.soon(), words.dossier.none_soon()),
    };
    List {
        any: !sorted.is_empty(),
        title: format!("{title} ({})", words.figure(sorted.len() as u64)),
        none,
        rows: shown
            .map(|(line, number)| row(line, number, show, words))
            .collect(),
        has_more: hidden > 0,
        more: more(&sorted, show, words),
    }
}

fn more(sorted: &[&Line], show: Show, words: &Words) -> String {
    let hidden = sorted.get(show.most..).unwrap_or_default();
    let dossiers = words.phrase.dossiers(words.number(hidden.len() as u64));
    if !show.rest {
        return words.dossier.more(dossiers);
    }
    let codes: Vec<&str> = hidden.iter().map(|line| line.code.as_str()).collect();
    words.dossier.rest(dossiers, codes.join(", "))
}

pub(super) fn row(line: &Line, number: u64, show: Show, words: &Words) -> Row {
    let mark = match line.mark {
        Mark::New => words.dossier.first_time(),
        Mark::Worse => words.dossier.worse(),
        Mark::Broken => words.dossier.broken(),
        Mark::Reminder => words.dossier.reminder(),
        Mark::None => String::new(),
    };
    let original = line
        .originally_due
        .map(|at| words.dossier.rescheduled(due(at, show.due_time, words)));
    Row {
        number: words.figure(number),
        code: line.code.clone(),
        procedure: line.procedure_name.clone(),
        has_unit: show.unit,
        unit: line.unit_name.clone(),
        dates: words.dossier.dates(
            words.day(line.received),
            due(line.due, show.due_time, words),
        ),
        rescheduled: original.is_some(),
        originally: original.unwrap_or_default(),
        badge: badge(line.days, show.nature, words),
        is_marked: line.mark != Mark::None,
        mark,
    }
}

/// The day alone where the time is the usual one.
fn due(at: NaiveDateTime, usual: NaiveTime, words: &Words) -> String {
    if at.time() == usual {
        words.day(at.date())
    } else {
        words.moment(at)
    }
}

fn badge(days: WorkingDays, nature: Nature, words: &Words) -> Badge {
    let count = u64::try_from(days.days).unwrap_or(0);
    let told = working_days(days, words);
    match (nature, count) {
        (Nature::Late, 0) => Badge::new("▲", words.dossier.late_today(), Tone::Bad),
        (Nature::Late, _) => Badge::new("▲", words.dossier.late(told), Tone::Bad),
        (Nature::Soon, 0) => Badge::new("●", words.dossier.left_today(), Tone::Warn),
        (Nature::Soon, _) => Badge::new("●", words.dossier.left(told), Tone::Warn),
    }
}

fn working_days(days: WorkingDays, words: &Words) -> String {
    let told = words
        .phrase
        .working_days(words.number(u64::try_from(days.days).unwrap_or(0)));
    if days.tentative {
        words.phrase.tentative(told)
    } else {
        told
    }
}

/// Whether the reader must be told what *tentative* means.
#[must_use]
pub fn any_tentative(lines: &[Line]) -> bool {
    lines
        .iter()
        .any(|line| line.days.tentative && line.days.days > 0)
}

/// `Ngọc Thụy: 58 · Phúc Lợi: 43`: most first, then by name.
#[must_use]
pub fn by_unit(lines: &[Line], words: &Words) -> String {
    let mut counts: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for line in lines {
        *counts.entry(&line.unit_name).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(unit, count)| (std::cmp::Reverse(*count), *unit));
    let told: Vec<String> = counts
        .into_iter()
        .map(|(unit, count)| format!("{unit}: {}", words.figure(count)))
        .collect();
    told.join(" · ")
}

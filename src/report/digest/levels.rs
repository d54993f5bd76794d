//! Dossiers by level and by ward, and the wards that are behind.
//!
//! Owns: six columns that fit a phone, and the order of wards.
//! Never: deciding who lags (`domain::assess`).
//! Reads next: `targets.rs`.

use serde::Serialize;

use super::Digest;
use super::summary::total;
use crate::domain::board::{DossierCounts, Status, TargetRow, UnitRow};
use crate::domain::ratio::Share;
use crate::domain::target::TargetLevel;
use crate::report::columns::aligned;
use crate::report::page::bare;
use crate::report::tone::Badge;
use crate::report::ward_lag::Lag;
use crate::report::words::Words;

/// Levels and wards for the page, and the same as aligned lines for the text part.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub levels: Vec<Row>,
    pub wards: Vec<Row>,
    pub lines: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub is_marked: bool,
    pub badge: Badge,
    pub received: String,
    pub resolved: String,
    pub on_time: String,
    pub open: String,
    pub overdue: String,
    pub has_overdue: bool,
}

/// District, wards, both; then ward by ward.
pub fn table(digest: &Digest, words: &Words) -> Table {
    let dossiers = &digest.board.dossiers;
    let levels = vec![
        row(
            words.phrase.district(),
            &dossiers.district,
            Status::Met,
            words,
        ),
        row(
            words.phrase.ward_level(),
            &dossiers.ward,
            Status::Met,
            words,
        ),
        row(words.phrase.whole(), &total(digest), Status::Met, words),
    ];
    let wards = wards(digest, words);
    Table {
        lines: lines(&levels, &wards, words),
        levels,
        wards,
    }
}

/// Lagging wards first, then watched ones, then by what is overdue, then as the board has them.
fn wards(digest: &Digest, words: &Words) -> Vec<Row> {
    let mut units: Vec<(Status, &UnitRow)> =
        ward_rows(digest).map(|unit| (worst(unit), unit)).collect();
    units.sort_by_key(|(status, unit)| (rank(*status), std::cmp::Reverse(unit.counts.overdue)));
    units
        .into_iter()
        .map(|(status, unit)| row(bare(&unit.name).to_owned(), &unit.counts, status, words))
        .collect()
}

fn ward_rows(digest: &Digest) -> impl Iterator<Item = &UnitRow> {
    digest
        .board
        .dossiers
        .units
        .iter()
        .filter(|unit| digest.wards.contains(&unit.unit))
}

/// Whether any ward has a verdict at all: a stale source leaves none.
pub fn wards_are_judged(digest: &Digest) -> bool {
    let open = |status| matches!(status, Status::Unknown | Status::NotVerifiable);
    ward_rows(digest)
        .flat_map(|unit| &unit.assessments)
        .any(|assessment| !open(assessment.status))
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Lagging => 0,
        Status::Watch => 1,
        Status::Met | Status::Missed | Status::NotVerifiable | Status::Unknown => 2,
    }
}

/// The worst that any target says about a ward: lagging, watch, or nothing worth a mark.
fn worst(unit: &UnitRow) -> Status {
    let judged = unit.assessments.iter().map(|assessment| assessment.status);
    judged
        .min_by_key(|status| rank(*status))
        .unwrap_or(Status::Met)
}

fn row(name: String, counts: &DossierCounts, status: Status, words: &Words) -> Row {
    let on_time = Share::new(counts.early + counts.on_time, counts.resolved);
    Row {
        name,
        is_marked: rank(status) < 2,
        badge: Badge::of(status, words),
        received: words.figure(counts.received),
        resolved: words.figure(counts.resolved),
        on_time: words.percent(on_time.printed(2)),
        open: words.figure(counts.open),
        overdue: words.figure(counts.overdue),
        has_overdue: counts.overdue > 0,
    }
}

fn lines(levels: &[Row], wards: &[Row], words: &Words) -> Vec<String> {
    let labels = &words.labels;
    let header = vec![
        labels.place(),
        labels.received(),
        labels.resolved(),
        labels.on_time(),
        labels.open(),
        labels.overdue_count(),
    ];
    let rows = std::iter::once(header)
        .chain(levels.iter().chain(wards).map(cells))
        .collect::<Vec<_>>();
    let mut lines = aligned(&rows);
    lines.insert(1 + levels.len(), String::new());
    lines
}

fn cells(row: &Row) -> Vec<String> {
    let name = if row.is_marked {
        format!("{} {}", row.badge.symbol, row.name)
    } else {
        row.name.clone()
    };
    let figures = [
        &row.received,
        &row.resolved,
        &row.on_time,
        &row.open,
        &row.overdue,
    ];
    std::iter::once(name)
        .chain(figures.into_iter().cloned())
        .collect()
}

/// Every ward that lags or is watched, by target; lagging first.
pub fn behind(digest: &Digest) -> Vec<Lag> {
    let mut behind: Vec<Lag> = ward_rows(digest)
        .flat_map(|unit| {
            let judged = unit
                .assessments
                .iter()
                .filter(|assessment| rank(assessment.status) < 2);
            judged.filter_map(|assessment| {
                Some(Lag::of(
                    &unit.name,
                    assessment,
                    at_ward_level(digest, &assessment.target)?,
                ))
            })
        })
        .collect();
    behind.sort_by_key(|lag| rank(lag.status));
    behind
}

/// The row of a target for wards; for a target without one, that of all levels.
fn at_ward_level<'a>(digest: &'a Digest, id: &str) -> Option<&'a TargetRow> {
    let mut rows = digest
        .board
        .targets
        .iter()
        .filter(|row| row.id == id && row.unit.is_none());
    rows.clone()
        .find(|row| row.level == TargetLevel::Ward.as_str())
        .or_else(|| rows.next())
}

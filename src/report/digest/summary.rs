//! The headline, the sentences under it and the four key figures.
//!
//! Owns: what a leader reads in the first ten seconds.
//! Never: lists.
//! Reads next: `levels.rs`.

use serde::Serialize;

use super::Digest;
use super::levels::wards_are_judged;
use super::quality::titled;
use super::targets::Verdict;
use crate::domain::board::{DossierCounts, Status};
use crate::domain::format::capitalised;
use crate::domain::ratio::Share;
use crate::report::page::bare;
use crate::report::tone::{Badge, Tone};
use crate::report::ward_lag::Lag;
use crate::report::words::Words;

/// The colour of a figure that is neither good nor bad.
const INK: &str = "#0f2c4a";

/// Wards named in one sentence.
const NAMED: usize = 6;

#[derive(Clone, Debug, Serialize)]
pub struct Point {
    pub symbol: &'static str,
    pub colour: &'static str,
    pub text: String,
}

/// Two figures side by side.
#[derive(Clone, Debug, Serialize)]
pub struct FigureRow {
    pub cells: [Figure; 2],
}

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub label: String,
    pub value: String,
    pub note: String,
    pub colour: &'static str,
}

/// `9/10 chỉ tiêu đạt, 167 hồ sơ quá hạn, 3 phường tụt lại`; what cannot be said is left out, and stale
/// sources are named: silence must not look like health.
pub fn result(digest: &Digest, verdicts: &[Verdict<'_>], behind: &[Lag], words: &Words) -> String {
    let stale = digest
        .board
        .sources
        .iter()
        .filter(|source| source.stale)
        .count() as u64;
    let overdue = match total(digest).overdue {
        0 => words.digest.overdue_none(),
        count => words
            .digest
            .overdue_some(words.phrase.dossiers(words.number(count))),
    };
    let wards = match wards(behind, Status::Lagging).len() as u64 {
        0 => wards_are_judged(digest).then(|| words.digest.wards_none()),
        count => Some(
            words
                .digest
                .wards_lagging(words.phrase.wards(words.number(count))),
        ),
    };
    let stale = (stale > 0).then(|| {
        words
            .digest
            .sources_stale(words.phrase.sources(words.number(stale)))
    });
    let parts = [
        (!verdicts.is_empty()).then(|| targets(verdicts, words)),
        Some(overdue),
        wards,
        stale,
    ];
    capitalised(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn targets(verdicts: &[Verdict<'_>], words: &Words) -> String {
    let count = |wanted: &[Status]| {
        verdicts
            .iter()
            .filter(|verdict| wanted.contains(&verdict.status))
            .count() as u64
    };
    let met = words.digest.targets_met(
        words.figure(count(&[Status::Met])),
        words.figure(verdicts.len() as u64),
    );
    match count(&[Status::Unknown, Status::NotVerifiable]) {
        0 => met,
        open => format!("{met}, {}", words.digest.targets_open(words.number(open))),
    }
}

pub fn points(
    digest: &Digest,
    verdicts: &[Verdict<'_>],
    behind: &[Lag],
    words: &Words,
) -> Vec<Point> {
    let mut points: Vec<Point> = stale(digest, words).into_iter().collect();
    let missed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.status == Status::Missed)
        .map(|verdict| verdict.title.to_owned())
        .collect();
    if !missed.is_empty() {
        points.push(point(
            Status::Missed,
            words
                .digest
                .missed_named(words.list(&missed, NAMED, |n| words.phrase.targets(n))),
            words,
        ));
    }
    let (lagging, watched) = (wards(behind, Status::Lagging), wards(behind, Status::Watch));
    let ward_names = |names: &[String]| words.list(names, NAMED, |n| words.phrase.wards(n));
    let number = |names: &[String]| words.phrase.wards(words.number(names.len() as u64));
    points.push(match lagging.len() {
        0 if wards_are_judged(digest) => point(Status::Met, words.digest.no_lagging(), words),
        0 => point(Status::Unknown, words.digest.wards_open(), words),
        _ => point(
            Status::Lagging,
            words
                .digest
                .lagging_named(number(&lagging), ward_names(&lagging)),
            words,
        ),
    });
    if !watched.is_empty() {
        points.push(point(
            Status::Watch,
            words
                .digest
                .watch_named(number(&watched), ward_names(&watched)),
            words,
        ));
    }
    points.push(soon(digest, words));
    points
}

fn point(status: Status, text: String, words: &Words) -> Point {
    let Badge { symbol, colour, .. } = Badge::of(status, words);
    Point {
        symbol,
        colour,
        text,
    }
}

fn stale(digest: &Digest, words: &Words) -> Option<Point> {
    let stale = digest.board.sources.iter().filter(|source| source.stale);
    let names: Vec<String> = stale
        .map(|source| titled(&source.source, &digest.source_titles))
        .collect();
    let sources = words.phrase.sources(words.number(names.len() as u64));
    let named = words.list(&names, NAMED, |n| words.phrase.sources(n));
    (!names.is_empty()).then(|| {
        point(
            Status::Unknown,
            words.digest.stale_named(sources, named),
            words,
        )
    })
}

fn soon(digest: &Digest, words: &Words) -> Point {
    let dossiers = words
        .phrase
        .dossiers(words.number(digest.soon.len() as u64));
    let days = words
        .phrase
        .working_days(words.number(digest.soon_within.into()));
    let tone = if digest.soon.is_empty() {
        Tone::Quiet
    } else {
        Tone::Warn
    };
    Point {
        symbol: "●",
        colour: tone.colour(),
        text: words.digest.soon_within(days, dossiers),
    }
}

/// Distinct wards with this status, in the order of the list.
fn wards(behind: &[Lag], status: Status) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for lag in behind.iter().filter(|lag| lag.status == status) {
        if !names.iter().any(|name| name == bare(&lag.ward)) {
            names.push(bare(&lag.ward).to_owned());
        }
    }
    names
}

pub fn figures(digest: &Digest, words: &Words) -> Vec<FigureRow> {
    let all = total(digest);
    let on_time = Share::new(all.early + all.on_time, all.resolved);
    let resolved = Share::new(all.resolved, all.received);
    let figure = |label, value, note, colour| Figure {
        label,
        value,
        note,
        colour,
    };
    let labels = &words.labels;
    let overdue = if all.overdue > 0 {
        Tone::Bad.colour()
    } else {
        INK
    };
    vec![
        FigureRow {
            cells: [
                figure(
                    labels.received(),
                    words.figure(all.received),
                    words.digest.online(words.number(all.received_online)),
                    INK,
                ),
                figure(
                    labels.resolved(),
                    words.figure(all.resolved),
                    words.digest.of_received(words.percent(resolved.printed(2))),
                    INK,
                ),
            ],
        },
        FigureRow {
            cells: [
                figure(
                    labels.on_time(),
                    words.percent(on_time.printed(2)),
                    words.digest.on_time_of(words.fraction(on_time)),
                    INK,
                ),
                figure(
                    labels.overdue_count(),
                    words.figure(all.overdue),
                    words.digest.late_resolved(words.number(all.late)),
                    overdue,
                ),
            ],
        },
    ]
}

/// Both levels together.
pub fn total(digest: &Digest) -> DossierCounts {
    let (district, ward) = (&digest.board.dossiers.district, &digest.board.dossiers.ward);
    DossierCounts {
        received: district.received + ward.received,
        received_online: district.received_online + ward.received_online,
        direct: district.direct + ward.direct,
        carried_over: district.carried_over + ward.carried_over,
        resolved: district.resolved + ward.resolved,
        early: district.early + ward.early,
        on_time: district.on_time + ward.on_time,
        late: district.late + ward.late,
        open: district.open + ward.open,
        in_time: district.in_time + ward.in_time,
        overdue: district.overdue + ward.overdue,
        stopped: district.stopped + ward.stopped,
        withdrawn: district.withdrawn + ward.withdrawn,
        on_time_percent: None,
    }
}

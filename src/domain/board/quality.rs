//! What a reader must know about the data before trusting a number.
//!
//! Owns: the findings that follow from the records themselves.
//! Never: rows that were not stored (quarantine is the pull's finding).
//! Reads next: `domain/form_ii06.rs` (stated totals and residuals).

use std::collections::{BTreeMap, BTreeSet};

use super::build::exchange;
use super::count::TargetShares;
use super::selection::{SelectedDossier, Selection};
use super::{DocumentRow, Finding, Inputs};
use crate::domain::assess::{Health, SourceHealth};
use crate::domain::dossier::{State, StatusGroup, day_in_code, day_of, original_state};
use crate::domain::ratio::Share;
use crate::domain::record::DOSSIERS;
use crate::domain::target::{Promise, Published};

/// A kind of finding over dossiers or documents: what it is called, and the codes concerned.
struct Group<'a> {
    kind: &'static str,
    codes: BTreeSet<&'a str>,
}

#[must_use]
pub fn findings(
    inputs: &Inputs<'_>,
    selection: &Selection<'_>,
    shares: &[TargetShares<'_>],
    documents: &[DocumentRow],
) -> Vec<Finding> {
    let mut all: Vec<Finding> = stale_sources(inputs).collect();
    all.extend(published(inputs, shares));
    all.extend(dossiers(inputs, selection));
    all.extend(same_pairs(inputs, documents));
    all.extend(incomplete_documents(inputs, selection));
    all
}

fn finding(source: &str, kind: &str, message: String, count: u64) -> Finding {
    Finding {
        source: source.to_owned(),
        kind: kind.to_owned(),
        message,
        count,
    }
}

/// The sources that feed a kind of records, as one name.
fn source_of(records: &str, sources: &[SourceHealth]) -> String {
    let feeding: Vec<&str> = sources
        .iter()
        .filter(|source| source.feeds(records))
        .map(|source| source.source.as_str())
        .collect();
    if feeding.is_empty() {
        records.to_owned()
    } else {
        feeding.join(", ")
    }
}

fn stale_sources<'a>(inputs: &'a Inputs<'_>) -> impl Iterator<Item = Finding> + 'a {
    inputs.sources.iter().filter_map(|source| {
        let doubt = source.doubt(inputs.zone)?;
        Some(finding(
            &source.source,
            "stale-source",
            format!("{doubt}; what it feeds is unknown"),
            1,
        ))
    })
}

fn published(inputs: &Inputs<'_>, shares: &[TargetShares<'_>]) -> Vec<Finding> {
    let mut all = Vec::new();
    for target in shares {
        let source = source_of(&target.target.records, inputs.sources);
        let trusted =
            Health::of(&target.target.records, inputs.sources, inputs.zone) == Health::Good;
        for (promise, share) in target.target.promises.iter().zip(&target.promises) {
            let Some(published) = &promise.published else {
                continue;
            };
            let name = format!("{}, {}", target.target.id, promise.level);
            if let Some(message) = not_verifiable(promise, published) {
                all.push(finding(
                    &source,
                    "published-not-verifiable",
                    format!("{name}: {message}"),
                    1,
                ));
            }
            let counted = trusted.then_some(*share);
            for message in mismatches(published, counted) {
                all.push(finding(
                    &source,
                    "published-mismatch",
                    format!("{name}: {message}"),
                    1,
                ));
            }
        }
    }
    all
}

fn not_verifiable(promise: &Promise, published: &Published) -> Option<String> {
    let printed = published
        .printed
        .as_deref()
        .map_or_else(|| "a figure".to_owned(), |text| format!("{text} %"));
    promise.published_without_figures().then(|| {
        format!("{printed} is published without the figures behind it and cannot be verified")
    })
}

/// Where the published figures do not give the published share, or the counted ones are others.
fn mismatches(published: &Published, counted: Option<Share>) -> Vec<String> {
    let (Some(numerator), Some(denominator)) = (published.numerator, published.denominator) else {
        return Vec::new();
    };
    let stated = Share::new(numerator, denominator);
    let share = published.printed.as_deref().and_then(|printed| {
        let given = stated
            .printed(decimals_of(printed))
            .unwrap_or_else(|| "no share".to_owned());
        (given != printed).then(|| {
            format!("{printed} % is published, but {numerator} of {denominator} gives {given} %")
        })
    });
    let figures = counted.filter(|counted| *counted != stated).map(|counted| {
        let Share {
            numerator: ours,
            denominator: of,
        } = counted;
        format!("{numerator} of {denominator} is published, {ours} of {of} is counted")
    });
    share.into_iter().chain(figures).collect()
}

fn decimals_of(printed: &str) -> u32 {
    let decimals = printed
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    u32::try_from(decimals).unwrap_or(Share::MAX_DECIMALS)
}

/// One pass over the dossiers of the period, into one group for each kind of finding.
fn dossiers(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Vec<Finding> {
    let source = source_of(DOSSIERS, inputs.sources);
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    let mut hidden = 0_u64;
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for selected in &selection.dossiers {
        for kind in kinds(selected, selection, inputs) {
            let group = groups.entry(kind).or_insert_with(|| Group {
                kind,
                codes: BTreeSet::new(),
            });
            group.codes.insert(&selected.dossier.code);
        }
        hidden += u64::from(hides_lateness(selected, selection, inputs));
        if selected.dossier.status.group() == StatusGroup::Unknown {
            *statuses.entry(selected.dossier.status.0).or_default() += 1;
        }
    }
    let extra = Extra { hidden, statuses };
    groups
        .into_values()
        .map(|group| group.finding(&source, &extra))
        .collect()
}

/// What a message says beyond the number of dossiers.
struct Extra {
    hidden: u64,
    statuses: BTreeMap<u16, u64>,
}

fn kinds(
    selected: &SelectedDossier<'_>,
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> impl Iterator<Item = &'static str> {
    let dossier = selected.dossier;
    let group = dossier.status.group();
    let ended = matches!(group, StatusGroup::Resolved | StatusGroup::Withdrawn);
    let day = day_in_code(&dossier.code);
    let tests = [
        ("unknown-status", group == StatusGroup::Unknown),
        (
            "code-date-differs",
            day.is_some_and(|day| day != day_of(dossier.received_at, inputs.zone)),
        ),
        (
            "rescheduled",
            dossier
                .original_due_at
                .is_some_and(|original| original != dossier.due_at),
        ),
        ("finish-not-dated", ended && dossier.finished_at.is_none()),
        (
            "finished-before-received",
            dossier
                .finished_at
                .is_some_and(|at| at < dossier.received_at),
        ),
        (
            "unknown-unit",
            selection.roster.unit(selected.place).is_none(),
        ),
    ];
    tests
        .into_iter()
        .filter_map(|(kind, holds)| holds.then_some(kind))
}

/// In time or on time by the due date in force, but not by the first one.
fn hides_lateness(
    selected: &SelectedDossier<'_>,
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> bool {
    let late = |state| matches!(state, State::Late | State::Overdue);
    !late(selected.state)
        && original_state(selected.dossier, selection.until, inputs.zone).is_some_and(late)
}

impl Group<'_> {
    fn finding(&self, source: &str, extra: &Extra) -> Finding {
        let count = self.codes.len() as u64;
        let dossiers = if count == 1 {
            "1 dossier".to_owned()
        } else {
            format!("{count} dossiers")
        };
        finding(source, self.kind, self.message(&dossiers, extra), count)
    }

    fn message(&self, dossiers: &str, extra: &Extra) -> String {
        let first = self.codes.first().copied().unwrap_or_default();
        match self.kind {
            "unknown-status" => {
                let codes: Vec<String> = extra
                    .statuses
                    .iter()
                    .map(|(code, count)| format!("{code} ({count})"))
                    .collect();
                format!(
                    "{dossiers} with a status outside the national list: {}; resolved where a finish is dated, \
                     open otherwise",
                    codes.join(", ")
                )
            }
            "code-date-differs" => {
                format!(
                    "{dossiers} with a code that carries another day than that of reception, such as {first}"
                )
            }
            "rescheduled" => format!(
                "{dossiers} with a due date that was moved; judged by the one in force; by the first one {} more \
                 would be late",
                extra.hidden
            ),
            "finish-not-dated" => format!(
                "{dossiers} said to be finished without saying when, such as {first}; resolved ones stay open \
                 until they have a date"
            ),
            "finished-before-received" => {
                format!("{dossiers} finished before reception, such as {first}")
            }
            _ => {
                format!("{dossiers} of units that the organisation does not know, such as {first}")
            }
        }
    }
}

/// Bodies with the same counts in both directions: a copying error until somebody says otherwise.
fn same_pairs(inputs: &Inputs<'_>, documents: &[DocumentRow]) -> Vec<Finding> {
    let mut pairs: BTreeMap<(u64, u64), Vec<&str>> = BTreeMap::new();
    for row in documents
        .iter()
        .filter(|row| row.received > 0 && row.sent > 0)
    {
        pairs
            .entry((row.received, row.sent))
            .or_default()
            .push(&row.body);
    }
    let source = source_of("documents", inputs.sources);
    let same = pairs.into_iter().filter(|(_, bodies)| bodies.len() > 1);
    same.map(|((received, sent), bodies)| {
        let message = format!(
            "{} have the same counts, {received} received and {sent} sent: a copying error?",
            bodies.join(" and ")
        );
        finding(&source, "same-pair", message, bodies.len() as u64)
    })
    .collect()
}

fn incomplete_documents(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Option<Finding> {
    let incomplete = selection
        .records("documents")
        .filter(|selected| exchange(&selected.record).is_none());
    let count = incomplete.count() as u64;
    let message = format!("{count} documents without a body or a direction, counted in no row");
    (count > 0).then(|| {
        finding(
            &source_of("documents", inputs.sources),
            "incomplete-document",
            message,
            count,
        )
    })
}

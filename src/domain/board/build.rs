//! From records to the board.
//!
//! Owns: the order of its rows.
//! Never: rules: they stand in `selection.rs`, `count.rs`, `assess.rs`.
//! Reads next: `quality.rs`.

use std::collections::BTreeMap;

use super::count::{Counted, TargetShares, count};
use super::selection::Selection;
use super::{
    Board, DocumentRow, DossierTable, Inputs, SourceRow, TargetRow, UnitAssessment, UnitRow,
    quality,
};
use crate::domain::assess::{Health, SourceHealth, assess, judge_unit};
use crate::domain::ratio::Share;
use crate::domain::record::{Field, Record};
use crate::domain::target::{Promise, Target};
use crate::domain::wilson::Interval;

/// The board of a period.
///
/// 1. Select the records that take part.
/// 2. Count them: dossiers by level and unit, shares by target.
/// 3. Compare each share with its promise.
/// 4. Name what a reader must know about the data.
#[must_use]
pub fn build(inputs: &Inputs<'_>) -> Board {
    let selection = Selection::of(inputs);
    let (counted, shares) = count(&selection, inputs.targets);
    let documents = documents(&selection);
    let mut findings = inputs.findings.clone();
    findings.extend(quality::findings(inputs, &selection, &shares, &documents));
    Board {
        as_of: inputs.local(inputs.as_of),
        period: inputs.period,
        targets: shares
            .iter()
            .flat_map(|shares| target_rows(shares, inputs))
            .collect(),
        dossiers: dossier_table(counted, &shares, &selection, inputs),
        documents,
        sources: inputs
            .sources
            .iter()
            .map(|source| row_of(source, inputs))
            .collect(),
        quality: findings,
    }
}

/// A source that is stale, fails or was never read is shown as stale.
pub(crate) fn row_of(source: &SourceHealth, inputs: &Inputs<'_>) -> SourceRow {
    SourceRow {
        source: source.source.clone(),
        fresh_at: source.fresh_at.map(|at| inputs.local(at)),
        stale: source.doubt(inputs.zone).is_some(),
    }
}

fn target_rows(shares: &TargetShares<'_>, inputs: &Inputs<'_>) -> Vec<TargetRow> {
    let health = Health::of(&shares.target.records, inputs.sources, inputs.zone);
    let promises = shares.target.promises.iter().zip(&shares.promises);
    promises
        .map(|(promise, share)| target_row(shares.target, promise, *share, &health, inputs))
        .collect()
}

fn target_row(
    target: &Target,
    promise: &Promise,
    share: Share,
    health: &Health,
    inputs: &Inputs<'_>,
) -> TargetRow {
    let assessment = assess(share, promise, health);
    TargetRow {
        id: target.id.clone(),
        title: target.title.clone(),
        level: promise.level.as_str(),
        unit: None,
        numerator: share.numerator,
        denominator: share.denominator,
        percent: share.percent(),
        printed: share.printed(promise.decimals),
        decimals: promise.decimals,
        at_least: promise.at_least.as_f64(),
        status: assessment.status,
        reason: assessment.reason,
        simulated: inputs.simulated && promise.published_without_figures(),
    }
}

fn dossier_table(
    mut counted: Counted,
    shares: &[TargetShares<'_>],
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> DossierTable {
    let roster = &selection.roster;
    let units = roster.in_order().into_iter().filter_map(|place| {
        let (code, name) = roster.named(place)?;
        let counts = std::mem::take(counted.units.get_mut(place)?);
        let assessments: Vec<UnitAssessment> = shares
            .iter()
            .filter_map(|shares| unit_assessment(shares, place, inputs))
            .collect();
        let shown = roster.is_listed(place) || counts.received > 0 || !assessments.is_empty();
        shown.then(|| UnitRow {
            unit: code.clone(),
            name: name.to_owned(),
            assessments,
            counts,
        })
    });
    let units = units.collect();
    DossierTable {
        district: counted.district,
        ward: counted.ward,
        units,
    }
}

/// A ward with a denominator of its own, judged.
fn unit_assessment(
    shares: &TargetShares<'_>,
    place: usize,
    inputs: &Inputs<'_>,
) -> Option<UnitAssessment> {
    let promise = shares.judged_by?;
    let share = *shares.wards.get(place)?;
    let interval = Interval::of(share, inputs.confidence)?;
    let health = Health::of(&shares.target.records, inputs.sources, inputs.zone);
    let assessment = judge_unit(share, promise, inputs.confidence, &health);
    Some(UnitAssessment {
        target: shares.target.id.clone(),
        numerator: share.numerator,
        denominator: share.denominator,
        low: 100.0 * interval.low,
        high: 100.0 * interval.high,
        at_least: promise.at_least.as_f64(),
        status: assessment.status,
        reason: assessment.reason,
    })
}

/// Documents by body, in the order of each body's first code.
fn documents(selection: &Selection<'_>) -> Vec<DocumentRow> {
    let mut bodies: BTreeMap<&str, (&str, DocumentRow)> = BTreeMap::new();
    for record in selection
        .records("documents")
        .map(|selected| selected.record)
    {
        let Some((body, direction)) = exchange(&record) else {
            continue;
        };
        let code = record.code();
        let empty = || {
            (
                code,
                DocumentRow {
                    body: body.to_owned(),
                    received: 0,
                    sent: 0,
                },
            )
        };
        let (first, row) = bodies.entry(body).or_insert_with(empty);
        *first = code.min(first);
        match direction {
            Direction::Received => row.received += 1,
            Direction::Sent => row.sent += 1,
        }
    }
    let mut rows: Vec<(&str, DocumentRow)> = bodies.into_values().collect();
    rows.sort_by(|(first, _), (other, _)| first.cmp(other));
    rows.into_iter().map(|(_, row)| row).collect()
}

pub(super) enum Direction {
    Received,
    Sent,
}

/// The body of a document and its direction; `None` where the record does not say.
pub(super) fn exchange<'a>(record: &Record<'a>) -> Option<(&'a str, Direction)> {
    match (record.field("body"), record.field("direction")) {
        (Some(Field::Text(body)), Some(Field::Text("received"))) => {
            Some((body, Direction::Received))
        }
        (Some(Field::Text(body)), Some(Field::Text("sent"))) => Some((body, Direction::Sent)),
        _ => None,
    }
}

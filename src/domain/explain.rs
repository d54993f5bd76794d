//! Where a number comes from: formula, filters, sources, and the records behind it.
//!
//! Owns: what `dondoc explain` shows.
//! Never: a rule of its own: it selects and counts as the board does.
//! Reads next: `board/selection.rs`.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::assess::{Assessment, Health, assess, judge_unit};
use super::board::{Inputs, Selection, SourceRow, row_of};
use super::ratio::Share;
use super::record::DOSSIERS;
use super::target::{Promise, Target, TargetLevel};
use super::unit::UnitCode;

/// Everything `dondoc explain --json` prints for one promise; the keys are fixed.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub target: String,
    pub level: &'static str,
    pub unit: Option<UnitCode>,
    pub as_of: DateTime<FixedOffset>,
    pub formula: String,
    pub filters: Vec<String>,
    pub numerator: u64,
    pub denominator: u64,
    pub sources: Vec<SourceRow>,
    pub calendar: String,
    /// Codes of the denominator's records, sorted.
    pub rows: Vec<String>,
    /// Those of `rows` that are not in the numerator.
    #[serde(skip)]
    pub not_counted: Vec<String>,
    /// What the share means; a ward is judged as on the board.
    #[serde(skip)]
    pub assessment: Assessment,
}

/// A share and the codes behind it, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub share: Share,
    pub rows: Vec<String>,
    pub not_counted: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotExplain {
    #[error("no target is called `{0}`")]
    NoSuchTarget(String),
    #[error("no unit has the code `{0}`")]
    NoSuchUnit(UnitCode),
    #[error("target `{target}` promises nothing at level `{level}`")]
    NotPromised { target: String, level: &'static str },
}

/// The share of one promise, of all its records or of those at one place of the roster.
#[must_use]
pub fn tally(
    selection: &Selection<'_>,
    target: &Target,
    promise: &Promise,
    place: Option<usize>,
) -> Tally {
    let mut tally = Tally::default();
    for selected in selection.records(&target.records) {
        if place.is_some() && selected.place != place {
            continue;
        }
        let Some(counts) = target.counts(promise, &selected.record) else {
            continue;
        };
        let code = selected.record.code();
        tally.share.add(counts);
        tally.rows.push(code.to_owned());
        if !counts {
            tally.not_counted.push(code.to_owned());
        }
    }
    tally.rows.sort();
    tally.not_counted.sort();
    tally
}

/// One explanation for each promise of the target at `level` (all levels if `None`). A unit is explained by
/// the promise that speaks of its level.
///
/// # Errors
/// When there is no such target or unit, or nothing is promised there.
pub fn explain(
    inputs: &Inputs<'_>,
    target: &str,
    level: Option<TargetLevel>,
    unit: Option<&UnitCode>,
) -> Result<Vec<Explanation>, CannotExplain> {
    let target = inputs
        .targets
        .iter()
        .find(|known| known.id == target)
        .ok_or_else(|| CannotExplain::NoSuchTarget(target.to_owned()))?;
    let selection = Selection::of(inputs);
    let place = unit.map(|code| place_of(code, &selection)).transpose()?;
    let promises = promises(target, level, place, &selection)?;
    Ok(promises
        .into_iter()
        .map(|promise| one(inputs, &selection, target, promise, place))
        .collect())
}

fn place_of(code: &UnitCode, selection: &Selection<'_>) -> Result<usize, CannotExplain> {
    selection
        .roster
        .current(code)
        .ok_or_else(|| CannotExplain::NoSuchUnit(code.clone()))
}

fn promises<'a>(
    target: &'a Target,
    level: Option<TargetLevel>,
    place: Option<usize>,
    selection: &Selection<'_>,
) -> Result<Vec<&'a Promise>, CannotExplain> {
    let unit = place.and_then(|place| selection.roster.unit(place));
    let found: Vec<&Promise> = match (level, unit) {
        (Some(level), _) => target
            .promises
            .iter()
            .filter(|promise| promise.level == level)
            .collect(),
        (None, Some(unit)) => target.promise_for(unit.kind.level()).into_iter().collect(),
        (None, None) => target.promises.iter().collect(),
    };
    let wanted = level
        .map(TargetLevel::as_str)
        .or(unit.map(|unit| unit.kind.level().as_str()));
    match wanted {
        Some(level) if found.is_empty() => Err(CannotExplain::NotPromised {
            target: target.id.clone(),
            level,
        }),
        _ => Ok(found),
    }
}

fn one(
    inputs: &Inputs<'_>,
    selection: &Selection<'_>,
    target: &Target,
    promise: &Promise,
    place: Option<usize>,
) -> Explanation {
    let Tally {
        share,
        rows,
        not_counted,
    } = tally(selection, target, promise, place);
    let health = Health::of(&target.records, inputs.sources, inputs.zone);
    let is_ward = place.is_some_and(|place| selection.roster.is_ward(place));
    let assessment = if is_ward {
        judge_unit(share, promise, inputs.confidence, &health)
    } else {
        assess(share, promise, &health)
    };
    let feeding = inputs
        .sources
        .iter()
        .filter(|source| source.feeds(&target.records));
    Explanation {
        target: target.id.clone(),
        level: promise.level.as_str(),
        unit: place
            .and_then(|place| selection.roster.named(place))
            .map(|(code, _)| code.clone()),
        as_of: inputs.local(inputs.as_of),
        formula: format!("{}: at least {} %", target.formula(), promise.at_least),
        filters: filters(inputs, selection, target, promise, place),
        numerator: share.numerator,
        denominator: share.denominator,
        sources: feeding.map(|source| row_of(source, inputs)).collect(),
        calendar: format!(
            "days in {}; due moments as the source gives them: no working day is counted",
            inputs.zone
        ),
        rows,
        not_counted,
        assessment,
    }
}

fn filters(
    inputs: &Inputs<'_>,
    selection: &Selection<'_>,
    target: &Target,
    promise: &Promise,
    place: Option<usize>,
) -> Vec<String> {
    let (from, to) = (inputs.period.from, inputs.period.to);
    let until = inputs.local(selection.until).format("%Y-%m-%dT%H:%M:%S%:z");
    let taking_part = if target.records == DOSSIERS {
        format!(
            "received from {from} to {to}, or before and still open when {from} began; as of {until}"
        )
    } else {
        format!("dated from {from} to {to}, or undated; as of {until}")
    };
    let level = promise
        .level
        .of_records()
        .map(|level| format!("level is {}", level.as_str()));
    let only = (!promise.only.is_empty()).then(|| promise.only.to_string());
    let unit = place
        .and_then(|place| selection.roster.named(place))
        .map(|(code, name)| format!("unit is {code} ({name})"));
    [Some(taking_part), level, only, unit]
        .into_iter()
        .flatten()
        .collect()
}

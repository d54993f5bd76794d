//! Where a number comes from: formula, filters, sources, and the records behind it.
//!
//! Owns: what `dondoc explain` shows.
//! Never: a rule of its own: it selects and counts as the board does.
//! Reads next: `board/selection.rs`.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::assess::{Assessment, assess, judge_unit};
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
    let unit = place
        .and_then(|place| selection.roster.named(place))
        .map(|(code, _)| code.clone());
    let health = inputs.health(&target.records, promise.level, unit.as_ref());
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
        unit,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::board::{Status, build};
    use crate::domain::dossier::{Dossier, Status as Code};
    use crate::domain::sample::{self, at, code};

    fn dossiers() -> Vec<Dossier> {
        let dossier = |name: &str, unit: &str, status, finished: Option<&str>, due| Dossier {
            unit: code(unit),
            status: Code(status),
            received_at: at("2020-03-02 08:00"),
            due_at: at(due),
            finished_at: finished.map(at),
            ..sample::dossier(name)
        };
        vec![
            dossier(
                "D",
                "00118",
                10,
                Some("2020-03-10 10:00"),
                "2020-03-09 17:00",
            ),
            dossier(
                "A",
                "00118",
                10,
                Some("2020-03-10 10:00"),
                "2020-03-12 17:00",
            ),
            dossier("C", "00115", 4, None, "2020-03-12 17:00"),
            dossier("B", "00115", 4, None, "2020-07-12 17:00"),
        ]
    }

    #[test]
    fn an_explanation_shows_the_rows_behind_the_number_of_the_board() {
        let (units, dossiers, targets) = (sample::units(), dossiers(), [sample::ward_on_time()]);
        let sources = [
            sample::healthy("one-stop-shop", &["dossiers"]),
            sample::healthy("other", &["meetings"]),
        ];
        let inputs = Inputs {
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &dossiers)
        };
        let found = explain(&inputs, "ward-on-time", None, None).unwrap();
        let [whole] = found.as_slice() else {
            panic!("one promise, one explanation")
        };
        let row = &build(&inputs).targets[0];
        assert_eq!(
            (whole.numerator, whole.denominator),
            (row.numerator, row.denominator)
        );
        assert_eq!(
            (whole.assessment.status, &whole.assessment.reason),
            (row.status, &row.reason)
        );
        assert_eq!(whole.rows, ["A", "C", "D"]);
        assert_eq!(whole.not_counted, ["C", "D"]);
        assert_eq!(
            whole.formula,
            "dossiers where state is one of early, on-time, withdrawn, of those where state is one of early, \
             on-time, withdrawn, late, overdue: at least 98 %"
        );
        assert_eq!(
            whole.filters,
            [
                "received from 2020-01-01 to 2020-06-01, or before and still open when 2020-01-01 began; as of \
                 2020-06-01T07:30:00+07:00",
                "level is ward"
            ]
        );
        let json = serde_json::to_value(whole).unwrap();
        let keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "target",
            "level",
            "unit",
            "as_of",
            "formula",
            "filters",
            "numerator",
            "denominator",
            "sources",
            "calendar",
            "rows",
        ];
        expected.sort_unstable();
        let mut keys = keys;
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(
            json["sources"].as_array().unwrap().len(),
            1,
            "only the sources that feed it"
        );
    }

    #[test]
    fn a_ward_is_explained_by_its_own_rows_and_judged_as_on_the_board() {
        let (units, dossiers, targets) = (sample::units(), dossiers(), [sample::ward_on_time()]);
        let sources = [sample::healthy("one-stop-shop", &["dossiers"])];
        let inputs = Inputs {
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &dossiers)
        };
        let ward = &explain(&inputs, "ward-on-time", None, Some(&code("00118"))).unwrap()[0];
        let board = build(&inputs);
        let row = board
            .dossiers
            .units
            .iter()
            .find(|row| row.name == "Ngọc Thụy")
            .unwrap();
        assert_eq!(ward.rows, ["A", "D"]);
        assert_eq!(ward.unit, Some(code("00118")));
        assert_eq!(ward.assessment.status, row.assessments[0].status);
        assert_eq!(ward.assessment.reason, row.assessments[0].reason);
        assert_eq!(ward.assessment.status, Status::Lagging);
        assert!(
            ward.filters
                .contains(&"unit is 00118 (Ngọc Thụy)".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_explained_says_why() {
        let (units, targets) = (sample::units(), [sample::ward_on_time()]);
        let inputs = Inputs {
            targets: &targets,
            ..sample::inputs(&units, &[])
        };
        for (target, level, unit, message) in [
            (
                "punctuality",
                None,
                None,
                "no target is called `punctuality`",
            ),
            (
                "ward-on-time",
                None,
                Some("XX"),
                "no unit has the code `XX`",
            ),
            (
                "ward-on-time",
                None,
                Some("TNMT"),
                "target `ward-on-time` promises nothing at level `district`",
            ),
            (
                "ward-on-time",
                Some(TargetLevel::All),
                None,
                "target `ward-on-time` promises nothing at level `all`",
            ),
        ] {
            let unit = unit.map(code);
            let error = explain(&inputs, target, level, unit.as_ref()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}

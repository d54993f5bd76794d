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
use crate::domain::assess::{SourceHealth, assess, judge_unit};
use crate::domain::ratio::Share;
use crate::domain::record::{Field, Record};
use crate::domain::target::{Promise, Target};
use crate::domain::unit::UnitCode;
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
    let promises = shares.target.promises.iter().zip(&shares.promises);
    promises
        .map(|(promise, share)| target_row(shares.target, promise, *share, inputs))
        .collect()
}

fn target_row(target: &Target, promise: &Promise, share: Share, inputs: &Inputs<'_>) -> TargetRow {
    let health = inputs.health(&target.records, promise.level, None);
    let assessment = assess(share, promise, &health);
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
            .filter_map(|shares| unit_assessment(shares, place, code, inputs))
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
    code: &UnitCode,
    inputs: &Inputs<'_>,
) -> Option<UnitAssessment> {
    let promise = shares.judged_by?;
    let share = *shares.wards.get(place)?;
    let interval = Interval::of(share, inputs.confidence)?;
    let health = inputs.health(&shares.target.records, promise.level, Some(code));
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
    rows.sort_by_key(|(first, _)| *first);
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

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::domain::board::Status;
    use crate::domain::dossier::{Channel, Dossier, Status as Code};
    use crate::domain::record::{Entry, Value};
    use crate::domain::sample::{self, at, code, day};
    use crate::domain::target::{Condition, Published, TargetLevel, Test};
    use crate::domain::unit::Level;

    /// `resolved` (of which `late` late), `in_time` and `overdue` dossiers, the first `online` of them online.
    fn level(level: Level, unit: &str, figures: [u32; 5]) -> Vec<Dossier> {
        let [resolved, late, in_time, overdue, online] = figures;
        let (received_at, done) = (at("2020-03-02 08:00"), Some(at("2020-03-10 10:00")));
        let dossier = |index: u32| {
            let (status, due, finished_at) = match index {
                _ if index < late => (10, "2020-03-09 17:00", done),
                _ if index < resolved => (
                    9,
                    ["2020-03-10 17:00", "2020-03-12 17:00"][index as usize % 2],
                    done,
                ),
                _ if index < resolved + in_time => (4, "2020-06-20 17:00", None),
                _ => (2, "2020-05-20 17:00", None),
            };
            Dossier {
                unit: code(unit),
                level,
                status: Code(status),
                channel: if index < online {
                    Channel::Online
                } else {
                    Channel::Postal
                },
                received_at,
                due_at: at(due),
                finished_at,
                ..sample::dossier(&format!("{unit}-200302-{index:05}"))
            }
        };
        (0..resolved + in_time + overdue).map(dossier).collect()
    }

    fn dossiers_of_2020() -> Vec<Dossier> {
        let mut all = level(Level::District, "TNMT", [3_602, 12, 228, 0, 2_480]);
        all.extend(level(Level::Ward, "00118", [24_000, 20, 1_600, 5, 4_749]));
        all.extend(level(Level::Ward, "00115", [854, 107, 10, 162, 0]));
        all
    }

    #[test]
    fn the_published_figures_of_2020_come_out() {
        let (units, dossiers, targets) = (
            sample::units(),
            dossiers_of_2020(),
            [sample::ward_on_time()],
        );
        let sources = [sample::healthy("one-stop-shop", &["dossiers"])];
        let inputs = super::Inputs {
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &dossiers)
        };
        let board = build(&inputs);
        let (district, ward) = (&board.dossiers.district, &board.dossiers.ward);
        assert_eq!(
            (
                district.received,
                district.received_online,
                district.resolved
            ),
            (3_830, 2_480, 3_602)
        );
        assert_eq!(
            (district.in_time, district.overdue, district.late),
            (228, 0, 12)
        );
        assert_eq!(district.on_time_percent, Some(99.67));
        assert_eq!(
            (ward.received, ward.received_online, ward.resolved),
            (26_631, 4_749, 24_854)
        );
        assert_eq!((ward.in_time, ward.overdue, ward.late), (1_610, 167, 127));
        assert_eq!(ward.on_time_percent, Some(99.49));
        assert_eq!((ward.direct, ward.carried_over), (21_882, 0));

        let row = &board.targets[0];
        assert_eq!(
            (row.numerator, row.denominator, row.printed.as_deref()),
            (24_727, 25_021, Some("98.82"))
        );
        assert_eq!(
            (row.status, row.unit.as_ref(), row.level),
            (Status::Met, None, "ward")
        );
        let judged: Vec<_> = board
            .dossiers
            .units
            .iter()
            .flat_map(|row| {
                row.assessments
                    .iter()
                    .map(move |judged| (row.name.as_str(), judged.status))
            })
            .collect();
        assert_eq!(
            judged,
            [
                ("Ngọc Thụy", Status::Met),
                ("Thượng Thanh", Status::Lagging)
            ]
        );
    }

    #[test]
    fn the_board_has_the_keys_that_others_read() {
        let (units, dossiers, targets) = (
            sample::units(),
            [sample::dossier("X")],
            [sample::ward_on_time()],
        );
        let sources = [sample::healthy("one-stop-shop", &["dossiers"])];
        let inputs = super::Inputs {
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &dossiers)
        };
        let json = serde_json::to_value(build(&inputs)).unwrap();
        assert_eq!(json["as_of"], "2020-06-01T07:30:00+07:00");
        assert_eq!(json["targets"][0]["status"], "not-verifiable");
        assert_eq!(json["sources"][0]["fresh_at"], "2020-06-01T07:00:00+07:00");
        let unit = &json["dossiers"]["units"][0];
        for key in [
            "unit",
            "name",
            "assessments",
            "received",
            "carried_over",
            "stopped",
            "on_time_percent",
        ] {
            assert!(unit.get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn every_unit_of_the_day_has_a_row_and_so_has_every_other_with_dossiers() {
        let units = sample::units();
        let of = |unit: &str, received| Dossier {
            unit: code(unit),
            received_at: at(received),
            due_at: at("2025-12-30 17:00"),
            ..sample::dossier("X")
        };
        let dossiers = [
            of("00118", "2025-06-30 08:00"),
            of("00118", "2025-07-01 08:00"),
            of("LOST", "2025-07-01 08:00"),
        ];
        let mut inputs = sample::inputs(&units, &dossiers);
        inputs.as_of = at("2025-08-01 07:30");
        (inputs.period.from, inputs.period.to) = (day("2025-01-01"), day("2025-08-01"));
        let rows = build(&inputs).dossiers.units;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.counts.received))
            .collect();
        assert_eq!(told, [("Bồ Đề", 1), ("Ngọc Thụy", 1), ("LOST", 1)]);
        let before = build(&sample::inputs(&units, &[]));
        let names: Vec<_> = before
            .dossiers
            .units
            .iter()
            .map(|row| row.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "Phòng Tài nguyên và Môi trường",
                "Ngọc Thụy",
                "Thượng Thanh"
            ]
        );
    }

    fn procedures() -> Vec<Entry> {
        let procedure = |index: usize| {
            let (level, online) = if index < 229 {
                (Level::District, 152)
            } else {
                (Level::Ward, 229 + 97)
            };
            let mut entry = sample::entry("procedures", &format!("1.{index:06}"));
            entry.level = Some(level);
            let grade = if index < online { 3 } else { 2 };
            entry
                .attributes
                .insert("online_level".to_owned(), Value::Number(grade));
            entry
        };
        (0..373).map(procedure).collect()
    }

    #[test]
    fn a_register_is_counted_at_each_level_that_is_promised() {
        let (units, entries) = (sample::units(), procedures());
        let target = Target {
            id: "procedures-online".to_owned(),
            records: "procedures".to_owned(),
            among: Condition::default(),
            count: Condition(vec![("online_level".to_owned(), Test::AtLeast(3))]),
            promises: [TargetLevel::All, TargetLevel::District, TargetLevel::Ward]
                .map(|level| sample::promise(level, "30"))
                .into(),
            ..sample::ward_on_time()
        };
        let targets = [target];
        let sources = [sample::healthy("one-stop-shop", &["procedures"])];
        let inputs = super::Inputs {
            entries: &entries,
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &[])
        };
        let rows: Vec<_> = build(&inputs)
            .targets
            .into_iter()
            .map(|row| {
                (
                    row.level,
                    row.numerator,
                    row.denominator,
                    row.printed.unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("all", 249, 373, "66.76".to_owned()),
                ("district", 152, 229, "66.38".to_owned()),
                ("ward", 97, 144, "67.36".to_owned()),
            ]
        );
    }

    #[test]
    fn dated_entries_count_within_the_period_and_a_stock_always() {
        let units = sample::units();
        let meeting = |day: Option<&str>| Entry {
            day: day.map(sample::day),
            ..sample::entry("meetings", day.unwrap_or("stock"))
        };
        let days = [
            Some("2019-12-31"),
            Some("2020-01-01"),
            Some("2020-06-01"),
            Some("2020-06-02"),
            None,
        ];
        let entries = days.map(meeting);
        let targets = [Target {
            records: "meetings".to_owned(),
            among: Condition::default(),
            count: Condition::default(),
            promises: vec![sample::promise(TargetLevel::DistrictWard, "30")],
            ..sample::ward_on_time()
        }];
        let mut inputs = super::Inputs {
            entries: &entries,
            targets: &targets,
            ..sample::inputs(&units, &[])
        };
        inputs.period.to = day("2020-12-31");
        assert_eq!(
            build(&inputs).targets[0].denominator,
            3,
            "neither last year's nor tomorrow's"
        );
    }

    #[test]
    fn documents_stand_in_the_order_of_their_first_code_whatever_the_order_of_rows() {
        let units = sample::units();
        let mut entries = vec![
            sample::document("B-1", "UBND quận", "sent"),
            sample::document("A-2", "Quận ủy", "received"),
            sample::document("A-1", "Quận ủy", "sent"),
            sample::document("C-1", "Quận ủy", "received"),
        ];
        let told = |entries: &[Entry]| {
            let inputs = super::Inputs {
                entries,
                ..sample::inputs(&units, &[])
            };
            let rows = build(&inputs).documents;
            rows.into_iter()
                .map(|row| (row.body, row.received, row.sent))
                .collect::<Vec<_>>()
        };
        let expected = vec![("Quận ủy".to_owned(), 2, 1), ("UBND quận".to_owned(), 0, 1)];
        assert_eq!(told(&entries), expected);
        entries.reverse();
        assert_eq!(told(&entries), expected);
    }

    #[test]
    fn a_failing_source_makes_its_targets_unknown_for_wards_too() {
        let (units, targets) = (sample::units(), [sample::ward_on_time()]);
        let dossiers = level(Level::Ward, "00118", [100, 0, 0, 0, 0]);
        let failing = SourceHealth {
            failure: Some("the token endpoint answers 503".to_owned()),
            ..sample::healthy("one-stop-shop", &["dossiers"])
        };
        let sources = [failing];
        let inputs = super::Inputs {
            targets: &targets,
            sources: &sources,
            ..sample::inputs(&units, &dossiers)
        };
        let board = build(&inputs);
        assert_eq!(board.targets[0].status, Status::Unknown);
        assert!(board.sources[0].stale);
        let ward = board
            .dossiers
            .units
            .iter()
            .find(|row| row.name == "Ngọc Thụy")
            .unwrap();
        assert_eq!(ward.assessments[0].status, Status::Unknown);
        assert!(
            board
                .quality
                .iter()
                .any(|finding| finding.code.as_str() == "stale-source")
        );
    }

    #[test]
    fn a_simulated_share_says_so_only_where_no_figures_were_published() {
        let units = sample::units();
        let published = |denominator| {
            Some(Published {
                printed: Some("90".to_owned()),
                numerator: denominator,
                denominator,
            })
        };
        for (simulated, published, marked) in [
            (true, published(None), true),
            (true, published(Some(10)), false),
            (true, None, false),
            (false, published(None), false),
        ] {
            let mut target = sample::ward_on_time();
            target.promises[0].published = published;
            let targets = [target];
            let inputs = super::Inputs {
                targets: &targets,
                simulated,
                ..sample::inputs(&units, &[])
            };
            assert_eq!(build(&inputs).targets[0].simulated, marked);
        }
    }

    #[test]
    fn a_board_of_a_city_is_built_in_moments() {
        let (units, mut dossiers, targets) = (
            sample::units(),
            dossiers_of_2020(),
            [sample::ward_on_time()],
        );
        for (index, dossier) in dossiers.iter_mut().enumerate() {
            dossier.received_at += Duration::seconds(i64::try_from(index % 3_600).unwrap());
        }
        let inputs = super::Inputs {
            targets: &targets,
            ..sample::inputs(&units, &dossiers)
        };
        let begun = std::time::Instant::now();
        let board = build(&inputs);
        let took = begun.elapsed();
        println!(
            "board of {} dossiers: {took:?}",
            board.dossiers.ward.received
        );
        assert!(took < std::time::Duration::from_secs(3), "{took:?}");
    }
}

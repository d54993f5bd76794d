//! Stories of the figures of 2020: what the program counts from 60,000 rows is what was published.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dondoc::demo::{City, DossierFigures, figures};
use dondoc::domain::board::{Board, DossierCounts, Status};
use dondoc::domain::dossier::{Dossier, StatusGroup};
use dondoc::domain::period::Period;

use crate::app::{TestApp, instant};
use crate::database::stories;

/// Wards below `ward-on-time` by more than chance, and the small one that may only be unlucky.
const LAGGING: [&str; 2] = ["00139", "00148"];
const WATCHED: &str = "00154";

stories! {
    async fn the_board_of_the_first_morning_equals_every_published_figure(app: &mut TestApp<City>) {
        app.succeed("pull-city").await;
        let board = app.board().await;
        targets_equal_what_was_published(&board);
        dossiers_equal_what_was_published(&board);
        documents_equal_what_was_published(&board);
        identities_hold(&board);
        wards_stand_as_told(&board);
        quality_names_what_cannot_be_trusted(&board);
    }

    async fn a_period_and_an_earlier_day_know_only_what_was_then(app: &mut TestApp<City>) {
        app.succeed("pull-city").await;
        parts_add_up_to_the_year(app).await;
        let stored = every_dossier(app).await;
        for day in ["2020-04-15 12:00", "2020-05-20 18:00"] {
            app.at(day);
            let board = app.board().await;
            identities_hold(&board);
            recounted(&board, &stored, day);
        }
    }
}

fn targets_equal_what_was_published(board: &Board) {
    let published = figures();
    for target in &published.targets {
        for level in &target.levels {
            let name = format!("{} at {}", target.id, level.level);
            let row = board
                .targets
                .iter()
                .find(|row| row.id == target.id && row.level == level.level);
            let row = row.unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(row.unit, None, "{name}");
            assert!(
                (row.at_least - f64::from(level.at_least)).abs() < f64::EPSILON,
                "{name}"
            );
            if let (true, Some(numerator), Some(denominator)) =
                (level.verifiable, level.numerator, level.denominator)
            {
                assert_eq!(
                    (row.numerator, row.denominator),
                    (numerator as u64, denominator as u64),
                    "{name}"
                );
                assert!(!row.simulated, "{name} was published with its figures");
            } else {
                assert!(
                    row.simulated,
                    "the denominator of {name} is invented, and says so"
                );
            }
            if let Some(printed) = &level.printed {
                assert_eq!(row.printed.as_ref(), Some(printed), "{name}");
            }
            assert_eq!(row.status, Status::Met, "{name}: {}", row.reason);
            let percent = row.percent.unwrap();
            assert!(
                (percent - 100.0 * row.numerator as f64 / row.denominator as f64).abs() < 0.01,
                "{name}"
            );
        }
    }
    let ids: BTreeSet<&str> = board.targets.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(
        ids.len(),
        published.targets_total + 1,
        "the nine, and punctuality"
    );
    assert_eq!(published.targets_met_as_published, 9);
}

fn dossiers_equal_what_was_published(board: &Board) {
    let published = figures().dossiers;
    for (counts, published) in [
        (&board.dossiers.district, &published.district),
        (&board.dossiers.ward, &published.ward),
    ] {
        level_equals(counts, published);
    }
}

fn level_equals(counts: &DossierCounts, published: &DossierFigures) {
    let counted = [
        counts.received,
        counts.received_online,
        counts.resolved,
        counts.in_time,
        counts.late,
        counts.overdue,
    ];
    let expected = [
        published.received,
        published.received_online,
        published.resolved,
        published.in_time,
        published.late,
        published.unaccounted,
    ];
    assert_eq!(counted, expected.map(|figure| figure as u64));
    assert_eq!(
        format!("{:.2}", counts.on_time_percent.unwrap()),
        published.on_time_printed
    );
    let resolved = 100.0 * counts.resolved as f64 / counts.received as f64;
    assert!(
        (resolved - published.resolved_printed.parse::<f64>().unwrap()).abs() < 0.06,
        "{resolved}"
    );
}

fn documents_equal_what_was_published(board: &Board) {
    let published = figures().documents;
    let expected: Vec<_> = published
        .iter()
        .map(|row| (row.body.clone(), row.received as u64, row.sent as u64))
        .collect();
    let counted: Vec<_> = board
        .documents
        .iter()
        .map(|row| (row.body.clone(), row.received, row.sent))
        .collect();
    assert_eq!(counted, expected);
}

/// Form II.06 adds up, for each level and each unit, and the units add up to their level.
fn identities_hold(board: &Board) {
    let dossiers = &board.dossiers;
    let units = dossiers
        .units
        .iter()
        .map(|row| (row.name.as_str(), &row.counts));
    for (name, counts) in units.chain([
        ("the district", &dossiers.district),
        ("the wards", &dossiers.ward),
    ]) {
        assert_eq!(
            counts.received,
            counts.received_online + counts.direct + counts.carried_over,
            "{name}"
        );
        assert_eq!(counts.received, counts.resolved + counts.open, "{name}");
        assert_eq!(
            counts.resolved,
            counts.early + counts.on_time + counts.late,
            "{name}"
        );
        assert_eq!(counts.open, counts.in_time + counts.overdue, "{name}");
        assert!(
            counts.stopped <= counts.in_time && counts.withdrawn <= counts.on_time,
            "{name}"
        );
    }
    let is_ward = |code: &str| code.chars().all(|c| c.is_ascii_digit());
    for (wards, total) in [(true, &dossiers.ward), (false, &dossiers.district)] {
        let own = dossiers
            .units
            .iter()
            .filter(|row| is_ward(row.unit.as_str()) == wards);
        let sum = own.fold([0; 5], |sum, row| {
            let counts = &row.counts;
            let add = [
                counts.received,
                counts.resolved,
                counts.late,
                counts.in_time,
                counts.overdue,
            ];
            std::array::from_fn(|n| sum[n] + add[n])
        });
        assert_eq!(
            sum,
            [
                total.received,
                total.resolved,
                total.late,
                total.in_time,
                total.overdue
            ]
        );
    }
}

fn wards_stand_as_told(board: &Board) {
    let standing = |status: Status| -> Vec<&str> {
        let judged = board.dossiers.units.iter().filter(|row| {
            row.assessments
                .iter()
                .any(|found| found.target == "ward-on-time" && found.status == status)
        });
        judged.map(|row| row.unit.as_str()).collect()
    };
    assert_eq!(standing(Status::Lagging), LAGGING);
    assert_eq!(standing(Status::Watch), [WATCHED]);
    let received = |code: &str| {
        board
            .dossiers
            .units
            .iter()
            .find(|row| row.unit.as_str() == code)
            .unwrap()
            .counts
            .received
    };
    assert!(
        received(WATCHED) < received(LAGGING[0]) / 4,
        "the ward on watch is a small one"
    );
    for row in &board.dossiers.units {
        for found in &row.assessments {
            assert!(
                found.low <= found.high && found.numerator <= found.denominator,
                "{found:?}"
            );
            if found.status == Status::Lagging {
                assert!(found.high < found.at_least, "{found:?}");
            }
        }
    }
}

fn quality_names_what_cannot_be_trusted(board: &Board) {
    let of = |kind: &str| {
        board
            .quality
            .iter()
            .filter(|finding| finding.code.as_str() == kind)
            .collect::<Vec<_>>()
    };
    let residual = of("residual");
    assert_eq!(residual.len(), 1);
    assert_eq!(
        (residual[0].count, residual[0].source.as_str()),
        (167, "one-stop-shop")
    );
    assert!(
        residual[0].message.contains("ward"),
        "{}",
        residual[0].message
    );
    let unverifiable = figures()
        .targets
        .iter()
        .flat_map(|target| {
            target
                .levels
                .iter()
                .filter(|level| !level.verifiable)
                .map(|level| format!("{}, {}", target.id, level.level))
                .collect::<Vec<_>>()
        })
        .collect::<Vec<_>>();
    let named = of("published-not-verifiable");
    assert_eq!(named.len(), unverifiable.len());
    for target in unverifiable {
        assert!(
            named
                .iter()
                .any(|finding| finding.message.starts_with(&target)),
            "{target}"
        );
    }
    let aside: Vec<_> = of("quarantined")
        .iter()
        .map(|finding| (finding.source.clone(), finding.count))
        .collect();
    assert_eq!(
        aside,
        [
            ("documents".to_owned(), 2),
            ("one-stop-shop".to_owned(), 9),
            ("work-items".to_owned(), 1)
        ]
    );
    assert_eq!(
        of("same-pair").len(),
        1,
        "two bodies with the same pair of counts"
    );
    assert!(board.sources.iter().all(|source| !source.stale));
    assert_eq!(board.sources.len(), 7);
}

/// What is received and resolved in two parts of the year is received and resolved in all of it.
async fn parts_add_up_to_the_year(app: &TestApp<City>) {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let now = instant("2020-06-01 07:30");
    let mut sums = [[0; 3]; 2];
    for (from, to) in [("2020-01-01", "2020-03-31"), ("2020-04-01", "2020-06-01")] {
        let board = app
            .board_of(now, Period::new(day(from), day(to)).unwrap())
            .await;
        assert_eq!((board.period.from, board.period.to), (day(from), day(to)));
        identities_hold(&board);
        for (sum, counts) in sums
            .iter_mut()
            .zip([&board.dossiers.district, &board.dossiers.ward])
        {
            let add = [
                counts.received - counts.carried_over,
                counts.resolved,
                counts.late,
            ];
            *sum = std::array::from_fn(|n| sum[n] + add[n]);
        }
    }
    let year = app.board_of(now, app.year_to_date(now)).await.dossiers;
    for (sum, counts) in sums.iter().zip([&year.district, &year.ward]) {
        assert_eq!(
            *sum,
            [
                counts.received - counts.carried_over,
                counts.resolved,
                counts.late
            ]
        );
    }
}

async fn every_dossier(app: &TestApp<City>) -> Vec<Dossier> {
    app.store
        .dossiers_between(instant("1990-01-01 00:00"), instant("2030-01-01 00:00"))
        .await
        .unwrap()
}

/// The same counts as another hand would make them, from the dates alone.
fn recounted(board: &Board, stored: &[Dossier], at: &str) {
    let (begin, now) = (instant("2020-01-01 00:00"), instant(at));
    let counts = [&board.dossiers.district, &board.dossiers.ward];
    let received = stored.iter().filter(|dossier| {
        dossier.received_at <= now
            && dossier.status.group() != StatusGroup::NotReceived
            && dossier.finished_at.is_none_or(|finished| finished >= begin)
    });
    let resolved = received
        .clone()
        .filter(|dossier| dossier.finished_at.is_some_and(|finished| finished <= now));
    let counted =
        |sum: fn(&DossierCounts) -> u64| counts.iter().map(|counts| sum(counts)).sum::<u64>();
    assert_eq!(
        counted(|counts| counts.received),
        received.count() as u64,
        "received until {at}"
    );
    assert_eq!(
        counted(|counts| counts.resolved),
        resolved.count() as u64,
        "what is finished after {at} is open"
    );
    assert!(counted(|counts| counts.resolved) < 3602 + 24854);
}

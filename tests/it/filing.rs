//! Stories of dossiers that change at their source, and of what is kept of that.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use dondoc::domain::daybook::{Cell, DayCounts, Daybook};
use dondoc::domain::dossier::{Channel, Dossier, Status, day_of};
use dondoc::domain::period::Period;
use dondoc::domain::unit::{Level, UnitCode};
use dondoc::job::App;
use dondoc::store::filing::{Filed, Reading};

use crate::app::{TestApp, instant};
use crate::database::stories;

const CITY: &str = "one-stop-shop";

fn reading<'a>(app: &App, source: &'a str, at: &str) -> Reading<'a> {
    Reading {
        source,
        at: instant(at),
        zone: app.zone(),
    }
}

fn told(code: usize) -> Dossier {
    Dossier {
        code: format!("H26.23.14-200504-{code:04}"),
        procedure: "1.004959".into(),
        procedure_name: "Đăng ký khai sinh".into(),
        field: "Hộ tịch".into(),
        unit: UnitCode::parse("00118").unwrap(),
        level: Level::Ward,
        channel: Channel::Direct,
        status: Status(4),
        received_at: instant("2020-05-04 08:00"),
        due_at: instant("2020-05-20 17:00"),
        original_due_at: None,
        finished_at: None,
        stopped_at: None,
    }
}

async fn file(app: &App, reading: Reading<'_>, dossiers: &[Dossier]) -> Filed {
    let write = app.store.write().await.unwrap();
    let filed = write.file_dossiers(reading, dossiers).await.unwrap();
    write.commit().await.unwrap();
    filed
}

async fn vanish(app: &App, reading: Reading<'_>) -> u64 {
    let write = app.store.write().await.unwrap();
    let marked = write.mark_vanished(reading).await.unwrap();
    write.commit().await.unwrap();
    marked
}

async fn stored(app: &App) -> Vec<Dossier> {
    let (first, last) = (instant("2000-01-01 00:00"), instant("2040-01-01 00:00"));
    app.store.dossiers_between(first, last).await.unwrap()
}

stories! {
    async fn a_moved_due_date_hides_neither_the_first_one_nor_the_way(app: &mut TestApp) {
        let [first, second, third] = ["2020-05-20 17:00", "2020-05-27 17:00", "2020-06-03 17:00"].map(instant);
        let filed = file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1)]).await;
        assert_eq!(filed, Filed { new: 1, ..Filed::default() });
        let again = file(app, reading(app, CITY, "2020-05-06 06:00"), &[told(1)]).await;
        assert_eq!(again, Filed { same: 1, ..Filed::default() });
        for (at, due_at, status) in [("2020-05-18 06:00", second, 5), ("2020-05-25 06:00", third, 4)] {
            let moved = Dossier { due_at, status: Status(status), ..told(1) };
            assert_eq!(file(app, reading(app, CITY, at), &[moved]).await.changed, 1);
        }
        let kept = stored(app).await.remove(0);
        assert_eq!((kept.due_at, kept.original_due_at), (third, Some(first)), "the source kept no trace of it");
        let history = app.store.history_of(&kept.code).await.unwrap();
        let history: Vec<_> = history.iter().map(|then| (then.until, then.due_at, then.status.0)).collect();
        assert_eq!(history, [
            (instant("2020-05-18 06:00"), first, 4),
            (instant("2020-05-25 06:00"), second, 5),
        ]);
    }

    async fn what_vanished_at_the_source_is_kept_and_counted_no_more_until_it_is_back(app: &mut TestApp) {
        file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1), told(2), told(3)]).await;
        let second = reading(app, CITY, "2020-05-06 06:00");
        file(app, second, &[told(1), told(3)]).await;
        assert_eq!(vanish(app, second).await, 1);
        assert_eq!(vanish(app, second).await, 0, "it is marked once");
        assert_eq!((stored(app).await.len(), app.store.count_vanished(CITY).await.unwrap()), (2, 1));
        keeps_its_daybook(app).await;
        assert_eq!(file(app, reading(app, CITY, "2020-05-07 06:00"), &[told(2)]).await.changed, 1);
        assert_eq!((stored(app).await.len(), app.store.count_vanished(CITY).await.unwrap()), (3, 0));
        let history = app.store.history_of(&told(2).code).await.unwrap();
        assert_eq!(history.iter().map(|then| then.has_vanished).collect::<Vec<_>>(), [false, true]);
        keeps_its_daybook(app).await;
    }

    async fn a_dossier_that_two_sources_tell_counts_once(app: &mut TestApp) {
        let late = Dossier { due_at: instant("2020-05-08 17:00"), ..told(1) };
        file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1)]).await;
        let other = file(app, reading(app, "exports", "2020-05-06 06:00"), &[late.clone(), told(2)]).await;
        assert_eq!(other, Filed { new: 1, twins: 1, ..Filed::default() });
        let kept = stored(app).await;
        assert_eq!(kept.iter().find(|kept| kept.code == late.code), Some(&told(1)), "the first to tell it counts");
        let twins = app.store.twins().await.unwrap();
        assert_eq!((twins.len(), twins[0].source.as_str()), (1, "exports"));
        // The first source knows it no more: from that moment on the other one's row counts.
        assert_eq!(vanish(app, reading(app, CITY, "2020-05-07 06:00")).await, 1);
        let kept = stored(app).await.into_iter().find(|kept| kept.code == late.code).unwrap();
        assert_eq!((kept.due_at, kept.original_due_at), (late.due_at, Some(told(1).due_at)), "the way stays known");
        assert_eq!(app.store.count_vanished(CITY).await.unwrap(), 0, "it is somewhere");
        assert_eq!(app.store.twins().await.unwrap(), [], "one tells it");
        let history = app.store.history_of(&late.code).await.unwrap();
        assert_eq!(history.iter().map(|then| then.due_at).collect::<Vec<_>>(), [told(1).due_at]);
        keeps_its_daybook(app).await;
        let again = file(app, reading(app, "exports", "2020-05-08 06:00"), &[late]).await;
        assert_eq!(again, Filed { same: 1, ..Filed::default() });
        keeps_its_daybook(app).await;
    }

    async fn a_source_that_tells_a_dossier_no_more_takes_no_place(app: &mut TestApp) {
        file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1)]).await;
        file(app, reading(app, "exports", "2020-05-06 06:00"), &[told(1), told(2)]).await;
        let second = reading(app, "exports", "2020-05-07 06:00");
        file(app, second, &[told(2)]).await;
        vanish(app, second).await;
        assert_eq!(app.store.twins().await.unwrap(), [], "it was told by the exports, and is no more");
        assert_eq!(vanish(app, reading(app, CITY, "2020-05-08 06:00")).await, 1);
        assert_eq!(stored(app).await.len(), 1);
        assert_eq!(app.store.count_vanished(CITY).await.unwrap(), 1);
        keeps_its_daybook(app).await;
    }

    async fn of_two_others_the_one_that_told_it_last_takes_the_place(app: &mut TestApp) {
        let told_by = |due: &str| Dossier { due_at: instant(due), ..told(1) };
        file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1)]).await;
        for (source, at, due) in [
            ("exports", "2020-05-07 06:00", "2020-05-21 17:00"),
            ("archive", "2020-05-06 06:00", "2020-05-22 17:00"),
        ] {
            file(app, reading(app, source, at), &[told_by(due)]).await;
        }
        vanish(app, reading(app, CITY, "2020-05-08 06:00")).await;
        assert_eq!(stored(app).await[0].due_at, instant("2020-05-21 17:00"));
        let left = app.store.twins().await.unwrap();
        assert_eq!(left.iter().map(|twin| twin.source.as_str()).collect::<Vec<_>>(), ["archive"]);
        keeps_its_daybook(app).await;
        vanish(app, reading(app, "exports", "2020-05-09 06:00")).await;
        assert_eq!(stored(app).await[0].due_at, instant("2020-05-22 17:00"), "and then the last one");
        keeps_its_daybook(app).await;
    }

    async fn the_daybook_equals_a_recount_whatever_happened(app: &mut TestApp) {
        for seed in 0..4 {
            let mut rng = fastrand::Rng::with_seed(seed);
            for day in 0..12 {
                let at = instant("2020-05-05 06:00") + TimeDelta::days(day + 20 * i64::try_from(seed).unwrap());
                let source = if rng.u8(0..4) == 0 { "exports" } else { CITY };
                let reading = Reading { source, at, zone: app.zone() };
                let codes: Vec<usize> = (0..300).filter(|_| rng.u8(0..3) == 0).collect();
                let dossiers: Vec<Dossier> = codes.into_iter().map(|code| any(&mut rng, code, at)).collect();
                let write = app.store.write().await.unwrap();
                write.file_dossiers(reading, &dossiers).await.unwrap();
                if rng.u8(0..6) == 0 {
                    write.mark_vanished(reading).await.unwrap();
                }
                // Now and then nothing of it remains.
                if rng.u8(0..5) > 0 {
                    write.commit().await.unwrap();
                }
            }
            keeps_its_daybook(app).await;
            let counted = stored(app).await;
            for twin in app.store.twins().await.unwrap() {
                let counts = counted.iter().any(|dossier| dossier.code == twin.code);
                assert!(counts, "{} tells {}, and it does not count", twin.source, twin.code);
            }
        }
        agrees_with_the_board(app).await;
    }

    async fn a_daybook_of_other_rules_is_entered_anew(app: &mut TestApp) {
        file(app, reading(app, CITY, "2020-05-05 06:00"), &[told(1), told(2)]).await;
        app.store.keep_daybook(chrono_tz::America::New_York).await.unwrap();
        let book = app.store.daybook().await.unwrap();
        assert_eq!(cells(&book).keys().map(|cell| cell.day.to_string()).collect::<Vec<_>>(), ["2020-05-03"]);
        app.store.keep_daybook(app.zone()).await.unwrap();
        keeps_its_daybook(app).await;
    }
}

/// A dossier as a source might tell it at `at`.
fn any(rng: &mut fastrand::Rng, code: usize, at: DateTime<Utc>) -> Dossier {
    let received_at = instant("2019-12-20 08:00")
        + TimeDelta::hours(rng.i64(0..3_000)).min(at - instant("2019-12-20 08:00"));
    let due_at = received_at + TimeDelta::hours(rng.i64(1..600));
    let finished_at = received_at + TimeDelta::hours(rng.i64(0..900));
    let status = rng.u16(1..12);
    let is_finished = matches!(status, 7 | 9 | 10 | 11) && rng.u8(0..8) > 0 && finished_at <= at;
    Dossier {
        unit: UnitCode::parse(["00115", "00118", "00121"][rng.usize(0..3)]).unwrap(),
        channel: Channel::ALL[rng.usize(0..3)],
        status: Status(status),
        received_at,
        due_at,
        finished_at: is_finished.then_some(finished_at),
        ..told(code)
    }
}

fn cells(book: &Daybook) -> BTreeMap<Cell, DayCounts> {
    book.cells()
        .map(|(cell, counts)| (cell.clone(), *counts))
        .collect()
}

async fn keeps_its_daybook(app: &App) {
    let kept = app.store.daybook().await.unwrap();
    let recounted = app.store.recounted_daybook(app.zone()).await.unwrap();
    assert!(!cells(&recounted).is_empty());
    assert_eq!(cells(&kept), cells(&recounted));
}

/// What came in and what was finished in a period, by the daybook and by the board.
async fn agrees_with_the_board(app: &TestApp) {
    let as_of = instant("2020-12-31 12:00");
    for (from, to) in [
        ("2020-01-01", "2020-12-31"),
        ("2020-02-10", "2020-03-20"),
        ("2020-04-01", "2020-04-01"),
    ] {
        let period = Period {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        let board = app.board_of(as_of, period).await;
        let mut counts = DayCounts::default();
        let book = app.store.daybook().await.unwrap();
        for (_, of_day) in book
            .cells()
            .filter(|(cell, _)| (period.from..=period.to).contains(&cell.day))
        {
            counts.received += of_day.received;
            counts.early += of_day.early;
            counts.on_time += of_day.on_time + of_day.withdrawn;
            counts.late += of_day.late;
        }
        let ward = &board.dossiers.ward;
        let counted = [
            ward.received - ward.carried_over,
            ward.early,
            ward.on_time,
            ward.late,
        ]
        .map(u64::cast_signed);
        assert_eq!(
            counted,
            [counts.received, counts.early, counts.on_time, counts.late],
            "{from} to {to}"
        );
        assert!(period.from == period.to || ward.late > 0);
    }
    assert!(
        stored(app)
            .await
            .iter()
            .all(|dossier| day_of(dossier.received_at, app.zone()) <= as_of.date_naive())
    );
}

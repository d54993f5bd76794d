//! Counts what the city shows with the rules of the program: every published figure must come out.
//!
//! Owns: a reader of the wire format of its own, stricter than any mapping file.
//! Never: the stories behind the rows.
//! Reads next: `../world.rs`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, TimeZone, Weekday};

use super::super::figures::figures;
use super::super::plan::{self, Fate};
use super::super::row::{Line, STAMP};
use super::super::stated;
use super::super::units::{DEPARTMENTS, WARDS};
use super::*;
use crate::domain::dossier::{Channel, Dossier, State, Status, state};
use crate::domain::unit::{Level, UnitCode};

static WORLD: LazyLock<World> = LazyLock::new(World::generate);

fn instant(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Ho_Chi_Minh
        .with_ymd_and_hms(year, month, day, hour, minute, 0)
        .unwrap()
        .to_utc()
}

fn morning() -> DateTime<Utc> {
    instant(2020, 6, 1, 7, 30)
}

fn june(day: u32) -> DateTime<Utc> {
    instant(2020, 6, day, 7, 30)
}

/// All rows of the list, page by page, without repetitions.
fn rows(now: DateTime<Utc>) -> Vec<Row> {
    let today = WORLD.today(now);
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for page in 1.. {
        let (_, page) = WORLD.dossiers(&today, None, page, 1000);
        if page.is_empty() {
            return rows;
        }
        rows.extend(
            page.into_iter()
                .filter(|row| row.ma_ho_so.is_empty() || seen.insert(row.ma_ho_so.clone())),
        );
    }
    unreachable!("the list ends")
}

fn at(text: &str) -> Result<DateTime<Utc>, String> {
    let moment = match text.len() {
        8 => {
            NaiveDate::parse_from_str(text, "%Y%m%d").map(|day| day.and_hms_opt(17, 0, 0).unwrap())
        }
        _ => NaiveDateTime::parse_from_str(text, STAMP),
    };
    moment
        .map(|moment| Ho_Chi_Minh.from_local_datetime(&moment).unwrap().to_utc())
        .map_err(|_| format!("date {text}"))
}

fn maybe(text: &str) -> Result<Option<DateTime<Utc>>, String> {
    if text.is_empty() {
        Ok(None)
    } else {
        at(text).map(Some)
    }
}

/// The row as the program will know it, or what is wrong with it.
fn read(row: &Row) -> Result<Dossier, String> {
    let departments = DEPARTMENTS.iter().map(|unit| (unit.code, Level::District));
    let wards = WARDS.iter().map(|unit| (unit.code, Level::Ward));
    let unit = departments
        .chain(wards)
        .find(|(code, _)| *code == row.don_vi_xu_ly)
        .ok_or("unit")?;
    let channel = match row.hinh_thuc.as_str() {
        "0" => Channel::Direct,
        "1" => Channel::Online,
        "2" => Channel::Postal,
        _ => return Err("channel".into()),
    };
    let line = row.danh_sach_ho_so_bo_sung.last();
    let of_line = |field: fn(&Line) -> &String| maybe(line.map_or("", |line| field(line)));
    let dossier = Dossier {
        code: Some(row.ma_ho_so.clone())
            .filter(|code| !code.is_empty())
            .ok_or("code")?,
        procedure: row.ma_tthc.clone(),
        procedure_name: row.ten_tthc.clone(),
        field: row.ma_linh_vuc.clone(),
        unit: UnitCode::parse(unit.0).unwrap(),
        level: unit.1,
        channel,
        status: Status(row.trang_thai_ho_so.parse().map_err(|_| "status")?),
        received_at: at(&row.ngay_tiep_nhan)?,
        due_at: at(&row.ngay_hen_tra)?,
        original_due_at: of_line(|line| &line.ngay_hen_tra_truoc)?,
        finished_at: maybe(&row.ngay_ket_thuc_xu_ly)?,
        stopped_at: of_line(|line| &line.ngay_bo_sung)?,
    };
    let resolved = matches!(dossier.status.0, 7 | 9 | 10);
    match () {
        () if dossier.due_at < dossier.received_at => Err("due before received".into()),
        () if resolved && dossier.finished_at.is_none() => Err("resolved without a finish".into()),
        () => Ok(dossier),
    }
}

fn read_all(now: DateTime<Utc>) -> Vec<Dossier> {
    rows(now).iter().filter_map(|row| read(row).ok()).collect()
}

fn start_of_year() -> DateTime<Utc> {
    instant(2020, 1, 1, 0, 0)
}

/// Received by `now` and not finished before the period.
fn in_counts(dossier: &Dossier, now: DateTime<Utc>) -> Option<State> {
    let state = state(dossier, now, Ho_Chi_Minh);
    let before = dossier.finished_at.is_some_and(|at| at < start_of_year());
    (!before && state != State::NotReceived).then_some(state)
}

fn tally<'a>(
    dossiers: impl Iterator<Item = &'a Dossier>,
    now: DateTime<Utc>,
) -> BTreeMap<State, usize> {
    let mut counts = BTreeMap::new();
    for state in dossiers.filter_map(|dossier| in_counts(dossier, now)) {
        *counts.entry(state).or_default() += 1;
    }
    counts
}

fn sum(counts: &BTreeMap<State, usize>, states: &[State]) -> usize {
    states.iter().filter_map(|state| counts.get(state)).sum()
}

const RESOLVED: [State; 4] = [State::Early, State::OnTime, State::Late, State::Withdrawn];

#[test]
fn counting_the_rows_gives_every_published_figure() {
    let now = morning();
    let dossiers = read_all(now);
    for level in Level::ALL {
        let figures = figures();
        let figures = figures.dossiers(level);
        let of_level = || {
            dossiers
                .iter()
                .filter(move |dossier| dossier.level == level)
        };
        let counts = tally(of_level(), now);
        assert_eq!(
            counts.values().sum::<usize>(),
            figures.received,
            "{level:?} received"
        );
        assert_eq!(
            sum(&counts, &RESOLVED),
            figures.resolved,
            "{level:?} resolved"
        );
        assert_eq!(sum(&counts, &[State::Late]), figures.late, "{level:?} late");
        assert_eq!(
            sum(&counts, &[State::InTime, State::Stopped]),
            figures.in_time,
            "{level:?} in time"
        );
        assert_eq!(
            sum(&counts, &[State::Overdue]),
            figures.unaccounted,
            "{level:?} overdue"
        );
        assert!(sum(&counts, &[State::Stopped]) > 0 && sum(&counts, &[State::Withdrawn]) > 0);
        let received = of_level().filter(|dossier| in_counts(dossier, now).is_some());
        let (new, carried): (Vec<_>, Vec<_>) =
            received.partition(|dossier| dossier.received_at >= start_of_year());
        let online = new
            .iter()
            .filter(|dossier| dossier.channel == Channel::Online)
            .count();
        assert_eq!(online, figures.received_online, "{level:?} online");
        assert!(carried.len() > 50, "{level:?} carried over");
    }
}

#[test]
fn nothing_happens_between_the_end_of_may_and_the_morning() {
    let midnight = instant(2020, 6, 1, 0, 0);
    let dossiers = read_all(morning());
    assert_eq!(
        tally(dossiers.iter(), midnight),
        tally(dossiers.iter(), morning())
    );
}

#[test]
fn the_stated_report_agrees_with_the_figures_and_leaves_the_overdue_unnamed() {
    let day = |month, day| NaiveDate::from_ymd_opt(2020, month, day).unwrap();
    let now = WORLD.today(morning()).now;
    for to in [day(5, 31), day(6, 1), day(6, 30)] {
        let report = stated::report(&WORLD.stories, day(1, 1), to, now);
        for (level, row) in Level::ALL.into_iter().zip(report.as_array().unwrap()) {
            let figures = figures();
            let figures = figures.dossiers(level);
            let expected = [
                ("TiepNhan", figures.received),
                ("TrucTuyen", figures.received_online),
                ("DaGiaiQuyet", figures.resolved),
                ("TrongHan", figures.in_time),
                ("GiaiQuyetQuaHan", figures.late),
            ];
            for (name, value) in expected {
                assert_eq!(row[name], value.to_string(), "{level:?} {name}");
            }
            assert_eq!(row.as_object().unwrap().len(), 6);
        }
    }
}

#[test]
fn the_stated_report_goes_on_in_june_as_the_rows_do() {
    let now = june(17);
    let dossiers = read_all(now);
    let report = stated::report(
        &WORLD.stories,
        NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        NaiveDate::from_ymd_opt(2020, 6, 30).unwrap(),
        WORLD.today(now).now,
    );
    for (place, level) in Level::ALL.into_iter().enumerate() {
        let counts = tally(
            dossiers.iter().filter(|dossier| dossier.level == level),
            now,
        );
        assert_eq!(
            report[place]["TiepNhan"],
            counts.values().sum::<usize>().to_string()
        );
        assert_eq!(
            report[place]["DaGiaiQuyet"],
            sum(&counts, &RESOLVED).to_string()
        );
    }
}

/// Upper end of the 95 % Wilson interval.
fn wilson_upper(good: usize, all: usize) -> f64 {
    let (n, z) = (all as f64, 1.959_964_f64);
    let p = good as f64 / n;
    let centre = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    (centre + spread) / (1.0 + z * z / n)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Met,
    Watch,
    Lagging,
}

fn class(good: usize, all: usize, at_least: f64) -> Class {
    let met = good as f64 >= at_least * all as f64;
    match () {
        () if met => Class::Met,
        () if wilson_upper(good, all) >= at_least => Class::Watch,
        () => Class::Lagging,
    }
}

#[test]
fn two_wards_lag_the_small_one_is_watched_and_the_rest_are_on_time() {
    let dossiers = read_all(morning());
    for ward in &WARDS {
        let counts = tally(
            dossiers
                .iter()
                .filter(|dossier| dossier.unit.as_str() == ward.code),
            morning(),
        );
        let punctual = sum(&counts, &[State::Early, State::OnTime, State::Withdrawn]);
        let judged = sum(&counts, &RESOLVED) + sum(&counts, &[State::Overdue]);
        let expected = match ward.code {
            "00139" | "00148" => Class::Lagging,
            "00154" => Class::Watch,
            _ => Class::Met,
        };
        assert_eq!(
            class(punctual, judged, 0.98),
            expected,
            "{}: {punctual} of {judged}",
            ward.code
        );
    }
}

#[test]
fn overdue_dossiers_are_late_by_one_to_forty_working_days() {
    let morning = june(1);
    let dossiers = read_all(morning);
    let days = Workdays::until(figures().as_of_dossiers);
    let number = |at: DateTime<Utc>| {
        let date = at.with_timezone(&Ho_Chi_Minh).date_naive();
        (0..).find(|day| days.date(*day) >= date).unwrap()
    };
    let overdue = dossiers
        .iter()
        .filter(|dossier| in_counts(dossier, morning) == Some(State::Overdue));
    let late: Vec<usize> = overdue
        .map(|dossier| days.last + 1 - number(dossier.due_at))
        .collect();
    assert_eq!(late.iter().min(), Some(&1));
    assert!((30..=40).contains(late.iter().max().unwrap()), "{late:?}");
    assert!(late.iter().filter(|days| **days >= 10).count() > 30);
}

#[test]
fn in_the_first_days_of_june_district_dossiers_fall_due_unfinished() {
    let mut heads = HashSet::new();
    let mut known = HashSet::new();
    for day in [2, 3, 4, 5, 6] {
        for dossier in read_all(june(day))
            .into_iter()
            .filter(|dossier| dossier.level == Level::District)
        {
            if in_counts(&dossier, june(day)) == Some(State::Overdue) && known.insert(dossier.code)
            {
                heads.insert((day, dossier.unit));
            }
        }
    }
    assert!((25..=40).contains(&known.len()), "{} dossiers", known.len());
    let units: HashSet<_> = heads.iter().map(|(_, unit)| unit).collect();
    assert!(units.len() >= 4, "{units:?}");
    assert!(
        heads
            .iter()
            .map(|(day, _)| day)
            .collect::<HashSet<_>>()
            .len()
            >= 4
    );
}

#[test]
fn life_goes_on_in_june() {
    let open = |day| {
        let dossiers = read_all(june(day));
        let open = dossiers
            .iter()
            .filter_map(|dossier| in_counts(dossier, june(day)))
            .filter(|state| state.is_open());
        (dossiers.len(), open.count())
    };
    let (first, middle, end) = (open(1), open(15), open(30));
    assert!(
        first.0 < middle.0 && middle.0 < end.0,
        "new dossiers arrive"
    );
    assert!(
        first.1 > middle.1 && middle.1 > end.1 && end.1 > 0,
        "old ones finish: {first:?} {middle:?} {end:?}"
    );
}

#[test]
fn nine_rows_are_rejected_and_no_more() {
    let rows = rows(morning());
    let mut reasons: Vec<String> = rows.iter().filter_map(|row| read(row).err()).collect();
    reasons.sort();
    let expected = [
        "channel",
        "code",
        "date ",
        "date 15032020170000",
        "date 20200231080000",
        "due before received",
        "resolved without a finish",
        "status",
        "unit",
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn every_kind_of_case_occurs() {
    let now = morning();
    let rows = rows(now);
    let has = |least: usize, what: &str, test: &dyn Fn(&Row) -> bool| {
        let count = rows.iter().filter(|row| test(row)).count();
        assert!(count >= least, "{what}: {count}");
    };
    for (status, least) in [
        ("1", 5),
        ("2", 1),
        ("3", 5),
        ("4", 1000),
        ("5", 20),
        ("6", 5),
        ("7", 80),
        ("8", 3),
        ("9", 100),
        ("10", 20_000),
    ] {
        has(least, status, &|row| row.trang_thai_ho_so == status);
    }
    has(5, "local codes", &|row| {
        matches!(row.trang_thai_ho_so.as_str(), "11" | "12")
    });
    has(100, "papers came", &|row| {
        row.danh_sach_ho_so_bo_sung
            .iter()
            .any(|line| !line.ngay_tiep_nhan_bo_sung.is_empty())
    });
    has(50, "rescheduled", &|row| {
        row.danh_sach_ho_so_bo_sung
            .iter()
            .any(|line| line.ngay_bo_sung.is_empty() && !line.ngay_hen_tra_truoc.is_empty())
    });
    has(500, "due day without its time", &|row| {
        row.ngay_hen_tra.len() == 8
    });
    has(1000, "older code", &|row| row.ma_ho_so.starts_with("000."));
    has(1000, "newer code", &|row| row.ma_ho_so.starts_with("H26."));
    has(100, "long number", &|row| {
        row.ma_ho_so
            .rsplit('-')
            .next()
            .is_some_and(|number| number.len() == 5)
    });
    has(5, "code of another day", &|row| {
        row.ma_ho_so
            .split('-')
            .nth(1)
            .is_some_and(|date| !row.ngay_tiep_nhan[2..].starts_with(date))
    });
    has(100, "decomposed", &|row| row.ten_tthc.contains('\u{302}'));
    has(10, "other tone mark", &|row| {
        row.ten_tthc.contains("oà") || row.ten_linh_vuc.contains("oá")
    });
    has(1000, "suffix", &|row| {
        row.ma_tthc.ends_with(".000.00.00.H26")
    });
}

#[test]
fn codes_are_unique_and_the_total_counts_distinct_rows() {
    let today = WORLD.today(morning());
    let (total, _) = WORLD.dossiers(&today, None, 1, 1000);
    assert_eq!(rows(morning()).len(), total);
    let codes: HashSet<_> = WORLD.stories.iter().map(|story| &story.code).collect();
    assert_eq!(codes.len(), WORLD.stories.len());
}

#[test]
fn the_last_page_repeats_a_row() {
    let today = WORLD.today(morning());
    let pages: Vec<_> = (1..=40)
        .map(|page| WORLD.dossiers(&today, None, page, 1000).1)
        .collect();
    let last = pages.iter().position(Vec::is_empty).unwrap() - 1;
    assert_eq!(pages[last][0].ma_ho_so, pages[last - 1][999].ma_ho_so);
    assert_eq!(
        pages.iter().map(Vec::len).sum::<usize>(),
        WORLD.dossiers(&today, None, 1, 1).0 + 1
    );
}

#[test]
fn pages_are_in_order_of_change_and_begin_where_asked() {
    let today = WORLD.today(morning());
    let since = NaiveDate::from_ymd_opt(2020, 5, 29)
        .unwrap()
        .and_hms_opt(8, 30, 0)
        .unwrap();
    let (total, rows) = WORLD.dossiers(&today, Some(since), 1, 1000);
    let changes: Vec<_> = rows
        .iter()
        .map(|row| (&row.ngay_cap_nhat, &row.ma_ho_so))
        .collect();
    assert!(total > 50 && changes.is_sorted());
    assert!(changes[0].0.as_str() >= "20200529083000");
}

#[test]
fn dates_are_working_days_in_office_hours_and_due_dates_allow_the_time_of_the_procedure() {
    let days = Workdays::until(figures().as_of_dossiers);
    let worked: HashSet<NaiveDate> = (0..400).map(|day| days.date(day)).collect();
    for story in &WORLD.stories {
        let mut moments = vec![story.received, story.due];
        moments.extend(story.end.as_ref().map(|end| end.at));
        for moment in moments {
            assert!(worked.contains(&moment.date()), "{}: {moment}", story.code);
            assert!(!matches!(moment.weekday(), Weekday::Sat | Weekday::Sun));
            let clock = moment.time().to_string();
            assert!(
                ("08:00:00".."17:31:00").contains(&clock.as_str()),
                "{}: {clock}",
                story.code
            );
        }
        let allowed = WORLD.catalogue.procedures[story.procedure].days;
        let number = |date| (0..).find(|day| days.date(*day) >= date).unwrap();
        assert_eq!(
            number(story.due.date()) - number(story.received.date()),
            allowed,
            "{}",
            story.code
        );
        assert_eq!(
            WORLD.catalogue.procedures[story.procedure].level,
            story.level
        );
    }
}

#[test]
fn events_of_a_dossier_follow_one_another() {
    for story in &WORLD.stories {
        let turns = story.turns.iter().flat_map(|turn| match *turn {
            super::super::story::Turn::Supplement { asked, answered } => {
                vec![Some(asked), answered.map(|(at, _)| at)]
            }
            super::super::story::Turn::Rescheduled { at, .. }
            | super::super::story::Turn::Halted { at, .. } => {
                vec![Some(at)]
            }
        });
        let end = story
            .end
            .iter()
            .flat_map(|end| [Some(end.at), end.handed_over]);
        let received = [Some(story.received), Some(story.forwarded)];
        let order: Vec<_> = received
            .into_iter()
            .chain(turns)
            .chain(end)
            .flatten()
            .collect();
        assert!(order.is_sorted(), "{}: {order:?}", story.code);
    }
}

#[test]
fn the_same_city_is_generated_every_time() {
    let again = World::generate();
    assert_eq!(again.stories, WORLD.stories);
    assert_eq!(
        again.today(morning()).changes,
        WORLD.today(morning()).changes
    );
}

#[test]
fn the_plan_counts_what_the_stories_show() {
    let lots: Vec<_> = Level::ALL
        .into_iter()
        .flat_map(|level| plan::lots(&figures(), level))
        .collect();
    let planned: usize = lots.iter().map(|lot| lot.count).sum();
    assert_eq!(planned, WORLD.stories.len());
    let new: usize = lots
        .iter()
        .filter(|lot| lot.fate == Fate::New)
        .map(|lot| lot.count)
        .sum();
    let june = NaiveDate::from_ymd_opt(2020, 6, 1).unwrap();
    assert_eq!(
        WORLD
            .stories
            .iter()
            .filter(|story| story.received.date() >= june)
            .count(),
        new
    );
}

#[test]
fn each_body_received_and_sent_what_was_published() {
    let rows: Vec<_> = WORLD.documents.iter().map(Document::row).collect();
    for body in figures().documents {
        for (direction, expected) in [("den", body.received), ("di", body.sent)] {
            let count = rows
                .iter()
                .filter(|row| row["coQuan"] == body.body && row["chieu"] == direction)
                .count();
            assert_eq!(count, expected, "{} {direction}", body.body);
        }
    }
    let ids: HashSet<_> = rows.iter().map(|row| row["id"].to_string()).collect();
    assert_eq!(ids.len(), rows.len());
    assert!(
        WORLD
            .documents
            .iter()
            .all(|document| document.day.to_string().as_str() <= "2020-05-29")
    );
}

/// Numerator and denominator of the rows that `of` selects.
fn share(
    rows: &[Value],
    of: impl Fn(&Value) -> bool,
    counts: impl Fn(&Value) -> bool,
) -> (usize, usize) {
    let all: Vec<_> = rows.iter().filter(|row| of(row)).collect();
    (all.iter().filter(|row| counts(row)).count(), all.len())
}

fn printed((good, all): (usize, usize), decimals: usize) -> String {
    format!("{:.decimals$}", 100.0 * good as f64 / all as f64)
}

fn undated(rows: &[Dated]) -> Vec<Value> {
    rows.iter().map(|(_, row)| row.clone()).collect()
}

/// How many wards are watched; none may lag.
fn watched(rows: &[Value], unit: &str, at_least: f64, counts: impl Fn(&Value) -> bool) -> usize {
    let classes: Vec<_> = WARDS
        .iter()
        .map(|ward| share(rows, |row| row[unit] == ward.code, &counts))
        .map(|(good, all)| class(good, all, at_least))
        .collect();
    assert!(!classes.contains(&Class::Lagging), "{classes:?}");
    classes
        .iter()
        .filter(|class| **class == Class::Watch)
        .count()
}

#[test]
fn documents_agree_with_the_printed_shares() {
    let rows: Vec<_> = WORLD.documents.iter().map(Document::row).collect();
    let electronic = |row: &Value| row["dienTu"] == true;
    let (good, all) = share(&rows, |row| row["cap"] == "district", electronic);
    assert_eq!(good, all);
    let ward = share(&rows, |row| row["cap"] == "ward", electronic);
    assert!(ward.0 * 100 >= ward.1 * 90);
    assert_eq!(printed(ward, 0), "90");
    assert!((1..=2).contains(&watched(&rows, "donVi", 0.9, electronic)));
}

#[test]
fn meetings_agree_with_the_printed_share() {
    let rows = undated(&WORLD.meetings);
    let online = |row: &Value| row["trucTuyen"] == "Có";
    assert_eq!(share(&rows, |_| true, online), (42, 140));
    assert_eq!(watched(&rows, "phuong", 0.3, online), 1);
}

#[test]
fn work_items_agree_with_the_printed_shares() {
    let rows: Vec<_> = undated(&WORLD.work_items)
        .into_iter()
        .filter(|row| row["ngay"] != "2020-13-05")
        .collect();
    let recorded = |row: &Value| row["capNhat"] == "1";
    let (good, all) = share(&rows, |row| row["cap"] == "district", recorded);
    assert_eq!(good, all);
    assert_eq!(
        share(&rows, |row| row["cap"] == "ward", recorded),
        (631, 700)
    );
    assert_eq!(watched(&rows, "donVi", 0.9, recorded), 1);
}

#[test]
fn staff_agree_with_the_printed_shares() {
    let rows = undated(&WORLD.staff);
    let certified = |row: &Value| row["chungChiCNTT"] == "x";
    assert_eq!(
        printed(share(&rows, |row| row["cap"] == "district", certified), 1),
        "97.5"
    );
    assert_eq!(
        printed(share(&rows, |row| row["cap"] == "ward", certified), 1),
        "97.4"
    );
    assert_eq!(watched(&rows, "donVi", 0.95, certified), 0);
}

#[test]
fn processes_and_schools_are_as_published() {
    let processes = undated(&WORLD.processes);
    assert_eq!(
        share(&processes, |_| true, |row| row["tinHoc"] == true),
        (27, 124)
    );
    let schools = undated(&WORLD.schools);
    let electronic = |row: &Value| row["dienTu"] == "1";
    assert_eq!(share(&schools, |_| true, electronic), (19, 58));
    for (kind, count) in [("mam-non", 6), ("tieu-hoc", 7), ("thcs", 6)] {
        assert_eq!(
            share(&schools, |row| row["capHoc"] == kind, electronic).0,
            count
        );
    }
}

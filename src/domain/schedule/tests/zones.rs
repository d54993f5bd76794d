//! All zones of chrono-tz, through every change of the clocks in two times two years.
//!
//! Owns: finding the changes, by walking; a handful of schedules of each kind; random schedules, zones and starts.
//! Never: the zone's rules as the code under test asks for them.
//! Reads next: `../tests.rs`.

use super::*;
use crate::domain::schedule::Period;

/// Each with the year after it: Samoa leaves a day out in 2011; the rules in force.
const YEARS: [i32; 2] = [2010, 2025];
/// Walked before and after a change.
const REACH: TimeDelta = TimeDelta::hours(7);

fn star() -> Vec<Item> {
    vec![Item::Star]
}

fn one(value: u32) -> Vec<Item> {
    vec![Item::One(value)]
}

/// Every minute or hour of the night, in the ways a schedule can be written.
fn models() -> Vec<Model> {
    let zero = || one(0);
    let model = |minute, hour, day, weekday| Model {
        fields: [zero(), minute, hour, day, star(), weekday],
        with_seconds: false,
    };
    let list = vec![Item::One(10), Item::One(40)];
    vec![
        model(one(30), one(2), star(), star()),
        model(zero(), zero(), star(), star()),
        model(one(59), one(23), star(), star()),
        model(list, vec![Item::Range(0, 3)], star(), star()),
        model(one(45), vec![Item::RangeStep(0, 22, 2)], star(), star()),
        model(vec![Item::StarStep(15)], star(), star(), star()),
        model(one(5), vec![Item::StarStep(2)], star(), star()),
        model(
            vec![Item::StarStep(20)],
            vec![Item::Range(0, 2)],
            star(),
            star(),
        ),
        model(one(15), one(1), vec![Item::Range(1, 7)], one(0)),
        model(
            zero(),
            vec![Item::One(0), Item::One(12)],
            vec![Item::StarStep(2)],
            vec![Item::Range(5, 7)],
        ),
    ]
}

fn models_with_seconds() -> Vec<Model> {
    let model = |second, minute, hour| Model {
        fields: [second, minute, hour, star(), star(), star()],
        with_seconds: true,
    };
    vec![
        model(vec![Item::StarStep(20)], one(0), star()),
        model(
            one(20),
            vec![Item::One(0), Item::One(30)],
            vec![Item::Range(0, 3)],
        ),
    ]
}

fn local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    zone.from_utc_datetime(&at.naive_utc()).naive_local()
}

/// The first instant of each new offset, to the minute: found day by day, hour by hour, minute by minute.
fn changes(zone: Tz, year: i32) -> Vec<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| local(zone, at) - at.naive_utc();
    let begin = instant(&format!("{year}-01-01T00:00:00Z"));
    let mut found = Vec::new();
    for day in 0..730 {
        let mut at = begin + TimeDelta::days(day);
        let before = offset(at);
        if before == offset(at + TimeDelta::days(1)) {
            continue;
        }
        for step in [TimeDelta::hours(1), TimeDelta::minutes(1)] {
            while offset(at + step) == before {
                at += step;
            }
        }
        found.push(at + TimeDelta::minutes(1));
    }
    found
}

/// The schedule's occurrences in (`from`, `to`] are those of the model; a start between them changes nothing.
fn agree(schedule: &Schedule, expected: &[DateTime<Utc>], from: DateTime<Utc>, to: DateTime<Utc>) {
    let told = || format!("{} in {} from {from}", schedule.text(), schedule.zone());
    let found: Vec<_> = schedule.between(from, to).map(|next| next.at).collect();
    assert_eq!(found, expected, "{}", told());
    assert!(found.is_sorted_by(|one, other| one < other), "{}", told());
    let middle = from + TimeDelta::milliseconds((to - from).num_milliseconds() / 2 + 1);
    let next = schedule.next_after(middle).unwrap().at;
    assert!(next > middle, "{}", told());
    match expected.iter().find(|at| **at > middle) {
        Some(at) => assert_eq!(next, *at, "{}", told()),
        None => assert!(next > to, "{}", told()),
    }
}

fn check_around(
    zone: Tz,
    models: &[(Model, Schedule)],
    middle: DateTime<Utc>,
    reach: TimeDelta,
    step: i64,
) {
    let (from, to) = (middle - reach, middle + reach);
    for (model, schedule) in models {
        let expected = model.walk(zone, DstGap::Shift, from, to, TimeDelta::seconds(step));
        agree(schedule, &expected, from, to);
    }
}

/// An interval counts real time from the first instant of its first day, which is found by walking.
fn check_interval(zone: Tz, middle: DateTime<Utc>) {
    let day = local(zone, middle).date();
    let is_of_day = |at: &DateTime<Utc>| local(zone, *at).date() == day;
    let minutes = (-1_800..0).map(|minute| middle + TimeDelta::minutes(minute));
    let first = minutes.chain([middle]).find(is_of_day).unwrap();
    let period = Period {
        start: Some(day),
        end: Some(day),
    };
    let schedule = Schedule::every(std::time::Duration::from_secs(2_700), zone)
        .unwrap()
        .within(period);
    let (past, far) = (
        instant("1970-01-01T00:00:00Z"),
        instant("2200-01-01T00:00:00Z"),
    );
    let found: Vec<_> = schedule.between(past, far).map(|next| next.at).collect();
    let steps = (0..60).map(|count| first + TimeDelta::minutes(45 * count));
    let expected: Vec<_> = steps.filter(is_of_day).collect();
    assert_eq!(found, expected, "every 45m in {zone} on {day}");
}

fn check_zone(zone: Tz) -> usize {
    let parsed = |models: Vec<Model>| -> Vec<(Model, Schedule)> {
        models
            .into_iter()
            .map(|model| (model.clone(), schedule(&model.text(), zone)))
            .collect()
    };
    let (models, with_seconds) = (parsed(models()), parsed(models_with_seconds()));
    let mut seen = 0;
    for year in YEARS {
        let changes = changes(zone, year);
        for change in &changes {
            check_around(zone, &models, *change, REACH, 60);
            check_around(zone, &with_seconds, *change, TimeDelta::minutes(80), 20);
            check_interval(zone, *change);
        }
        // An ordinary day, another one in each zone.
        let day = (zone as i64 * 37 + i64::from(year)) % 729;
        let ordinary = instant(&format!("{year}-01-01T12:00:00Z")) + TimeDelta::days(day);
        check_around(zone, &models, ordinary, REACH * 2, 60);
        seen += changes.len();
    }
    seen
}

#[test]
fn every_zone_agrees_with_walking_through_its_changes() {
    let zones = chrono_tz::TZ_VARIANTS;
    let half = |odd: usize| {
        move || -> usize {
            zones
                .iter()
                .skip(odd)
                .step_by(2)
                .map(|zone| check_zone(*zone))
                .sum()
        }
    };
    let other = std::thread::spawn(half(1));
    let seen = half(0)() + other.join().unwrap();
    assert!(
        zones.len() > 580 && seen > 1_500,
        "{} zones with {seen} changes",
        zones.len()
    );
}

/// An instant at which a random zone changed, where it ever did in these years, else any instant.
fn any_change() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    (
        select(&chrono_tz::TZ_VARIANTS[..]),
        1970..2037i32,
        0..8usize,
    )
        .prop_map(|(zone, year, pick)| {
            let changes = changes(zone, year);
            let change = changes.get(pick % changes.len().max(1)).copied();
            (
                zone,
                change.unwrap_or_else(|| instant(&format!("{year}-06-15T12:00:00Z"))),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn random_schedules_in_random_zones_agree_with_walking(
        model in any_model(false), (zone, change) in any_change(), gap in select(DstGap::ALL), start in 0.0..1.0
    ) {
        // Before the 1980s some offsets changed at odd seconds.
        let odd = change.timestamp() % 60 != 0 || (local(zone, change) - change.naive_utc()).num_seconds() % 60 != 0;
        let before = local(zone, change - TimeDelta::hours(1)) - (change - TimeDelta::hours(1)).naive_utc();
        prop_assume!(!odd && before.num_seconds() % 60 == 0);
        compare(&model, zone, gap, &change.to_rfc3339(), TimeDelta::hours(30), start, 60)?;
    }
}

//! Schedules against tables and against a model that walks through time.
//!
//! Owns: one sentence or one line per rule; zones and instants at which they changed.
//! Never: the code under test inside the model.
//! Reads next: `zone.rs`.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Weekday};
use chrono_tz::{America, Asia, Europe, Pacific};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn schedule(text: &str, zone: Tz) -> Schedule {
    Schedule::parse(text, zone).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The next `count` occurrences as `local time +offset [note]`.
fn upcoming(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    let far = instant("2200-01-01T00:00:00Z");
    let line = |next: Occurrence| {
        let local = next.at.with_timezone(&schedule.zone()).format("%F %T %z");
        next.note
            .map_or(local.to_string(), |note| format!("{local} [{note}]"))
    };
    schedule
        .between(instant(from), far)
        .take(count)
        .map(line)
        .collect()
}

#[test]
fn plain_schedules_run_when_they_say() {
    let hanoi = Asia::Ho_Chi_Minh;
    for (text, from, expected) in [
        (
            "30 7 * * *",
            "2020-06-01T00:29:59Z",
            "2020-06-01 07:30:00 +0700",
        ),
        (
            "30 7 * * *",
            "2020-06-01T00:30:00Z",
            "2020-06-02 07:30:00 +0700",
        ),
        (
            "30 7 * * *",
            "2020-06-01T00:29:59.999Z",
            "2020-06-01 07:30:00 +0700",
        ),
        (
            "30 7 * * *",
            "2020-06-01T00:30:00.001Z",
            "2020-06-02 07:30:00 +0700",
        ),
        (
            "0 7 * * mon",
            "2020-06-01T00:00:00Z",
            "2020-06-08 07:00:00 +0700",
        ),
        (
            "0 7 * * 0",
            "2020-06-01T00:00:00Z",
            "2020-06-07 07:00:00 +0700",
        ),
        (
            "0 7 * * 7",
            "2020-06-01T00:00:00Z",
            "2020-06-07 07:00:00 +0700",
        ),
        (
            "0 7 * * SAT-SUN",
            "2020-06-06T00:00:00Z",
            "2020-06-07 07:00:00 +0700",
        ),
        (
            "0 7 L * *",
            "2020-02-01T00:00:00Z",
            "2020-02-29 07:00:00 +0700",
        ),
        (
            "0 7 LW * *",
            "2020-05-01T00:00:00Z",
            "2020-05-29 07:00:00 +0700",
        ),
        (
            "0 7 15W * *",
            "2020-08-01T00:00:00Z",
            "2020-08-14 07:00:00 +0700",
        ),
        (
            "0 7 1W * *",
            "2020-08-01T00:00:00Z",
            "2020-08-03 07:00:00 +0700",
        ),
        (
            "0 7 * * MON#2",
            "2020-06-01T00:00:00Z",
            "2020-06-08 07:00:00 +0700",
        ),
        (
            "0 7 * * FRIL",
            "2020-06-01T00:00:00Z",
            "2020-06-26 07:00:00 +0700",
        ),
        (
            "0 7 ? JAN-feb ?",
            "2020-06-01T00:00:00Z",
            "2021-01-01 07:00:00 +0700",
        ),
        (
            "*/15 8-17 * * 1-5",
            "2020-06-05T10:45:00Z",
            "2020-06-08 08:00:00 +0700",
        ),
        (
            "15,45 30 7 * * *",
            "2020-06-01T00:30:15Z",
            "2020-06-01 07:30:45 +0700",
        ),
        (
            "0 0 29 2 *",
            "2020-03-01T00:00:00Z",
            "2024-02-29 00:00:00 +0700",
        ),
        (
            "0 0 29 2 *",
            "2096-03-01T00:00:00Z",
            "2104-02-29 00:00:00 +0700",
        ),
        (
            "@hourly",
            "2020-06-01T00:30:00Z",
            "2020-06-01 08:00:00 +0700",
        ),
        (
            "@Daily",
            "2020-06-01T00:30:00Z",
            "2020-06-02 00:00:00 +0700",
        ),
        (
            "@midnight",
            "2020-06-01T00:30:00Z",
            "2020-06-02 00:00:00 +0700",
        ),
        (
            "@weekly",
            "2020-06-01T00:30:00Z",
            "2020-06-07 00:00:00 +0700",
        ),
        (
            "@monthly",
            "2020-06-01T00:30:00Z",
            "2020-07-01 00:00:00 +0700",
        ),
        (
            "@yearly",
            "2020-06-01T00:30:00Z",
            "2021-01-01 00:00:00 +0700",
        ),
        (
            " @annually\t",
            "2020-06-01T00:30:00Z",
            "2021-01-01 00:00:00 +0700",
        ),
    ] {
        assert_eq!(
            upcoming(&schedule(text, hanoi), from, 1),
            [expected],
            "{text} after {from}"
        );
    }
}

#[test]
fn day_fields_combine_as_in_debian() {
    for (text, expected, sentence) in [
        (
            "0 0 13 * FRI",
            ["2020-06-05", "2020-06-12", "2020-06-13"],
            "either",
        ),
        (
            "0 0 * * FRI",
            ["2020-06-05", "2020-06-12", "2020-06-19"],
            "a star is no condition",
        ),
        (
            "0 0 13 * *",
            ["2020-06-13", "2020-07-13", "2020-08-13"],
            "a star is no condition",
        ),
        (
            "0 0 */2 * FRI",
            ["2020-06-05", "2020-06-19", "2020-07-03"],
            "both: odd days that are Fridays",
        ),
        (
            "0 0 13 * */5",
            ["2020-09-13", "2020-11-13", "2020-12-13"],
            "both: the 13th on a Sunday or Friday",
        ),
        (
            "0 0 *,5 * FRI",
            ["2020-06-05", "2020-06-12", "2020-06-19"],
            "a list may begin with a star",
        ),
        (
            "0 0 1-31 * FRI",
            ["2020-06-01", "2020-06-02", "2020-06-03"],
            "a full range is no star",
        ),
    ] {
        let days: Vec<String> = upcoming(&schedule(text, Tz::UTC), "2020-05-31T12:00:00Z", 3);
        let days: Vec<&str> = days.iter().map(|day| &day[..10]).collect();
        assert_eq!(days, expected, "{text}: {sentence}");
    }
}

#[test]
fn a_wrong_schedule_is_pointed_at() {
    for (text, marked, message) in [
        ("", "", "the schedule is empty"),
        ("5 4 * *", "5 4 * *", "4 fields instead of five"),
        (
            " 0 0 1 1 * 2020 x ",
            "0 0 1 1 * 2020 x",
            "7 fields instead of five",
        ),
        ("@reboot", "@reboot", "`@reboot` is not a schedule"),
        ("60 4 * * *", "60", "minute: 60 is not in 0 to 59"),
        ("0 24 * * *", "24", "hour: 24 is not in 0 to 23"),
        ("0 4 0 * *", "0", "day of month: 0 is not in 1 to 31"),
        ("0 4 1,,2 * *", "", "day of month: a number is missing"),
        ("0 4 * 13 *", "13", "month: 13 is not in 1 to 12"),
        ("0 4 * JUNE *", "JUNE", "month: `JUNE` is not understood"),
        ("0 4 * * 8", "8", "day of week: 8 is not in 0 to 7"),
        ("0 4 * * T2", "T2", "day of week: `T2` is not understood"),
        ("0 4 * * thứ", "thứ", "day of week: `thứ` is not understood"),
        ("61 0 4 * * *", "61", "second: 61 is not in 0 to 59"),
        (
            "0 22-2 * * *",
            "22-2",
            "hour: a range that ends before it begins",
        ),
        (
            "0 4 * * 5-1",
            "5-1",
            "day of week: a range that ends before it begins",
        ),
        ("*/0 * * * *", "0", "minute: not a step"),
        ("*/90 * * * *", "90", "minute: not a step"),
        (
            "5/10 * * * *",
            "5",
            "minute: a step needs `*` or a range before it",
        ),
        (
            "/10 * * * *",
            "",
            "minute: a step needs `*` or a range before it",
        ),
        ("? * * * *", "?", "minute: `?` is not understood"),
        ("L * * * *", "L", "minute: `L` is not understood"),
        ("0 4 W * *", "", "day of month: a number is missing"),
        ("0 4 32W * *", "32", "day of month: 32 is not in 1 to 31"),
        ("0 4 * * L", "", "day of week: a number is missing"),
        (
            "0 4 * * MON#6",
            "6",
            "day of week: a month has at most five of a weekday",
        ),
        (
            "0 4 L,LW * *",
            "L,LW",
            "day of month: `L` and `LW` in one list",
        ),
        (
            "0 4 1-2-3 * *",
            "2-3",
            "day of month: `2-3` is not understood",
        ),
        ("0 4 -1 * *", "", "day of month: a number is missing"),
        ("0 4 +1 * *", "+1", "day of month: `+1` is not understood"),
        (
            "99999999999 4 1 * *",
            "99999999999",
            "minute: `99999999999` is not understood",
        ),
        (
            "0 0 31 2 *",
            "31 2 *",
            "day of month: no year has such a day, so it would never run",
        ),
        (
            "0 0 30,31 FEB ?",
            "30,31 FEB ?",
            "day of month: no year has such a day, so it would never run",
        ),
        (
            "0 0 31 4,6,9,11 *",
            "31 4,6,9,11 *",
            "day of month: no year has such a day, so it would never run",
        ),
    ] {
        let error = Schedule::parse(text, Tz::UTC).unwrap_err();
        assert_eq!(
            (&text[error.span.clone()], error.to_string().as_str()),
            (marked, message),
            "{text}"
        );
        assert!(!error.help.is_empty(), "{text}");
    }
    let error = Schedule::parse("0 7 * * FRI-MON", Tz::UTC).unwrap_err();
    assert_eq!(error.field, Some(Field::DayOfWeek));
    assert_eq!(error.help, "write `5-6,0-1` to go round the end");
}

#[test]
fn every_wrong_field_is_told_with_what_it_may_hold() {
    let found = Schedule::problems("75 7 0 January thứ-2");
    let told: Vec<_> = found
        .iter()
        .map(|error| (error.field.unwrap(), error.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Field::Minute, "minute: 75 is not in 0 to 59"),
            (Field::DayOfMonth, "day of month: 0 is not in 1 to 31"),
            (Field::Month, "month: `January` is not understood"),
            (Field::DayOfWeek, "day of week: `thứ` is not understood"),
        ]
    );
    assert!(found[0].help.starts_with("the minute holds 0 to 59"));
    assert_eq!(found[2].help, "write `JAN`");
    assert!(found[3].help.starts_with("the day of week holds 0 to 7"));
    assert_eq!(Schedule::problems("0 0 31 2 *").len(), 1);
    assert_eq!(Schedule::problems("0 7 * * 1"), []);
}

#[test]
fn a_fixed_time_in_a_gap_runs_once_after_it() {
    let berlin = |text| upcoming(&schedule(text, Europe::Berlin), "2021-03-27T12:00:00Z", 3);
    assert_eq!(
        berlin("30 2 * * *"),
        [
            "2021-03-28 03:00:00 +0200 [02:30 does not exist on this day: moved to 03:00]",
            "2021-03-29 02:30:00 +0200",
            "2021-03-30 02:30:00 +0200",
        ]
    );
    assert_eq!(
        berlin("0,20,40 1-3 * * *")[0..],
        [
            "2021-03-28 01:00:00 +0100",
            "2021-03-28 01:20:00 +0100",
            "2021-03-28 01:40:00 +0100"
        ]
    );
    assert_eq!(
        upcoming(
            &schedule("0,20,40 1-3 * * *", Europe::Berlin),
            "2021-03-28T00:40:00Z",
            3
        ),
        [
            "2021-03-28 03:00:00 +0200 [02:00 does not exist on this day: moved to 03:00]",
            "2021-03-28 03:20:00 +0200",
            "2021-03-28 03:40:00 +0200",
        ]
    );
    let skip = schedule("30 2 * * *", Europe::Berlin).with_dst_gap(DstGap::Skip);
    assert_eq!(
        upcoming(&skip, "2021-03-27T12:00:00Z", 1),
        ["2021-03-29 02:30:00 +0200"]
    );
}

#[test]
fn a_fixed_time_that_comes_twice_runs_the_first_time() {
    assert_eq!(
        upcoming(
            &schedule("30 2 * * *", Europe::Berlin),
            "2021-10-30T12:00:00Z",
            2
        ),
        [
            "2021-10-31 02:30:00 +0200 [02:30 comes twice on this day: runs the first time only]",
            "2021-11-01 02:30:00 +0100",
        ]
    );
}

#[test]
fn an_interval_runs_in_both_halves_of_an_hour_that_comes_twice() {
    assert_eq!(
        upcoming(
            &schedule("*/30 2 * * *", Europe::Berlin),
            "2021-10-30T12:00:00Z",
            5
        ),
        [
            "2021-10-31 02:00:00 +0200 [02:00 comes twice on this day: the first]",
            "2021-10-31 02:30:00 +0200 [02:30 comes twice on this day: the first]",
            "2021-10-31 02:00:00 +0100 [02:00 comes twice on this day: the second]",
            "2021-10-31 02:30:00 +0100 [02:30 comes twice on this day: the second]",
            "2021-11-01 02:00:00 +0100",
        ]
    );
    assert_eq!(
        upcoming(
            &schedule("*/30 2 * * *", Europe::Berlin),
            "2021-03-27T12:00:00Z",
            1
        ),
        ["2021-03-29 02:00:00 +0200"],
        "nothing matches on the day without two o'clock"
    );
}

#[test]
fn odd_changes_are_survived() {
    assert_eq!(
        upcoming(
            &schedule("0 0 * * *", America::Sao_Paulo),
            "2017-10-14T12:00:00Z",
            2
        ),
        [
            "2017-10-15 01:00:00 -0200 [00:00 does not exist on this day: moved to 01:00]",
            "2017-10-16 00:00:00 -0200",
        ]
    );
    assert_eq!(
        upcoming(
            &schedule("0 8 * * *", Pacific::Apia),
            "2011-12-29T12:00:00Z",
            3
        ),
        [
            "2011-12-29 08:00:00 -1000",
            "2011-12-31 00:00:00 +1400 [2011-12-30 08:00 does not exist: moved to 2011-12-31 00:00]",
            "2011-12-31 08:00:00 +1400",
        ]
    );
    assert_eq!(
        upcoming(
            &schedule("*/10 * * * *", Pacific::Apia),
            "2011-12-30T09:49:00Z",
            2
        ),
        ["2011-12-29 23:50:00 -1000", "2011-12-31 00:00:00 +1400"]
    );
}

mod zones;

// What follows checks against a model that knows nothing of the code above: every field is a set of numbers or a
// named rule, and time goes by step by step.

#[derive(Clone, Debug)]
enum Item {
    Star,
    StarStep(u32),
    One(u32),
    Range(u32, u32),
    RangeStep(u32, u32, u32),
    Last,
    LastWeekday,
    Nearest(u32),
    Nth(u32, u32),
    LastOf(u32),
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    fields: [Vec<Item>; 6],
    with_seconds: bool,
}

const LIMITS: [(u32, u32); 6] = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];

impl Item {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Star => "*".into(),
            Self::StarStep(step) => format!("*/{step}"),
            Self::One(value) => value.to_string(),
            Self::Range(from, to) => format!("{from}-{to}"),
            Self::RangeStep(from, to, step) => format!("{from}-{to}/{step}"),
            Self::Last => "L".into(),
            Self::LastWeekday => "LW".into(),
            Self::Nearest(day) => format!("{day}W"),
            Self::Nth(weekday, nth) => format!("{weekday}#{nth}"),
            Self::LastOf(weekday) => format!("{weekday}L"),
        }
    }

    fn holds(&self, value: u32, (min, _): (u32, u32)) -> bool {
        match *self {
            Self::Star => true,
            Self::StarStep(step) => (value - min).is_multiple_of(step),
            Self::One(one) => one == value,
            Self::Range(from, to) => (from..=to).contains(&value),
            Self::RangeStep(from, to, step) => {
                (from..=to).contains(&value) && (value - from).is_multiple_of(step)
            }
            _ => false,
        }
    }

    fn holds_day(&self, day: NaiveDate) -> bool {
        if !matches!(self, Self::Last | Self::LastWeekday | Self::Nearest(_)) {
            return self.holds(day.day(), LIMITS[3]);
        }
        let month: Vec<NaiveDate> = day
            .with_day(1)
            .unwrap()
            .iter_days()
            .take_while(|other| other.month() == day.month())
            .collect();
        let mut weekdays = month
            .iter()
            .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
        match *self {
            Self::Last => month.last() == Some(&day),
            Self::LastWeekday => weekdays.next_back() == Some(&day),
            Self::Nearest(wanted) => {
                wanted as usize <= month.len()
                    && weekdays.min_by_key(|other| other.day().abs_diff(wanted)) == Some(&day)
            }
            _ => false,
        }
    }

    fn holds_weekday(&self, day: NaiveDate) -> bool {
        let number = day.weekday().num_days_from_sunday();
        let is = |weekday: u32| weekday % 7 == number;
        match *self {
            Self::Nth(weekday, nth) => is(weekday) && day.day().div_ceil(7) == nth,
            Self::LastOf(weekday) => {
                is(weekday) && (day + TimeDelta::days(7)).month() != day.month()
            }
            _ => self.holds(number, LIMITS[5]) || (number == 0 && self.holds(7, LIMITS[5])),
        }
    }
}

impl Model {
    pub(super) fn text(&self) -> String {
        let field = |items: &Vec<Item>| items.iter().map(Item::text).collect::<Vec<_>>().join(",");
        self.fields[usize::from(!self.with_seconds)..]
            .iter()
            .map(field)
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn begins_with_star(&self, field: usize) -> bool {
        matches!(self.fields[field][0], Item::Star | Item::StarStep(_))
    }

    fn is_interval(&self) -> bool {
        self.begins_with_star(1) || self.begins_with_star(2)
    }

    fn holds_date(&self, day: NaiveDate) -> bool {
        let month = self.fields[4]
            .iter()
            .any(|item| item.holds(day.month(), LIMITS[4]));
        let of_month = self.fields[3].iter().any(|item| item.holds_day(day));
        let of_week = self.fields[5].iter().any(|item| item.holds_weekday(day));
        let both = self.begins_with_star(3) || self.begins_with_star(5);
        month
            && if both {
                of_month && of_week
            } else {
                of_month || of_week
            }
    }

    pub(super) fn holds(&self, wall: NaiveDateTime) -> bool {
        let holds = |field: usize, value| {
            self.fields[field]
                .iter()
                .any(|item| item.holds(value, LIMITS[field]))
        };
        let second = if self.with_seconds {
            holds(0, wall.second())
        } else {
            wall.second() == 0
        };
        second && holds(1, wall.minute()) && holds(2, wall.hour()) && self.holds_date(wall.date())
    }

    /// Every occurrence in (`from`, `to`], second by second or in longer steps.
    fn walk(
        &self,
        zone: Tz,
        dst_gap: DstGap,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        step: TimeDelta,
    ) -> Vec<DateTime<Utc>> {
        let local = |at: DateTime<Utc>| zone.from_utc_datetime(&at.naive_utc()).naive_local();
        let (mut at, mut latest, mut previous, mut found) =
            (from, local(from), local(from), Vec::new());
        while at < to {
            at += step;
            let wall = local(at);
            let due = match self.is_interval() {
                true => self.holds(wall),
                false => {
                    let mut due = wall > latest && self.holds(wall);
                    let mut missing = previous + step;
                    while missing < wall {
                        due |= dst_gap == DstGap::Shift && missing > latest && self.holds(missing);
                        missing += step;
                    }
                    due
                }
            };
            if due {
                found.push(at);
            }
            (latest, previous) = (latest.max(wall), wall);
        }
        found
    }
}

fn any_item(field: usize) -> BoxedStrategy<Item> {
    let (min, max) = LIMITS[field];
    let range = (min..=max, min..=max).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let common = prop_oneof![
        2 => Just(Item::Star),
        2 => (1..=max).prop_map(Item::StarStep),
        4 => (min..=max).prop_map(Item::One),
        2 => range.clone().prop_map(|(from, to)| Item::Range(from, to)),
        1 => (range, 1..=max.min(9)).prop_map(|((from, to), step)| Item::RangeStep(from, to, step)),
    ];
    match field {
        3 => prop_oneof![6 => common, 1 => Just(Item::Last), 1 => (1..=31u32).prop_map(Item::Nearest)].boxed(),
        5 => prop_oneof![
            6 => common,
            1 => (0..=7u32, 1..=5u32).prop_map(|(weekday, nth)| Item::Nth(weekday, nth)),
            1 => (0..=7u32).prop_map(Item::LastOf),
        ]
        .boxed(),
        _ => common.boxed(),
    }
}

fn any_field(field: usize) -> BoxedStrategy<Vec<Item>> {
    let list = prop::collection::vec(any_item(field), 1..=3);
    match field {
        3 => prop_oneof![6 => list, 1 => Just(vec![Item::LastWeekday])].boxed(),
        _ => list.boxed(),
    }
}

/// Mostly every day, hours of the night: that is where clocks change.
pub(super) fn any_model(with_seconds: bool) -> impl Strategy<Value = Model> {
    let hours = prop_oneof![
        any_field(2),
        (0..4u32, 0..3u32).prop_map(|(from, more)| vec![Item::Range(from, from + more)])
    ];
    let often = |field: usize| prop_oneof![3 => Just(vec![Item::Star]), 1 => any_field(field)];
    (
        any_field(0),
        any_field(1),
        hours,
        often(3),
        often(4),
        often(5),
    )
        .prop_map(move |(second, minute, hour, day, month, weekday)| Model {
            fields: [second, minute, hour, day, month, weekday],
            with_seconds,
        })
}

/// Zones, and instants at which they changed.
const CHANGES: [(Tz, &str); 27] = [
    (Asia::Ho_Chi_Minh, "2020-06-01T00:00:00Z"),
    (Asia::Ho_Chi_Minh, "1975-06-12T17:00:00Z"),
    (Europe::Berlin, "2021-03-28T01:00:00Z"),
    (Europe::Berlin, "2021-10-31T01:00:00Z"),
    (Europe::Dublin, "2024-10-27T01:00:00Z"),
    (America::New_York, "2024-03-10T07:00:00Z"),
    (America::New_York, "2024-11-03T06:00:00Z"),
    (America::St_Johns, "2010-03-14T03:31:00Z"),
    (America::St_Johns, "2010-11-07T02:31:00Z"),
    (America::Havana, "2021-11-07T05:00:00Z"),
    (America::Sao_Paulo, "2017-10-15T03:00:00Z"),
    (America::Sao_Paulo, "2018-02-18T02:00:00Z"),
    (America::Caracas, "2016-05-01T07:00:00Z"),
    (America::Recife, "2000-10-15T03:00:00Z"),
    (Asia::Beirut, "2021-03-27T22:00:00Z"),
    (Asia::Beirut, "2021-10-30T21:00:00Z"),
    (Asia::Pyongyang, "2015-08-14T15:00:00Z"),
    (Asia::Kathmandu, "1985-12-31T18:30:00Z"),
    (chrono_tz::Australia::Lord_Howe, "2021-10-02T15:30:00Z"),
    (chrono_tz::Australia::Lord_Howe, "2022-04-02T15:00:00Z"),
    (chrono_tz::Antarctica::Troll, "2021-03-28T01:00:00Z"),
    (chrono_tz::Antarctica::Casey, "2018-03-10T17:00:00Z"),
    (chrono_tz::Africa::Casablanca, "2023-03-19T02:00:00Z"),
    (chrono_tz::Africa::Monrovia, "1972-01-07T00:44:30Z"),
    (Pacific::Kwajalein, "1993-08-21T12:00:00Z"),
    (Pacific::Apia, "2011-12-30T10:00:00Z"),
    (Pacific::Apia, "2099-04-04T14:00:00Z"),
];

/// Asks the schedule from `start` on and compares with the model.
fn compare(
    model: &Model,
    zone: Tz,
    gap: DstGap,
    change: &str,
    reach: TimeDelta,
    start: f64,
    step: i64,
) -> Result<(), TestCaseError> {
    let schedule = match Schedule::parse(&model.text(), zone) {
        Ok(schedule) => schedule.with_dst_gap(gap),
        Err(error) => {
            let years = NaiveDate::from_ymd_opt(1990, 1, 1)
                .unwrap()
                .iter_days()
                .take(366 * 41);
            prop_assert!(
                error.to_string().contains("never run"),
                "{}: {}",
                model.text(),
                error
            );
            prop_assert!(
                !years.into_iter().any(|day| model.holds_date(day)),
                "{} does run",
                model.text()
            );
            return Ok(());
        }
    };
    let (begin, end) = (instant(change) - reach, instant(change) + reach);
    let from = begin + TimeDelta::seconds(((reach * 2).num_seconds() as f64 * start) as i64);
    let mut expected = model.walk(zone, gap, begin, end, TimeDelta::seconds(step));
    expected.retain(|at| *at > from);
    let found: Vec<_> = schedule.between(from, end).map(|next| next.at).collect();
    prop_assert_eq!(
        found,
        expected,
        "{} in {} from {}",
        model.text(),
        zone,
        from
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn schedules_agree_with_walking_minute_by_minute(
        model in any_model(false), (zone, change) in select(&CHANGES[..]), gap in select(DstGap::ALL), start in 0.0..1.0
    ) {
        let step = if zone == chrono_tz::Africa::Monrovia { 30 } else { 60 };
        compare(&model, zone, gap, change, TimeDelta::hours(50), start, step)?;
    }

    #[test]
    fn next_is_always_later(
        model in any_model(true), (zone, change) in select(&CHANGES[..]), seconds in -200_000..200_000i64, nanos in 0..1_000_000_000u32
    ) {
        if let Ok(schedule) = Schedule::parse(&model.text(), zone) {
            let mut from = instant(change) + TimeDelta::seconds(seconds) + TimeDelta::nanoseconds(nanos.into());
            for _ in 0..5 {
                let next = schedule.next_after(from).unwrap().at;
                prop_assert!(next > from);
                from = next;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn schedules_with_seconds_agree_with_walking_second_by_second(
        model in any_model(true), (zone, change) in select(&CHANGES[..]), gap in select(DstGap::ALL), start in 0.0..1.0
    ) {
        compare(&model, zone, gap, change, TimeDelta::minutes(100), start, 1)?;
    }

    #[test]
    fn rare_days_agree_with_walking_day_by_day(
        day in any_field(3), month in any_field(4), weekday in any_field(5), start in 0..47_000i64
    ) {
        let zero = || vec![Item::One(0)];
        let model = Model { fields: [zero(), zero(), zero(), day, month, weekday], with_seconds: false };
        let from = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + TimeDelta::days(start);
        let expected = from.iter_days().skip(1).take(366 * 41).find(|day| model.holds_date(*day));
        let found = Schedule::parse(&model.text(), Tz::UTC).ok().and_then(|schedule| schedule.next_after(from.and_time(NaiveTime::MIN).and_utc()));
        prop_assert_eq!(found.map(|next| next.at.date_naive()), expected, "{} after {}", model.text(), from);
    }
}

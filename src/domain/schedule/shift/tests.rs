//! Moved occurrences against a table and against an enumeration of a whole year of random calendars.
//!
//! Owns: one line per rule; the model, which moves every occurrence of two years and sorts.
//! Never: the code under test inside the model, but for the plain schedule, which `../tests.rs` holds to account.
//! Reads next: `../tests.rs`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, TimeZone};
use chrono_tz::{Africa, America, Asia, Europe, Pacific};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::calendar::PublishedYear;
use crate::domain::schedule::{Jitter, OnlyOn, Period, Shift, Timing};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn days(text: &str) -> Vec<NaiveDate> {
    text.split_whitespace()
        .map(|day| day.parse().unwrap())
        .collect()
}

fn calendar(year: i32, off: &str, worked: &str) -> Calendar {
    Calendar::new(vec![PublishedYear {
        year,
        off: days(off),
        worked: days(worked),
        tentative_off: vec![],
    }])
}

fn vietnam() -> Calendar {
    let off = "2020-01-01 2020-01-23 2020-01-24 2020-01-27 2020-01-28 2020-01-29 2020-04-02 2020-04-30 2020-05-01 \
               2020-09-02";
    calendar(2020, off, "")
}

fn timing(text: &str, zone: Tz, shift: Shift) -> Timing {
    Timing {
        only_on: Some(OnlyOn::WorkingDays),
        shift,
        ..Timing::plain(Schedule::parse(text, zone).unwrap())
    }
}

fn line(due: &Due, zone: Tz) -> String {
    let local = due.at().with_timezone(&zone).format("%F %R");
    match due {
        Due::Run(Occurrence {
            note: Some(note), ..
        }) => format!("{local} [{note}]"),
        Due::Run(_) => local.to_string(),
        Due::Skip(skipped) => format!("{local} skipped: {}", skipped.reason),
    }
}

fn upcoming(timing: &Timing, calendar: &Calendar, from: &str, count: usize) -> Vec<String> {
    let far = instant("2200-01-01T00:00:00Z");
    timing
        .between(instant(from), far, calendar)
        .take(count)
        .map(|due| line(&due, timing.schedule.zone()))
        .collect()
}

#[test]
fn occurrences_on_days_off_move_and_say_so() {
    for (text, shift, from, expected, sentence) in [
        (
            "30 7 2 9 *",
            Shift::Next,
            "2020-01-01",
            "2020-09-03 07:30 [2020-09-02 is not a working day: moved to 2020-09-03]",
            "forward from the national day",
        ),
        (
            "30 7 2 9 *",
            Shift::Previous,
            "2020-01-01",
            "2020-09-01 07:30 [2020-09-02 is not a working day: moved to 2020-09-01]",
            "back from the national day",
        ),
        (
            "30 7 2 9 *",
            Shift::Previous,
            "2020-09-02",
            "2021-09-01 07:30 [2021-09-02 is not a working day: moved to 2021-09-01]",
            "what moved before the instant is past",
        ),
        (
            "30 7 * * *",
            Shift::Next,
            "2020-06-05T07:30",
            "2020-06-08 07:30 [2020-06-06 and one more day are not working days: moved to 2020-06-08]",
            "Saturday, Sunday and Monday are one run",
        ),
        (
            "0 7 25 * *",
            Shift::Next,
            "2020-01-20",
            "2020-01-30 07:00 [2020-01-25 is not a working day: moved to 2020-01-30]",
            "over the whole of Tết",
        ),
        (
            "0 7 25 * *",
            Shift::Previous,
            "2020-01-20",
            "2020-01-22 07:00 [2020-01-25 is not a working day: moved to 2020-01-22]",
            "before the whole of Tết",
        ),
        (
            "0 7 L * *",
            Shift::Previous,
            "2020-05-10",
            "2020-05-29 07:00 [2020-05-31 is not a working day: moved to 2020-05-29]",
            "the last working day of the month",
        ),
    ] {
        let from = if from.contains('T') {
            format!("{from}:00+07:00")
        } else {
            format!("{from}T00:00:00+07:00")
        };
        let timing = timing(text, Asia::Ho_Chi_Minh, shift);
        assert_eq!(
            upcoming(&timing, &vietnam(), &from, 1),
            [expected],
            "{text} after {from}: {sentence}"
        );
    }
}

#[test]
fn a_moved_time_is_resolved_on_its_new_day() {
    let monday_off = calendar(2021, "2021-03-26 2021-03-29", "2021-03-28 2021-10-31");
    assert_eq!(
        upcoming(
            &timing("30 2 * * MON", Europe::Berlin, Shift::Previous),
            &monday_off,
            "2021-03-23T00:00:00Z",
            1
        ),
        [
            "2021-03-28 03:00 [2021-03-29 is not a working day: moved to 2021-03-28; \
          02:30 does not exist on this day: moved to 03:00]"
        ]
    );
    assert_eq!(
        upcoming(
            &timing("30 2 * * SAT", Europe::Berlin, Shift::Next),
            &monday_off,
            "2021-10-29T00:00:00Z",
            1
        ),
        [
            "2021-10-31 02:30 [2021-10-30 is not a working day: moved to 2021-10-31; \
          02:30 comes twice on this day: runs the first time only]"
        ]
    );
    // A Sunday of 23 hours: half past two is meant, on Monday too.
    let weekends = calendar(2021, "", "");
    assert_eq!(
        upcoming(
            &timing("30 2 * * SUN", Europe::Berlin, Shift::Next),
            &weekends,
            "2021-03-25T00:00:00Z",
            1
        ),
        ["2021-03-29 02:30 [2021-03-28 is not a working day: moved to 2021-03-29]"]
    );
    let worked = calendar(2011, "2011-12-28 2011-12-29", "");
    assert_eq!(
        upcoming(
            &timing("0 8 * * WED", Pacific::Apia, Shift::Next),
            &worked,
            "2011-12-28T00:00:00Z",
            1
        ),
        ["2012-01-03 08:00 [2011-12-28 is not a working day: moved to 2012-01-03]"],
        "Friday 30 December never came, and Monday makes up for New Year's Day"
    );
}

#[test]
fn a_dropped_gap_drops_a_moved_time_too() {
    let calendar = calendar(2021, "2021-03-29", "2021-03-28");
    let berlin = timing("30 2 * * MON", Europe::Berlin, Shift::Previous);
    let drops = Timing {
        schedule: berlin.schedule.clone().with_dst_gap(DstGap::Skip),
        ..berlin
    };
    assert_eq!(
        upcoming(&drops, &calendar, "2021-03-23T00:00:00Z", 1),
        ["2021-04-05 02:30"]
    );
}

#[test]
fn nothing_runs_outside_the_period() {
    let hanoi = Asia::Ho_Chi_Minh;
    let period = Period {
        start: Some(days("2020-05-30")[0]),
        end: Some(days("2020-06-07")[0]),
    };
    let within = |shift| {
        let timing = timing("0 7 * * FRI-SUN", hanoi, shift);
        Timing {
            schedule: timing.schedule.clone().within(period),
            ..timing
        }
    };
    let after = "2020-05-01T00:00:00Z";
    assert_eq!(
        upcoming(&within(Shift::Next), &vietnam(), after, 9),
        [
            "2020-06-01 07:00 [2020-05-30 and one more day are not working days: moved to 2020-06-01]",
            "2020-06-05 07:00",
            "2020-06-06 07:00 skipped: 2020-06-06 is not a working day, and the next one, 2020-06-08, is after the \
             schedule's end",
            "2020-06-07 07:00 skipped: 2020-06-07 is not a working day, and the next one, 2020-06-08, is after the \
             schedule's end",
        ]
    );
    assert_eq!(
        upcoming(&within(Shift::Previous), &vietnam(), after, 9),
        [
            "2020-05-30 07:00 skipped: 2020-05-30 is not a working day, and the one before, 2020-05-29, is before \
             the schedule's start",
            "2020-05-31 07:00 skipped: 2020-05-31 is not a working day, and the one before, 2020-05-29, is before \
             the schedule's start",
            "2020-06-05 07:00 [2020-06-06 and one more day are not working days: moved to 2020-06-05]",
        ]
    );
    assert_eq!(
        upcoming(&within(Shift::Skip), &vietnam(), after, 9),
        [
            "2020-05-30 07:00 skipped: 2020-05-30 is not a working day",
            "2020-05-31 07:00 skipped: 2020-05-31 is not a working day",
            "2020-06-05 07:00",
            "2020-06-06 07:00 skipped: 2020-06-06 is not a working day",
            "2020-06-07 07:00 skipped: 2020-06-07 is not a working day",
        ]
    );
    for shift in Shift::ALL {
        let timing = within(*shift);
        assert_eq!(
            timing.next_after(instant("2020-06-05T00:00:00Z"), &vietnam()),
            None,
            "{shift}"
        );
    }
}

// The model. Every occurrence of the plain schedule from well before to well after is moved, and all are sorted.

const ZONES: [(Tz, i32); 8] = [
    (Asia::Ho_Chi_Minh, 2020),
    (Europe::Berlin, 2021),
    (America::New_York, 2024),
    (America::St_Johns, 2010),
    (America::Sao_Paulo, 2017),
    (Asia::Beirut, 2021),
    (Pacific::Apia, 2011),
    (Africa::Casablanca, 2023),
];

const EXPRESSIONS: [&str; 14] = [
    "30 7 * * *",
    "0 0 * * *",
    "30 2 * * *",
    "0 7 * * MON",
    "59 23 * * *",
    "0 7 1,15,L * *",
    "0 12 LW * *",
    "10,40 0-3 * * *",
    "*/30 0-2 * * *",
    "0 */6 * * SAT,SUN,MON",
    "45 */23 * * *",
    "0 8 1 5 *",
    "15 1,13 * 3,10-12 *",
    "30 30 23 * * FRI#2",
];

/// The first instant at which the local clock shows `wall`, or has jumped over it: found minute by minute.
fn first_showing(zone: Tz, wall: NaiveDateTime) -> (DateTime<Utc>, bool) {
    let local = |at: DateTime<Utc>| zone.from_utc_datetime(&at.naive_utc()).naive_local();
    let mut at = (wall - TimeDelta::hours(27)).and_utc();
    while local(at + TimeDelta::hours(3)) < wall {
        at += TimeDelta::hours(1);
    }
    let seconds = at.timestamp().rem_euclid(60);
    while local(at) < wall {
        at += TimeDelta::minutes(1);
    }
    let exact = local(at) == wall;
    let on_the_minute = at - TimeDelta::seconds(if exact { 0 } else { seconds });
    (on_the_minute, exact)
}

struct Model<'a> {
    timing: &'a Timing,
    calendar: &'a Calendar,
}

impl Model<'_> {
    fn zone(&self) -> Tz {
        self.timing.schedule.zone()
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.zone().from_utc_datetime(&at.naive_utc()).date_naive()
    }

    fn is_worked(&self, day: NaiveDate) -> bool {
        let never_came = self.zone() == Pacific::Apia && day == days("2011-12-30")[0];
        self.calendar.is_worked(day).worked && !never_came
    }

    /// Where an occurrence on a day off goes.
    fn target(&self, day: NaiveDate) -> NaiveDate {
        let step = if self.timing.shift == Shift::Next {
            1
        } else {
            -1
        };
        let mut day = day;
        while !self.is_worked(day) {
            day += TimeDelta::days(step);
        }
        day
    }

    fn meant(&self, occurrence: &Occurrence) -> NaiveTime {
        match occurrence.note {
            Some(Note::Clock(ClockNote::Moved { from, .. })) => from.time(),
            _ => self
                .zone()
                .from_utc_datetime(&occurrence.at.naive_utc())
                .time(),
        }
    }

    /// Runs, and what is skipped, in the order of the instants.
    fn all(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> BTreeMap<DateTime<Utc>, bool> {
        let (schedule, shift) = (&self.timing.schedule, self.timing.shift);
        let mut found = BTreeMap::new();
        let mut places = BTreeMap::new();
        for occurrence in schedule.between(from, to) {
            let day = self.day(occurrence.at);
            if self.timing.only_on.is_none() || self.is_worked(day) {
                found.insert(occurrence.at, true);
                continue;
            }
            let target = if shift == Shift::Skip {
                day
            } else {
                self.target(day)
            };
            if shift == Shift::Skip || !schedule.period().holds(target) {
                found.insert(occurrence.at, false);
                continue;
            }
            let wall = target.and_time(self.meant(&occurrence));
            let (at, exact) = *places
                .entry(wall)
                .or_insert_with(|| first_showing(self.zone(), wall));
            if exact || schedule.dst_gap() == DstGap::Shift {
                found.insert(at, true);
            }
        }
        found
    }
}

/// A year in which about one weekday in seven is off, in runs, and some days of weekends are worked.
fn any_calendar(year: i32) -> impl Strategy<Value = Calendar> {
    let day = move || {
        (0..365i64).prop_map(move |day| {
            NaiveDate::from_ymd_opt(year, 1, 1).unwrap() + TimeDelta::days(day)
        })
    };
    let rests = prop::collection::vec((day(), 1..9i64), 0..14);
    let worked = prop::collection::btree_set(day(), 0..60);
    (rests, worked).prop_map(move |(rests, worked)| {
        let off: BTreeSet<NaiveDate> = rests
            .into_iter()
            .flat_map(|(first, length)| first.iter_days().take(length as usize))
            .filter(|day| !worked.contains(day))
            .collect();
        let weekend = |day: &NaiveDate| day.format("%u").to_string().parse::<u32>().unwrap() > 5;
        Calendar::new(vec![PublishedYear {
            year,
            off: off.into_iter().collect(),
            worked: worked.into_iter().filter(weekend).collect(),
            tentative_off: vec![],
        }])
    })
}

fn any_site() -> impl Strategy<Value = (Tz, i32, Calendar)> {
    select(&ZONES[..]).prop_flat_map(|(zone, year)| (Just(zone), Just(year), any_calendar(year)))
}

fn any_schedule(zone: Tz) -> impl Strategy<Value = Schedule> {
    let cron = (select(&EXPRESSIONS[..]), select(DstGap::ALL))
        .prop_map(move |(text, gap)| Schedule::parse(text, zone).unwrap().with_dst_gap(gap));
    let every =
        select(&[7_200_u64, 25_200, 50_400, 90_061, 604_800][..]).prop_map(move |seconds| {
            Schedule::every(std::time::Duration::from_secs(seconds), zone).unwrap()
        });
    prop_oneof![5 => cron, 1 => every]
}

fn any_period(year: i32) -> impl Strategy<Value = Period> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let day = prop::option::of((0..365i64).prop_map(move |day| first + TimeDelta::days(day)));
    prop_oneof![
        2 => Just(Period::default()),
        1 => (day.clone(), day).prop_map(|(start, end)| Period { start, end }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn effective_occurrences_are_the_moved_ones_in_order(
        (schedule, calendar, year, period) in any_site().prop_flat_map(|(zone, year, calendar)|
            (any_schedule(zone), Just(calendar), Just(year), any_period(year))),
        shift in select(Shift::ALL),
        start in 0..365 * 86_400i64,
    ) {
        let schedule = schedule.within(period);
        let timing = Timing { only_on: Some(OnlyOn::WorkingDays), shift, ..Timing::plain(schedule) };
        let model = Model { timing: &timing, calendar: &calendar };
        let new_year = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(NaiveTime::MIN).and_utc();
        let (begin, end) = (new_year - TimeDelta::days(40), new_year + TimeDelta::days(405));
        let all = model.all(begin, end);
        let from = new_year + TimeDelta::seconds(start);
        let until = from + TimeDelta::days(20);
        let expected: Vec<(DateTime<Utc>, bool)> = all.range(from..=until).map(|(at, runs)| (*at, *runs)).filter(|(at, _)| *at > from).collect();
        let found: Vec<(DateTime<Utc>, bool)> = timing.between(from, until, &calendar).map(|due| (due.at(), matches!(due, Due::Run(_)))).collect();
        let told = timing.fingerprint();
        prop_assert_eq!(&found, &expected, "{} from {}", told, from);
        let next = timing.next_after(from, &calendar).map(|next| next.at).filter(|at| *at <= until);
        prop_assert_eq!(next, expected.iter().find(|(_, runs)| *runs).map(|(at, _)| *at), "{} from {}", timing.fingerprint(), from);
        for (at, runs) in &found {
            let gap_over_midnight = model.day(*at) != model.day(*at - TimeDelta::seconds(1));
            prop_assert!(!runs || model.is_worked(model.day(*at)) || gap_over_midnight, "{} on a day off", at);
        }
    }

    #[test]
    fn a_jitter_delays_and_never_reorders(
        (schedule, calendar, year) in any_site().prop_flat_map(|(zone, year, calendar)| (any_schedule(zone), Just(calendar), Just(year))),
        shift in select(Shift::ALL),
        most in 1..90_000i64,
        start in 0..365 * 86_400i64,
    ) {
        let timing = Timing { only_on: Some(OnlyOn::WorkingDays), shift, ..Timing::plain(schedule) };
        let delayed = Timing { jitter: Some(Jitter::new("a-job", TimeDelta::seconds(most))), ..timing.clone() };
        let from = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(start);
        let far = from + TimeDelta::days(4000);
        let plain: Vec<Due> = timing.between(from, far, &calendar).take(12).collect();
        let late: Vec<Due> = delayed.between(from, far, &calendar).take(12).collect();
        prop_assert_eq!(plain.iter().map(Due::at).collect::<Vec<_>>(), late.iter().map(Due::at).collect::<Vec<_>>());
        prop_assert!(late.is_sorted_by(|one, other| one.due_at() < other.due_at()));
        for due in &late {
            let delay = (due.due_at() - due.at()).num_seconds();
            prop_assert!((0..most).contains(&delay));
        }
        // Asked at any instant, each is handed out once: when it is due and not before.
        let (mut cursor, mut handed) = (from, Vec::new());
        let last = late.last().map_or(from, Due::due_at);
        let mut now = from;
        while now < last {
            now += TimeDelta::seconds((last - from).num_seconds() / 17 + 1);
            for due in delayed.between(cursor, now, &calendar).take_while(|due| due.due_at() <= last) {
                prop_assert!(due.due_at() <= now);
                cursor = due.at();
                handed.push(due);
            }
        }
        prop_assert_eq!(handed, late);
    }
}

//! A cron expression as sets of numbers and named days.
//!
//! Owns: what each field holds, whatever way it was written.
//! Never: words.
//! Reads next: `times.rs`.

use std::collections::BTreeSet;

use super::Pattern;

/// A day that a day-of-month field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MonthDay {
    On(u32),
    Last,
    LastWeekday,
    /// The weekday nearest to it, within the month.
    Nearest(u32),
}

/// A day that a day-of-week field names: 1 is Monday, 7 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WeekDay {
    Every(u32),
    Nth(u32, u32),
    Last(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub seconds: Vec<u32>,
    pub minutes: Vec<u32>,
    pub hours: Vec<u32>,
    pub months: Vec<u32>,
    /// `None`: any.
    pub month_days: Option<Vec<MonthDay>>,
    /// `None`: any.
    pub week_days: Option<Vec<WeekDay>>,
    /// Both of the two, where both are told; else either.
    pub both_days: bool,
}

impl Fields {
    /// Reads six fields in the grammar that `field.rs` writes; what it never writes is passed over.
    pub(super) fn read(pattern: &Pattern) -> Self {
        let mut texts = pattern.fields.split(' ');
        let mut next = || texts.next().unwrap_or("*");
        let (second, minute, hour, day, month, weekday) =
            (next(), next(), next(), next(), next(), next());
        let (month_days, week_days) = (month_days(day), week_days(weekday));
        Self {
            seconds: numbers(second, (0, 59)),
            minutes: numbers(minute, (0, 59)),
            hours: numbers(hour, (0, 23)),
            months: numbers(month, (1, 12)),
            month_days: Some(month_days)
                .filter(|days| !(1..=31).all(|day| days.contains(&MonthDay::On(day)))),
            week_days: Some(week_days)
                .filter(|days| !(1..=7).all(|day| days.contains(&WeekDay::Every(day)))),
            both_days: pattern.both_days,
        }
    }
}

fn numbers(field: &str, limits: (u32, u32)) -> Vec<u32> {
    let all: BTreeSet<u32> = field
        .split(',')
        .flat_map(|item| range(item, limits))
        .collect();
    all.into_iter().collect()
}

/// `*`, `*/n`, `a`, `a-b`, `a-b/n`.
fn range(item: &str, (min, max): (u32, u32)) -> Vec<u32> {
    let (bounds, step) = item.split_once('/').unwrap_or((item, "1"));
    let (from, to) = match bounds.split_once('-') {
        Some((from, to)) => (from.parse().ok(), to.parse().ok()),
        None if bounds == "*" => (Some(min), Some(max)),
        None => (bounds.parse().ok(), bounds.parse().ok()),
    };
    match (from, to, step.parse::<usize>()) {
        (Some(from), Some(to), Ok(step @ 1..)) => (from..=to).step_by(step).collect::<Vec<u32>>(),
        _ => Vec::new(),
    }
}

fn month_days(field: &str) -> Vec<MonthDay> {
    let read = |item: &str| match (item, item.strip_suffix('W')) {
        ("L", _) => vec![MonthDay::Last],
        ("LW", _) => vec![MonthDay::LastWeekday],
        (_, Some(day)) => day.parse().map(MonthDay::Nearest).into_iter().collect(),
        _ => range(item, (1, 31)).into_iter().map(MonthDay::On).collect(),
    };
    let all: BTreeSet<MonthDay> = field.split(',').flat_map(read).collect();
    all.into_iter().collect()
}

fn week_days(field: &str) -> Vec<WeekDay> {
    let from_monday = |day: u32| if day == 0 { 7 } else { day };
    let read = |item: &str| match item.split_once('#') {
        Some((day, "L")) => day
            .parse()
            .map(|day| WeekDay::Last(from_monday(day)))
            .into_iter()
            .collect(),
        Some((day, place)) => match (day.parse(), place.parse()) {
            (Ok(day), Ok(place)) => vec![WeekDay::Nth(from_monday(day), place)],
            _ => Vec::new(),
        },
        None => range(item, (0, 6))
            .into_iter()
            .map(|day| WeekDay::Every(from_monday(day)))
            .collect::<Vec<_>>(),
    };
    let all: BTreeSet<WeekDay> = field.split(',').flat_map(read).collect();
    all.into_iter().collect()
}

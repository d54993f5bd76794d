//! One year of the calendar as people read it.
//!
//! Owns: the names and kinds of days off.
//! Never: arithmetic in working days.
//! Reads next: `statutory.rs`.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::statutory::{self, Holiday, is_weekend};
use super::{PublishedYear, WorkingDays};
use crate::word_enum;

/// A year as `dondoc calendar show` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CalendarYear {
    pub year: i32,
    /// False: computed from the statutory rules.
    pub published: bool,
    /// Weekdays off, and expected ones (which count as worked), in the order of their dates.
    pub off: Vec<DayOff>,
    /// Saturdays and Sundays worked.
    pub worked: Vec<NaiveDate>,
    pub working_days: i64,
    /// Some day of the year is not confirmed.
    pub tentative: bool,
}

/// A weekday off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayOff {
    pub date: NaiveDate,
    /// The holiday it is, stands in for or adjoins, where known.
    pub holiday: Option<Holiday>,
    pub kind: DayOffKind,
}

word_enum! {
    /// Why a weekday is off.
    pub enum DayOffKind {
        Holiday = "holiday",
        /// In lieu of a holiday on a weekend.
        InLieu = "in-lieu",
        /// Moved or swapped by decree.
        Decreed = "decreed",
        /// Expected but not confirmed: counted as worked.
        Expected = "expected",
    }
}

impl CalendarYear {
    pub(super) fn new(known: &PublishedYear, published: bool, total: WorkingDays) -> Self {
        let mut worked: Vec<_> = known
            .worked
            .iter()
            .copied()
            .filter(|day| is_weekend(*day))
            .collect();
        worked.sort();
        Self {
            year: known.year,
            published,
            off: days_off(known),
            worked,
            working_days: total.days,
            tentative: total.tentative,
        }
    }
}

/// The weekdays off of a year with their reasons, by the statutory rules where the day agrees with them.
fn days_off(known: &PublishedYear) -> Vec<DayOff> {
    let confirmed = known.off.iter().map(|date| (*date, DayOffKind::Decreed));
    let expected = known
        .tentative_off
        .iter()
        .map(|date| (*date, DayOffKind::Expected));
    let statutory = statutory::days_off(known.year);
    let holidays = statutory::holidays(known.year);
    let mut off: Vec<DayOff> = confirmed
        .chain(expected)
        .filter(|(date, _)| date.year() == known.year && !is_weekend(*date))
        .map(
            |(date, kind)| match statutory.iter().find(|day| day.date == date) {
                Some(day) if kind == DayOffKind::Decreed => day.into(),
                _ => DayOff {
                    date,
                    holiday: near(&holidays, date),
                    kind,
                },
            },
        )
        .collect();
    off.sort_by_key(|day| day.date);
    off
}

/// The holiday nearest to a day, not more than four days away.
fn near(holidays: &[(NaiveDate, Holiday)], date: NaiveDate) -> Option<Holiday> {
    let distance = |day: &NaiveDate| (*day - date).num_days().abs();
    let nearest = holidays.iter().min_by_key(|(day, _)| distance(day))?;
    (distance(&nearest.0) <= 4).then_some(nearest.1)
}

impl From<&statutory::StatutoryDay> for DayOff {
    fn from(day: &statutory::StatutoryDay) -> Self {
        let kind = if day.in_lieu {
            DayOffKind::InLieu
        } else {
            DayOffKind::Holiday
        };
        Self {
            date: day.date,
            holiday: Some(day.holiday),
            kind,
        }
    }
}

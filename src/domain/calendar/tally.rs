//! Running totals of worked and unconfirmed days.
//!
//! Owns: how many days up to a day are worked, and which day reaches a number of them.
//! Never: why a day is off.
//! Reads next: `statutory.rs`.

use chrono::{Datelike, NaiveDate};

use super::PublishedYear;
use super::statutory::is_weekend;

/// Totals of all days up to one day; only differences of two totals mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub worked: i64,
    pub unconfirmed: i64,
}

/// Totals through each day of consecutive years. Before and after them every weekday is worked and unconfirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// The day before the first one.
    eve: NaiveDate,
    through: Vec<Totals>,
}

impl Tally {
    pub(super) fn starting_after(eve: NaiveDate) -> Self {
        Self {
            eve,
            through: Vec::new(),
        }
    }

    /// Appends the next year; `confirmed` is false for a computed one, all of whose days are unconfirmed.
    pub(super) fn push(&mut self, year: &PublishedYear, confirmed: bool) {
        let mut totals = self
            .through
            .last()
            .copied()
            .unwrap_or_else(|| by_weekday(self.eve));
        for day in self
            .last_day()
            .iter_days()
            .skip(1)
            .take_while(|day| day.year() == year.year)
        {
            let off = is_weekend(day) || year.off.contains(&day);
            totals.worked += i64::from(!off || year.worked.contains(&day));
            totals.unconfirmed += i64::from(!confirmed || year.tentative_off.contains(&day));
            self.through.push(totals);
        }
    }

    /// Totals through a day, that day included.
    pub(super) fn through(&self, day: NaiveDate) -> Totals {
        let place = (day - self.eve).num_days();
        let Some(last) = self.through.last().filter(|_| place > 0) else {
            return by_weekday(day);
        };
        let within = usize::try_from(place - 1)
            .ok()
            .and_then(|index| self.through.get(index));
        within.copied().unwrap_or_else(|| {
            let (here, end) = (by_weekday(day), by_weekday(self.last_day()));
            Totals {
                worked: last.worked + here.worked - end.worked,
                unconfirmed: last.unconfirmed + here.unconfirmed - end.unconfirmed,
            }
        })
    }

    /// The first day whose total of worked days reaches `worked`, by bisection.
    pub(super) fn first_day_with(&self, worked: i64) -> Option<NaiveDate> {
        let (mut low, mut high) = (
            NaiveDate::MIN.num_days_from_ce(),
            NaiveDate::MAX.num_days_from_ce(),
        );
        let reaches = |number| {
            NaiveDate::from_num_days_from_ce_opt(number)
                .is_some_and(|day| self.through(day).worked >= worked)
        };
        if reaches(low) || !reaches(high) {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if reaches(middle) {
                high = middle
            } else {
                low = middle
            }
        }
        NaiveDate::from_num_days_from_ce_opt(high)
    }

    fn last_day(&self) -> NaiveDate {
        let days = chrono::Days::new(self.through.len() as u64);
        self.eve.checked_add_days(days).unwrap_or(NaiveDate::MAX)
    }
}

/// Totals where only the weekday is known: days from Monday 0001-01-01 on.
fn by_weekday(day: NaiveDate) -> Totals {
    let days = i64::from(day.num_days_from_ce());
    Totals {
        worked: days.div_euclid(7) * 5 + days.rem_euclid(7).min(5),
        unconfirmed: days,
    }
}

//! The city's own office hours: working days by number, moments within a working day.
//!
//! Owns: the days off of autumn 2019 to the end of 2020, 08:00-12:00 and 13:00-17:00.
//! Never: the program's calendar: the world outside counts by itself, and the tests compare.
//! Reads next: `stories.rs`.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

/// Seconds worked in a day.
pub const FULL_DAY: usize = 8 * 3600;
const MORNING: usize = 4 * 3600;

/// Weekdays off in 2020 (month, day): New Year, Tết, Giỗ Tổ, 30 April, 1 May, 2 September.
const OFF_2020: [(u32, u32); 10] = [
    (1, 1),
    (1, 23),
    (1, 24),
    (1, 27),
    (1, 28),
    (1, 29),
    (4, 2),
    (4, 30),
    (5, 1),
    (9, 2),
];

/// A moment of work: the number of a working day and the second worked within it.
/// Overtime goes beyond `FULL_DAY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub day: usize,
    pub second: usize,
}

/// Working days in order, and the period of the figures among them.
pub struct Workdays {
    days: Vec<NaiveDate>,
    /// Number of the first working day of the year.
    pub first: usize,
    /// Number of the last working day that the figures cover.
    pub last: usize,
}

impl Workdays {
    /// `covered`: the last day that the figures cover.
    pub fn until(covered: NaiveDate) -> Self {
        let autumn = covered - Days::new(260);
        let days: Vec<_> = autumn
            .iter_days()
            .take(480)
            .filter(|day| is_worked(*day))
            .collect();
        let first = days.partition_point(|day| day.year() < covered.year());
        let last = days.partition_point(|day| *day <= covered) - 1;
        Self { days, first, last }
    }

    /// The date of a working day; the last known one beyond the end.
    pub fn date(&self, day: usize) -> NaiveDate {
        self.days[day.min(self.days.len() - 1)]
    }

    pub fn at(&self, moment: Moment) -> NaiveDateTime {
        let clock = 8 * 3600 + moment.second + if moment.second > MORNING { 3600 } else { 0 };
        self.date(moment.day).and_time(chrono::NaiveTime::MIN) + TimeDelta::seconds(clock as i64)
    }

    /// The `number`th of `count` things spread evenly over the period.
    pub fn spread(&self, number: usize, count: usize) -> NaiveDate {
        self.date(self.first + number * (self.last - self.first + 1) / count.max(1))
    }
}

fn is_worked(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let off = match day.year() {
        2020 => OFF_2020.contains(&(day.month(), day.day())),
        _ => (day.month(), day.day()) == (9, 2),
    };
    !weekend && !off
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Calendar, PublishedYear};

    fn days() -> Workdays {
        Workdays::until(NaiveDate::from_ymd_opt(2020, 5, 31).unwrap())
    }

    #[test]
    fn the_period_runs_from_the_second_of_january_to_the_last_friday_of_may() {
        let days = days();
        assert_eq!(days.date(days.first).to_string(), "2020-01-02");
        assert_eq!(days.date(days.last).to_string(), "2020-05-29");
        assert_eq!(days.date(days.last + 1).to_string(), "2020-06-01");
        assert_eq!(
            days.days.iter().filter(|day| day.year() == 2020).count(),
            252 - unseen()
        );
    }

    /// Working days of 2020 after the end of the table.
    fn unseen() -> usize {
        let table = days();
        let end = *table.days.last().unwrap();
        end.iter_days()
            .skip(1)
            .take_while(|day| day.year() == 2020)
            .filter(|day| is_worked(*day))
            .count()
    }

    /// The calendar that the site is delivered with.
    fn delivered() -> Calendar {
        let file: toml::Table =
            toml::from_str(include_str!("../../config/calendars/vn.toml")).unwrap();
        let days = |year: &toml::Value, key: &str| -> Vec<NaiveDate> {
            let days = year[key].as_array().unwrap().iter();
            days.map(|day| day.as_str().unwrap().parse().unwrap())
                .collect()
        };
        let years = file["year"].as_array().unwrap().iter();
        let years = years.map(|year| PublishedYear {
            year: year["year"].as_integer().unwrap() as i32,
            off: days(year, "off"),
            worked: days(year, "worked"),
            tentative_off: Vec::new(),
        });
        Calendar::new(years.collect())
    }

    #[test]
    fn the_city_works_on_the_days_of_the_delivered_calendar() {
        let (days, calendar) = (days(), delivered());
        for pair in days.days.windows(2).filter(|pair| pair[1].year() <= 2020) {
            assert_eq!(calendar.between(pair[0], pair[1]).days, 1, "{pair:?}");
        }
    }

    #[test]
    fn seconds_of_work_skip_the_noon_pause() {
        let days = days();
        for (second, clock) in [
            (0, "08:00:00"),
            (MORNING, "12:00:00"),
            (MORNING + 1, "13:00:01"),
            (FULL_DAY, "17:00:00"),
        ] {
            assert_eq!(
                days.at(Moment {
                    day: days.first,
                    second
                })
                .time()
                .to_string(),
                clock
            );
        }
    }
}

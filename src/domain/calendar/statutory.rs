//! Days off that follow from the law alone.
//!
//! Owns: the holidays of the labour code (art. 112) and the days in lieu of those on a weekend.
//! Never: what a decree moved or swapped (the published years).
//! Reads next: `../lunar.rs`.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::Serialize;

use crate::domain::lunar::lunar_to_solar;

/// A paid holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holiday {
    NewYear,
    LunarNewYear,
    HungKings,
    Victory,
    Labour,
    National,
}

impl Holiday {
    /// The name in the law.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NewYear => "Tết Dương lịch",
            Self::LunarNewYear => "Tết Nguyên đán",
            Self::HungKings => "Giỗ Tổ Hùng Vương",
            Self::Victory => "Ngày Chiến thắng",
            Self::Labour => "Ngày Quốc tế Lao động",
            Self::National => "Quốc khánh",
        }
    }

    #[must_use]
    pub fn title_en(self) -> &'static str {
        match self {
            Self::NewYear => "New Year's Day",
            Self::LunarNewYear => "Lunar New Year",
            Self::HungKings => "Hùng Kings' Commemoration",
            Self::Victory => "Victory Day",
            Self::Labour => "Labour Day",
            Self::National => "National Day",
        }
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A weekday off by law: the holiday itself, or a day in lieu of one on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatutoryDay {
    pub date: NaiveDate,
    pub holiday: Holiday,
    pub in_lieu: bool,
}

/// Every holiday of a year in the order of its dates, weekends included.
///
/// Today's law for every year: 1/1; the eve and the first four days of the lunar year; 10th of the 3rd lunar month;
/// 30/4; 1/5; 2/9 and, since 2021, one day beside it.
pub(super) fn holidays(year: i32) -> Vec<(NaiveDate, Holiday)> {
    let mut days = Vec::new();
    let mut add = |date: Option<NaiveDate>, holiday| days.extend(date.map(|date| (date, holiday)));
    add(NaiveDate::from_ymd_opt(year, 1, 1), Holiday::NewYear);
    let first = lunar_to_solar(1, 1, false, year);
    add(first.and_then(|day| day.pred_opt()), Holiday::LunarNewYear);
    for later in 0..4 {
        add(
            first.and_then(|day| day.checked_add_days(Days::new(later))),
            Holiday::LunarNewYear,
        );
    }
    add(lunar_to_solar(10, 3, false, year), Holiday::HungKings);
    add(NaiveDate::from_ymd_opt(year, 4, 30), Holiday::Victory);
    add(NaiveDate::from_ymd_opt(year, 5, 1), Holiday::Labour);
    let national = NaiveDate::from_ymd_opt(year, 9, 2);
    add(national, Holiday::National);
    add(
        national.filter(|_| year >= 2021).and_then(beside),
        Holiday::National,
    );
    days.sort_by_key(|(date, _)| *date);
    days
}

/// The day beside 2/9 that joins it to the weekend; on a Wednesday the day before, as decreed for 2026.
fn beside(national: NaiveDate) -> Option<NaiveDate> {
    match national.weekday() {
        Weekday::Mon | Weekday::Thu | Weekday::Sun => national.succ_opt(),
        Weekday::Tue | Weekday::Wed | Weekday::Fri | Weekday::Sat => national.pred_opt(),
    }
}

/// The weekdays off of a year by law, in the order of their dates. A holiday on a weekend gives the
/// next day that would be worked.
pub(super) fn days_off(year: i32) -> Vec<StatutoryDay> {
    let holidays = holidays(year);
    let mut off: Vec<StatutoryDay> = Vec::new();
    let mut owed = Vec::new();
    for (date, holiday) in holidays {
        if is_weekend(date) {
            owed.push((date, holiday));
        } else {
            off.push(StatutoryDay {
                date,
                holiday,
                in_lieu: false,
            });
        }
    }
    for (date, holiday) in owed {
        let taken =
            |day: &NaiveDate| is_weekend(*day) || off.iter().any(|other| other.date == *day);
        if let Some(date) = date.iter_days().find(|day| !taken(day)) {
            off.push(StatutoryDay {
                date,
                holiday,
                in_lieu: true,
            });
        }
    }
    off.sort_by_key(|day| day.date);
    off.dedup_by_key(|day| day.date);
    off
}

pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

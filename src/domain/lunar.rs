//! The Vietnamese lunar calendar at UTC+7.
//!
//! Owns: which solar day a lunar date is, from new moons and the sun's longitude.
//! Never: which lunar days are holidays (`calendar::statutory`).
//! Reads next: `schedule.rs`.
//!
//! Source: J. Meeus, *Astronomical Formulae for Calculators*, chapter 32 (new moons), and *Astronomical Algorithms*,
//! chapter 25 (the sun's longitude, to 0.01 degree), with the rules that Hồ Ngọc Đức published for Vietnam. A month
//! begins on the day of the new moon in Hà Nội, and month 11 holds the winter solstice. Where thirteen months lie
//! between two months 11, the first of them without a major solar term is the leap month. Chinese tables use UTC+8
//! and put Tết 2030 one day late.

use chrono::{Datelike, NaiveDate};

/// Lunar years for which the formulas were checked.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;
/// Hà Nội, in days east of Greenwich. The law has used UTC+7 since 1975; earlier years follow it too.
const ZONE: f64 = 7.0 / 24.0;
/// Mean length of a lunar month in days.
const MONTH: f64 = 29.530_588_68;
/// Julian day number of the day before 0001-01-01.
const JULIAN_DAY_OF_CE: i64 = 1_721_425;

/// The solar day of a lunar date: `month` 1-12, `day` 1-30, `leap` for the second month of that number.
///
/// `None` where the date does not exist (day 30 of a short month, a leap month in a year without it) or `year` is
/// outside 1900-2199.
#[must_use]
pub fn lunar_to_solar(day: u32, month: u32, leap: bool, year: i32) -> Option<NaiveDate> {
    if !YEARS.contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let moon = moon_of_month(month, leap, year)?;
    let date = new_moon_day(moon) + i64::from(day) - 1;
    (date < new_moon_day(moon + 1))
        .then(|| to_date(date))
        .flatten()
}

/// The new moon that begins a lunar month, counted from the first one of 1900.
fn moon_of_month(month: u32, leap: bool, year: i32) -> Option<i64> {
    // Months 11 and 12 of a year come before month 1 of the next: count from the month 11 before.
    let from_year = if month >= 11 { year } else { year - 1 };
    let places = i64::from((month + 1) % 12);
    let start = moon_of_month_11(from_year)?;
    let leap_at = leap_place(start, moon_of_month_11(from_year + 1)?);
    match leap {
        true => (leap_at == Some(places + 1)).then_some(start + places + 1),
        false => Some(start + places + i64::from(leap_at.is_some_and(|at| places >= at))),
    }
}

/// How many months after month 11 the leap month stands, if there is one before the next month 11.
fn leap_place(start: i64, next_start: i64) -> Option<i64> {
    if next_start - start < 13 {
        return None;
    }
    (1..13).find(|place| {
        solar_term(new_moon_day(start + place)) == solar_term(new_moon_day(start + place + 1))
    })
}

/// The new moon that begins the month with the winter solstice (longitude 270°) of a solar year.
fn moon_of_month_11(year: i32) -> Option<i64> {
    let last_day = julian_day(NaiveDate::from_ymd_opt(year, 12, 31)?);
    let moon = ((last_day - 2_415_021) as f64 / MONTH).floor() as i64;
    Some(if solar_term(new_moon_day(moon)) >= 9 {
        moon - 1
    } else {
        moon
    })
}

/// Julian day number, at Hà Nội, of a new moon counted from the first one of 1900.
fn new_moon_day(moon: i64) -> i64 {
    (new_moon(moon as f64) + 0.5 + ZONE).floor() as i64
}

/// Instant of a new moon as a Julian day, universal time.
fn new_moon(k: f64) -> f64 {
    let t = k / 1236.85;
    let sin = |degrees: f64| degrees.to_radians().sin();
    let mean = 2_415_020.759_33
        + MONTH * k
        + (0.000_117_8 - 0.000_000_155 * t) * t * t
        + 0.000_33 * sin(166.56 + (132.87 - 0.009_173 * t) * t);
    let sun = 359.2242 + 29.105_356_08 * k - (0.000_033_3 + 0.000_003_47 * t) * t * t;
    let moon = 306.0253 + 385.816_918_06 * k + (0.010_730_6 + 0.000_012_36 * t) * t * t;
    let node = 2.0 * (21.2964 + 390.670_506_46 * k - (0.001_652_8 + 0.000_002_39 * t) * t * t);
    let correction = (0.1734 - 0.000_393 * t) * sin(sun) + 0.0021 * sin(2.0 * sun)
        - 0.4068 * sin(moon)
        + 0.0161 * sin(2.0 * moon)
        - 0.0004 * sin(3.0 * moon)
        + 0.0104 * sin(node)
        - 0.0051 * sin(sun + moon)
        - 0.0074 * sin(sun - moon)
        + 0.0004 * sin(node + sun)
        - 0.0004 * sin(node - sun)
        - 0.0006 * sin(node + moon)
        + 0.0010 * sin(node - moon)
        + 0.0005 * sin(sun + 2.0 * moon);
    mean + correction - clock_correction(t)
}

/// Dynamical minus universal time in days, `t` in Julian centuries since 1900.
fn clock_correction(t: f64) -> f64 {
    -0.000_278 + (0.000_265 + 0.000_262 * t) * t
}

/// In which twelfth of its course, from the spring equinox, the sun stands when a day begins at Hà Nội (0-11).
fn solar_term(day: i64) -> i64 {
    (sun_longitude(day as f64 - 0.5 - ZONE) / 30.0).floor() as i64
}

/// The sun's longitude in degrees, 0 to 360, at a Julian day.
fn sun_longitude(julian_day: f64) -> f64 {
    let t = (julian_day - 2_451_545.0) / 36_525.0;
    let anomaly =
        (357.529_1 + (35_999.050_3 - (0.000_155_9 + 0.000_000_48 * t) * t) * t).to_radians();
    let mean = 280.466_45 + (36_000.769_83 + 0.000_303_2 * t) * t;
    let centre = (1.9146 - (0.004_817 + 0.000_014 * t) * t) * anomaly.sin()
        + (0.019_993 - 0.000_101 * t) * (2.0 * anomaly).sin()
        + 0.000_29 * (3.0 * anomaly).sin();
    (mean + centre).rem_euclid(360.0)
}

fn julian_day(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) + JULIAN_DAY_OF_CE
}

fn to_date(julian_day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(julian_day - JULIAN_DAY_OF_CE).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// First day of the lunar year and 10th of the 3rd month, checked against an independent Vietnamese table.
    const YEARS_OF_REFERENCE: [(i32, &str, &str); 34] = [
        (2007, "2007-02-17", "2007-04-26"),
        (2008, "2008-02-07", "2008-04-15"),
        (2010, "2010-02-14", "2010-04-23"),
        (2012, "2012-01-23", "2012-03-31"),
        (2014, "2014-01-31", "2014-04-09"),
        (2017, "2017-01-28", "2017-04-06"),
        (2019, "2019-02-05", "2019-04-14"),
        (2020, "2020-01-25", "2020-04-02"),
        (2021, "2021-02-12", "2021-04-21"),
        (2022, "2022-02-01", "2022-04-10"),
        (2023, "2023-01-22", "2023-04-29"),
        (2024, "2024-02-10", "2024-04-18"),
        (2025, "2025-01-29", "2025-04-07"),
        (2026, "2026-02-17", "2026-04-26"),
        (2027, "2027-02-06", "2027-04-16"),
        (2028, "2028-01-26", "2028-04-04"),
        (2029, "2029-02-13", "2029-04-23"),
        (2030, "2030-02-02", "2030-04-12"),
        (2031, "2031-01-23", "2031-04-01"),
        (2033, "2033-01-31", "2033-04-09"),
        (2034, "2034-02-19", "2034-04-28"),
        (2036, "2036-01-28", "2036-04-06"),
        (2039, "2039-01-24", "2039-04-03"),
        (2042, "2042-01-22", "2042-04-29"),
        (2050, "2050-01-23", "2050-04-01"),
        (2053, "2053-02-18", "2053-04-28"),
        (2060, "2060-02-02", "2060-04-10"),
        (2063, "2063-01-29", "2063-04-08"),
        (2068, "2068-02-03", "2068-04-11"),
        (2072, "2072-02-19", "2072-04-27"),
        (2077, "2077-01-24", "2077-04-02"),
        (2080, "2080-01-22", "2080-03-30"),
        (2085, "2085-01-26", "2085-04-03"),
        (2099, "2099-01-21", "2099-04-29"),
    ];

    #[test]
    fn tet_and_the_hung_kings_day_fall_as_in_the_reference() {
        for (year, tet, hung) in YEARS_OF_REFERENCE {
            assert_eq!(
                lunar_to_solar(1, 1, false, year),
                Some(date(tet)),
                "Tết {year}"
            );
            assert_eq!(
                lunar_to_solar(10, 3, false, year),
                Some(date(hung)),
                "Giỗ Tổ {year}"
            );
        }
    }

    #[test]
    fn leap_months_stand_where_the_almanacs_have_them() {
        let leap_months = [
            (2001, 4),
            (2004, 2),
            (2006, 7),
            (2009, 5),
            (2012, 4),
            (2014, 9),
            (2017, 6),
            (2020, 4),
        ];
        let more = [(2023, 2), (2025, 6), (2028, 5), (2031, 3), (2033, 11)];
        for (year, leap) in leap_months.into_iter().chain(more) {
            for month in 1..=12 {
                let found = lunar_to_solar(1, month, true, year);
                assert_eq!(
                    found.is_some(),
                    month == leap,
                    "leap month {month} of {year}"
                );
            }
        }
    }

    #[test]
    fn months_follow_each_other_without_gap_or_overlap() {
        let mut expected = lunar_to_solar(1, 1, false, 1900).unwrap();
        for year in 1900..2199 {
            for (month, leap) in (1..=12).flat_map(|month| [(month, false), (month, true)]) {
                for day in 1..=30 {
                    match lunar_to_solar(day, month, leap, year) {
                        Some(solar) => {
                            assert_eq!(solar, expected, "{day}/{month}/{year}, leap {leap}")
                        }
                        None if day == 30 || leap => continue,
                        None => panic!("{day}/{month}/{year} is missing"),
                    }
                    expected = expected.succ_opt().unwrap();
                }
            }
        }
    }

    #[test]
    fn impossible_lunar_dates_do_not_exist() {
        for (day, month, leap, year) in [
            (0, 1, false, 2020),
            (31, 1, false, 2020),
            (1, 0, false, 2020),
            (1, 13, false, 2020),
            (1, 5, true, 2020),
            (1, 1, false, 1899),
            (1, 1, false, i32::MAX),
        ] {
            assert_eq!(
                lunar_to_solar(day, month, leap, year),
                None,
                "{day}/{month}/{year}"
            );
        }
    }
}

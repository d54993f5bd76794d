//! The working-day calendar: published years, worked Saturdays, tentative days, statutory rules.
//!
//! Owns: which day is worked, and arithmetic in working days.
//! Never: reading `calendars/*.toml` (`config::calendar`).
//! Reads next: `calendar/tally.rs`, `calendar/statutory.rs`, `lunar.rs`.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

mod statutory;
mod tally;
mod year;

pub use statutory::Holiday;
use statutory::is_weekend;
use tally::Tally;
pub use year::{CalendarYear, DayOff, DayOffKind};

/// A number of working days; `tentative` if an unconfirmed day took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingDays {
    pub days: i64,
    pub tentative: bool,
}

/// Whether a day is worked; `tentative` if that is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worked {
    pub worked: bool,
    pub tentative: bool,
}

/// The day a number of working days away; `tentative` if an unconfirmed day was walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub date: NaiveDate,
    pub tentative: bool,
}

/// One published year. Days of another year are ignored; a day that is both off and worked is worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedYear {
    pub year: i32,
    /// Weekdays off.
    pub off: Vec<NaiveDate>,
    /// Saturdays (or Sundays) worked by decree.
    pub worked: Vec<NaiveDate>,
    /// Expected days off that are not confirmed: counted as worked, and they mark the answer tentative.
    pub tentative_off: Vec<NaiveDate>,
}

/// All years the site knows; other years follow the statutory rules and are tentative.
///
/// Every question is answered from running totals, without walking over days. Outside [`Calendar::YEARS`] only
/// weekends are off, and every answer is tentative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    published: Vec<PublishedYear>,
    tally: Tally,
}

impl Calendar {
    /// The years with holidays: a published year outside is ignored.
    pub const YEARS: RangeInclusive<i32> = 1990..=2100;

    /// Of two entries for the same year the later counts.
    #[must_use]
    pub fn new(published: Vec<PublishedYear>) -> Self {
        let mut years: Vec<PublishedYear> = Vec::new();
        for year in published
            .into_iter()
            .filter(|year| Self::YEARS.contains(&year.year))
        {
            years.retain(|known| known.year != year.year);
            years.push(year);
        }
        years.sort_by_key(|year| year.year);
        let mut tally = Tally::starting_after(eve_of(*Self::YEARS.start()));
        for year in Self::YEARS {
            match years.iter().find(|known| known.year == year) {
                Some(known) => tally.push(known, true),
                None => tally.push(&computed(year), false),
            }
        }
        Self {
            published: years,
            tally,
        }
    }

    /// Working days in (`from`, `to`]; negative when `to` is before `from`.
    ///
    /// Tentative if an unconfirmed day lies in that range: one of `tentative_off`, or any day of an unpublished year.
    #[must_use]
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> WorkingDays {
        let (start, end) = (self.tally.through(from), self.tally.through(to));
        WorkingDays {
            days: end.worked - start.worked,
            tentative: end.unconfirmed != start.unconfirmed,
        }
    }

    #[must_use]
    pub fn is_worked(&self, day: NaiveDate) -> Worked {
        let Some(before) = day.pred_opt() else {
            return Worked {
                worked: !is_weekend(day),
                tentative: true,
            };
        };
        let WorkingDays { days, tentative } = self.between(before, day);
        Worked {
            worked: days > 0,
            tentative,
        }
    }

    /// The `n`th working day after `day`, which itself is not counted (nor is the day a dossier is received).
    ///
    /// A negative `n` gives the `n`th working day before `day`; 0 gives `day` itself, worked or not, and is never
    /// tentative. Tentative if an unconfirmed day was walked over, the answer included. `None` if the answer lies
    /// outside the dates that can be written.
    #[must_use]
    pub fn add(&self, day: NaiveDate, n: i64) -> Option<Due> {
        match n {
            0 => Some(Due {
                date: day,
                tentative: false,
            }),
            1.. => {
                let date = self
                    .tally
                    .first_day_with(self.tally.through(day).worked.checked_add(n)?)?;
                Some(Due {
                    date,
                    tentative: self.between(day, date).tentative,
                })
            }
            _ => {
                let before = day.pred_opt()?;
                let target = self
                    .tally
                    .through(before)
                    .worked
                    .checked_add(n)?
                    .checked_add(1)?;
                let date = self.tally.first_day_with(target)?;
                Some(Due {
                    date,
                    tentative: self.between(date.pred_opt()?, before).tentative,
                })
            }
        }
    }

    /// What is known of a year. Outside [`Calendar::YEARS`] the days off are listed but not counted.
    #[must_use]
    pub fn year(&self, year: i32) -> CalendarYear {
        let published = self.published.iter().find(|known| known.year == year);
        let total = self.between(eve_of(year), eve_of(year.saturating_add(1)));
        match published {
            Some(known) => CalendarYear::new(known, true, total),
            None => CalendarYear::new(&computed(year), false, total),
        }
    }

    /// A short label of the published data that a run can record: years and a digest of every day, such as
    /// `2019-2026/5f0c0c1f9d3a7e21`. Equal data gives an equal label on every machine and in every version.
    #[must_use]
    pub fn version(&self) -> String {
        let digest = fnv1a(self.published.iter().flat_map(canonical));
        match (self.published.first(), self.published.last()) {
            (Some(first), Some(last)) => format!("{}-{}/{digest:016x}", first.year, last.year),
            _ => "statutory".to_owned(),
        }
    }
}

/// A year by the statutory rules.
fn computed(year: i32) -> PublishedYear {
    let off = statutory::days_off(year)
        .into_iter()
        .map(|day| day.date)
        .collect();
    PublishedYear {
        year,
        off,
        worked: Vec::new(),
        tentative_off: Vec::new(),
    }
}

/// 31 December of the year before.
fn eve_of(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .and_then(|day| day.pred_opt())
        .unwrap_or(NaiveDate::MIN)
}

/// FNV-1a, 64 bits: the standard library's hash may change between versions.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A published year as text that does not depend on the order of its days.
fn canonical(known: &PublishedYear) -> Vec<u8> {
    let days = |days: &[NaiveDate]| {
        let sorted: std::collections::BTreeSet<_> = days.iter().map(NaiveDate::to_string).collect();
        sorted.into_iter().collect::<Vec<_>>().join(",")
    };
    let (off, worked, expected) = (
        days(&known.off),
        days(&known.worked),
        days(&known.tentative_off),
    );
    format!("{}:{off}:{worked}:{expected};", known.year).into_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use chrono::Datelike;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        year: Vec<FileYear>,
    }

    #[derive(Deserialize)]
    struct FileYear {
        year: i32,
        off: Vec<NaiveDate>,
        worked: Vec<NaiveDate>,
        #[serde(default)]
        tentative_off: Vec<NaiveDate>,
        working_days: i64,
    }

    fn file() -> Vec<FileYear> {
        toml::from_str::<File>(include_str!("../../config/calendars/vn.toml"))
            .unwrap()
            .year
    }

    fn published() -> Vec<PublishedYear> {
        let year = |year: FileYear| PublishedYear {
            year: year.year,
            off: year.off,
            worked: year.worked,
            tentative_off: year.tentative_off,
        };
        file().into_iter().map(year).collect()
    }

    fn calendar() -> &'static Calendar {
        static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::new(published()));
        &CALENDAR
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_file_states_its_totals_rightly() {
        for year in file() {
            assert_eq!(
                calendar().year(year.year).working_days,
                year.working_days,
                "{}",
                year.year
            );
        }
    }

    #[test]
    fn a_due_date_is_counted_from_the_day_after_reception() {
        for (start, n, due, sentence) in [
            ("2019-12-31", 1, "2020-01-02", "New Year's Day is off"),
            (
                "2020-01-20",
                5,
                "2020-02-03",
                "the whole of Tết 2020 is stepped over",
            ),
            (
                "2020-04-29",
                3,
                "2020-05-06",
                "30/4 and 1/5, then a weekend",
            ),
            (
                "2024-04-26",
                5,
                "2024-05-07",
                "29/4 was swapped for Saturday 4/5",
            ),
            ("2025-04-25", 2, "2025-04-28", "Saturday 26/4 is worked"),
            ("2025-12-30", 3, "2026-01-06", "2/1 was swapped"),
            (
                "2026-01-08",
                2,
                "2026-01-10",
                "the answer is a worked Saturday",
            ),
            ("2026-02-12", 5, "2026-02-26", "Tết 2026"),
            (
                "2026-08-20",
                10,
                "2026-09-07",
                "a worked Saturday, then four days off",
            ),
            ("2020-06-06", 1, "2020-06-08", "received on a Saturday"),
            (
                "2020-06-06",
                0,
                "2020-06-06",
                "no days: the day itself, worked or not",
            ),
            (
                "2020-06-08",
                -1,
                "2020-06-05",
                "one working day before a Monday",
            ),
            (
                "2020-06-07",
                -1,
                "2020-06-05",
                "one working day before a Sunday",
            ),
            (
                "2024-05-06",
                -1,
                "2024-05-04",
                "backwards onto a worked Saturday",
            ),
            (
                "2020-01-02",
                -1,
                "2019-12-31",
                "backwards over New Year's Day",
            ),
        ] {
            let due = Due {
                date: date(due),
                tentative: false,
            };
            assert_eq!(
                calendar().add(date(start), n),
                Some(due),
                "{start} {n:+}: {sentence}"
            );
        }
    }

    #[test]
    fn lateness_is_counted_in_working_days() {
        for (from, to, days, sentence) in [
            (
                "2024-04-26",
                "2024-05-06",
                4,
                "25 to 30 April 2024 were mostly off, Saturday 4 May was worked",
            ),
            ("2020-06-01", "2020-06-01", 0, "due this morning"),
            ("2020-05-29", "2020-06-01", 1, "over a weekend"),
            ("2020-06-01", "2020-05-29", -1, "reversed"),
            ("2020-05-30", "2020-05-31", 0, "a weekend only"),
        ] {
            let expected = WorkingDays {
                days,
                tentative: false,
            };
            assert_eq!(
                calendar().between(date(from), date(to)),
                expected,
                "{from} to {to}: {sentence}"
            );
        }
    }

    #[test]
    fn an_unconfirmed_day_marks_the_answer_only_where_it_takes_part() {
        for (from, to, days, tentative, sentence) in [
            (
                "2026-11-23",
                "2026-11-24",
                1,
                true,
                "an expected day off counts as worked",
            ),
            (
                "2026-11-24",
                "2026-11-25",
                1,
                false,
                "the first day is not counted",
            ),
            (
                "2026-11-20",
                "2026-11-23",
                1,
                false,
                "the range ends before",
            ),
            ("2026-11-25", "2026-11-23", -2, true, "reversed"),
            (
                "2026-12-30",
                "2026-12-31",
                1,
                false,
                "the last published day",
            ),
            ("2026-12-31", "2027-01-01", 0, true, "a computed day off"),
            ("2026-12-31", "2027-01-04", 1, true, "computed days"),
            (
                "2018-12-28",
                "2019-01-02",
                2,
                true,
                "31 December 2018 is computed",
            ),
            (
                "2018-12-31",
                "2019-01-02",
                1,
                false,
                "nothing before 2019 is counted",
            ),
        ] {
            let expected = WorkingDays { days, tentative };
            assert_eq!(
                calendar().between(date(from), date(to)),
                expected,
                "{from} to {to}: {sentence}"
            );
        }
        for (start, n, due, tentative) in [
            ("2026-11-23", 1, "2026-11-24", true),
            ("2026-11-24", 1, "2026-11-25", false),
            ("2026-11-26", -2, "2026-11-24", true),
            ("2026-11-24", -1, "2026-11-23", false),
            ("2026-12-31", 1, "2027-01-04", true),
            ("2027-03-01", 0, "2027-03-01", false),
            ("2018-12-31", 1, "2019-01-02", false),
        ] {
            assert_eq!(
                calendar().add(date(start), n),
                Some(Due {
                    date: date(due),
                    tentative
                }),
                "{start} {n:+}"
            );
        }
    }

    #[test]
    fn one_day_is_worked_or_not() {
        for (day, worked, tentative) in [
            ("2024-05-04", true, false),
            ("2024-05-11", false, false),
            ("2024-04-29", false, false),
            ("2026-11-24", true, true),
            ("2030-02-04", false, true),
            ("2030-02-12", true, true),
        ] {
            assert_eq!(
                calendar().is_worked(date(day)),
                Worked { worked, tentative },
                "{day}"
            );
        }
    }

    #[test]
    fn years_without_holidays_count_weekdays_and_dirty_dates_do_no_harm() {
        let calendar = calendar();
        assert_eq!(
            calendar.between(date("1950-01-01"), date("1950-01-08")),
            WorkingDays {
                days: 5,
                tentative: true
            }
        );
        assert_eq!(
            calendar.between(date("2150-01-01"), date("2150-01-08")),
            WorkingDays {
                days: 5,
                tentative: true
            }
        );
        assert!(
            calendar
                .between(date("0001-01-01"), date("2020-06-01"))
                .days
                > 500_000
        );
        assert!(calendar.between(NaiveDate::MIN, NaiveDate::MAX).days > 100_000_000);
        assert_eq!(calendar.add(date("2020-06-01"), i64::MAX), None);
        assert_eq!(calendar.add(date("2020-06-01"), i64::MIN), None);
        assert_eq!(calendar.add(NaiveDate::MIN, -1), None);
        assert_eq!(calendar.add(NaiveDate::MAX, 1), None);
        assert!(
            !calendar.is_worked(NaiveDate::MIN).worked
                || calendar.is_worked(NaiveDate::MIN).tentative
        );
        assert!(calendar.year(i32::MAX).tentative || calendar.year(i32::MAX).off.is_empty());
    }

    #[test]
    fn the_statutory_rules_differ_from_a_published_year_only_where_a_decree_moved_days() {
        let off = |calendar: &Calendar, year: i32| -> Vec<String> {
            let off = calendar.year(year).off;
            off.iter()
                .filter(|day| day.kind != DayOffKind::Expected)
                .map(|day| day.date.to_string())
                .collect()
        };
        // Year, days off by decree only, days off by law only.
        for (year, decreed, by_law, sentence) in [
            (2019, "2019-04-29", "", "a bridge, against Saturday 4 May"),
            (
                2020,
                "2020-01-23",
                "2020-01-30",
                "Tết two days before the new year",
            ),
            (2021, "2021-02-10", "2021-02-17", "Tết two days before"),
            (2022, "", "", "as by law"),
            (2023, "2023-01-20", "2023-01-27", "Tết two days before"),
            (
                2024,
                "2024-02-08 2024-04-29",
                "2024-02-15",
                "Tết two days before, a bridge",
            ),
            (
                2025,
                "2025-01-27 2025-05-02",
                "2025-02-03",
                "Tết two days before, a bridge",
            ),
            (2026, "2026-01-02 2026-08-31", "", "bridges"),
        ] {
            let (law, file) = (off(&Calendar::new(Vec::new()), year), off(calendar(), year));
            let only = |one: &[String], other: &[String]| -> String {
                let days = one.iter().filter(|day| !other.contains(day)).cloned();
                days.collect::<Vec<_>>().join(" ")
            };
            assert_eq!(only(&file, &law), decreed, "{year}: {sentence}");
            assert_eq!(only(&law, &file), by_law, "{year}: {sentence}");
        }
    }

    #[test]
    fn show_names_the_days_off() {
        let show = |year: i32| {
            let year = calendar().year(year);
            let line = |day: &DayOff| {
                format!(
                    "{} {:?} {}",
                    day.date,
                    day.kind,
                    day.holiday.map_or("-", Holiday::title)
                )
            };
            year.off.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            show(2020),
            [
                "2020-01-01 Holiday Tết Dương lịch",
                "2020-01-23 Decreed Tết Nguyên đán",
                "2020-01-24 Holiday Tết Nguyên đán",
                "2020-01-27 Holiday Tết Nguyên đán",
                "2020-01-28 Holiday Tết Nguyên đán",
                "2020-01-29 InLieu Tết Nguyên đán",
                "2020-04-02 Holiday Giỗ Tổ Hùng Vương",
                "2020-04-30 Holiday Ngày Chiến thắng",
                "2020-05-01 Holiday Ngày Quốc tế Lao động",
                "2020-09-02 Holiday Quốc khánh",
            ]
        );
        assert_eq!(show(2026).last().unwrap(), "2026-11-24 Expected -");
        assert_eq!(
            show(2028),
            [
                "2028-01-03 InLieu Tết Dương lịch",
                "2028-01-25 Holiday Tết Nguyên đán",
                "2028-01-26 Holiday Tết Nguyên đán",
                "2028-01-27 Holiday Tết Nguyên đán",
                "2028-01-28 Holiday Tết Nguyên đán",
                "2028-01-31 InLieu Tết Nguyên đán",
                "2028-04-04 Holiday Giỗ Tổ Hùng Vương",
                "2028-05-01 Holiday Ngày Quốc tế Lao động",
                "2028-05-02 InLieu Ngày Chiến thắng",
                "2028-09-01 Holiday Quốc khánh",
                "2028-09-04 InLieu Quốc khánh",
            ]
        );
        assert_eq!(
            calendar().year(2026).worked,
            [date("2026-01-10"), date("2026-08-22")]
        );
        assert!(calendar().year(2026).published && calendar().year(2026).tentative);
        assert!(!calendar().year(2025).tentative);
        assert!(!calendar().year(2027).published && calendar().year(2027).tentative);
    }

    #[test]
    fn the_version_follows_the_data_and_not_its_order() {
        let version = calendar().version();
        assert!(
            version.starts_with("2019-2026/") && version.len() == 26,
            "{version}"
        );
        let mut shuffled = published();
        shuffled.reverse();
        shuffled.iter_mut().for_each(|year| year.off.reverse());
        assert_eq!(Calendar::new(shuffled).version(), version);
        let mut changed = published();
        changed[0].worked.pop();
        assert_ne!(Calendar::new(changed).version(), version);
        assert_eq!(Calendar::new(Vec::new()).version(), "statutory");
    }

    #[test]
    fn of_two_entries_for_a_year_the_later_counts() {
        let mut twice = published();
        twice.insert(
            0,
            PublishedYear {
                year: 2020,
                off: vec![],
                worked: vec![],
                tentative_off: vec![],
            },
        );
        assert_eq!(&Calendar::new(twice), calendar());
    }

    /// Day by day, straight from the file's lists and, for other years, the holidays.
    fn naive(day: NaiveDate) -> (bool, bool) {
        let weekend = matches!(day.weekday(), chrono::Weekday::Sat | chrono::Weekday::Sun);
        match calendar()
            .published
            .iter()
            .find(|year| year.year == day.year())
        {
            Some(year) if year.worked.contains(&day) => (true, false),
            Some(year) => (
                !weekend && !year.off.contains(&day),
                year.tentative_off.contains(&day),
            ),
            None => (
                !weekend
                    && statutory::days_off(day.year())
                        .iter()
                        .all(|off| off.date != day),
                true,
            ),
        }
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0..5000i64).prop_map(|days| date("2016-06-01") + chrono::TimeDelta::days(days))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn running_totals_agree_with_walking_day_by_day(from in any_day(), length in 0..400i64) {
            let to = from + chrono::TimeDelta::days(length);
            let walked: Vec<_> = from.iter_days().skip(1).take(length as usize).map(naive).collect();
            let days = walked.iter().filter(|(worked, _)| *worked).count() as i64;
            let tentative = walked.iter().any(|(_, tentative)| *tentative);
            prop_assert_eq!(calendar().between(from, to), WorkingDays { days, tentative });
            prop_assert_eq!(calendar().between(to, from), WorkingDays { days: -days, tentative });
        }

        #[test]
        fn adding_agrees_with_walking_day_by_day(start in any_day(), n in 1..60i64, back in any::<bool>()) {
            let (mut day, mut left, mut tentative) = (start, n, false);
            while left > 0 {
                day = if back { day.pred_opt() } else { day.succ_opt() }.unwrap();
                let (worked, unconfirmed) = naive(day);
                left -= i64::from(worked);
                tentative |= unconfirmed;
            }
            prop_assert_eq!(calendar().add(start, if back { -n } else { n }), Some(Due { date: day, tentative }));
        }
    }
}

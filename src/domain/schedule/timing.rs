//! A schedule with the working days and the catching up of a job.
//!
//! Owns: on which occurrences a job runs.
//! Never: which runs are recorded, or what was missed (`job::plan`).
//! Reads next: `../period.rs`.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;

use super::{Note, Occurrence, Schedule, zone};
use crate::domain::calendar::Calendar;
use crate::domain::dossier::day_of;
use crate::word_enum;

word_enum! {
    /// The days on which a job runs, out of those in its schedule.
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum OnlyOn {
        WorkingDays = "working-days",
    }
}

word_enum! {
    /// Which of the occurrences that passed while the program was down are run.
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "kebab-case")]
    pub enum CatchUp {
        #[default]
        Latest = "latest",
        All = "all",
        None = "none",
    }
}

/// When a job runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    pub schedule: Schedule,
    /// `None`: on every day of the schedule.
    pub only_on: Option<OnlyOn>,
    pub catch_up: CatchUp,
}

/// A job whose schedule meets no working day within this time never runs (`0 8 1 5 *`, always a holiday).
const HORIZON: TimeDelta = TimeDelta::days(40 * 366);

impl Timing {
    /// The next instant after `from` at which the job runs; occurrences on days off are skipped and noted.
    ///
    /// `None` where there is none within forty years.
    #[must_use]
    pub fn next_after(&self, from: DateTime<Utc>, calendar: &Calendar) -> Option<Occurrence> {
        let horizon = from.checked_add_signed(HORIZON)?;
        let mut skipped = Vec::new();
        let mut after = from;
        loop {
            let next = self.schedule.next_after(after)?;
            let Some(day) = self.day_off(next.at, calendar) else {
                return Some(with_skipped(next, skipped));
            };
            skipped.push(day);
            after = self
                .last_second_of(day)
                .map_or(next.at, |end| end.max(next.at));
            if after > horizon {
                return None;
            }
        }
    }

    /// The day off on which `at` falls, if the job does not run on it.
    #[must_use]
    pub fn day_off(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<NaiveDate> {
        let day = day_of(at, self.schedule.zone());
        match self.only_on {
            Some(OnlyOn::WorkingDays) => (!calendar.is_worked(day).worked).then_some(day),
            None => None,
        }
    }

    /// The second before the next day first begins in the schedule's zone.
    fn last_second_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let midnight = day.succ_opt()?.and_hms_opt(0, 0, 0)?;
        let begins = match zone::instants(self.schedule.zone(), midnight)? {
            zone::Instants::Once(at) | zone::Instants::Twice(at, _) => at,
            zone::Instants::Never(change) => change.at,
        };
        begins.checked_sub_signed(TimeDelta::seconds(1))
    }
}

/// `skipped`: days in order, a day again where the clock was set back into it.
fn with_skipped(next: Occurrence, mut skipped: Vec<NaiveDate>) -> Occurrence {
    skipped.dedup();
    let Some(first) = skipped.first().copied() else {
        return next;
    };
    let clock = match next.note {
        Some(Note::Clock(clock)) => Some(clock),
        Some(Note::Skipped { clock, .. }) => clock,
        None => None,
    };
    Occurrence {
        note: Some(Note::Skipped {
            first,
            days: skipped.len(),
            clock,
        }),
        ..next
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Tz};

    use super::*;
    use crate::domain::calendar::PublishedYear;

    fn calendar() -> Calendar {
        let days = |text: &str| text.split(' ').map(|day| day.parse().unwrap()).collect();
        let off = "2020-01-01 2020-01-23 2020-01-24 2020-01-27 2020-01-28 2020-01-29 2020-04-02 2020-04-30 2020-05-01 \
                   2020-09-02";
        Calendar::new(vec![
            PublishedYear {
                year: 2020,
                off: days(off),
                worked: vec![],
                tentative_off: vec![],
            },
            PublishedYear {
                year: 2024,
                off: days("2024-04-29 2024-04-30 2024-05-01"),
                worked: days("2024-05-04"),
                tentative_off: vec![],
            },
        ])
    }

    fn timing(text: &str, zone: Tz) -> Timing {
        Timing {
            schedule: Schedule::parse(text, zone).unwrap(),
            only_on: Some(OnlyOn::WorkingDays),
            catch_up: CatchUp::Latest,
        }
    }

    fn next(text: &str, zone: Tz, from: &str) -> String {
        let next = timing(text, zone)
            .next_after(from.parse().unwrap(), &calendar())
            .unwrap();
        let note = next
            .note
            .map(|note| format!(" [{note}]"))
            .unwrap_or_default();
        format!("{}{note}", next.at.with_timezone(&zone).format("%F %H:%M"))
    }

    #[test]
    fn days_off_are_skipped_and_named() {
        let hanoi = Asia::Ho_Chi_Minh;
        for (text, from, expected) in [
            ("30 7 * * *", "2020-06-01T00:00:00Z", "2020-06-01 07:30"),
            (
                "30 7 * * *",
                "2020-09-01T00:30:00Z",
                "2020-09-03 07:30 [2020-09-02 is not a working day: skipped]",
            ),
            (
                "30 7 * * *",
                "2020-06-05T00:30:00Z",
                "2020-06-08 07:30 [2020-06-06 and one more day are not working days: skipped]",
            ),
            (
                "*/5 * * * *",
                "2020-01-22T16:55:00Z",
                "2020-01-30 00:00 [2020-01-23 and 6 more days are not working days: skipped]",
            ),
            (
                "0 7 * * MON",
                "2024-04-22T00:00:00Z",
                "2024-05-06 07:00 [2024-04-29 is not a working day: skipped]",
            ),
            ("0 7 * * SAT", "2024-05-03T00:00:00Z", "2024-05-04 07:00"),
        ] {
            assert_eq!(next(text, hanoi, from), expected, "{text} after {from}");
        }
    }

    #[test]
    fn a_moved_time_counts_on_the_day_it_really_runs() {
        // That Sunday begins at one o'clock.
        assert_eq!(
            next("0 0 * * *", America::Sao_Paulo, "2017-10-13T12:00:00Z"),
            "2017-10-16 00:00 [2017-10-14 and one more day are not working days: skipped]"
        );
    }

    #[test]
    fn a_job_on_holidays_only_never_runs() {
        let never = timing("0 8 1 5 *", Asia::Ho_Chi_Minh);
        assert_eq!(
            never.next_after("2020-06-01T00:00:00Z".parse().unwrap(), &calendar()),
            None
        );
        let always = Timing {
            only_on: None,
            ..never
        };
        assert!(
            always
                .next_after("2020-06-01T00:00:00Z".parse().unwrap(), &calendar())
                .is_some()
        );
    }

    #[test]
    fn every_working_day_has_its_occurrence() {
        let daily = timing("30 7 * * *", Asia::Ho_Chi_Minh);
        let (mut at, calendar) = ("2019-12-31T16:59:59Z".parse().unwrap(), calendar());
        let mut days = 0;
        while let Some(next) = daily.next_after(at, &calendar)
            && next.at < "2020-12-31T17:00:00Z".parse::<DateTime<Utc>>().unwrap()
        {
            (at, days) = (next.at, days + 1);
        }
        assert_eq!(days, calendar.year(2020).working_days);
    }

    #[test]
    fn its_words_are_read_from_files() {
        assert_eq!(
            serde_json::from_str::<OnlyOn>(r#""working-days""#).unwrap(),
            OnlyOn::WorkingDays
        );
        assert_eq!(
            serde_json::from_str::<CatchUp>(r#""latest""#).unwrap(),
            CatchUp::default()
        );
        assert_eq!(CatchUp::parse("none"), Some(CatchUp::None));
    }
}

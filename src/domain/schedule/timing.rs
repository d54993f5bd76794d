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

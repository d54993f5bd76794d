//! A schedule with the working days, the delays and the catching up of a job.
//!
//! Owns: at which instants a job runs, and which occurrences are passed over, with their reasons.
//! Never: which runs are recorded, or what was missed (`job::plan`).
//! Reads next: `shift.rs`, `jitter.rs`.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;

use super::shift::Shifted;
use super::{Jitter, Note, Occurrence, Schedule, zone};
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
    /// What becomes of an occurrence on a day off.
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "kebab-case")]
    pub enum Shift {
        /// It does not run.
        #[default]
        Skip = "skip",
        /// It runs at the same wall time of the next working day.
        Next = "next",
        /// It runs at the same wall time of the last working day before.
        Previous = "previous",
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
///
/// Its *effective* occurrences are those of the schedule, each on a day off moved by `shift`; two that land on the
/// same instant are one. They are ordered by where they land: what `previous` moves before an instant is past there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    pub schedule: Schedule,
    /// `None`: on every day of the schedule.
    pub only_on: Option<OnlyOn>,
    /// Says nothing without `only_on`.
    pub shift: Shift,
    pub jitter: Option<Jitter>,
    pub catch_up: CatchUp,
}

/// What a job's timing brings at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Run(Occurrence),
    /// An occurrence that deliberately does not run.
    Skip(Skipped),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub at: DateTime<Utc>,
    pub reason: SkipReason,
}

/// Why an occurrence does not run; the day is that of the occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    DayOff(NaiveDate),
    /// It would move to this day, past an end of the period.
    OutsidePeriod(NaiveDate, NaiveDate),
    /// No working day lies within reach.
    NoWorkingDay(NaiveDate),
}

/// A job whose schedule meets no working day within this time never runs (`0 8 1 5 *`, always a holiday).
pub(super) const HORIZON: TimeDelta = TimeDelta::days(40 * 366);

impl Due {
    /// What the run or its row is scheduled for. No two of a timing share it.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Run(occurrence) => occurrence.at,
            Self::Skip(skipped) => skipped.at,
        }
    }

    /// From when on it may be acted upon; in the same strict order as [`Due::at`].
    #[must_use]
    pub fn due_at(&self) -> DateTime<Utc> {
        match self {
            Self::Run(occurrence) => occurrence.due_at,
            Self::Skip(skipped) => skipped.at,
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DayOff(day) => write!(f, "{day} is not a working day"),
            Self::OutsidePeriod(day, other) if day < other => {
                write!(
                    f,
                    "{day} is not a working day, and the next one, {other}, is after the schedule's end"
                )
            }
            Self::OutsidePeriod(day, other) => {
                write!(
                    f,
                    "{day} is not a working day, and the one before, {other}, is before the schedule's start"
                )
            }
            Self::NoWorkingDay(day) => {
                write!(f, "{day} is not a working day, and no working day is near")
            }
        }
    }
}

impl Timing {
    /// Every occurrence of `schedule` as it is.
    #[must_use]
    pub fn plain(schedule: Schedule) -> Self {
        Self {
            schedule,
            only_on: None,
            shift: Shift::Skip,
            jitter: None,
            catch_up: CatchUp::Latest,
        }
    }

    /// The next effective occurrence with `at` strictly after `from`; what was skipped or moved is noted.
    ///
    /// `None` where there is none within forty years, or in the schedule's period.
    #[must_use]
    pub fn next_after(&self, from: DateTime<Utc>, calendar: &Calendar) -> Option<Occurrence> {
        let next = match self.shifted(calendar) {
            Some(shifted) => shifted.next_run(from),
            None => self.next_worked(from, calendar),
        };
        Some(self.delayed(next?, calendar))
    }

    /// The next run or skipped occurrence with `at` strictly after `after`.
    #[must_use]
    pub fn due_after(&self, after: DateTime<Utc>, calendar: &Calendar) -> Option<Due> {
        match self.undelayed(after, calendar)? {
            Due::Run(occurrence) => Some(Due::Run(self.delayed(occurrence, calendar))),
            skip @ Due::Skip(_) => Some(skip),
        }
    }

    /// What became due in (cursor, now], in order: `at` after the cursor and `due_at` up to now. Cap it with `take`.
    ///
    /// The cursor to keep is the `at` of the last item acted upon, not `now`: with a jitter, an occurrence whose `at`
    /// has passed may still be to come.
    pub fn between<'a>(
        &'a self,
        cursor: DateTime<Utc>,
        now: DateTime<Utc>,
        calendar: &'a Calendar,
    ) -> impl Iterator<Item = Due> + 'a {
        let next = |last: &Due| self.due_after(last.at(), calendar);
        std::iter::successors(self.due_after(cursor, calendar), next)
            .take_while(move |due| due.due_at() <= now)
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

    /// All that decides what its occurrences are, as a line of text: a changed line is an edited schedule. A jitter
    /// only delays them, so a new one is no edit and loses nothing.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let schedule = &self.schedule;
        let only_on = self.only_on.map_or("every day", OnlyOn::as_str);
        let day =
            |day: Option<NaiveDate>| day.map_or_else(|| "open".to_owned(), |day| day.to_string());
        let period = schedule.period();
        format!(
            "{} | {} | gap {} | {only_on} | {} | {} to {}",
            schedule.text(),
            schedule.zone(),
            schedule.dst_gap(),
            self.shift,
            day(period.start),
            day(period.end)
        )
    }

    fn shifted<'a>(&'a self, calendar: &'a Calendar) -> Option<Shifted<'a>> {
        let forward = match (self.only_on?, self.shift) {
            (OnlyOn::WorkingDays, Shift::Skip) => return None,
            (OnlyOn::WorkingDays, Shift::Next) => true,
            (OnlyOn::WorkingDays, Shift::Previous) => false,
        };
        Some(Shifted {
            schedule: &self.schedule,
            calendar,
            forward,
        })
    }

    fn undelayed(&self, after: DateTime<Utc>, calendar: &Calendar) -> Option<Due> {
        if let Some(shifted) = self.shifted(calendar) {
            return shifted.next_due(after);
        }
        let next = self.schedule.next_after(after)?;
        Some(match self.day_off(next.at, calendar) {
            Some(day) => Due::Skip(Skipped {
                at: next.at,
                reason: SkipReason::DayOff(day),
            }),
            None => Due::Run(next),
        })
    }

    fn delayed(&self, occurrence: Occurrence, calendar: &Calendar) -> Occurrence {
        let Some(jitter) = &self.jitter else {
            return occurrence;
        };
        let next = self.undelayed(occurrence.at, calendar);
        let gap = next.map(|next| next.at() - occurrence.at);
        Occurrence {
            due_at: occurrence.at + jitter.delay(occurrence.at, gap),
            ..occurrence
        }
    }

    /// The next occurrence on a worked day, without asking for each on a day off.
    fn next_worked(&self, from: DateTime<Utc>, calendar: &Calendar) -> Option<Occurrence> {
        let horizon = from.checked_add_signed(HORIZON)?;
        let mut skipped = Vec::new();
        let mut after = from;
        while after <= horizon {
            let next = self.schedule.next_after(after)?;
            let Some(day) = self.day_off(next.at, calendar) else {
                return Some(with_skipped(next, skipped));
            };
            skipped.push(day);
            after = zone::last_second_of(self.schedule.zone(), next.at, day);
        }
        None
    }
}

/// `skipped`: days in order, a day again where the clock was set back into it.
fn with_skipped(next: Occurrence, mut skipped: Vec<NaiveDate>) -> Occurrence {
    skipped.sort_unstable();
    skipped.dedup();
    let Some(first) = skipped.first().copied() else {
        return next;
    };
    let note = Note::Skipped {
        first,
        days: skipped.len(),
        clock: next.note.as_ref().and_then(Note::clock),
    };
    Occurrence {
        note: Some(note),
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
            only_on: Some(OnlyOn::WorkingDays),
            ..Timing::plain(Schedule::parse(text, zone).unwrap())
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

//! Cron schedules in a zone, by Debian's rules.
//!
//! Owns: when a schedule runs, where clocks change included, and a note wherever that is not what the text says.
//! Never: the clock, what is due or was missed (`job::plan`).
//! Reads next: `schedule/expression.rs`, `schedule/timing.rs`.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::CronParser;
use serde::Deserialize;

mod expression;
mod field;
mod note;
mod timing;
mod zone;

pub use expression::CronError;
pub use field::Field;
pub use note::{ClockNote, Note};
pub use timing::{CatchUp, OnlyOn, Timing};
use zone::Instants;

use crate::word_enum;

/// A cron schedule in a zone.
///
/// Day of month and day of week combine with *or*, but with *and* where either begins with `*`. A schedule whose
/// minute or hour begins with `*` runs by *intervals*: at every instant whose wall time matches, in both halves of
/// an hour that comes twice. Any other runs at *fixed* wall times: once each, the first time where one comes twice,
/// and at the first instant after the gap where clocks are set forward over it (see [`DstGap`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    cron: Cron,
    interval: bool,
    zone: Tz,
    dst_gap: DstGap,
}

word_enum! {
    /// What becomes of a fixed wall time that does not exist because clocks are set forward over it.
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "kebab-case")]
    pub enum DstGap {
        /// It runs at the first instant after the gap.
        #[default]
        Shift = "shift",
        /// It does not run.
        Skip = "skip",
    }
}

/// An instant at which a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub at: DateTime<Utc>,
    pub note: Option<Note>,
}

impl Schedule {
    /// Five fields, six with seconds first, or `@daily` and the like.
    ///
    /// # Errors
    /// When a field holds what it may not, or no day ever matches (`0 0 31 2 *`).
    pub fn parse(text: &str, zone: Tz) -> Result<Self, CronError> {
        let expression = expression::read(text)?;
        let parser = CronParser::builder()
            .dom_and_dow(expression.both_days)
            .build();
        let cron = parser
            .parse(&expression.pattern)
            .map_err(|error| unread(text, &error))?;
        let schedule = Self {
            text: text.to_owned(),
            cron,
            interval: expression.interval,
            zone,
            dst_gap: DstGap::Shift,
        };
        match schedule.next_wall(NaiveDateTime::default(), true) {
            Some(_) => Ok(schedule),
            None => Err(never(expression.days)),
        }
    }

    #[must_use]
    pub fn with_dst_gap(self, dst_gap: DstGap) -> Self {
        Self { dst_gap, ..self }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first occurrence strictly after `from`; `None` only beyond the year 5000.
    #[must_use]
    pub fn next_after(&self, from: DateTime<Utc>) -> Option<Occurrence> {
        if self.interval {
            self.next_interval(from)
        } else {
            self.next_fixed(from)
        }
    }

    /// The occurrences in (`after`, `until`], in order; cap them with `take`.
    pub fn between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = Occurrence> {
        let next = move |last: &Occurrence| self.next_after(last.at);
        std::iter::successors(self.next_after(after), next).take_while(move |next| next.at <= until)
    }

    /// Every stretch with one offset is asked for itself: in it, wall time runs like real time.
    fn next_interval(&self, from: DateTime<Utc>) -> Option<Occurrence> {
        let (mut start, mut inclusive) = (from, false);
        loop {
            let offset = zone::offset(self.zone, start);
            let wall = self.next_wall(start.with_timezone(&offset).naive_local(), inclusive)?;
            let at = wall.checked_sub_offset(offset)?.and_utc();
            match zone::first_change(self.zone, start, at) {
                Some(change) => (start, inclusive) = (change.at, true),
                None => {
                    return Some(Occurrence {
                        at,
                        note: self.half(wall, at).map(Note::Clock),
                    });
                }
            }
        }
    }

    fn half(&self, wall: NaiveDateTime, at: DateTime<Utc>) -> Option<ClockNote> {
        match zone::instants(self.zone, wall)? {
            Instants::Twice(first, _) if first == at => Some(ClockNote::FirstOfTwo(wall)),
            Instants::Twice(..) => Some(ClockNote::SecondOfTwo(wall)),
            Instants::Once(_) | Instants::Never(_) => None,
        }
    }

    /// Wall times in order; the instant each stands for never comes before that of an earlier wall time.
    fn next_fixed(&self, from: DateTime<Utc>) -> Option<Occurrence> {
        let mut wall = zone::wall(self.zone, from);
        loop {
            wall = self.next_wall(wall, false)?;
            let (at, note) = match zone::instants(self.zone, wall)? {
                Instants::Once(at) => (at, None),
                Instants::Twice(first, _) => (first, Some(ClockNote::OnlyFirst(wall))),
                Instants::Never(change) if self.dst_gap == DstGap::Skip => {
                    wall = change.wall_after() - TimeDelta::seconds(1);
                    continue;
                }
                Instants::Never(change) => (
                    change.at,
                    Some(ClockNote::Moved {
                        from: wall,
                        to: change.wall_after(),
                    }),
                ),
            };
            if at > from {
                return Some(Occurrence {
                    at,
                    note: note.map(Note::Clock),
                });
            }
        }
    }

    /// The next wall time that matches, as if no clock ever changed.
    fn next_wall(&self, after: NaiveDateTime, inclusive: bool) -> Option<NaiveDateTime> {
        self.cron.find_next_occurrence(&after, inclusive).ok()
    }
}

/// croner refuses what we accepted: say so rather than guess.
fn unread(text: &str, error: &croner::errors::CronError) -> CronError {
    CronError {
        field: None,
        span: 0..text.len(),
        message: format!("not a schedule: {error}"),
        help: "write five fields, such as `30 7 * * MON-FRI`".to_owned(),
    }
}

fn never(span: std::ops::Range<usize>) -> CronError {
    CronError {
        field: Some(Field::DayOfMonth),
        span,
        message: "day of month: no year has such a day, so it would never run".to_owned(),
        help: "write `L` for the last day of a month".to_owned(),
    }
}

#[cfg(test)]
mod tests;

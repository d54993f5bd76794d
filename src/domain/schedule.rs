//! Schedules in a zone: cron by Debian's rules, or an interval of real time.
//!
//! Owns: when a schedule runs, where clocks change included, and a note wherever that is not what the text says.
//! Never: the clock, what is due or was missed (`job::plan`).
//! Reads next: `schedule/expression.rs`, `schedule/pattern.rs`, `schedule/timing.rs`.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

mod expression;
mod field;
mod pattern;
mod every;
mod period;
mod zone;
mod note;
mod timing;
mod shift;
mod jitter;
mod words;

pub use every::{EveryError, length};
pub use expression::CronError;
pub use field::Field;
pub use jitter::Jitter;
pub use note::{ClockNote, Note};
pub use period::Period;
pub use timing::{CatchUp, Due, OnlyOn, Shift, SkipReason, Skipped, Timing};
pub use words::words;

use every::Every;
use pattern::Pattern;

use crate::domain::dossier::day_of;
use crate::word_enum;

/// Instants at which something runs: by a cron expression or every so often, within a period.
///
/// Day of month and day of week of a cron expression combine with *or*, but with *and* where either begins with `*`.
/// One whose minute or hour begins with `*` runs by *intervals*: at every instant whose wall time matches, in both
/// halves of an hour that comes twice. Any other runs at *fixed* wall times: once each, the first time where one
/// comes twice, and at the first instant after the gap where clocks are set forward over it (see [`DstGap`]).
/// `every` counts real time, which no change of the clocks touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    rule: Rule,
    zone: Tz,
    dst_gap: DstGap,
    period: Period,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// Boxed: it is much larger than the other.
    Cron(Box<Pattern>),
    Every(Every),
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
    /// Its identity: what a run is scheduled for. No two occurrences of a schedule share it.
    pub at: DateTime<Utc>,
    /// When the run may begin: `at`, or later with a [`Jitter`], but always before the next occurrence.
    pub due_at: DateTime<Utc>,
    pub note: Option<Note>,
}

impl Occurrence {
    fn new(at: DateTime<Utc>, note: Option<Note>) -> Self {
        let due_at = at;
        Self { at, due_at, note }
    }
}

impl Schedule {
    /// A cron expression: five fields, six with seconds first, or `@daily` and the like.
    ///
    /// # Errors
    /// When a field holds what it may not, or no day ever matches (`0 0 31 2 *`).
    pub fn parse(text: &str, zone: Tz) -> Result<Self, CronError> {
        let pattern = Box::new(Pattern::parse(text)?);
        Ok(Self::new(text.to_owned(), Rule::Cron(pattern), zone))
    }

    /// Everything that is wrong with a cron expression; nothing where [`Schedule::parse`] takes it.
    #[must_use]
    pub fn problems(text: &str) -> Vec<CronError> {
        match (expression::problems(text), Self::parse(text, Tz::UTC)) {
            (found, Err(error)) if found.is_empty() => vec![error],
            (found, _) => found,
        }
    }

    /// Every so often in real time, counted from the first instant of the period's first day, or from
    /// 1970-01-01T00:00:00Z where it has none.
    ///
    /// # Errors
    /// When `interval` is not a whole number of seconds, from one second to 366 days.
    pub fn every(interval: std::time::Duration, zone: Tz) -> Result<Self, EveryError> {
        let every = Every::new(interval)?;
        Ok(Self::new(
            format!("every {every}"),
            Rule::Every(every),
            zone,
        ))
    }

    fn new(text: String, rule: Rule, zone: Tz) -> Self {
        Self {
            text,
            rule,
            zone,
            dst_gap: DstGap::Shift,
            period: Period::default(),
        }
    }

    #[must_use]
    pub fn with_dst_gap(self, dst_gap: DstGap) -> Self {
        Self { dst_gap, ..self }
    }

    /// Runs on no other days than those of `period`.
    #[must_use]
    pub fn within(self, period: Period) -> Self {
        Self { period, ..self }
    }

    /// A cron expression as it was written, or `every 1h 30m`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    #[must_use]
    pub fn dst_gap(&self) -> DstGap {
        self.dst_gap
    }

    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The first occurrence strictly after `from`; `None` only after the period, or beyond the year 5000.
    #[must_use]
    pub fn next_after(&self, from: DateTime<Utc>) -> Option<Occurrence> {
        if self.period == Period::default() {
            return self.unbounded(from, DateTime::UNIX_EPOCH);
        }
        let first = self.period.first(self.zone);
        let past = self.period.past(self.zone);
        // All occurrences are on whole seconds.
        let mut from = first.map_or(from, |first| from.max(first - TimeDelta::seconds(1)));
        loop {
            let next = self.unbounded(from, first.unwrap_or_default())?;
            if past.is_some_and(|past| next.at >= past) {
                return None;
            }
            // A clock set back over midnight leads from the first day back into the one before.
            if self.period.holds(day_of(next.at, self.zone)) {
                return Some(next);
            }
            from = next.at;
        }
    }

    fn unbounded(&self, from: DateTime<Utc>, origin: DateTime<Utc>) -> Option<Occurrence> {
        match &self.rule {
            Rule::Cron(pattern) => pattern.next_after(from, self.zone, self.dst_gap),
            Rule::Every(every) => every
                .next_after(from, origin)
                .map(|at| Occurrence::new(at, None)),
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

    /// It does not run on any day of its period.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let from = self.period.first(self.zone).unwrap_or_default();
        self.next_after(from - TimeDelta::seconds(1)).is_none()
    }
}

#[cfg(test)]
mod tests;

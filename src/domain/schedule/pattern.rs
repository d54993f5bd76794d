//! A cron expression's occurrences, where clocks change included.
//!
//! Owns: the two ways of running, by intervals and at fixed wall times.
//! Never: the text (`expression.rs`).
//! Reads next: `zone.rs`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::CronParser;

use super::zone::{self, Instants};
use super::{ClockNote, CronError, DstGap, Field, Note, Occurrence, expression};

/// A checked cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    cron: Arc<Cron>,
    /// Six fields, numbers only: what [`super::words`] tells.
    pub(super) fields: String,
    /// Day of month and day of week must both match.
    pub(super) both_days: bool,
    interval: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, CronError> {
        let expression = expression::read(text)?;
        let cron = shared(&expression.pattern, expression.both_days);
        let pattern = Self {
            cron: cron.map_err(|error| unread(text, &error))?,
            fields: expression.pattern,
            both_days: expression.both_days,
            interval: expression.interval,
        };
        match pattern.next_wall(NaiveDateTime::default(), true) {
            Some(_) => Ok(pattern),
            None => Err(never(expression.days)),
        }
    }

    /// Each wall time once, whatever the clocks do.
    pub(super) fn is_fixed(&self) -> bool {
        !self.interval
    }

    pub(super) fn next_after(
        &self,
        from: DateTime<Utc>,
        zone: Tz,
        dst_gap: DstGap,
    ) -> Option<Occurrence> {
        if self.interval {
            self.next_interval(from, zone)
        } else {
            self.next_fixed(from, zone, dst_gap)
        }
    }

    /// Every stretch with one offset is asked for itself: in it, wall time runs like real time.
    fn next_interval(&self, from: DateTime<Utc>, zone: Tz) -> Option<Occurrence> {
        let (mut start, mut inclusive) = (from, false);
        loop {
            let offset = zone::offset(zone, start);
            let wall = self.next_wall(start.with_timezone(&offset).naive_local(), inclusive)?;
            let at = wall.checked_sub_offset(offset)?.and_utc();
            match zone::first_change(zone, start, at) {
                Some(change) => (start, inclusive) = (change.at, true),
                None => return Some(Occurrence::new(at, half(zone, wall, at).map(Note::Clock))),
            }
        }
    }

    /// Wall times in order; the instant each stands for never comes before that of an earlier wall time.
    fn next_fixed(&self, from: DateTime<Utc>, zone: Tz, dst_gap: DstGap) -> Option<Occurrence> {
        let mut wall = zone::wall(zone, from);
        loop {
            wall = self.next_wall(wall, false)?;
            let placed = zone::place(zone, wall)?;
            match placed.note {
                Some(ClockNote::Moved { to, .. }) if dst_gap == DstGap::Skip => {
                    wall = to - TimeDelta::seconds(1);
                }
                note if placed.at > from => {
                    return Some(Occurrence::new(placed.at, note.map(Note::Clock)));
                }
                _ => {}
            }
        }
    }

    /// The next wall time that matches, as if no clock ever changed.
    fn next_wall(&self, after: NaiveDateTime, inclusive: bool) -> Option<NaiveDateTime> {
        self.cron.find_next_occurrence(&after, inclusive).ok()
    }
}

fn half(zone: Tz, wall: NaiveDateTime, at: DateTime<Utc>) -> Option<ClockNote> {
    match zone::instants(zone, wall)? {
        Instants::Twice(first, _) if first == at => Some(ClockNote::FirstOfTwo(wall)),
        Instants::Twice(..) => Some(ClockNote::SecondOfTwo(wall)),
        Instants::Once(_) | Instants::Never(_) => None,
    }
}

type Written = (String, bool);

/// One [`Cron`] for all schedules written alike: each holds a table of five thousand years.
fn shared(fields: &str, both_days: bool) -> Result<Arc<Cron>, croner::errors::CronError> {
    static KNOWN: LazyLock<Mutex<HashMap<Written, Weak<Cron>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let written = (fields.to_owned(), both_days);
    if let Some(cron) = known.get(&written).and_then(Weak::upgrade) {
        return Ok(cron);
    }
    let parser = CronParser::builder().dom_and_dow(both_days).build();
    let cron = Arc::new(parser.parse(fields)?);
    if known.len().is_power_of_two() {
        known.retain(|_, cron| cron.strong_count() > 0);
    }
    known.insert(written, Arc::downgrade(&cron));
    Ok(cron)
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

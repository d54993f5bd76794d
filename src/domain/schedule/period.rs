//! The first and the last day on which a schedule runs.
//!
//! Owns: the instants between which those days lie.
//! Never: which of them are worked.
//! Reads next: `zone.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::zone;

/// Days in the schedule's zone, both of them included; without one it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    pub start: Option<NaiveDate>,
    pub end: Option<NaiveDate>,
}

impl Period {
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }

    /// It ends before it starts.
    #[must_use]
    pub fn is_backwards(&self) -> bool {
        self.start.is_some_and(|start| !self.holds(start))
    }

    /// The first instant in it.
    pub(super) fn first(&self, zone: Tz) -> Option<DateTime<Utc>> {
        zone::start_of(zone, self.start?)
    }

    /// An instant after all of it.
    pub(super) fn past(&self, zone: Tz) -> Option<DateTime<Utc>> {
        zone::end_of(zone, self.end?)
    }
}

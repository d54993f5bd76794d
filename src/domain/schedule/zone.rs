//! Wall time and instants where a zone changes its offset.
//!
//! Owns: when an offset changes, and which instants a wall time stands for.
//! Never: schedules.
//! Reads next: `timing.rs`.

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// No zone has changed its offset twice within this time since 1950 (the shortest is just under seven days: Brazil
/// in October 2000).
const STEP: TimeDelta = TimeDelta::days(6);
/// Wider than any offset from UTC.
const WIDEST_OFFSET: TimeDelta = TimeDelta::hours(27);

/// A zone's offset changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The first instant with the new offset.
    pub at: DateTime<Utc>,
    after: FixedOffset,
}

impl Change {
    /// To where the clock is set.
    pub(super) fn wall_after(&self) -> NaiveDateTime {
        self.at.with_timezone(&self.after).naive_local()
    }
}

/// What a wall time stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instants {
    Once(DateTime<Utc>),
    /// The clock was set back over it.
    Twice(DateTime<Utc>, DateTime<Utc>),
    /// The clock was set forward over it.
    Never(Change),
}

pub(super) fn wall(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

pub(super) fn offset(zone: Tz, at: DateTime<Utc>) -> FixedOffset {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix()
}

/// The instants of a wall time; `None` only at the end of the dates that can be written.
pub(super) fn instants(zone: Tz, wall: NaiveDateTime) -> Option<Instants> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) => Some(Instants::Once(at.to_utc())),
        LocalResult::Ambiguous(first, second) => {
            Some(Instants::Twice(first.to_utc(), second.to_utc()))
        }
        LocalResult::None => {
            let about = wall.and_utc();
            let from = about.checked_sub_signed(WIDEST_OFFSET)?;
            let change = first_change(zone, from, about.checked_add_signed(WIDEST_OFFSET)?)?;
            Some(Instants::Never(change))
        }
    }
}

/// The first change of the offset in (`after`, `until`].
pub(super) fn first_change(zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<Change> {
    let before = offset(zone, after);
    let mut low = after;
    while low < until {
        let high = low.checked_add_signed(STEP).unwrap_or(until).min(until);
        if offset(zone, high) != before {
            return Some(bisect(zone, low, high));
        }
        low = high;
    }
    None
}

/// The one change in (`low`, `high`], to the second.
fn bisect(zone: Tz, low: DateTime<Utc>, high: DateTime<Utc>) -> Change {
    let before = offset(zone, low);
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, at(middle)) == before {
            low = middle
        } else {
            high = middle
        }
    }
    Change {
        at: at(high),
        after: offset(zone, at(high)),
    }
}

//! Wall time and instants where a zone changes its offset.
//!
//! Owns: when an offset changes, and which instants a wall time stands for.
//! Never: schedules.
//! Reads next: `timing.rs`.

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Utc,
};
use chrono_tz::Tz;

use super::ClockNote;

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

/// The instant at which something runs that is meant for a wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub at: DateTime<Utc>,
    pub note: Option<ClockNote>,
}

/// The first time where the wall time comes twice, the first instant after the gap where it does not exist.
pub(super) fn place(zone: Tz, wall: NaiveDateTime) -> Option<Placed> {
    let (at, note) = match instants(zone, wall)? {
        Instants::Once(at) => (at, None),
        Instants::Twice(first, _) => (first, Some(ClockNote::OnlyFirst(wall))),
        Instants::Never(change) => {
            let to = change.wall_after();
            (change.at, Some(ClockNote::Moved { from: wall, to }))
        }
    };
    Some(Placed { at, note })
}

/// The first instant of a day, or of the next one where the zone left the day out.
pub(super) fn start_of(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    place(zone, day.and_time(NaiveTime::MIN)).map(|placed| placed.at)
}

/// The second before the day after `day` begins, but not beyond a change of the offset, which may lead back into a
/// day already left; never before `at`, an instant of `day` or before it.
pub(super) fn last_second_of(zone: Tz, at: DateTime<Utc>, day: NaiveDate) -> DateTime<Utc> {
    let begins = day.succ_opt().and_then(|next| start_of(zone, next));
    let end = begins.unwrap_or(at).max(at);
    let change = first_change(zone, at, end).map(|change| change.at);
    (change.unwrap_or(end) - TimeDelta::seconds(1)).max(at)
}

/// A part of a day in which the offset does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
    pub offset: FixedOffset,
}

/// The stretches in which all instants of a day lie; instants of its neighbours may lie between them.
pub(super) fn stretches(zone: Tz, day: NaiveDate) -> Vec<Stretch> {
    let mut found = Vec::new();
    let (Some(mut start), Some(end)) = (start_of(zone, day), end_of(zone, day)) else {
        return found;
    };
    while start < end {
        let change = first_change(zone, start, end - TimeDelta::seconds(1));
        let stretch = Stretch {
            start,
            end: change.map_or(end, |change| change.at),
            offset: offset(zone, start),
        };
        found.push(stretch);
        start = stretch.end;
    }
    found
}

/// The first instant after a day's last, which comes after the next day's first where a clock is set back over
/// midnight.
pub(super) fn end_of(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let second = TimeDelta::seconds(1);
    let next = day.succ_opt()?.and_time(NaiveTime::MIN);
    Some(match instants(zone, next - second)? {
        Instants::Once(last) | Instants::Twice(_, last) => last + second,
        Instants::Never(change) => change.at,
    })
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

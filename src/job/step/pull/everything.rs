//! Readings of everything that a list has.
//!
//! Owns: when one is due; what it came to, beside what was expected of it.
//! Never: a comparison (`domain::row_count`).
//! Reads next: `list.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::sources::{Pull, Source};
use crate::domain::row_count::{RowCount, next_expected};
use crate::store::pulls::{FullReading, PullState, UnderWay};

/// Somebody asked for everything, or the last reading of everything is older than the source's file allows.
pub fn is_due(source: &Source, state: &PullState, as_of: DateTime<Utc>) -> bool {
    let every = source
        .resync
        .map(|every| TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX));
    let is_old =
        every.is_some_and(|every| state.full.is_none_or(|full| as_of - full.began_at >= every));
    is_old || state.owes_everything()
}

/// The pull that an earlier run left, unless everything was asked for since and it brings changes only.
pub fn left(state: &mut PullState) -> Option<UnderWay> {
    let owes = state.owes_everything();
    let left = state.under_way.take();
    left.filter(|left| left.since.is_none() || !owes)
}

/// The reading of everything that has just come to its end. One that was asked for by hand is the measure itself.
pub fn come_to_its_end(
    pull: &Pull,
    state: &PullState,
    under_way: &UnderWay,
    unseen: u64,
) -> FullReading {
    let accepted = state.owes_everything();
    let before = state.full.map(|full| full.measure);
    FullReading {
        began_at: under_way.started_at,
        count: RowCount {
            rows: under_way.rows,
            stated: state.stated_total,
            expected: before.filter(|_| !accepted),
            unseen,
        },
        measure: next_expected(before, under_way.rows, pull.expect_change, accepted),
    }
}

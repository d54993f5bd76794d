//! What happened on each day: how many dossiers came in and how many were finished, and how.
//!
//! Owns: which day and column a dossier is entered under.
//! Never: what depends on *now*: an open dossier is only received.
//! Reads next: `board/count.rs`, which counts the same from the dossiers themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::dossier::{Channel, Dossier, State, StatusGroup, day_of, state};
use super::unit::{Level, UnitCode};

/// Grows when a rule below changes: what was entered under another edition is entered anew.
pub const EDITION: i64 = 1;

/// A day of a unit, for one level and channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub day: NaiveDate,
    pub unit: UnitCode,
    pub level: Level,
    pub channel: Channel,
}

/// Dossiers of a cell. What was finished that day may have been received on an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    pub received: i64,
    pub early: i64,
    pub on_time: i64,
    pub late: i64,
    pub withdrawn: i64,
}

/// Counts by cell, or changes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Daybook(BTreeMap<Cell, DayCounts>);

impl Daybook {
    /// One more dossier.
    pub fn enter(&mut self, dossier: &Dossier, zone: Tz) {
        self.post(dossier, zone, 1);
    }

    /// The same dossier is no more, or is no more what it was.
    pub fn strike(&mut self, dossier: &Dossier, zone: Tz) {
        self.post(dossier, zone, -1);
    }

    /// The cells in order, those without a count left out.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, &DayCounts)> {
        self.0
            .iter()
            .filter(|(_, counts)| **counts != DayCounts::default())
    }

    fn post(&mut self, dossier: &Dossier, zone: Tz, count: i64) {
        if dossier.status.group() == StatusGroup::NotReceived {
            return;
        }
        let received_on = day_of(dossier.received_at, zone);
        self.at(dossier, received_on).received += count;
        let ended_on = dossier
            .finished_at
            .map_or(received_on, |at| day_of(at, zone));
        match state(dossier, DateTime::<Utc>::MAX_UTC, zone) {
            State::Early => self.at(dossier, ended_on).early += count,
            State::OnTime => self.at(dossier, ended_on).on_time += count,
            State::Late => self.at(dossier, ended_on).late += count,
            State::Withdrawn => self.at(dossier, ended_on).withdrawn += count,
            State::NotReceived | State::InTime | State::Stopped | State::Overdue => {}
        }
    }

    fn at(&mut self, dossier: &Dossier, day: NaiveDate) -> &mut DayCounts {
        let cell = Cell {
            day,
            unit: dossier.unit.clone(),
            level: dossier.level,
            channel: dossier.channel,
        };
        self.0.entry(cell).or_default()
    }
}

impl FromIterator<(Cell, DayCounts)> for Daybook {
    fn from_iter<I: IntoIterator<Item = (Cell, DayCounts)>>(cells: I) -> Self {
        Self(cells.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dossier::Status;
    use crate::domain::sample::{self, ZONE, at, day};

    #[test]
    fn a_dossier_is_entered_under_the_days_on_which_something_happened() {
        for (status, finished, ended, why) in [
            (4, None, None, "it is open: only received"),
            (3, None, None, "it was refused: nothing"),
            (
                9,
                Some("2020-06-03 09:00"),
                Some(("2020-06-03", "early")),
                "before its due day",
            ),
            (
                10,
                Some("2020-06-15 09:00"),
                Some(("2020-06-15", "on time")),
                "on its due day",
            ),
            (
                9,
                Some("2020-06-16 09:00"),
                Some(("2020-06-16", "late")),
                "after it",
            ),
            (
                7,
                Some("2020-06-04 09:00"),
                Some(("2020-06-04", "withdrawn")),
                "taken back",
            ),
            (
                7,
                None,
                Some(("2020-06-01", "withdrawn")),
                "taken back, nobody says when",
            ),
            (9, None, None, "a finish that nobody dated is no proof"),
        ] {
            let dossier = Dossier {
                status: Status(status),
                received_at: at("2020-06-01 08:00"),
                due_at: at("2020-06-15 17:00"),
                finished_at: finished.map(at),
                stopped_at: None,
                ..sample::dossier("X")
            };
            let mut book = Daybook::default();
            book.enter(&dossier, ZONE);
            let mut told = Vec::new();
            for (cell, counts) in book.cells() {
                let DayCounts {
                    received,
                    early,
                    on_time,
                    late,
                    withdrawn,
                } = *counts;
                let columns = [
                    (received, "received"),
                    (early, "early"),
                    (on_time, "on time"),
                    (late, "late"),
                    (withdrawn, "withdrawn"),
                ];
                let counted = columns.iter().filter(|(count, _)| *count == 1);
                told.extend(counted.map(|(_, name)| (cell.day, *name)));
            }
            let received = (status != 3).then_some((day("2020-06-01"), "received"));
            let ended = ended.map(|(on, name)| (day(on), name));
            let expected: Vec<_> = received.into_iter().chain(ended).collect();
            assert_eq!(told, expected, "{why}");
            book.strike(&dossier, ZONE);
            assert_eq!(book.cells().count(), 0, "{why}: what is struck is gone");
        }
    }
}

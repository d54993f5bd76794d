//! The records of a period: which dossiers and entries take part in any count.
//!
//! Owns: received within the period, carried over, dated entries, stocks.
//! Never: which of them a target counts (`target.rs`).
//! Reads next: `count.rs`, `build.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{Inputs, Roster};
use crate::domain::dossier::{Dossier, State, day_of, start_of, state};
use crate::domain::record::{DOSSIERS, Entry, Record};
use crate::domain::unit::UnitCode;

/// A record that takes part, and the unit it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    pub record: Record<'a>,
    /// Its place in the roster; `None` for a record of no unit.
    pub place: Option<usize>,
}

/// The dossier of a selection, in its state, and how it came into the period.
#[derive(Clone, Copy, Debug)]
pub struct SelectedDossier<'a> {
    pub dossier: &'a Dossier,
    pub state: State,
    pub carried_over: bool,
    pub place: usize,
}

/// Everything that takes part in a period's counts, at the instant `until`.
#[derive(Debug)]
pub struct Selection<'a> {
    pub roster: Roster<'a>,
    pub until: DateTime<Utc>,
    pub dossiers: Vec<SelectedDossier<'a>>,
    entries: BTreeMap<&'a str, Vec<Selected<'a>>>,
}

impl<'a> Selection<'a> {
    /// A dossier takes part if it was received within the period up to `until`, or before it and was still
    /// open when it began; a dated entry if its day lies within it; an undated entry always.
    #[must_use]
    pub fn of(inputs: &Inputs<'a>) -> Self {
        let until = inputs.until();
        let mut roster = Roster::new(inputs.units, inputs.period.to, inputs.zone);
        let dossiers = dossiers(inputs, until, &mut roster);
        let mut entries: BTreeMap<&str, Vec<Selected<'_>>> = BTreeMap::new();
        for entry in inputs
            .entries
            .iter()
            .filter(|entry| takes_part(entry, inputs, until))
        {
            let place = entry
                .unit
                .as_ref()
                .map(|code| place_of(entry, code, inputs, until, &mut roster));
            let selected = Selected {
                record: Record::Entry(entry),
                place,
            };
            entries
                .entry(entry.records.as_str())
                .or_default()
                .push(selected);
        }
        Self {
            roster,
            until,
            dossiers,
            entries,
        }
    }

    /// The records of one kind.
    pub fn records(&self, kind: &str) -> impl Iterator<Item = Selected<'a>> + '_ {
        let dossiers = if kind == DOSSIERS {
            self.dossiers.as_slice()
        } else {
            &[]
        };
        let entries = self
            .entries
            .get(kind)
            .map(Vec::as_slice)
            .unwrap_or_default();
        dossiers
            .iter()
            .map(SelectedDossier::selected)
            .chain(entries.iter().copied())
    }
}

impl<'a> SelectedDossier<'a> {
    #[must_use]
    pub fn selected(&self) -> Selected<'a> {
        Selected {
            record: Record::Dossier(self.dossier, self.state),
            place: Some(self.place),
        }
    }
}

fn dossiers<'a>(
    inputs: &Inputs<'a>,
    until: DateTime<Utc>,
    roster: &mut Roster<'a>,
) -> Vec<SelectedDossier<'a>> {
    let begin = start_of(inputs.period.from, inputs.zone);
    let eve = begin - Duration::nanoseconds(1);
    let mut selected = Vec::with_capacity(inputs.dossiers.len());
    for dossier in inputs.dossiers {
        let carried_over = dossier.received_at < begin;
        let state_now = state(dossier, until, inputs.zone);
        let outside = carried_over && !state(dossier, eve, inputs.zone).is_open();
        if state_now == State::NotReceived || outside {
            continue;
        }
        let place = roster.place(&dossier.unit, dossier.received_at);
        selected.push(SelectedDossier {
            dossier,
            state: state_now,
            carried_over,
            place,
        });
    }
    selected
}

fn takes_part(entry: &Entry, inputs: &Inputs<'_>, until: DateTime<Utc>) -> bool {
    entry
        .day
        .is_none_or(|day| inputs.period.from <= day && day <= day_of(until, inputs.zone))
}

fn place_of<'a>(
    entry: &Entry,
    code: &'a UnitCode,
    inputs: &Inputs<'_>,
    until: DateTime<Utc>,
    roster: &mut Roster<'a>,
) -> usize {
    roster.place(
        code,
        entry.day.map_or(until, |day| start_of(day, inputs.zone)),
    )
}

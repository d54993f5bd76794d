//! Counting: dossiers into form II.06, records into the shares of targets.
//!
//! Owns: which column a state belongs to.
//! Never: which records take part (`selection.rs`), verdicts (`assess.rs`).
//! Reads next: `build.rs`.

use super::DossierCounts;
use super::roster::Roster;
use super::selection::{Selected, SelectedDossier, Selection};
use crate::domain::dossier::{Channel, State};
use crate::domain::ratio::Share;
use crate::domain::record::DOSSIERS;
use crate::domain::target::{Promise, Target};
use crate::domain::unit::Level;

/// The counts of each level and of each place of the roster.
#[derive(Debug, Default)]
pub struct Counted {
    pub district: DossierCounts,
    pub ward: DossierCounts,
    pub units: Vec<DossierCounts>,
}

/// A target's shares: one per promise, and one per place for a target that judges wards.
#[derive(Debug)]
pub struct TargetShares<'a> {
    pub target: &'a Target,
    pub promises: Vec<Share>,
    /// The promise by which wards are judged.
    pub judged_by: Option<&'a Promise>,
    pub wards: Vec<Share>,
}

impl DossierCounts {
    /// One more dossier. Withdrawn is a part of resolved and on time, stopped a part of open and in time.
    pub(super) fn add(&mut self, selected: &SelectedDossier<'_>) {
        if selected.state == State::NotReceived {
            return;
        }
        self.received += 1;
        match (selected.carried_over, selected.dossier.channel) {
            (true, _) => self.carried_over += 1,
            (false, Channel::Online) => self.received_online += 1,
            (false, Channel::Direct | Channel::Postal) => self.direct += 1,
        }
        if selected.state.is_open() {
            self.open += 1;
        } else {
            self.resolved += 1;
        }
        self.add_state(selected.state);
    }

    fn add_state(&mut self, state: State) {
        match state {
            State::NotReceived => {}
            State::Early => self.early += 1,
            State::OnTime => self.on_time += 1,
            State::Late => self.late += 1,
            State::Withdrawn => {
                self.on_time += 1;
                self.withdrawn += 1;
            }
            State::InTime => self.in_time += 1,
            State::Stopped => {
                self.in_time += 1;
                self.stopped += 1;
            }
            State::Overdue => self.overdue += 1,
        }
    }

    fn with_percent(mut self) -> Self {
        let share = Share::new(self.early + self.on_time, self.resolved);
        self.on_time_percent = share.printed(2).and_then(|printed| printed.parse().ok());
        self
    }
}

/// One pass over the dossiers of the period, for their counts and for all targets that count dossiers;
/// one over each register for the others.
#[must_use]
pub fn count<'a>(
    selection: &Selection<'_>,
    targets: &'a [Target],
) -> (Counted, Vec<TargetShares<'a>>) {
    let mut shares: Vec<TargetShares<'a>> = targets
        .iter()
        .map(|target| TargetShares::new(target, &selection.roster))
        .collect();
    let mut counted = Counted {
        units: vec![DossierCounts::default(); selection.roster.len()],
        ..Counted::default()
    };
    for dossier in &selection.dossiers {
        counted.add(dossier);
        for share in shares
            .iter_mut()
            .filter(|share| share.target.records == DOSSIERS)
        {
            share.add(&dossier.selected(), &selection.roster);
        }
    }
    for share in shares
        .iter_mut()
        .filter(|share| share.target.records != DOSSIERS)
    {
        for record in selection.records(&share.target.records) {
            share.add(&record, &selection.roster);
        }
    }
    (counted.with_percents(), shares)
}

impl Counted {
    fn add(&mut self, selected: &SelectedDossier<'_>) {
        match selected.dossier.level {
            Level::District => self.district.add(selected),
            Level::Ward => self.ward.add(selected),
        }
        if let Some(unit) = self.units.get_mut(selected.place) {
            unit.add(selected);
        }
    }

    fn with_percents(self) -> Self {
        Self {
            district: self.district.with_percent(),
            ward: self.ward.with_percent(),
            units: self
                .units
                .into_iter()
                .map(DossierCounts::with_percent)
                .collect(),
        }
    }
}

impl<'a> TargetShares<'a> {
    fn new(target: &'a Target, roster: &Roster<'_>) -> Self {
        let judged_by = target
            .by_ward
            .then(|| target.promise_for(Level::Ward))
            .flatten();
        let wards = vec![Share::default(); judged_by.map_or(0, |_| roster.len())];
        Self {
            target,
            promises: vec![Share::default(); target.promises.len()],
            judged_by,
            wards,
        }
    }

    fn add(&mut self, selected: &Selected<'_>, roster: &Roster<'_>) {
        let record = &selected.record;
        if !self.target.among.holds(record) {
            return;
        }
        let counts = self.target.count.holds(record);
        for (promise, share) in self.target.promises.iter().zip(&mut self.promises) {
            if promise.covers(record) {
                share.add(counts);
            }
        }
        let ward = selected.place.filter(|place| roster.is_ward(*place));
        if let (Some(promise), Some(ward)) = (self.judged_by, ward)
            && promise.covers(record)
            && let Some(share) = self.wards.get_mut(ward)
        {
            share.add(counts);
        }
    }
}

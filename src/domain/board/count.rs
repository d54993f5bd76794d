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

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::dossier::{Dossier, Status};
    use crate::domain::form_ii06::Form;
    use crate::domain::sample::{self, at, day};

    /// Hours before or after 1 March 2020 for reception, due moment, finish and stop.
    fn dossier() -> impl Strategy<Value = Dossier> {
        let hours = -2_000_i64..2_000;
        let times = (
            hours.clone(),
            0_i64..900,
            proptest::option::of(0_i64..1_500),
            proptest::option::of(hours),
        );
        (0_u16..13, 0_usize..3, 0_usize..4, any::<bool>(), times).prop_map(
            |(status, channel, unit, ward, (received, due, finished, stopped))| {
                let base = at("2020-03-01 00:00");
                let received_at = base + Duration::hours(received);
                Dossier {
                    status: Status(status),
                    channel: Channel::ALL[channel],
                    unit: sample::code(["00118", "00115", "TNMT", "XX"][unit]),
                    level: if ward { Level::Ward } else { Level::District },
                    received_at,
                    due_at: received_at + Duration::hours(due),
                    finished_at: finished.map(|hours| received_at + Duration::hours(hours)),
                    stopped_at: stopped.map(|hours| base + Duration::hours(hours)),
                    ..sample::dossier("X")
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_the_program_counts_always_adds_up(
            dossiers in proptest::collection::vec(dossier(), 0..40),
            from in 0_i64..120,
            length in 0_i64..120,
            as_of in 0_i64..6_000,
        ) {
            let units = sample::units();
            let from = day("2020-01-01") + Duration::days(from);
            let mut inputs = sample::inputs(&units, &dossiers);
            inputs.period.from = from;
            inputs.period.to = from + Duration::days(length);
            inputs.as_of = at("2020-01-01 00:00") + Duration::hours(as_of);
            let (counted, _) = count(&Selection::of(&inputs), &[]);
            for counts in counted.units.iter().chain([&counted.district, &counted.ward]) {
                prop_assert_eq!(Form::from(counts).residuals(), vec![]);
                prop_assert!(counts.stopped <= counts.in_time && counts.withdrawn <= counts.on_time);
            }
            let column = |read: fn(&DossierCounts) -> u64| {
                let units: u64 = counted.units.iter().map(read).sum();
                (units, read(&counted.district) + read(&counted.ward))
            };
            for (units, levels) in [
                column(|c| c.received),
                column(|c| c.received_online),
                column(|c| c.carried_over),
                column(|c| c.early),
                column(|c| c.on_time),
                column(|c| c.late),
                column(|c| c.in_time),
                column(|c| c.overdue),
            ] {
                prop_assert_eq!(units, levels, "the units make up the levels");
            }
        }

        #[test]
        fn adjoining_periods_share_no_dossier_as_received(
            dossiers in proptest::collection::vec(dossier(), 0..40),
            cut in 0_i64..120,
        ) {
            let units = sample::units();
            let mut inputs = sample::inputs(&units, &dossiers);
            inputs.as_of = at("2021-01-01 00:00");
            let received = |from, to| {
                let mut inputs = inputs.clone();
                (inputs.period.from, inputs.period.to) = (from, to);
                let (counted, _) = count(&Selection::of(&inputs), &[]);
                let all = [counted.district, counted.ward];
                all.iter().map(|counts| counts.received_online + counts.direct).sum::<u64>()
            };
            let (begin, end) = (day("2019-11-01"), day("2020-12-31"));
            let middle = begin + Duration::days(cut);
            let parts = received(begin, middle) + received(middle + Duration::days(1), end);
            prop_assert_eq!(received(begin, end), parts);
        }
    }

    #[test]
    fn a_dossier_belongs_to_the_period_it_came_in_or_was_open_in() {
        let units = sample::units();
        for (received, finished, carried, counted, why) in [
            ("2020-03-02 08:00", None, false, true, "received within it"),
            (
                "2020-03-01 00:00",
                None,
                false,
                true,
                "received in its first instant",
            ),
            (
                "2020-03-31 23:59",
                None,
                false,
                true,
                "received on its last evening",
            ),
            ("2020-04-01 00:00", None, false, false, "received after it"),
            (
                "2020-02-20 08:00",
                None,
                true,
                true,
                "received before and still open",
            ),
            (
                "2020-02-20 08:00",
                Some("2020-03-05 08:00"),
                true,
                true,
                "finished within it",
            ),
            (
                "2020-02-20 08:00",
                Some("2020-03-01 00:00"),
                true,
                true,
                "open until its first instant",
            ),
            (
                "2020-02-20 08:00",
                Some("2020-02-29 23:59"),
                true,
                false,
                "finished on the evening before",
            ),
        ] {
            let dossier = Dossier {
                status: Status(if finished.is_some() { 10 } else { 4 }),
                received_at: at(received),
                due_at: at("2020-06-01 17:00"),
                finished_at: finished.map(at),
                ..sample::dossier("X")
            };
            let dossiers = [dossier];
            let mut inputs = sample::inputs(&units, &dossiers);
            (inputs.period.from, inputs.period.to) = (day("2020-03-01"), day("2020-03-31"));
            let (found, _) = count(&Selection::of(&inputs), &[]);
            assert_eq!(found.ward.received, u64::from(counted), "{why}");
            assert_eq!(
                found.ward.carried_over,
                u64::from(counted && carried),
                "{why}"
            );
        }
    }

    #[test]
    fn a_period_that_has_ended_is_seen_as_it_stood_on_its_last_evening() {
        let units = sample::units();
        let finished = Dossier {
            status: Status(10),
            received_at: at("2020-03-02 08:00"),
            due_at: at("2020-03-20 17:00"),
            finished_at: Some(at("2020-04-02 08:00")),
            ..sample::dossier("X")
        };
        let dossiers = [finished];
        let mut inputs = sample::inputs(&units, &dossiers);
        (inputs.period.from, inputs.period.to) = (day("2020-03-01"), day("2020-03-31"));
        let (march, _) = count(&Selection::of(&inputs), &[]);
        assert_eq!((march.ward.overdue, march.ward.late), (1, 0));
        inputs.period.to = day("2020-04-30");
        let (to_april, _) = count(&Selection::of(&inputs), &[]);
        assert_eq!((to_april.ward.overdue, to_april.ward.late), (0, 1));
    }
}

//! Dossiers that say something odd about themselves.
//!
//! Owns: the kinds of oddity, and one finding for each kind.
//! Never: correcting a dossier: it is counted as the rules say, and named.
//! Reads next: `domain/dossier.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::source_of;
use crate::domain::board::Inputs;
use crate::domain::board::selection::{SelectedDossier, Selection};
use crate::domain::dossier::{State, Status, StatusGroup, day_in_code, day_of, original_state};
use crate::domain::finding::{Code, Finding};
use crate::domain::record::DOSSIERS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Oddity {
    UnknownStatus,
    UnknownUnit,
    CodeDateDiffers,
    Rescheduled,
    /// Resolved or withdrawn, nobody says when.
    FinishNotDated,
    /// A finish date, and a status that is open.
    FinishedButOpen,
    FinishedBeforeReceived,
}

/// The dossiers of the period that are odd, by kind.
#[derive(Default)]
struct Odd<'a> {
    codes: BTreeMap<Oddity, BTreeSet<&'a str>>,
    /// Unknown status codes and how many dossiers have them.
    statuses: BTreeMap<u16, u64>,
    /// In time or on time by the due date in force, but not by the first one.
    hidden: u64,
}

/// One pass over the dossiers of the period.
pub fn findings(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Vec<Finding> {
    let source = source_of(DOSSIERS, inputs.sources);
    let mut odd = Odd::default();
    for selected in &selection.dossiers {
        odd.add(selected, selection, inputs);
    }
    let found = odd.codes.iter();
    found
        .map(|(oddity, codes)| {
            let message = odd.message(*oddity, codes);
            Finding::new(&source, oddity.code(), message, codes.len() as u64)
                .with_rows(codes.iter().copied())
        })
        .collect()
}

impl Oddity {
    fn code(self) -> Code {
        match self {
            Self::UnknownStatus => Code::UnknownStatus,
            Self::UnknownUnit => Code::UnknownUnit,
            Self::CodeDateDiffers => Code::CodeDateDiffers,
            Self::Rescheduled => Code::Rescheduled,
            Self::FinishNotDated => Code::FinishNotDated,
            Self::FinishedButOpen => Code::FinishedButOpen,
            Self::FinishedBeforeReceived => Code::FinishedBeforeReceived,
        }
    }
}

impl<'a> Odd<'a> {
    fn add(
        &mut self,
        selected: &SelectedDossier<'a>,
        selection: &Selection<'_>,
        inputs: &Inputs<'_>,
    ) {
        for oddity in oddities(selected, selection, inputs) {
            self.codes
                .entry(oddity)
                .or_default()
                .insert(&selected.dossier.code);
        }
        if selected.dossier.status.group() == StatusGroup::Unknown {
            *self.statuses.entry(selected.dossier.status.0).or_default() += 1;
        }
        let first = original_state(selected.dossier, selection.until, inputs.zone);
        self.hidden += u64::from(!is_late(selected.state) && first.is_some_and(is_late));
    }

    fn message(&self, oddity: Oddity, codes: &BTreeSet<&str>) -> String {
        let first = codes.first().copied().unwrap_or_default();
        let dossiers = match codes.len() {
            1 => "1 dossier".to_owned(),
            several => format!("{several} dossiers"),
        };
        match oddity {
            Oddity::UnknownStatus => format!(
                "{dossiers} with a status outside the national list: {}; resolved where a finish is dated, open \
                 otherwise",
                self.statuses_told()
            ),
            Oddity::UnknownUnit => {
                format!("{dossiers} of units that the organisation does not know, such as {first}")
            }
            Oddity::CodeDateDiffers => format!(
                "{dossiers} with a code that carries another day than that of reception, such as {first}"
            ),
            Oddity::Rescheduled => format!(
                "{dossiers} with a due date that was moved; judged by the one in force; by the first one {} more \
                 would be late",
                self.hidden
            ),
            Oddity::FinishNotDated => format!(
                "{dossiers} said to be finished without saying when, such as {first}; resolved ones stay open \
                 until they have a date"
            ),
            Oddity::FinishedButOpen => format!(
                "{dossiers} with a finish date although the status is an open one, such as {first}; counted as \
                 open"
            ),
            Oddity::FinishedBeforeReceived => {
                format!("{dossiers} finished before reception, such as {first}")
            }
        }
    }

    fn statuses_told(&self) -> String {
        let told: Vec<String> = self
            .statuses
            .iter()
            .map(|(code, count)| match Status(*code) {
                Status::UNNAMED => format!("a word that is no code ({count})"),
                _ => format!("{code} ({count})"),
            })
            .collect();
        told.join(", ")
    }
}

fn is_late(state: State) -> bool {
    matches!(state, State::Late | State::Overdue)
}

fn oddities(
    selected: &SelectedDossier<'_>,
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> impl Iterator<Item = Oddity> {
    let dossier = selected.dossier;
    let group = dossier.status.group();
    let ended = matches!(group, StatusGroup::Resolved | StatusGroup::Withdrawn);
    let running = matches!(group, StatusGroup::Running | StatusGroup::Stopped);
    let finished = |test: &dyn Fn(_) -> bool| dossier.finished_at.is_some_and(test);
    let day = day_in_code(&dossier.code);
    let moved = dossier
        .original_due_at
        .is_some_and(|original| original != dossier.due_at);
    let tests = [
        (Oddity::UnknownStatus, group == StatusGroup::Unknown),
        (
            Oddity::UnknownUnit,
            selection.roster.unit(selected.place).is_none(),
        ),
        (
            Oddity::CodeDateDiffers,
            day.is_some_and(|day| day != day_of(dossier.received_at, inputs.zone)),
        ),
        (Oddity::Rescheduled, moved),
        (
            Oddity::FinishNotDated,
            ended && dossier.finished_at.is_none(),
        ),
        (
            Oddity::FinishedButOpen,
            running && finished(&|at| at <= selection.until),
        ),
        (
            Oddity::FinishedBeforeReceived,
            finished(&|at| at < dossier.received_at),
        ),
    ];
    tests
        .into_iter()
        .filter_map(|(oddity, holds)| holds.then_some(oddity))
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use crate::domain::dossier::{Dossier, Status};
    use crate::domain::sample::{self, at, code};

    #[test]
    fn each_oddity_of_dossiers_is_one_finding() {
        let may = || Dossier {
            received_at: at("2020-05-25 08:00"),
            ..sample::dossier("H26.23.12-200525-0001")
        };
        let cases: [(Vec<Dossier>, &str, &str, u64); 7] = [
            (
                vec![
                    Dossier {
                        status: Status(17),
                        ..may()
                    },
                    Dossier {
                        status: Status(11),
                        code: "H26.23.12-200525-0002".into(),
                        ..may()
                    },
                    Dossier {
                        status: Status(17),
                        code: "H26.23.12-200525-0003".into(),
                        ..may()
                    },
                ],
                "unknown-status",
                "3 dossiers with a status outside the national list: 11 (1), 17 (2); resolved where a finish is \
                 dated, open otherwise",
                3,
            ),
            (
                vec![Dossier {
                    code: "000.12.23.H26-200524-0001".into(),
                    ..may()
                }],
                "code-date-differs",
                "1 dossier with a code that carries another day than that of reception, such as \
                 000.12.23.H26-200524-0001",
                1,
            ),
            (
                vec![
                    Dossier {
                        original_due_at: Some(at("2020-05-28 17:00")),
                        ..may()
                    },
                    Dossier {
                        original_due_at: Some(at("2020-06-10 17:00")),
                        code: "H26.23.12-200525-0002".into(),
                        ..may()
                    },
                ],
                "rescheduled",
                "2 dossiers with a due date that was moved; judged by the one in force; by the first one 1 more \
                 would be late",
                2,
            ),
            (
                vec![Dossier {
                    status: Status(10),
                    ..may()
                }],
                "finish-not-dated",
                "1 dossier said to be finished without saying when, such as H26.23.12-200525-0001; resolved ones \
                 stay open until they have a date",
                1,
            ),
            (
                vec![Dossier {
                    status: Status(10),
                    finished_at: Some(at("2020-05-24 08:00")),
                    ..may()
                }],
                "finished-before-received",
                "1 dossier finished before reception, such as H26.23.12-200525-0001",
                1,
            ),
            (
                vec![Dossier {
                    finished_at: Some(at("2020-05-26 08:00")),
                    ..may()
                }],
                "finished-but-open",
                "1 dossier with a finish date although the status is an open one, such as \
                 H26.23.12-200525-0001; counted as open",
                1,
            ),
            (
                vec![Dossier {
                    unit: code("XX"),
                    ..may()
                }],
                "unknown-unit",
                "1 dossier of units that the organisation does not know, such as H26.23.12-200525-0001",
                1,
            ),
        ];
        let units = sample::units();
        for (dossiers, kind, message, count) in cases {
            let found = told(&sample::inputs(&units, &dossiers));
            assert_eq!(found, [(kind.to_owned(), message.to_owned(), count)]);
        }
        let unremarkable = [may()];
        assert_eq!(told(&sample::inputs(&units, &unremarkable)), []);
    }
}

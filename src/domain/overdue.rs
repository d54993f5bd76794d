//! The list of dossiers that are overdue or soon will be.
//!
//! Owns: which dossiers stand in it, days late and days left, the rung reached.
//! Never: who is told (`decide.rs`).
//! Reads next: `decide.rs`.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::board::Roster;
use super::calendar::Calendar;
use super::dossier::{Dossier, State, day_of, days_late, state};
use super::unit::{Level, Unit, UnitCode, Units};
use crate::word_enum;

/// What the list is made from.
#[derive(Clone, Copy, Debug)]
pub struct OverdueInputs<'a> {
    pub dossiers: &'a [Dossier],
    pub units: &'a Units,
    pub as_of: DateTime<Utc>,
    pub zone: Tz,
    pub calendar: &'a Calendar,
    /// Also list what falls due within so many working days; `None`: only what is overdue.
    pub soon: Option<u32>,
    /// Working days late from which a rung is reached, and the rung's word; in any order.
    pub ladder: &'a [(i64, &'a str)],
}

word_enum! {
    pub enum DueStatus {
        Overdue = "overdue",
        Soon = "soon",
    }
}

/// One line of `dondoc overdue --json`; the keys are fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverdueRow {
    pub code: String,
    pub procedure: String,
    pub unit: UnitCode,
    pub unit_name: String,
    pub received_at: DateTime<FixedOffset>,
    pub due_at: DateTime<FixedOffset>,
    /// 0 for a dossier that fell due this morning, and for one that is not yet due.
    pub working_days_late: i64,
    pub status: DueStatus,
    /// The highest rung reached; `None` below the first, and for what is not yet due.
    pub escalation: Option<String>,
    #[serde(skip)]
    pub procedure_name: String,
    #[serde(skip)]
    pub field: String,
    #[serde(skip)]
    pub level: Level,
    /// The unit that answers for it today; `None`: its own is gone and nobody took its work over.
    #[serde(skip)]
    pub answerable: Option<UnitCode>,
    /// The first due moment, where it was moved.
    #[serde(skip)]
    pub original_due_at: Option<DateTime<FixedOffset>>,
    /// Working days in (today, due day]; 0 for a dossier that is overdue.
    #[serde(skip)]
    pub working_days_left: i64,
    /// An unconfirmed day took part in the days late or left.
    #[serde(skip)]
    pub tentative: bool,
}

/// Oldest due first, then by code. A stopped clock is neither overdue nor soon due.
#[must_use]
pub fn overdue(inputs: &OverdueInputs<'_>) -> Vec<OverdueRow> {
    let today = day_of(inputs.as_of, inputs.zone);
    let roster = Roster::new(inputs.units, today, inputs.zone);
    let mut rows: Vec<OverdueRow> = inputs
        .dossiers
        .iter()
        .filter_map(|dossier| row(dossier, inputs, today, &roster))
        .collect();
    rows.sort_by(|a, b| (a.due_at, &a.code).cmp(&(b.due_at, &b.code)));
    rows
}

fn row(
    dossier: &Dossier,
    inputs: &OverdueInputs<'_>,
    today: NaiveDate,
    roster: &Roster<'_>,
) -> Option<OverdueRow> {
    let distance = match state(dossier, inputs.as_of, inputs.zone) {
        State::Overdue => late(dossier, inputs),
        State::InTime => soon(dossier, inputs, today)?,
        _ => return None,
    };
    let place = roster.find(&dossier.unit, dossier.received_at);
    let unit_name = place
        .and_then(|place| roster.named(place))
        .map_or(dossier.unit.as_str(), |(_, name)| name);
    let local = |at: DateTime<Utc>| at.with_timezone(&inputs.zone).fixed_offset();
    Some(OverdueRow {
        code: dossier.code.clone(),
        procedure: dossier.procedure.clone(),
        unit: dossier.unit.clone(),
        unit_name: unit_name.to_owned(),
        received_at: local(dossier.received_at),
        due_at: local(dossier.due_at),
        working_days_late: distance.late,
        status: distance.status,
        escalation: distance.escalation,
        procedure_name: dossier.procedure_name.clone(),
        field: dossier.field.clone(),
        level: dossier.level,
        answerable: place
            .and_then(|place| answerable(roster.unit(place)?, inputs.units, today))
            .map(|unit| unit.code.clone()),
        original_due_at: dossier
            .original_due_at
            .filter(|at| *at != dossier.due_at)
            .map(local),
        working_days_left: distance.left,
        tentative: distance.tentative,
    })
}

/// The unit that answers for a dossier on a day; `None`: its own is gone and nobody took its work over.
#[must_use]
pub fn unit_of<'u>(
    dossier: &Dossier,
    units: &'u Units,
    today: NaiveDate,
    zone: Tz,
) -> Option<&'u Unit> {
    let roster = Roster::new(units, today, zone);
    let place = roster.find(&dossier.unit, dossier.received_at)?;
    answerable(roster.unit(place)?, units, today)
}

/// A unit answers for its own as long as it exists; then who took over does, and never just a namesake.
fn answerable<'u>(unit: &'u Unit, units: &'u Units, today: NaiveDate) -> Option<&'u Unit> {
    if unit.exists_on(today) {
        return Some(unit);
    }
    units.find(unit.successor.as_ref()?, today)
}

/// How far a dossier is from its due day.
struct Distance {
    status: DueStatus,
    late: i64,
    left: i64,
    tentative: bool,
    escalation: Option<String>,
}

fn late(dossier: &Dossier, inputs: &OverdueInputs<'_>) -> Distance {
    let late = days_late(dossier, inputs.as_of, inputs.zone, inputs.calendar);
    let reached = inputs
        .ladder
        .iter()
        .filter(|(from, _)| *from <= late.days)
        .max_by_key(|(from, _)| *from);
    Distance {
        status: DueStatus::Overdue,
        late: late.days,
        left: 0,
        tentative: late.tentative,
        escalation: reached.map(|(_, rung)| (*rung).to_owned()),
    }
}

/// `None` where the due day is further away than `soon`.
fn soon(dossier: &Dossier, inputs: &OverdueInputs<'_>, today: NaiveDate) -> Option<Distance> {
    let within = inputs.soon?;
    let left = inputs
        .calendar
        .between(today, day_of(dossier.due_at, inputs.zone));
    (left.days <= i64::from(within)).then_some(Distance {
        status: DueStatus::Soon,
        late: 0,
        left: left.days,
        tentative: left.tentative,
        escalation: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::PublishedYear;
    use crate::domain::dossier::Status;
    use crate::domain::sample::{self, ZONE, at, day};

    const LADDER: [(i64, &str); 3] = [(10, "chair"), (0, "head"), (3, "vice-chair")];

    fn calendar() -> Calendar {
        let off = [
            "2020-01-01",
            "2020-04-02",
            "2020-04-30",
            "2020-05-01",
            "2020-09-02",
        ]
        .map(day)
        .into();
        Calendar::new(vec![PublishedYear {
            year: 2020,
            off,
            worked: Vec::new(),
            tentative_off: Vec::new(),
        }])
    }

    fn due(code: &str, due_at: &str) -> Dossier {
        Dossier {
            received_at: at("2020-04-01 08:00"),
            due_at: at(due_at),
            ..sample::dossier(code)
        }
    }

    fn list(dossiers: &[Dossier], soon: Option<u32>) -> Vec<OverdueRow> {
        let (units, calendar) = (sample::units(), calendar());
        overdue(&OverdueInputs {
            dossiers,
            units: &units,
            as_of: at("2020-06-01 07:30"), // a Monday
            zone: ZONE,
            calendar: &calendar,
            soon,
            ladder: &LADDER,
        })
    }

    #[test]
    fn days_late_are_working_days_and_reach_a_rung() {
        for (due_at, late, rung, why) in [
            ("2020-06-01 07:00", 0, "head", "fell due this morning"),
            ("2020-05-29 17:00", 1, "head", "a weekend is not worked"),
            (
                "2020-05-27 17:00",
                3,
                "vice-chair",
                "Thursday, Friday, Monday",
            ),
            (
                "2020-05-19 17:00",
                9,
                "vice-chair",
                "the last day below the chair's rung",
            ),
            ("2020-05-18 17:00", 10, "chair", "ten working days"),
            (
                "2020-04-29 17:00",
                21,
                "chair",
                "30 April and 1 May are not worked",
            ),
        ] {
            let rows = list(&[due("X", due_at)], None);
            let [row] = rows.as_slice() else {
                panic!("{why}")
            };
            assert_eq!(
                (row.working_days_late, row.escalation.as_deref()),
                (late, Some(rung)),
                "{why}"
            );
            assert_eq!(
                (row.status, row.tentative),
                (DueStatus::Overdue, false),
                "{why}"
            );
        }
    }

    #[test]
    fn soon_is_within_so_many_working_days_and_not_past_due() {
        for (due_at, soon, left, why) in [
            (
                "2020-06-01 17:00",
                Some(0),
                Some(0),
                "due today, still in time",
            ),
            (
                "2020-06-03 17:00",
                Some(2),
                Some(2),
                "the day after tomorrow",
            ),
            ("2020-06-04 08:00", Some(2), None, "three working days away"),
            (
                "2020-06-08 08:00",
                Some(5),
                Some(5),
                "a weekend does not count",
            ),
            (
                "2020-06-01 17:00",
                None,
                None,
                "nobody asked for what is soon due",
            ),
        ] {
            let rows = list(&[due("X", due_at)], soon);
            assert_eq!(rows.first().map(|row| row.working_days_left), left, "{why}");
            for row in rows {
                assert_eq!(
                    (row.status, row.working_days_late, row.escalation),
                    (DueStatus::Soon, 0, None)
                );
            }
        }
    }

    #[test]
    fn the_oldest_due_comes_first_and_what_is_not_running_is_left_out() {
        let dossiers = [
            due("B", "2020-05-29 17:00"),
            due("A", "2020-05-29 17:00"),
            due("S", "2020-06-02 17:00"),
            due("O", "2020-05-04 17:00"),
            Dossier {
                status: Status(5),
                ..due("stopped", "2020-05-04 17:00")
            },
            Dossier {
                status: Status(1),
                ..due("not received", "2020-05-04 17:00")
            },
            Dossier {
                status: Status(10),
                finished_at: Some(at("2020-05-30 09:00")),
                ..due("late, but done", "2020-05-04 17:00")
            },
        ];
        let codes: Vec<String> = list(&dossiers, Some(2))
            .into_iter()
            .map(|row| row.code)
            .collect();
        assert_eq!(codes, ["O", "A", "B", "S"]);
    }

    #[test]
    fn a_line_has_the_keys_that_others_read() {
        let row = &list(&[due("X", "2020-05-29 17:00")], None)[0];
        assert_eq!(
            serde_json::to_value(row).unwrap(),
            serde_json::json!({
                "code": "X",
                "procedure": "1.004959",
                "unit": "00118",
                "unit_name": "Ngọc Thụy",
                "received_at": "2020-04-01T08:00:00+07:00",
                "due_at": "2020-05-29T17:00:00+07:00",
                "working_days_late": 1,
                "status": "overdue",
                "escalation": "head",
            })
        );
    }

    #[test]
    fn a_first_due_date_stays_in_sight() {
        let moved = Dossier {
            original_due_at: Some(at("2020-05-20 17:00")),
            ..due("X", "2020-05-29 17:00")
        };
        let original = list(&[moved], None)[0].original_due_at.unwrap();
        assert_eq!(original.to_rfc3339(), "2020-05-20T17:00:00+07:00");
    }
}

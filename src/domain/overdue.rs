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
use super::unit::{Level, UnitCode, Units};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueStatus {
    Overdue,
    Soon,
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
        original_due_at: dossier
            .original_due_at
            .filter(|at| *at != dossier.due_at)
            .map(local),
        working_days_left: distance.left,
        tentative: distance.tentative,
    })
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

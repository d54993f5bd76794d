//! A dossier (hồ sơ thủ tục hành chính): its state and whether it is late.
//!
//! Owns: status codes of the national portal, the state at an instant, days late.
//! Never: where a dossier came from or how it is stored.
//! Reads next: `calendar.rs` (working days), `board.rs` (counting).

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, WorkingDays};
use super::unit::{Level, UnitCode};

/// Status code of the national portal. Local systems add codes above 10: they are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

/// What a status code means for the clock of a dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusGroup {
    /// 1, 3: outside every count.
    NotReceived,
    /// 2, 4: open, the clock runs.
    Running,
    /// 5, 6, 8: open, the clock is stopped.
    Stopped,
    /// 9, 10.
    Resolved,
    /// 7: counted as resolved and on time, shown apart.
    Withdrawn,
    /// Any other code: resolved if it has a finish date, running otherwise; always reported.
    Unknown,
}

impl Status {
    #[must_use]
    pub fn group(self) -> StatusGroup {
        match self.0 {
            1 | 3 => StatusGroup::NotReceived,
            2 | 4 => StatusGroup::Running,
            5 | 6 | 8 => StatusGroup::Stopped,
            9 | 10 => StatusGroup::Resolved,
            7 => StatusGroup::Withdrawn,
            _ => StatusGroup::Unknown,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    Direct,
    Online,
    Postal,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Direct, Self::Online, Self::Postal];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Online => "online",
            Self::Postal => "postal",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }
}

/// One dossier as the source last told it. Instants are UTC; days are taken in the site's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub code: String,
    pub procedure: String,
    pub procedure_name: String,
    pub field: String,
    pub unit: UnitCode,
    pub level: Level,
    pub channel: Channel,
    pub status: Status,
    pub received_at: DateTime<Utc>,
    /// The source's own due moment, which is official.
    pub due_at: DateTime<Utc>,
    /// The due moment before it was rescheduled, where it was.
    pub original_due_at: Option<DateTime<Utc>>,
    /// When processing finished (not hand-over).
    pub finished_at: Option<DateTime<Utc>>,
    /// When the clock stopped for a supplement, where the source says.
    pub stopped_at: Option<DateTime<Utc>>,
}

/// The state of a dossier at an instant. A state after that instant does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    NotReceived,
    Early,
    OnTime,
    Late,
    Withdrawn,
    InTime,
    Stopped,
    Overdue,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::NotReceived,
        Self::Early,
        Self::OnTime,
        Self::Late,
        Self::Withdrawn,
        Self::InTime,
        Self::Stopped,
        Self::Overdue,
    ];

    /// The word for this state in files, JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReceived => "not-received",
            Self::Early => "early",
            Self::OnTime => "on-time",
            Self::Late => "late",
            Self::Withdrawn => "withdrawn",
            Self::InTime => "in-time",
            Self::Stopped => "stopped",
            Self::Overdue => "overdue",
        }
    }

    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::InTime | Self::Stopped | Self::Overdue)
    }
}

/// The state of `dossier` at `now` (rule: `docs/rules.md`, "Late or not").
///
/// Late iff finished after the due moment; early iff finished before the due *day*; overdue iff open,
/// the clock running and `now` past the due moment. Withdrawn counts as on time, stopped as in time.
#[must_use]
pub fn state(dossier: &Dossier, now: DateTime<Utc>, zone: Tz) -> State {
    if dossier.received_at > now {
        return State::NotReceived;
    }
    let finished = dossier.finished_at.filter(|at| *at <= now);
    let stopped = dossier.stopped_at.is_none_or(|at| at <= now);
    match (dossier.status.group(), finished) {
        (StatusGroup::NotReceived, _) => State::NotReceived,
        (StatusGroup::Withdrawn, Some(_)) => State::Withdrawn,
        (StatusGroup::Resolved | StatusGroup::Unknown, Some(at)) => resolved(dossier, at, zone),
        (StatusGroup::Stopped, _) if stopped => State::Stopped,
        _ if now > dossier.due_at => State::Overdue,
        _ => State::InTime,
    }
}

fn resolved(dossier: &Dossier, finished_at: DateTime<Utc>, zone: Tz) -> State {
    if finished_at > dossier.due_at {
        State::Late
    } else if day_of(finished_at, zone) < day_of(dossier.due_at, zone) {
        State::Early
    } else {
        State::OnTime
    }
}

/// Working days in (due day, day finished or today]; 0 for a dossier that fell due this morning.
#[must_use]
pub fn days_late(
    dossier: &Dossier,
    now: DateTime<Utc>,
    zone: Tz,
    calendar: &Calendar,
) -> WorkingDays {
    let until = dossier.finished_at.filter(|at| *at <= now).unwrap_or(now);
    calendar.between(day_of(dossier.due_at, zone), day_of(until, zone))
}

/// The day of an instant in the site's zone.
#[must_use]
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

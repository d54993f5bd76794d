//! Why somebody hears of something, or does not.
//!
//! Owns: the reasons, and the sentence of each.
//! Never: deciding; words for readers of mails (`report`).
//! Reads next: `../decide.rs`.

use std::fmt;

use chrono::NaiveDate;

/// "Why did I (not) get this mail?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    // Speak.
    FallsDueSoon {
        left: i64,
    },
    FirstTime {
        late: i64,
    },
    /// Warned of before, or late by an earlier due day.
    NewlyLate {
        late: i64,
    },
    NextRung {
        late: i64,
    },
    PromisedDatePassed(NaiveDate),
    ReminderDue {
        nth: usize,
        since: i64,
    },
    BeganToLag(NaiveDate),
    Ended(&'static str),
    // Stay silent.
    NotYet {
        late: i64,
        from: i64,
    },
    InTime {
        left: i64,
    },
    Elsewhere(&'static str),
    StillSilenced(NaiveDate),
    AcknowledgedUntil(NaiveDate),
    NotMine,
    NothingNew(NaiveDate),
    /// It comes and goes: told a short while ago.
    Flapping(NaiveDate),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FallsDueSoon { left } => write!(f, "falls due soon: {left} working days left"),
            Self::FirstTime { late } => write!(f, "first time: {late} working days late"),
            Self::NewlyLate { late } => write!(f, "newly late: {late} working days"),
            Self::NextRung { late } => {
                write!(f, "next rung of the ladder: {late} working days late")
            }
            Self::PromisedDatePassed(day) => write!(f, "promised for {day}, and still late"),
            Self::ReminderDue { nth, since } => {
                write!(
                    f,
                    "reminder {nth}: {since} working days after the last mail"
                )
            }
            Self::BeganToLag(day) => write!(f, "lagging since {day}"),
            Self::Ended(how) => write!(f, "{how}: told with the next letter"),
            Self::NotYet { late, from } => {
                write!(f, "{late} working days late: this post hears from {from}")
            }
            Self::InTime { left } => write!(f, "in time, {left} working days left"),
            Self::Elsewhere(state) => write!(f, "the dossier is {state}"),
            Self::StillSilenced(day) => write!(f, "silenced until {day}"),
            Self::AcknowledgedUntil(day) => write!(f, "acknowledged: promised for {day}"),
            Self::NotMine => f.write_str("answered: not this post's own"),
            Self::NothingNew(day) => write!(f, "told on {day}; nothing new"),
            Self::Flapping(day) => write!(f, "comes and goes: told on {day}"),
        }
    }
}

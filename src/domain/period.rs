//! A period of whole days, over which records are counted.
//!
//! Owns: first and last day, both included, and the year to date.
//! Never: which day of a record decides whether it falls in the period.
//! Reads next: `form_ii06.rs`.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::dossier::day_of;

/// From the first to the last day, both included; the last is never before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Days", into = "Days")]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the period ends on {to}, before it begins on {from}: exchange the two days")]
pub struct EndsBeforeItBegins {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// As it is written: not checked yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    from: NaiveDate,
    to: NaiveDate,
}

impl Period {
    /// # Errors
    /// When `to` is before `from`.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, EndsBeforeItBegins> {
        if to < from {
            return Err(EndsBeforeItBegins { from, to });
        }
        Ok(Self { from, to })
    }

    /// From 1 January to the day of `as_of`, both in `zone`.
    #[must_use]
    pub fn year_to_date(as_of: DateTime<Utc>, zone: Tz) -> Self {
        let to = day_of(as_of, zone);
        let from = NaiveDate::from_ymd_opt(to.year(), 1, 1).unwrap_or(to);
        Self { from, to }
    }

    /// First day, included.
    #[must_use]
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// Last day, included.
    #[must_use]
    pub fn to(self) -> NaiveDate {
        self.to
    }

    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl TryFrom<Days> for Period {
    type Error = EndsBeforeItBegins;
    fn try_from(days: Days) -> Result<Self, EndsBeforeItBegins> {
        Self::new(days.from, days.to)
    }
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        Self {
            from: period.from,
            to: period.to,
        }
    }
}

//! The working-day calendar: published years, worked Saturdays, tentative days, statutory rules.
//!
//! Owns: which day is worked, and arithmetic in working days.
//! Never: reading `calendars/*.toml` (`config::calendar`).
//! Reads next: `lunar.rs`.

use chrono::NaiveDate;

/// A number of working days; `tentative` if an unconfirmed day took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingDays {
    pub days: i64,
    pub tentative: bool,
}

/// One published year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedYear {
    pub year: i32,
    /// Weekdays off.
    pub off: Vec<NaiveDate>,
    /// Saturdays (or Sundays) worked by decree.
    pub worked: Vec<NaiveDate>,
    /// Expected days off that are not confirmed: counted as worked, and they mark the answer tentative.
    pub tentative_off: Vec<NaiveDate>,
}

/// All years the site knows; other years follow the statutory rules and are tentative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    published: Vec<PublishedYear>,
}

impl Calendar {
    #[must_use]
    pub fn new(published: Vec<PublishedYear>) -> Self {
        Self { published }
    }

    /// Working days in (`from`, `to`]; negative when `to` is before `from`.
    #[must_use]
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> WorkingDays {
        let _ = (&self.published, from, to);
        WorkingDays {
            days: 0,
            tentative: true,
        }
    }
}

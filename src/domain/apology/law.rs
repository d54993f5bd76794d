//! What the law says of apologies, by the day from which it says so.
//!
//! Owns: the decrees, their dates, and whether their text was read.
//! Never: judging a dossier.
//! Reads next: `../apology.rs`.

use std::fmt;

use chrono::NaiveDate;

/// A rule in force from a day on.
#[derive(Debug, PartialEq, Eq)]
pub struct Law {
    /// `None`: since there are slips.
    from: Option<NaiveDate>,
    pub decree: &'static str,
    /// The slip is sent so many working days before the due date at the latest.
    pub days_before: i64,
    /// Whether the rule was read in the decree's own text; if not, it is carried over from the one before.
    pub is_confirmed: bool,
}

static LAWS: [Law; 2] = [
    Law {
        from: None,
        decree: "article 19.9 of decree 61/2018/NĐ-CP",
        days_before: 1,
        is_confirmed: true,
    },
    Law {
        from: NaiveDate::from_ymd_opt(2025, 7, 1),
        decree: "decree 118/2025/NĐ-CP",
        days_before: 1,
        is_confirmed: false,
    },
];

/// In a sentence, with what is not sure of it.
impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.decree)?;
        match self.is_confirmed {
            true => Ok(()),
            false => f.write_str(" (its text is not confirmed here)"),
        }
    }
}

impl Law {
    /// The one in force on a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> &'static Self {
        let [first, ..] = &LAWS;
        let in_force = LAWS.iter().rfind(|law| law.from <= Some(day));
        in_force.unwrap_or(first)
    }
}

//! What is spoken of, as a text that is told once.
//!
//! Owns: the occasions and how they are written.
//! Never: deciding.
//! Reads next: `reason.rs`.

use std::fmt;

use chrono::NaiveDate;

use crate::word_enum;

word_enum! {
    /// How something that was told of came to its end.
    pub enum Ending {
        Resolved = "resolved",
        /// The clock stands: the applicant has to add something, or processing is suspended.
        Stopped = "stopped",
        Rescheduled = "rescheduled",
        /// A ward does not lag any more.
        Recovered = "recovered",
        /// Its source does not know it any more, or it went to another unit.
        Gone = "gone",
    }
}

/// A recipient hears of each occasion once; its text is the key that sees to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Falls due soon. A dossier that is rescheduled has a new due day and so a new occasion.
    Soon { due: NaiveDate },
    /// Overdue by as many working days as this rung of the ladder waits.
    Late { due: NaiveDate, rung: i64 },
    /// Still overdue: the `nth` reminder.
    Reminder { due: NaiveDate, nth: usize },
    /// Still overdue after the day that was promised.
    Broken { due: NaiveDate, promised: NaiveDate },
    /// A ward that began to lag at this day.
    Lagging { since: NaiveDate },
    /// What was told of is over. Told with the next letter, and no reason to write one.
    Over { how: Ending, due: NaiveDate },
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Soon { due } => write!(f, "soon {due}"),
            Self::Late { due, rung } => write!(f, "late+{rung} {due}"),
            Self::Reminder { due, nth } => write!(f, "reminder-{nth} {due}"),
            Self::Broken { due, promised } => write!(f, "promised-{promised} {due}"),
            Self::Lagging { since } => write!(f, "lagging {since}"),
            Self::Over { how, due } => write!(f, "{how} {due}"),
        }
    }
}

impl Occasion {
    /// Reads what `Display` wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (word, day) = text.split_once(' ')?;
        let due = day.parse().ok()?;
        if let Some(how) = Ending::parse(word) {
            return Some(Self::Over { how, due });
        }
        Some(match word {
            "soon" => Self::Soon { due },
            "lagging" => Self::Lagging { since: due },
            _ => match word.split_once(['+', '-'])? {
                ("late", rung) => Self::Late {
                    due,
                    rung: rung.parse().ok()?,
                },
                ("reminder", nth) => Self::Reminder {
                    due,
                    nth: nth.parse().ok()?,
                },
                ("promised", day) => Self::Broken {
                    due,
                    promised: day.parse().ok()?,
                },
                _ => return None,
            },
        })
    }

    /// Whether a letter is written for it; what is over waits for one.
    #[must_use]
    pub fn asks_for_letter(&self) -> bool {
        !matches!(self, Self::Over { .. })
    }

    /// The due day of the lateness that it tells of; `None`: it tells of none.
    #[must_use]
    pub fn late_since(&self) -> Option<NaiveDate> {
        match self {
            Self::Late { due, .. } | Self::Reminder { due, .. } | Self::Broken { due, .. } => {
                Some(*due)
            }
            Self::Soon { .. } | Self::Lagging { .. } | Self::Over { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occasion_is_read_as_it_was_written() {
        let due: NaiveDate = "2020-06-02".parse().unwrap();
        let promised = "2020-06-05".parse().unwrap();
        for (occasion, text) in [
            (Occasion::Soon { due }, "soon 2020-06-02"),
            (Occasion::Late { due, rung: 10 }, "late+10 2020-06-02"),
            (Occasion::Reminder { due, nth: 2 }, "reminder-2 2020-06-02"),
            (
                Occasion::Broken { due, promised },
                "promised-2020-06-05 2020-06-02",
            ),
            (Occasion::Lagging { since: due }, "lagging 2020-06-02"),
            (
                Occasion::Over {
                    how: Ending::Stopped,
                    due,
                },
                "stopped 2020-06-02",
            ),
        ] {
            assert_eq!(occasion.to_string(), text);
            assert_eq!(Occasion::parse(text), Some(occasion));
        }
        assert_eq!(Occasion::parse("silent since yesterday"), None);
    }
}

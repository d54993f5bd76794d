//! Speak or stay silent, with the reason.
//!
//! Owns: the decision about one dossier or one ward and one recipient.
//! Never: who holds a post, what was stored, how it is worded in a mail.
//! Reads next: `job/step/alert.rs`.

use std::fmt;

use chrono::NaiveDate;

use super::calendar::Calendar;
use super::dossier::State;

/// What is spoken about. A recipient hears of each occasion once; its text is the key that sees to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Falls due soon. A dossier that is rescheduled has a new due day and so a new occasion.
    Soon { due: NaiveDate },
    /// Overdue, or overdue by as many working days as this rung of the ladder waits.
    Late { due: NaiveDate, rung: i64 },
    /// Still overdue: the `nth` reminder.
    Reminder { due: NaiveDate, nth: usize },
    /// A ward that began to lag at this day.
    Lagging { since: NaiveDate },
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Soon { due } => write!(f, "soon {due}"),
            Self::Late { due, rung } => write!(f, "late+{rung} {due}"),
            Self::Reminder { due, nth } => write!(f, "reminder-{nth} {due}"),
            Self::Lagging { since } => write!(f, "lagging {since}"),
        }
    }
}

/// An occasion that a recipient has heard of, and on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub occasion: String,
    pub on: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Speak(Occasion, String),
    Silent(String),
}

/// A dossier as the decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub state: State,
    pub due: NaiveDate,
    /// Working days in (due day, today].
    pub days_late: i64,
    /// Working days in (today, due day].
    pub days_left: i64,
}

/// What one rung of the ladder wants to hear.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Speak from this many working days late.
    pub rung: i64,
    /// Warn this many working days before the due day; `None`: this rung is not warned.
    pub soon: Option<i64>,
    /// Working days between mails about the same overdue dossier; `None`: once is enough.
    pub remind: Option<i64>,
}

/// Decides about one dossier and one recipient.
///
/// An overdue dossier is spoken of when its rung is reached, then at every reminder; one that falls due
/// soon is spoken of once; anything that this recipient has heard is passed over in silence.
#[must_use]
pub fn about_dossier(
    standing: Standing,
    policy: Policy,
    heard: &[Heard],
    today: NaiveDate,
    calendar: &Calendar,
) -> Decision {
    match standing.state {
        State::Overdue if standing.days_late < policy.rung => Decision::Silent(format!(
            "{} working days late: this post hears from {}",
            standing.days_late, policy.rung
        )),
        State::Overdue => about_late(standing, policy, heard, today, calendar),
        State::InTime => about_soon(standing, policy, heard),
        state => Decision::Silent(format!("the dossier is {}", state.as_str())),
    }
}

fn about_late(
    standing: Standing,
    policy: Policy,
    heard: &[Heard],
    today: NaiveDate,
    calendar: &Calendar,
) -> Decision {
    let first = Occasion::Late {
        due: standing.due,
        rung: policy.rung,
    };
    let of_this_lateness = |heard: &&Heard| {
        heard.occasion == first.to_string()
            || heard.occasion.starts_with("reminder-")
                && heard.occasion.ends_with(&standing.due.to_string())
    };
    let tellings: Vec<&Heard> = heard.iter().filter(of_this_lateness).collect();
    let Some(last) = tellings.last() else {
        return Decision::Speak(
            first,
            format!("overdue, {} working days late", standing.days_late),
        );
    };
    let since = calendar.between(last.on, today).days;
    match policy.remind {
        Some(remind) if since >= remind => {
            let nth = tellings.len();
            let reason =
                format!("reminder {nth}: still overdue {since} working days after the last mail");
            Decision::Speak(
                Occasion::Reminder {
                    due: standing.due,
                    nth,
                },
                reason,
            )
        }
        _ => Decision::Silent(format!("told on {}; nothing new", last.on)),
    }
}

fn about_soon(standing: Standing, policy: Policy, heard: &[Heard]) -> Decision {
    let Some(soon) = policy.soon.filter(|soon| standing.days_left <= *soon) else {
        return Decision::Silent(format!("in time, {} working days left", standing.days_left));
    };
    let occasion = Occasion::Soon { due: standing.due };
    match heard
        .iter()
        .find(|heard| heard.occasion == occasion.to_string())
    {
        Some(told) => Decision::Silent(format!("warned on {}; not yet overdue", told.on)),
        None => Decision::Speak(
            occasion,
            format!(
                "falls due within {soon} working days ({} left)",
                standing.days_left
            ),
        ),
    }
}

/// Decides about a ward that lags since `since` and one recipient.
#[must_use]
pub fn about_lagging(since: NaiveDate, heard: &[Heard]) -> Decision {
    let occasion = Occasion::Lagging { since };
    match heard
        .iter()
        .find(|heard| heard.occasion == occasion.to_string())
    {
        Some(told) => Decision::Silent(format!("told on {}; still lagging", told.on)),
        None => Decision::Speak(occasion, format!("lagging since {since}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn standing(state: State, days_late: i64, days_left: i64) -> Standing {
        Standing {
            state,
            due: day("2020-06-02"),
            days_late,
            days_left,
        }
    }

    fn told(occasion: &str, on: &str) -> Vec<Heard> {
        vec![Heard {
            occasion: occasion.into(),
            on: day(on),
        }]
    }

    #[test]
    fn a_dossier_is_spoken_of_once_for_each_occasion() {
        let head = Policy {
            rung: 0,
            soon: Some(2),
            remind: None,
        };
        let chair = Policy {
            rung: 10,
            soon: None,
            remind: None,
        };
        let reminded = Policy {
            remind: Some(3),
            ..head
        };
        let late = Occasion::Late {
            due: day("2020-06-02"),
            rung: 0,
        };
        let soon = Occasion::Soon {
            due: day("2020-06-02"),
        };
        let overdue = standing(State::Overdue, 1, -1);
        let calendar = Calendar::new(Vec::new());
        for (standing, policy, heard, expected, why) in [
            (
                overdue,
                head,
                vec![],
                Some(late),
                "overdue for the first time",
            ),
            (
                overdue,
                head,
                told("late+0 2020-06-02", "2020-06-03"),
                None,
                "told already",
            ),
            (
                overdue,
                head,
                told("soon 2020-06-02", "2020-06-01"),
                Some(late),
                "a warning is not an alert",
            ),
            (
                overdue,
                head,
                told("late+0 2020-05-20", "2020-05-21"),
                Some(late),
                "rescheduled, and late again",
            ),
            (
                overdue,
                chair,
                vec![],
                None,
                "the chair's rung is not reached",
            ),
            (
                standing_at(10),
                chair,
                vec![],
                Some(Occasion::Late {
                    due: day("2020-06-02"),
                    rung: 10,
                }),
                "the chair's rung is reached",
            ),
            (
                standing(State::InTime, 0, 2),
                head,
                vec![],
                Some(soon),
                "due in two working days",
            ),
            (
                standing(State::InTime, 0, 3),
                head,
                vec![],
                None,
                "due in three",
            ),
            (
                standing(State::InTime, 0, 2),
                chair,
                vec![],
                None,
                "a chair is not warned",
            ),
            (
                standing(State::InTime, 0, 1),
                head,
                told("soon 2020-06-02", "2020-06-01"),
                None,
                "warned already",
            ),
            (
                standing(State::Stopped, 0, -5),
                head,
                vec![],
                None,
                "the clock is stopped",
            ),
            (
                standing(State::Late, 4, 0),
                head,
                vec![],
                None,
                "finished, if late",
            ),
            (
                overdue,
                reminded,
                told("late+0 2020-06-02", "2020-06-03"),
                None,
                "too early for a reminder",
            ),
            (
                overdue,
                reminded,
                told("late+0 2020-06-02", "2020-05-20"),
                Some(Occasion::Reminder {
                    due: day("2020-06-02"),
                    nth: 1,
                }),
                "time for a reminder",
            ),
        ] {
            let decision = about_dossier(standing, policy, &heard, day("2020-06-03"), &calendar);
            let spoken = match decision {
                Decision::Speak(occasion, _) => Some(occasion),
                Decision::Silent(_) => None,
            };
            assert_eq!(spoken, expected, "{why}");
        }
    }

    fn standing_at(days_late: i64) -> Standing {
        standing(State::Overdue, days_late, -days_late)
    }

    #[test]
    fn a_ward_that_lags_again_is_told_again() {
        let heard = told("lagging 2020-03-02", "2020-03-02");
        assert!(
            matches!(
                about_lagging(day("2020-03-02"), &heard),
                Decision::Silent(_)
            ),
            "still the same lag"
        );
        assert!(
            matches!(
                about_lagging(day("2020-06-01"), &heard),
                Decision::Speak(..)
            ),
            "a new lag"
        );
    }
}

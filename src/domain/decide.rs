//! Speak or stay silent, with the reason.
//!
//! Owns: the decision about one dossier or one ward and one recipient.
//! Never: who holds a post, what was stored, how it is worded in a mail.
//! Reads next: `decide/occasion.rs`, `decide/reason.rs`, `answer.rs`.

mod occasion;
mod reason;

pub use occasion::{Ending, Occasion};
pub use reason::Reason;

use chrono::NaiveDate;

use super::answer;
use super::calendar::Calendar;
use super::dossier::State;

/// Working days within which a ward that lags again is no news.
const SETTLES: i64 = 10;

/// An occasion that a recipient has heard of, and on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub occasion: Occasion,
    pub on: NaiveDate,
}

/// What is known from before about one thing and one recipient.
#[derive(Clone, Copy, Debug, Default)]
pub struct Previous<'a> {
    /// Oldest first.
    pub heard: &'a [Heard],
    pub answers: answer::Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Speak(Occasion, Reason),
    Silent(Reason),
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

/// What one recipient is to hear.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Speak from so many working days late. Several, where the post above is vacant and this one hears for it.
    pub rungs: Vec<i64>,
    /// Warn this many working days before the due day; `None`: this recipient is not warned.
    pub soon: Option<i64>,
    /// Working days between mails about the same overdue dossier: to the first reminder, to the second, and so on;
    /// the last repeats. Empty: once is enough.
    pub remind: Vec<i64>,
}

/// Decides about one dossier and one recipient.
///
/// 1. Who asked for silence, or was promised a day, waits until it has passed.
/// 2. An overdue dossier is spoken of when its rung is reached, when the next one is, when a promise is broken,
///    and at every reminder.
/// 3. One that falls due soon is spoken of once.
#[must_use]
pub fn about_dossier(
    standing: Standing,
    policy: &Policy,
    previous: Previous<'_>,
    today: NaiveDate,
    calendar: &Calendar,
) -> Decision {
    let silence = silence(previous.answers, today);
    match standing.state {
        State::Overdue => match (reached(standing.days_late, policy), silence) {
            (Err(not_yet), _) => Decision::Silent(not_yet),
            (Ok(_), Some(silence)) => Decision::Silent(silence),
            (Ok(rung), None) => about_late(standing, rung, policy, previous, today, calendar),
        },
        State::InTime => about_soon(standing, policy, previous, silence),
        state => Decision::Silent(Reason::Elsewhere(state.as_str())),
    }
}

/// The highest rung that is reached.
fn reached(days_late: i64, policy: &Policy) -> Result<i64, Reason> {
    let rungs = || policy.rungs.iter().copied();
    let from = rungs().min().unwrap_or(i64::MAX);
    rungs()
        .filter(|rung| *rung <= days_late)
        .max()
        .ok_or(Reason::NotYet {
            late: days_late,
            from,
        })
}

fn silence(answers: answer::Standing, today: NaiveDate) -> Option<Reason> {
    let silenced = answers.silenced_on(today).map(Reason::StillSilenced);
    let promised = answers.promised_on(today).map(Reason::AcknowledgedUntil);
    silenced
        .or(promised)
        .or(answers.not_mine.then_some(Reason::NotMine))
}

fn about_late(
    standing: Standing,
    rung: i64,
    policy: &Policy,
    previous: Previous<'_>,
    today: NaiveDate,
    calendar: &Calendar,
) -> Decision {
    let (due, late) = (standing.due, standing.days_late);
    let of_this = |heard: &&Heard| heard.occasion.late_since() == Some(due);
    let told: Vec<&Heard> = previous.heard.iter().filter(of_this).collect();
    let Some(last) = told.last() else {
        let reason = match previous.heard {
            [] => Reason::FirstTime { late },
            _ => Reason::NewlyLate { late },
        };
        return Decision::Speak(Occasion::Late { due, rung }, reason);
    };
    if highest(&told) < Some(rung) {
        return Decision::Speak(Occasion::Late { due, rung }, Reason::NextRung { late });
    }
    let has_heard = |occasion| told.iter().any(|heard| heard.occasion == occasion);
    if let Some(promised) = previous.answers.broken_on(today) {
        let broken = Occasion::Broken { due, promised };
        // Whoever heard after that day knows that it was not kept.
        if last.on <= promised && !has_heard(broken) {
            return Decision::Speak(broken, Reason::PromisedDatePassed(promised));
        }
    }
    let nth = 1 + reminders(&told);
    let read = previous
        .answers
        .seen
        .map_or(last.on, |seen| seen.max(last.on));
    let since = calendar.between(read, today).days;
    match interval(&policy.remind, nth) {
        Some(interval) if since >= interval => Decision::Speak(
            Occasion::Reminder { due, nth },
            Reason::ReminderDue { nth, since },
        ),
        _ => Decision::Silent(Reason::NothingNew(last.on)),
    }
}

fn highest(told: &[&Heard]) -> Option<i64> {
    let rung = |heard: &&Heard| match heard.occasion {
        Occasion::Late { rung, .. } => Some(rung),
        _ => None,
    };
    told.iter().filter_map(rung).max()
}

fn reminders(told: &[&Heard]) -> usize {
    let reminder = |heard: &&&Heard| matches!(heard.occasion, Occasion::Reminder { .. });
    told.iter().filter(reminder).count()
}

/// Working days before the `nth` reminder.
fn interval(remind: &[i64], nth: usize) -> Option<i64> {
    remind.get(nth - 1).or(remind.last()).copied()
}

fn about_soon(
    standing: Standing,
    policy: &Policy,
    previous: Previous<'_>,
    silence: Option<Reason>,
) -> Decision {
    let left = standing.days_left;
    if policy.soon.is_none_or(|soon| left > soon) {
        return Decision::Silent(Reason::InTime { left });
    }
    let occasion = Occasion::Soon { due: standing.due };
    let told = previous
        .heard
        .iter()
        .find(|heard| heard.occasion == occasion);
    match (told, silence) {
        (Some(told), _) => Decision::Silent(Reason::NothingNew(told.on)),
        (None, Some(silence)) => Decision::Silent(silence),
        (None, None) => Decision::Speak(occasion, Reason::FallsDueSoon { left }),
    }
}

/// Decides about a ward that lags since `since` and one recipient. One that comes and goes is told of once in a while.
#[must_use]
pub fn about_lagging(
    since: NaiveDate,
    previous: Previous<'_>,
    today: NaiveDate,
    calendar: &Calendar,
) -> Decision {
    let occasion = Occasion::Lagging { since };
    if let Some(silence) = silence(previous.answers, today) {
        return Decision::Silent(silence);
    }
    let lagging = |heard: &&Heard| matches!(heard.occasion, Occasion::Lagging { .. });
    match previous.heard.iter().rfind(lagging) {
        Some(last) if last.occasion == occasion => Decision::Silent(Reason::NothingNew(last.on)),
        Some(last) if calendar.between(last.on, today).days < SETTLES => {
            Decision::Silent(Reason::Flapping(last.on))
        }
        _ => Decision::Speak(occasion, Reason::BeganToLag(since)),
    }
}

/// Decides about something that `previous` was told of and that came to its end as `how`.
#[must_use]
pub fn about_end(how: Ending, due: NaiveDate, previous: Previous<'_>) -> Decision {
    let occasion = Occasion::Over { how, due };
    match previous
        .heard
        .iter()
        .find(|heard| heard.occasion == occasion)
    {
        Some(told) => Decision::Silent(Reason::NothingNew(told.on)),
        None => Decision::Speak(occasion, Reason::Ended(how.as_str())),
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

    fn late(days: i64) -> Standing {
        standing(State::Overdue, days, 0)
    }

    fn soon(left: i64) -> Standing {
        standing(State::InTime, 0, left)
    }

    fn policy(rungs: &[i64], soon: Option<i64>, remind: &[i64]) -> Policy {
        Policy {
            rungs: rungs.into(),
            soon,
            remind: remind.into(),
        }
    }

    /// `late+0 2020-06-02 @ 2020-06-03; …`
    fn heard(told: &str) -> Vec<Heard> {
        let one = |told: &str| {
            let (occasion, on) = told.split_once(" @ ").unwrap();
            Heard {
                occasion: Occasion::parse(occasion).unwrap(),
                on: day(on),
            }
        };
        told.split("; ")
            .filter(|told| !told.is_empty())
            .map(one)
            .collect()
    }

    #[test]
    fn a_dossier_is_spoken_of_once_for_each_occasion() {
        let head = || policy(&[0], Some(2), &[]);
        let chair = || policy(&[10], None, &[]);
        let both = || policy(&[3, 10], None, &[]);
        let reminded = || policy(&[0], None, &[3, 5]);
        let today = day("2020-06-12");
        for (standing, policy, told, expected, why) in [
            (
                late(1),
                head(),
                "",
                "late+0 2020-06-02",
                "overdue for the first time",
            ),
            (
                late(1),
                head(),
                "late+0 2020-06-02 @ 2020-06-03",
                "",
                "told already",
            ),
            (
                late(1),
                head(),
                "soon 2020-06-02 @ 2020-06-01",
                "late+0 2020-06-02",
                "a warning is not an alert",
            ),
            (
                late(1),
                head(),
                "late+0 2020-05-20 @ 2020-05-21",
                "late+0 2020-06-02",
                "rescheduled, and late again",
            ),
            (late(9), chair(), "", "", "the chair's rung is not reached"),
            (
                late(10),
                chair(),
                "",
                "late+10 2020-06-02",
                "the chair's rung is reached",
            ),
            (
                late(12),
                both(),
                "",
                "late+10 2020-06-02",
                "of two rungs the higher one is told",
            ),
            (
                late(10),
                both(),
                "late+3 2020-06-02 @ 2020-06-05",
                "late+10 2020-06-02",
                "who hears for a vacant post hears of its rung too",
            ),
            (
                late(9),
                both(),
                "late+3 2020-06-02 @ 2020-06-05",
                "",
                "the next rung is not reached",
            ),
            (
                soon(2),
                head(),
                "",
                "soon 2020-06-02",
                "due in two working days",
            ),
            (soon(3), head(), "", "", "due in three"),
            (soon(2), chair(), "", "", "a chair is not warned"),
            (
                soon(1),
                head(),
                "soon 2020-06-02 @ 2020-06-01",
                "",
                "warned already",
            ),
            (
                standing(State::Stopped, 0, -5),
                head(),
                "",
                "",
                "the clock is stopped",
            ),
            (
                standing(State::Late, 4, 0),
                head(),
                "",
                "",
                "finished, if late",
            ),
            (
                late(8),
                reminded(),
                "late+0 2020-06-02 @ 2020-06-10",
                "",
                "two working days: too early for a reminder",
            ),
            (
                late(8),
                reminded(),
                "late+0 2020-06-02 @ 2020-06-09",
                "reminder-1 2020-06-02",
                "three: time for it",
            ),
            (
                late(8),
                reminded(),
                "late+0 2020-06-02 @ 2020-06-03; reminder-1 2020-06-02 @ 2020-06-08",
                "",
                "the second waits longer",
            ),
            (
                late(8),
                reminded(),
                "late+0 2020-06-02 @ 2020-06-02; reminder-1 2020-06-02 @ 2020-06-05",
                "reminder-2 2020-06-02",
                "but comes",
            ),
        ] {
            let heard = heard(told);
            let previous = Previous {
                heard: &heard,
                answers: answer::Standing::default(),
            };
            let decision = about_dossier(
                standing,
                &policy,
                previous,
                today,
                &Calendar::new(Vec::new()),
            );
            assert_eq!(spoken(&decision), expected, "{why}: {decision:?}");
        }
    }

    fn spoken(decision: &Decision) -> String {
        match decision {
            Decision::Speak(occasion, _) => occasion.to_string(),
            Decision::Silent(_) => String::new(),
        }
    }

    #[test]
    fn an_answer_holds_until_its_day_has_passed() {
        let promised = answer::Standing {
            promised: Some(day("2020-06-05")),
            ..answer::Standing::default()
        };
        let silenced = answer::Standing {
            silenced: Some(day("2020-06-05")),
            ..answer::Standing::default()
        };
        let not_mine = answer::Standing {
            not_mine: true,
            ..answer::Standing::default()
        };
        let seen = answer::Standing {
            seen: Some(day("2020-06-05")),
            ..answer::Standing::default()
        };
        let told = "late+0 2020-06-02 @ 2020-06-03";
        for (answers, told, today, expected, why) in [
            (
                promised,
                told,
                "2020-06-05",
                "",
                "the promised day is not over",
            ),
            (
                promised,
                told,
                "2020-06-08",
                "promised-2020-06-05 2020-06-02",
                "the promise is broken",
            ),
            (
                promised,
                "",
                "2020-06-05",
                "",
                "nobody else on the ladder hears meanwhile",
            ),
            (
                promised,
                "",
                "2020-06-08",
                "late+0 2020-06-02",
                "then the ladder goes on",
            ),
            (
                promised,
                "late+0 2020-06-02 @ 2020-06-03; promised-2020-06-05 2020-06-02 @ 2020-06-08",
                "2020-06-09",
                "",
                "a broken promise is told once",
            ),
            (silenced, told, "2020-06-05", "", "silenced"),
            (
                silenced,
                told,
                "2020-06-12",
                "reminder-1 2020-06-02",
                "and heard again",
            ),
            (not_mine, told, "2020-06-12", "", "it is not the post's own"),
            (
                seen,
                told,
                "2020-06-09",
                "",
                "reminders count from the day it was seen",
            ),
            (
                seen,
                told,
                "2020-06-10",
                "reminder-1 2020-06-02",
                "three working days later",
            ),
        ] {
            let heard = heard(told);
            let previous = Previous {
                heard: &heard,
                answers,
            };
            let policy = policy(&[0], None, &[3]);
            let decision = about_dossier(
                late(5),
                &policy,
                previous,
                day(today),
                &Calendar::new(Vec::new()),
            );
            assert_eq!(spoken(&decision), expected, "{why}: {decision:?}");
        }
    }

    #[test]
    fn a_ward_that_lags_again_is_told_again_but_not_every_week() {
        let told = heard("lagging 2020-03-02 @ 2020-03-02");
        let previous = Previous {
            heard: &told,
            answers: answer::Standing::default(),
        };
        let about = |since: &str, today: &str| {
            spoken(&about_lagging(
                day(since),
                previous,
                day(today),
                &Calendar::new(Vec::new()),
            ))
        };
        assert_eq!(about("2020-03-02", "2020-06-01"), "", "still the same lag");
        assert_eq!(
            about("2020-06-01", "2020-06-01"),
            "lagging 2020-06-01",
            "a new one"
        );
        assert_eq!(about("2020-03-09", "2020-03-09"), "", "it comes and goes");
        assert_eq!(
            about("2020-03-09", "2020-03-16"),
            "lagging 2020-03-09",
            "it stays"
        );
    }

    #[test]
    fn an_end_is_told_once_and_asks_for_no_letter() {
        let due = day("2020-06-02");
        let Decision::Speak(occasion, _) = about_end(Ending::Resolved, due, Previous::default())
        else {
            panic!("nothing was told of it yet");
        };
        assert!(!occasion.asks_for_letter());
        let told = [Heard { occasion, on: due }];
        let previous = Previous {
            heard: &told,
            answers: answer::Standing::default(),
        };
        assert!(matches!(
            about_end(Ending::Resolved, due, previous),
            Decision::Silent(_)
        ));
    }
}

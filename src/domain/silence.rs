//! The dead-man's switch: whether a job has been silent for longer than was expected.
//!
//! Owns: the rule.
//! Never: which occurrences there were, or who hears of it (`job::watchdog`).
//! Reads next: `decide.rs`.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A job that is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// `None`: it never succeeded.
    pub last_success: Option<DateTime<Utc>>,
    /// The earliest occurrence that no success followed.
    pub occurrence: DateTime<Utc>,
}

/// A job is overdue if more than `within` has passed since some occurrence and no run has succeeded at or after it.
///
/// The time runs from occurrences, not from the last success: a job of working days is not overdue on a Monday
/// morning, and one that runs every minute need not be told apart from one that runs every week. `expected` are
/// occurrences in order, without those that were to be passed over (days off, pauses).
#[must_use]
pub fn silence(
    expected: impl IntoIterator<Item = DateTime<Utc>>,
    last_success: Option<DateTime<Utc>>,
    within: TimeDelta,
    now: DateTime<Utc>,
) -> Option<Silence> {
    let unanswered = |at: &DateTime<Utc>| last_success.is_none_or(|success| success < *at);
    let occurrence = expected.into_iter().find(unanswered)?;
    (now - occurrence > within).then_some(Silence {
        last_success,
        occurrence,
    })
}

/// The occasion of which the operator hears once: a job that recovers and falls silent again is another one.
impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self.last_success {
            Some(at) => write!(f, "silent since {}", text(at)),
            None => write!(f, "never, due {}", text(self.occurrence)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2020-06-{text}:00Z").parse().unwrap()
    }

    fn told(expected: &[&str], last_success: Option<&str>, now: &str) -> Option<String> {
        let expected = expected.iter().map(|text| at(text));
        let within = TimeDelta::hours(3);
        silence(expected, last_success.map(at), within, at(now)).map(|silence| silence.to_string())
    }

    /// A sentence, occurrences, last success, now, what is told.
    type Case = (
        &'static str,
        &'static [&'static str],
        Option<&'static str>,
        &'static str,
        Option<&'static str>,
    );

    #[test]
    fn a_job_is_overdue_when_an_occurrence_was_followed_by_no_success_in_time() {
        const FRIDAY_AND_MONDAY: [&str; 2] = ["05T00:30", "08T00:30"];
        let cases: [Case; 8] = [
            (
                "nothing was due: nothing is expected",
                &[],
                None,
                "08T12:00",
                None,
            ),
            (
                "Friday's success is enough all the weekend",
                &["05T00:30"],
                Some("05T00:31"),
                "08T00:29",
                None,
            ),
            (
                "Monday's occurrence has its three hours",
                &FRIDAY_AND_MONDAY,
                Some("05T00:31"),
                "08T03:30",
                None,
            ),
            (
                "and not a minute more",
                &FRIDAY_AND_MONDAY,
                Some("05T00:31"),
                "08T03:31",
                Some("silent since 2020-06-05T00:31:00Z"),
            ),
            (
                "a success at the very instant of the occurrence counts",
                &FRIDAY_AND_MONDAY,
                Some("08T00:30"),
                "09T00:00",
                None,
            ),
            (
                "a later success answers all earlier occurrences",
                &FRIDAY_AND_MONDAY,
                Some("08T06:00"),
                "09T00:00",
                None,
            ),
            (
                "a job that never succeeded is told of by its first occurrence",
                &FRIDAY_AND_MONDAY,
                None,
                "08T00:31",
                Some("never, due 2020-06-05T00:30:00Z"),
            ),
            (
                "a success in the future, after the clock was set back, is no silence",
                &FRIDAY_AND_MONDAY,
                Some("09T00:31"),
                "08T12:00",
                None,
            ),
        ];
        for (sentence, expected, last_success, now, outcome) in cases {
            assert_eq!(
                told(expected, last_success, now).as_deref(),
                outcome,
                "{sentence}"
            );
        }
    }
}

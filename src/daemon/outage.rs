//! A time without a database: told in the log when it begins and ends, and to the operator once it is over.
//!
//! Owns: when it began, whether it was long enough to speak of.
//! Never: trying the database (`../daemon.rs`).
//! Reads next: `../job/notice.rs`.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::job::App;
use crate::job::notice::{Matter, tell_operator};
use crate::report::notice::{self, What};

/// The operator hears of an outage that lasted so long; the log of every one.
const TOLD: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug, Default)]
pub struct Outages {
    current: Option<Outage>,
    /// Over, and the operator has not heard of them.
    untold: VecDeque<(Outage, DateTime<Utc>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Outage {
    since: DateTime<Utc>,
    /// The first error.
    cause: String,
}

impl Outages {
    pub fn is_on(&self) -> bool {
        self.current.is_some()
    }

    /// What the database did at a beat: an error, or its work.
    pub fn note(&mut self, error: Option<String>, now: DateTime<Utc>) {
        match (error, self.current.take()) {
            (None, None) => {}
            (Some(_), standing @ Some(_)) => self.current = standing,
            (Some(cause), None) => {
                tracing::error!(
                    cause,
                    "the database is away: what is due waits until it is back"
                );
                self.current = Some(Outage { since: now, cause });
            }
            (None, Some(over)) => self.end(over, now),
        }
    }

    fn end(&mut self, over: Outage, now: DateTime<Utc>) {
        let lasted = (now - over.since).num_seconds();
        tracing::warn!(
            lasted,
            cause = over.cause,
            "the database is back: what waited goes on"
        );
        // A clock that was set back meanwhile says nothing of the length.
        if now - over.since >= TOLD || now < over.since {
            self.untold.push_back((over, now));
        }
    }

    /// Tells the operator of an outage that is over; a mail that cannot be queued yet is queued at a later beat.
    pub async fn tell(&mut self, app: &App) {
        while let Some((outage, until)) = self.untold.front() {
            // Boxed: a letter in the making is large, and most beats make none.
            match Box::pin(tell_operator(app, matter(app, outage, *until))).await {
                Err(error) if error.is_outage() => return,
                Err(error) => tracing::error!(%error, "the operator cannot be told of an outage"),
                Ok(_) => {}
            }
            self.untold.pop_front();
        }
    }
}

fn matter(app: &App, outage: &Outage, until: DateTime<Utc>) -> Matter {
    let local = |at: DateTime<Utc>| at.with_timezone(&app.zone()).fixed_offset();
    let (from, until) = (local(outage.since), local(until.max(outage.since)));
    Matter {
        about: "database".to_owned(),
        occasion: format!("away since {from}"),
        reason: format!("away from {from} to {until}"),
        what: What::Outage(notice::Outage {
            from,
            until,
            cause: outage.cause.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(beats: &[(i64, bool)]) -> Outages {
        let mut outages = Outages::default();
        for (second, works) in beats {
            let error = (!works).then(|| "locked".to_owned());
            outages.note(error, DateTime::UNIX_EPOCH + TimeDelta::seconds(*second));
        }
        outages
    }

    #[test]
    fn an_outage_lasts_from_its_first_error_to_the_first_beat_that_works() {
        for (sentence, beats, is_on, is_told) in [
            (
                "nothing happened",
                &[(0, true), (1, true)][..],
                false,
                false,
            ),
            ("it lasts", &[(0, false), (1, false)], true, false),
            (
                "a moment is for the log only",
                &[(0, false), (5, true)],
                false,
                false,
            ),
            (
                "half a minute is told",
                &[(0, false), (9, false), (30, true)],
                false,
                true,
            ),
            ("once it is over", &[(0, false), (900, false)], true, false),
            (
                "a clock set back hides none",
                &[(0, false), (-3600, true)],
                false,
                true,
            ),
        ] {
            let outages = after(beats);
            assert_eq!(outages.is_on(), is_on, "{sentence}");
            assert_eq!(!outages.untold.is_empty(), is_told, "{sentence}");
        }
    }
}

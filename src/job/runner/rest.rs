//! Runs that lost their database rest a while before they are begun again, each time a little longer.
//!
//! Owns: how long.
//! Never: giving up: an outage fails no run.
//! Reads next: `../run.rs`.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// The first rest, in seconds; each doubles the one before.
const FIRST: i64 = 1;
const LONGEST: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Default)]
pub struct Rests(HashMap<i64, Rest>);

#[derive(Clone, Copy, Debug)]
struct Rest {
    length: TimeDelta,
    until: DateTime<Utc>,
}

impl Rests {
    pub fn begin(&mut self, run: i64, now: DateTime<Utc>) {
        let doubled = |rest: &Rest| (rest.length * 2).min(LONGEST);
        let length = self.0.get(&run).map_or(TimeDelta::seconds(FIRST), doubled);
        let until = now + length;
        self.0.insert(run, Rest { length, until });
    }

    /// A clock that was set back lets nobody rest for longer.
    #[must_use]
    pub fn holds(&self, run: i64, now: DateTime<Utc>) -> bool {
        self.0
            .get(&run)
            .is_some_and(|rest| now < rest.until && rest.until - now <= rest.length)
    }

    pub fn end(&mut self, run: i64) {
        self.0.remove(&run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_rest_doubles_up_to_a_minute_and_ends_with_the_run() {
        let mut rests = Rests::default();
        let mut lengths = Vec::new();
        for _ in 0..8 {
            rests.begin(1, at(0));
            lengths.push(
                (0..100)
                    .find(|second| !rests.holds(1, at(*second)))
                    .unwrap(),
            );
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(!rests.holds(2, at(0)), "another run does not rest");
        assert!(
            !rests.holds(1, at(-3600)),
            "nor any, once the clock was set back"
        );
        rests.end(1);
        rests.begin(1, at(0));
        assert!(!rests.holds(1, at(1)), "it begins anew");
    }
}

//! A relay that is away: the queue rests, the mails keep their attempts.
//!
//! Owns: how long it rests, and when a rest counts no more.
//! Never: what a relay said (`mail::transport`).
//! Reads next: `round.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::job::App;
use crate::store::rests::Rest;

/// After each failure in a row; the last one repeats.
const WAITS: [TimeDelta; 5] = [
    TimeDelta::seconds(30),
    TimeDelta::minutes(1),
    TimeDelta::minutes(2),
    TimeDelta::minutes(5),
    TimeDelta::minutes(10),
];

/// Whether nothing is to be tried yet.
#[must_use]
pub fn holds(app: &App, rest: &Rest, now: DateTime<Utc>) -> bool {
    keeps_waiting(rest, &app.transport.destination(), now)
}

/// A rest is about one relay: after a change of the settings another is tried at once. It is never longer than the
/// longest, even if the clock was set back.
fn keeps_waiting(rest: &Rest, relay: &str, now: DateTime<Utc>) -> bool {
    let longest = WAITS[WAITS.len() - 1];
    rest.relay == relay && now < rest.until && rest.until - now <= longest
}

/// The rest after a failure, the first or one more.
pub(super) fn after(
    before: Option<&Rest>,
    relay: String,
    cause: String,
    now: DateTime<Utc>,
) -> Rest {
    let before = before.filter(|before| before.relay == relay);
    let failures = before.map_or(0, |before| before.failures);
    let nth = usize::try_from(failures).unwrap_or(0).min(WAITS.len() - 1);
    Rest {
        relay,
        since: before.map_or(now, |before| before.since),
        failures: failures.saturating_add(1),
        until: now + WAITS[nth],
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn each_failure_in_a_row_makes_the_rest_longer_up_to_ten_minutes() {
        let mut rest: Option<Rest> = None;
        let mut waits = Vec::new();
        let mut now = at(0);
        for _ in 0..7 {
            let next = after(rest.as_ref(), "a:25".into(), "no".into(), now);
            assert_eq!(next.since, at(0));
            waits.push((next.until - now).num_seconds());
            now = next.until;
            rest = Some(next);
        }
        assert_eq!(waits, [30, 60, 120, 300, 600, 600, 600]);
    }

    #[test]
    fn another_relay_and_a_clock_set_back_end_a_rest() {
        let rest = after(None, "a:25".into(), "no".into(), at(10_000));
        for (relay, second, waits, why) in [
            ("a:25", 10_000, true, "it rests"),
            ("a:25", 10_029, true, "to the last second"),
            ("a:25", 10_030, false, "and no longer"),
            ("b:25", 10_000, false, "another relay may be well"),
            ("a:25", 0, false, "the clock was set back"),
        ] {
            assert_eq!(keeps_waiting(&rest, relay, at(second)), waits, "{why}");
        }
        let other = after(Some(&rest), "b:25".into(), "no".into(), at(10_060));
        assert_eq!((other.since, other.failures), (at(10_060), 1));
    }
}

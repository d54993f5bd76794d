//! Intervals of real time: `every = "15m"`.
//!
//! Owns: which intervals there are, and the instants they make.
//! Never: wall time.
//! Reads next: `period.rs`.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const LONGEST: i64 = 366 * DAY;

/// Whole seconds from 1 to those of 366 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Every {
    pub(super) seconds: i64,
}

/// Why a length of time is no interval. `Display` says what is wrong; [`EveryError::help`] what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EveryError {
    #[error("an interval must be at least one second")]
    TooShort,
    #[error("an interval must be a whole number of seconds")]
    Fraction,
    #[error("an interval must be at most 366 days")]
    TooLong,
}

impl EveryError {
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::TooShort | Self::Fraction => {
                "write a number and a unit, as in `30s`, `15m` or `6h`"
            }
            Self::TooLong => "write the days in `cron`, such as `0 7 1 1 *`",
        }
    }
}

impl Every {
    pub(super) fn new(interval: Duration) -> Result<Self, EveryError> {
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX);
        let fraction = interval.subsec_nanos() > 0;
        match seconds {
            0 => Err(EveryError::TooShort),
            _ if seconds > LONGEST || (seconds == LONGEST && fraction) => Err(EveryError::TooLong),
            _ if fraction => Err(EveryError::Fraction),
            _ => Ok(Self { seconds }),
        }
    }

    /// The first of `origin` plus or minus a number of intervals after `from`.
    pub(super) fn next_after(
        self,
        from: DateTime<Utc>,
        origin: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let origin = origin.timestamp();
        let passed = (from.timestamp() - origin).div_euclid(self.seconds);
        DateTime::from_timestamp(origin + (passed + 1) * self.seconds, 0)
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&length(self.seconds))
    }
}

/// Whole seconds as `1d 2h 3m 4s`, without the parts that are zero.
#[must_use]
pub fn length(seconds: i64) -> String {
    let parts = [
        (seconds / DAY, 'd'),
        (seconds % DAY / HOUR, 'h'),
        (seconds % HOUR / MINUTE, 'm'),
        (seconds % MINUTE, 's'),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if told.is_empty() {
        "0s".to_owned()
    } else {
        told.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_whole_seconds_from_one_second_to_a_year() {
        let made = |interval| Every::new(interval).map(|every| every.to_string());
        let day = Duration::from_secs(86_400);
        for (interval, expected) in [
            (Duration::ZERO, Err(EveryError::TooShort)),
            (Duration::from_millis(999), Err(EveryError::TooShort)),
            (Duration::from_millis(1_500), Err(EveryError::Fraction)),
            (Duration::from_secs(1), Ok("1s".to_owned())),
            (Duration::from_secs(900), Ok("15m".to_owned())),
            (Duration::from_secs(5_430), Ok("1h 30m 30s".to_owned())),
            (day * 366, Ok("366d".to_owned())),
            (
                day * 366 + Duration::from_nanos(1),
                Err(EveryError::TooLong),
            ),
            (day * 366 + Duration::from_secs(1), Err(EveryError::TooLong)),
            (Duration::MAX, Err(EveryError::TooLong)),
        ] {
            assert_eq!(made(interval), expected, "{interval:?}");
        }
    }

    #[test]
    fn the_next_one_is_strictly_later_and_in_step() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let every = Every { seconds: 420 };
        for (from, expected) in [
            ("2020-06-01T00:00:00Z", "2020-06-01T00:07:00Z"),
            ("2020-06-01T00:06:59.999Z", "2020-06-01T00:07:00Z"),
            ("2020-06-01T00:07:00Z", "2020-06-01T00:14:00Z"),
            ("2020-06-01T00:07:00.001Z", "2020-06-01T00:14:00Z"),
            ("2020-05-31T23:59:59.5Z", "2020-06-01T00:00:00Z"),
            ("2020-05-31T23:52:59.5Z", "2020-05-31T23:53:00Z"),
        ] {
            let next = every.next_after(at(from), at("2020-06-01T00:00:00Z"));
            assert_eq!(next, Some(at(expected)), "after {from}");
        }
    }
}

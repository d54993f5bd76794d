//! Days, instants and zones on the command line.
//!
//! Owns: how they are written, and what to say of any other text.
//! Never: the time.
//! Reads next: `next.rs`, `pause.rs`.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::config::zone;
use crate::domain::dossier::start_of;

/// A day, from its midnight on, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Day(NaiveDate),
    Instant(DateTime<FixedOffset>),
}

impl Moment {
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = text.parse().map(Self::Day);
        day.or_else(|_| text.parse().map(Self::Instant))
            .map_err(|_| {
                "write a day such as 2020-06-10, or an instant such as 2020-06-10T12:00:00+07:00"
                    .to_owned()
            })
    }

    /// As an instant; a day begins at midnight in `zone`.
    pub fn at(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(day) => start_of(day, zone),
            Self::Instant(at) => at.to_utc(),
        }
    }
}

pub fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse()
        .map_err(|_| "write a day such as 2020-06-10".to_owned())
}

pub fn instant(text: &str) -> Result<DateTime<FixedOffset>, String> {
    text.parse()
        .map_err(|_| "write an instant with its offset, such as 2020-06-10T12:00:00+07:00".into())
}

pub fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| zone::instead_of(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_its_zone() {
        let hanoi = Tz::Asia__Ho_Chi_Minh;
        let at = |text: &str| Moment::parse(text).map(|moment| moment.at(hanoi).to_rfc3339());
        assert_eq!(at("2020-06-10").unwrap(), "2020-06-09T17:00:00+00:00");
        assert_eq!(
            at("2020-06-10T12:00:00+09:00").unwrap(),
            "2020-06-10T03:00:00+00:00"
        );
        for text in ["10/06/2020", "2020-02-30", "tomorrow", "2020-06-10 12:00"] {
            assert!(at(text).unwrap_err().contains("2020-06-10T12:00:00+07:00"));
        }
    }
}

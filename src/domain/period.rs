//! A period of whole days, over which records are counted.
//!
//! Owns: first and last day, both included, and the year to date.
//! Never: which day of a record decides whether it falls in the period.
//! Reads next: `board.rs`.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::dossier::day_of;

/// From the first to the last day, both included. Build one from two days with [`Period::new`], which refuses to
/// end before it begins, as reading one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Days", into = "Days")]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the period ends on {to}, before it begins on {from}: exchange the two days")]
pub struct EndsBeforeItBegins {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// As it is written: not checked yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    from: NaiveDate,
    to: NaiveDate,
}

impl Period {
    /// # Errors
    /// When `to` is before `from`.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Self, EndsBeforeItBegins> {
        if to < from {
            return Err(EndsBeforeItBegins { from, to });
        }
        Ok(Self { from, to })
    }

    /// From 1 January to the day of `as_of`, both in `zone`.
    #[must_use]
    pub fn year_to_date(as_of: DateTime<Utc>, zone: Tz) -> Self {
        let to = day_of(as_of, zone);
        let from = NaiveDate::from_ymd_opt(to.year(), 1, 1).unwrap_or(to);
        Self { from, to }
    }

    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl TryFrom<Days> for Period {
    type Error = EndsBeforeItBegins;
    fn try_from(days: Days) -> Result<Self, EndsBeforeItBegins> {
        Self::new(days.from, days.to)
    }
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        Self {
            from: period.from,
            to: period.to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_year_to_date_begins_on_new_years_day_of_the_sites_zone() {
        for (as_of, zone, from, to) in [
            (
                "2020-06-01T00:30:00Z",
                chrono_tz::Asia::Ho_Chi_Minh,
                "2020-01-01",
                "2020-06-01",
            ),
            (
                "2020-05-31T17:00:00Z",
                chrono_tz::Asia::Ho_Chi_Minh,
                "2020-01-01",
                "2020-06-01",
            ),
            (
                "2019-12-31T17:00:00Z",
                chrono_tz::Asia::Ho_Chi_Minh,
                "2020-01-01",
                "2020-01-01",
            ),
            (
                "2019-12-31T16:59:59Z",
                chrono_tz::Asia::Ho_Chi_Minh,
                "2019-01-01",
                "2019-12-31",
            ),
            (
                "2020-01-01T04:00:00Z",
                chrono_tz::America::New_York,
                "2019-01-01",
                "2019-12-31",
            ),
        ] {
            let period = Period::year_to_date(as_of.parse().unwrap(), zone);
            assert_eq!(
                (period.from, period.to),
                (date(from), date(to)),
                "{as_of} in {zone}"
            );
        }
    }

    #[test]
    fn both_ends_belong_to_it() {
        let may = Period::new(date("2020-05-01"), date("2020-05-31")).unwrap();
        for (day, inside) in [
            ("2020-04-30", false),
            ("2020-05-01", true),
            ("2020-05-31", true),
            ("2020-06-01", false),
        ] {
            assert_eq!(may.contains(date(day)), inside, "{day}");
        }
        assert!(Period::new(date("2020-05-01"), date("2020-05-01")).is_ok());
    }

    #[test]
    fn it_never_ends_before_it_begins() {
        let told =
            "the period ends on 2020-05-01, before it begins on 2020-05-31: exchange the two days";
        let error = Period::new(date("2020-05-31"), date("2020-05-01")).unwrap_err();
        assert_eq!(error.to_string(), told);
        let read = serde_json::from_str::<Period>(r#"{"from":"2020-05-31","to":"2020-05-01"}"#);
        assert!(read.unwrap_err().to_string().starts_with(told));
        let read =
            serde_json::from_str::<Period>(r#"{"from":"2020-05-01","to":"2020-05-31"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            r#"{"from":"2020-05-01","to":"2020-05-31"}"#
        );
    }
}

//! Instants and days as sources write them.
//!
//! Owns: parsing by a list of formats, in the site's zone.
//! Never: guessing: what fits no format is rejected.
//! Reads next: `mapping.rs`.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Formats of one field, compiled once for a whole pull.
#[derive(Clone, Debug)]
pub(super) struct Formats(Vec<Format>);

#[derive(Clone, Debug)]
struct Format {
    written: String,
    items: Vec<Item<'static>>,
}

/// What a format yields: some sources write a day where others write an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
}

impl Formats {
    pub(super) fn new(formats: &[String]) -> Self {
        let compile = |format: &String| Format {
            written: format.clone(),
            items: StrftimeItems::new(format).map(Item::to_owned).collect(),
        };
        Self(formats.iter().map(compile).collect())
    }

    pub(super) fn read(&self, text: &str, zone: Tz) -> Result<Written, String> {
        let found = self.0.iter().find_map(|format| format.read(text, zone));
        found.ok_or_else(|| {
            let expected: Vec<&str> = self
                .0
                .iter()
                .map(|format| format.written.as_str())
                .collect();
            format!(
                "`{text}` is not a date of the form {}",
                expected.join(" or ")
            )
        })
    }
}

impl Format {
    fn read(&self, text: &str, zone: Tz) -> Option<Written> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        if let Ok(at) = parsed.to_datetime() {
            return Some(Written::Instant(at.to_utc()));
        }
        let day = parsed.to_naive_date().ok()?;
        match parsed.to_naive_time() {
            Ok(time) => local(day.and_time(time), zone).map(Written::Instant),
            Err(_) => Some(Written::Day(day)),
        }
    }
}

/// A wall time in `zone`; the first of two in a repeated hour.
pub(super) fn local(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&wall)
        .earliest()
        .map(|at| at.to_utc())
}

impl Written {
    pub(super) fn instant(self, time: NaiveTime, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Instant(at) => Some(at),
            Self::Day(day) => local(day.and_time(time), zone),
        }
    }

    pub(super) fn day(self, zone: Tz) -> NaiveDate {
        match self {
            Self::Instant(at) => at.with_timezone(&zone).date_naive(),
            Self::Day(day) => day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_what_sources_write() {
        let zone = chrono_tz::Asia::Ho_Chi_Minh;
        let formats: Vec<String> = ["%Y%m%d%H%M%S", "%Y%m%d", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%+"]
            .map(str::to_owned)
            .into();
        let formats = Formats::new(&formats);
        let instant = |text: &str| text.parse::<DateTime<Utc>>().map(Written::Instant).unwrap();
        let day = |y, m, d| Written::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        for (text, expected, why) in [
            (
                "20200601073000",
                instant("2020-06-01T00:30:00Z"),
                "national API, local time",
            ),
            ("20200601", day(2020, 6, 1), "a day without a time"),
            (
                "01/06/2020 07:30",
                instant("2020-06-01T00:30:00Z"),
                "as people write it",
            ),
            ("01/06/2020", day(2020, 6, 1), "as people write a day"),
            (
                "2020-06-01T07:30:00+07:00",
                instant("2020-06-01T00:30:00Z"),
                "ISO with a zone",
            ),
        ] {
            assert_eq!(formats.read(text, zone), Ok(expected), "{why}");
        }
        for (text, why) in [
            ("20200231080000", "there is no 31 February"),
            ("30/02/2020", "there is no 30 February"),
            ("06-01-2020", "a form nobody declared"),
        ] {
            assert!(formats.read(text, zone).is_err(), "{why}");
        }
    }
}

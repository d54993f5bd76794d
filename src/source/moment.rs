//! Instants and days as sources write them.
//!
//! Owns: parsing by a list of formats (strftime, or one of the words below), in the site's zone.
//! Never: guessing: what fits no format is rejected.
//! Reads next: `moment/spoken.rs`, `moment/serial.rs`, `mapping.rs`.

mod fixed;
mod serial;
mod spoken;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use fixed::Fixed;
pub(super) use serial::{Epoch, of_serial};

/// Formats of one field, compiled once for a whole pull.
#[derive(Clone, Debug)]
pub(super) struct Formats(Vec<Format>);

#[derive(Clone, Debug)]
struct Format {
    written: String,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Pattern(Vec<Item<'static>>, Option<Fixed>),
    /// `2020-06-01T07:30:00`, with or without time, seconds, zone.
    Iso,
    /// Days since an epoch, as spreadsheets count.
    Serial(Epoch),
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// `/Date(1590971400000+0700)/`.
    DateMilliseconds,
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
            way: Way::new(format),
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

impl Way {
    fn new(format: &str) -> Self {
        match format {
            "iso" => Self::Iso,
            "excel" => Self::Serial(Epoch::Of1900),
            "excel-1904" => Self::Serial(Epoch::Of1904),
            "epoch-ms" => Self::EpochMilliseconds,
            "date-ms" => Self::DateMilliseconds,
            pattern => {
                let items: Vec<_> = StrftimeItems::new(pattern).map(Item::to_owned).collect();
                let fixed = Fixed::new(&items);
                Self::Pattern(items, fixed)
            }
        }
    }
}

impl Format {
    fn read(&self, text: &str, zone: Tz) -> Option<Written> {
        match &self.way {
            Way::Pattern(items, fixed) => match fixed.as_ref().and_then(|fixed| fixed.read(text)) {
                Some((day, time)) => written(day, time, zone),
                None => by_pattern(text, items, zone),
            },
            Way::Iso => spoken::iso(text, zone),
            Way::Serial(epoch) => {
                let (day, time) = of_serial(text.parse().ok()?, *epoch)?;
                written(day, time, zone)
            }
            Way::EpochMilliseconds => spoken::milliseconds(text),
            Way::DateMilliseconds => spoken::date_of_milliseconds(text),
        }
    }
}

fn by_pattern(text: &str, items: &[Item<'static>], zone: Tz) -> Option<Written> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, items.iter()).ok()?;
    if let Ok(at) = parsed.to_datetime() {
        return Some(Written::Instant(at.to_utc()));
    }
    let day = parsed.to_naive_date().ok()?;
    written(day, parsed.to_naive_time().ok(), zone)
}

fn written(day: NaiveDate, time: Option<NaiveTime>, zone: Tz) -> Option<Written> {
    match time {
        Some(time) => local(day.and_time(time), zone).map(Written::Instant),
        None => Some(Written::Day(day)),
    }
}

/// How systems write that there is no date: the first instant that their clock knows.
pub(super) fn says_none(text: &str) -> bool {
    const NONE: [&str; 5] = [
        "0001-01-01",
        "00010101",
        "01/01/0001",
        "0000-00-00",
        "/Date(-62135596800000",
    ];
    NONE.iter().any(|none| text.starts_with(none))
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
    fn words_name_the_ways_that_no_pattern_can() {
        let zone = chrono_tz::Asia::Ho_Chi_Minh;
        let instant = |text: &str| text.parse::<DateTime<Utc>>().map(Written::Instant).unwrap();
        let day = |y, m, d| Written::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        for (word, text, expected, why) in [
            ("iso", "2020-06-01", day(2020, 6, 1), "a day"),
            (
                "iso",
                "2020-06-01T07:30:00",
                instant("2020-06-01T00:30:00Z"),
                "the site's zone",
            ),
            (
                "iso",
                "2020-06-01 07:30",
                instant("2020-06-01T00:30:00Z"),
                "without seconds",
            ),
            (
                "iso",
                "2020-06-01T07:30:00.123",
                instant("2020-06-01T00:30:00.123Z"),
                "fractions",
            ),
            (
                "iso",
                "2020-06-01T00:30:00Z",
                instant("2020-06-01T00:30:00Z"),
                "UTC",
            ),
            (
                "iso",
                "2020-06-01T07:30:00+0700",
                instant("2020-06-01T00:30:00Z"),
                "no colon",
            ),
            ("excel", "43983", day(2020, 6, 1), "a day"),
            (
                "excel",
                "43983.3125",
                instant("2020-06-01T00:30:00Z"),
                "half past seven",
            ),
            (
                "excel",
                "59",
                day(1900, 2, 28),
                "before the day that never was",
            ),
            ("excel", "61", day(1900, 3, 1), "after it"),
            ("excel-1904", "42521", day(2020, 6, 1), "the other epoch"),
            (
                "epoch-ms",
                "1590971400000",
                instant("2020-06-01T00:30:00Z"),
                "since 1970",
            ),
            (
                "date-ms",
                "/Date(1590971400000)/",
                instant("2020-06-01T00:30:00Z"),
                "as .NET does",
            ),
            (
                "date-ms",
                "/Date(1590971400000+0700)/",
                instant("2020-06-01T00:30:00Z"),
                "the zone is for show",
            ),
        ] {
            let formats = Formats::new(&[word.to_owned()]);
            assert_eq!(
                formats.read(text, zone),
                Ok(expected),
                "{word} {text}: {why}"
            );
        }
        for (word, text, why) in [
            ("excel", "60", "29/02/1900 never was"),
            ("excel", "0", "a time without a day"),
            ("excel", "20200601", "further than any calendar"),
            ("iso", "2020-02-30", "no such day"),
            ("iso", "01/06/2020", "not ISO"),
            ("date-ms", "/Date(x)/", "no number"),
            ("epoch-ms", "2020", "too early to be meant"),
        ] {
            let formats = Formats::new(&[word.to_owned()]);
            assert!(formats.read(text, zone).is_err(), "{word} {text}: {why}");
        }
    }

    #[test]
    fn the_first_instant_of_a_clock_says_that_there_is_none() {
        for text in [
            "0001-01-01T00:00:00",
            "00010101000000",
            "01/01/0001 00:00",
            "/Date(-62135596800000)/",
            "/Date(-62135596800000+0700)/",
        ] {
            assert!(says_none(text), "{text}");
        }
        assert!(!says_none("2020-06-01"));
    }

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

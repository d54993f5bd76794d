//! How dates of a sample are written.
//!
//! Owns: the formats that are tried, and telling those that could be read in two ways.
//! Never: reading rows (`../moment.rs`).
//! Reads next: `../moment.rs`.

use chrono_tz::Tz;

use crate::source::moment::{Formats, says_none};

/// In the order of trust. A day before its month is how offices write here.
const FORMATS: [&str; 13] = [
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "iso",
    "date-ms",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y",
];

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) formats: Vec<&'static str>,
    /// Values that are a date with day and month exchanged too, where no other value decides.
    pub(super) doubtful: usize,
    /// Values that no format reads.
    pub(super) unread: usize,
}

/// The fewest formats that read the values.
pub(super) fn written<'v>(values: impl IntoIterator<Item = &'v String>, zone: Tz) -> Written {
    let mut left: Vec<&String> = values
        .into_iter()
        .filter(|value| !says_none(value))
        .collect();
    let mut found = Written {
        doubtful: doubtful(&left),
        ..Written::default()
    };
    for format in FORMATS {
        // Where days come first, a thirteenth month is a mistake.
        let is_month_first = format.starts_with("%m");
        if is_month_first && found.formats.iter().any(|known| known.starts_with("%d/")) {
            continue;
        }
        let formats = Formats::new(&[format.to_owned()]);
        let before = left.len();
        left.retain(|value| !is_of(format, value) || formats.read(value, zone).is_err());
        if left.len() < before {
            found.formats.push(format);
        }
    }
    found.unread = left.len();
    found
}

pub(super) fn are_dates(values: &[String], zone: Tz) -> bool {
    let written = written(values, zone);
    !written.formats.is_empty() && written.unread == 0
}

/// Digits alone are a date only if there are as many as the format has.
fn is_of(format: &str, value: &str) -> bool {
    let length = match format {
        "%Y%m%d%H%M%S" => 14,
        "%Y%m%d" => 8,
        "iso" => return value.len() >= 10,
        _ => return true,
    };
    value.len() == length
        && (value.starts_with("19") || value.starts_with("20") || says_none(value))
}

/// `01/02/2020`: nothing says which of the two is the month, unless some value has a day after the twelfth.
fn doubtful(values: &[&String]) -> usize {
    let numbers = |value: &&&String| {
        let mut parts = value.split('/');
        let first: u32 = parts.next()?.trim().parse().ok()?;
        let second: u32 = parts.next()?.trim().parse().ok()?;
        (first <= 31 && second <= 31).then_some((first, second))
    };
    let parted: Vec<(u32, u32)> = values.iter().filter_map(|value| numbers(&value)).collect();
    let decided = parted
        .iter()
        .any(|(first, second)| *first > 12 || *second > 12);
    if decided {
        0
    } else {
        parted
            .iter()
            .filter(|(first, second)| first != second)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_the_fewest_that_read_all_and_doubt_is_told() {
        let zone = chrono_tz::Asia::Ho_Chi_Minh;
        for (values, formats, doubtful, unread, why) in [
            (
                ["20200601073000", "20200602"].as_slice(),
                ["%Y%m%d%H%M%S", "%Y%m%d"].as_slice(),
                0,
                0,
                "two in one column",
            ),
            (
                &["01/02/2020", "03/02/2020"],
                &["%d/%m/%Y"],
                2,
                0,
                "nothing decides",
            ),
            (
                &["01/02/2020", "13/02/2020"],
                &["%d/%m/%Y"],
                0,
                0,
                "the thirteenth is a day",
            ),
            (
                &["02/13/2020"],
                &["%m/%d/%Y"],
                0,
                0,
                "there is no thirteenth month",
            ),
            (
                &["0001-01-01T00:00:00", "2020-06-01T07:30:00"],
                &["iso"],
                0,
                0,
                "a date that says none",
            ),
            (
                &["2020/06/01", "2014/02/30"],
                &["%Y/%m/%d"],
                0,
                1,
                "a day that never was",
            ),
            (
                &["13/05/2020", "05/13/2020"],
                &["%d/%m/%Y"],
                0,
                1,
                "a slip of one hand is no other way of writing",
            ),
            (&["12345678"], &[], 0, 1, "a number"),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let found = written(&values, zone);
            assert_eq!(
                (found.formats.as_slice(), found.doubtful, found.unread),
                (formats, doubtful, unread),
                "{why}"
            );
        }
    }
}

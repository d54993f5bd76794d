//! Instants in the ways that a pattern of strftime cannot describe: ISO 8601 and milliseconds.
//!
//! Owns: ISO with and without time and zone; `1590971400000`; `/Date(1590971400000+0700)/`.
//! Never: a form that could be read in two ways.
//! Reads next: `serial.rs`.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::{Written, local};

/// Milliseconds of 1 January 1990: a smaller number is something else.
const EARLIEST: i64 = 631_152_000_000;

pub(super) fn iso(text: &str, zone: Tz) -> Option<Written> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Written::Day(day));
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M%#z",
    ] {
        if let Ok(at) = DateTime::parse_from_str(text, form) {
            return Some(Written::Instant(at.to_utc()));
        }
    }
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let wall = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    local(wall, zone).map(Written::Instant)
}

pub(super) fn milliseconds(text: &str) -> Option<Written> {
    let number = text.parse().ok().filter(|number| *number >= EARLIEST)?;
    DateTime::from_timestamp_millis(number).map(Written::Instant)
}

/// The offset says where the clock stood that wrote it; the milliseconds are UTC with and without.
pub(super) fn date_of_milliseconds(text: &str) -> Option<Written> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let digits = inner
        .get(1..)
        .and_then(|rest| rest.find(['+', '-']))
        .map_or(inner.len(), |at| at + 1);
    let (number, offset) = inner.split_at(digits);
    let is_offset = offset.is_empty()
        || (offset.len() == 5 && offset[1..].bytes().all(|byte| byte.is_ascii_digit()));
    let at = DateTime::from_timestamp_millis(number.parse().ok()?)?;
    is_offset.then_some(Written::Instant(at))
}

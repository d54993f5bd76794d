//! Names of days and months inside a sentence.
//!
//! Owns: weekdays, months, ordinals, and the days of every week.
//! Never: what a schedule does.
//! Reads next: `../note.rs`.

use super::list::joined;
use crate::domain::format::Language;

/// `1st`, `22nd`, `13th`.
pub(super) fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, 1 | 21 | 31) => "st",
        (2, 2 | 22) => "nd",
        (3, 3 | 23) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// The name of a number that counts from 1.
pub(super) fn name(names: &[&str], number: u32) -> String {
    let place = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
    names
        .get(place)
        .map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

pub(super) const PLACES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
pub(super) const WEEKDAYS_VI: [&str; 7] = [
    "thứ Hai",
    "thứ Ba",
    "thứ Tư",
    "thứ Năm",
    "thứ Sáu",
    "thứ Bảy",
    "Chủ nhật",
];
pub(super) const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) fn every_day(language: Language) -> String {
    match language {
        Language::Vi => "hằng ngày".to_owned(),
        Language::En => "every day".to_owned(),
    }
}

/// `thứ Hai và thứ Tư hằng tuần`, `from Monday to Friday`.
pub(super) fn weekly(days: &[u32], language: Language) -> String {
    let names = match language {
        Language::Vi => &WEEKDAYS_VI,
        Language::En => &WEEKDAYS_EN,
    };
    let in_a_row = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match (days, language) {
        ([first, _, .., last], _) if in_a_row && days.len() > 2 => {
            let (first, last) = (name(names, *first), name(names, *last));
            match language {
                Language::Vi => format!("từ {first} đến {last} hằng tuần"),
                Language::En => format!("from {first} to {last}"),
            }
        }
        _ => {
            let told: Vec<String> = days.iter().map(|day| name(names, *day)).collect();
            match language {
                Language::Vi => format!("{} hằng tuần", joined(&told, language)),
                Language::En => format!("every {}", joined(&told, language)),
            }
        }
    }
}

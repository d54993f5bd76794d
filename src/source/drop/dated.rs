//! The day that a file's name states: `ho-so-2020-06-01.xlsx`, `hoso_01.06.2020_0730.csv`.
//!
//! Owns: the two orders in which people write a day.
//! Never: a day of eight digits that could be written in either order.
//! Reads next: `folder.rs`.

use chrono::{NaiveDate, NaiveTime};

/// The first day that stands in a name, and the time after it.
pub(super) fn stated(name: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let groups = digit_groups(name);
    let found = groups
        .iter()
        .enumerate()
        .find_map(|(at, _)| day_at(&groups[at..]).map(|(day, used)| (day, at + used)));
    let (day, after) = found?;
    Some((day, groups.get(after).and_then(|group| time(group))))
}

/// The runs of digits in a name; those parted by more than one sign stand apart by an empty run.
fn digit_groups(name: &str) -> Vec<&str> {
    let mut groups = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_digit()) {
        // Two signs together, or letters, give empty runs, which end a day.
        groups.push(part);
    }
    groups
}

/// A day at the beginning of these runs, and how many of them it takes.
fn day_at(groups: &[&str]) -> Option<(NaiveDate, usize)> {
    let number = |text: &str| text.parse::<u32>().ok();
    if let [one, ..] = groups
        && one.len() == 8
    {
        let (year, rest) = one.split_at(4);
        let (month, day) = rest.split_at(2);
        return date(number(year)?, number(month)?, number(day)?).map(|day| (day, 1));
    }
    let [a, b, c, ..] = groups else { return None };
    let found = match (a.len(), b.len(), c.len()) {
        (4, 1..=2, 1..=2) => date(number(a)?, number(b)?, number(c)?),
        (1..=2, 1..=2, 4) => date(number(c)?, number(b)?, number(a)?),
        _ => None,
    };
    found.map(|day| (day, 3))
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (2000..2100).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// `0730`, `073000`
fn time(digits: &str) -> Option<NaiveTime> {
    match digits.len() {
        4 => NaiveTime::parse_from_str(digits, "%H%M").ok(),
        6 => NaiveTime::parse_from_str(digits, "%H%M%S").ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_both_orders() {
        for (name, expected, time, why) in [
            (
                "ho-so-2020-06-01.xlsx",
                "2020-06-01",
                None,
                "the year first",
            ),
            ("hoso_01.06.2020.xls", "2020-06-01", None, "the day first"),
            (
                "20200601_0730.csv",
                "2020-06-01",
                Some("07:30:00"),
                "with a time",
            ),
            (
                "Quan 4 - 1-6-2020.csv",
                "2020-06-01",
                None,
                "another number before",
            ),
            (
                "BC 2020_6_1 073015.csv",
                "2020-06-01",
                Some("07:30:15"),
                "without zeros",
            ),
        ] {
            let (day, at) = stated(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(day.to_string(), expected, "{why}");
            assert_eq!(at.map(|at| at.to_string()).as_deref(), time, "{why}");
        }
        for name in [
            "ho-so.xlsx",
            "01062020.xlsx",
            "2020-13-01.csv",
            "v1.2.3.csv",
            "12345678901.csv",
        ] {
            assert_eq!(stated(name), None, "{name}");
        }
    }
}

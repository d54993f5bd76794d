//! `config/calendars/*.toml` into `domain::calendar`.
//!
//! Owns: the file's shape and its checks (a weekday off twice, a worked day that is a weekday, the stated count).
//! Never: working-day arithmetic.
//! Reads next: `sources.rs`.

use chrono::{Datelike, NaiveDate, Weekday};

use super::reader::{Item, Table};
use crate::domain::calendar::PublishedYear;

pub const FOLDER: &str = "config/calendars";

/// The years of one file. `status` and `published` are for people: they say how sure a year is.
pub fn years(root: &Table<'_>) -> Option<Vec<PublishedYear>> {
    let years = root.required_tables("year", year)?;
    for (index, (year, at)) in years.iter().enumerate() {
        if years[..index]
            .iter()
            .any(|(earlier, _)| earlier.year == year.year)
        {
            root.problem_at(
                *at,
                format!("the year {} stands twice", year.year),
                "keep one of them",
            );
        }
    }
    Some(years.into_iter().map(|(year, _)| year).collect())
}

fn year(table: &Table<'_>) -> Option<(PublishedYear, usize)> {
    let year = table.required("year", |item| i32::try_from(item.count(1900, 2200)?).ok());
    let Some(year) = year else {
        table.pass_over();
        return None;
    };
    let status = table.required("status", |item| {
        item.word(&[("official", ()), ("tentative", ())])
    });
    let published = table.maybe("published", Item::day);
    let weekday = |day: NaiveDate| !is_weekend(day);
    let off = days(
        table,
        "off",
        year,
        weekday,
        "Saturday and Sunday are off anyway: leave it out",
    );
    let worked = days(
        table,
        "worked",
        year,
        is_weekend,
        "only a Saturday or a Sunday can be worked by decree",
    );
    let tentative_off = days(
        table,
        "tentative_off",
        year,
        weekday,
        "Saturday and Sunday are off anyway: leave it out",
    );
    let stated = table.maybe("working_days", |item| item.count(1, 366));
    let (_, _, stated) = (status?, published?, stated?);
    let year = PublishedYear {
        year,
        off: off?,
        worked: worked?,
        tentative_off: tentative_off?,
    };
    let counted = working_days(&year);
    if stated.is_some_and(|stated| stated != counted) {
        let message = format!(
            "{} has {counted} working days by these lists, not the number stated",
            year.year
        );
        table.problem(
            message,
            "compare the lists with the decree, then correct `working_days` or the lists",
        );
    }
    Some((year, table.at()))
}

fn days(
    table: &Table<'_>,
    key: &str,
    year: i32,
    fits: impl Fn(NaiveDate) -> bool,
    help: &str,
) -> Option<Vec<NaiveDate>> {
    let day = |item: &Item<'_>| {
        let day = item.day()?;
        if day.year() != year {
            item.problem(
                format!("{day} is not a day of {year}"),
                "move it to its own year",
            );
        } else if !fits(day) {
            item.problem(
                format!("{day} is a {:?} and cannot stand in `{key}`", day.weekday()),
                help,
            );
        }
        Some((day, item.at()))
    };
    let days = table.or(key, Vec::new(), |item| item.each(day))?;
    for (index, (day, at)) in days.iter().enumerate() {
        if days[..index].iter().any(|(earlier, _)| earlier == day) {
            table.problem_at(
                *at,
                format!("{day} stands twice in `{key}`"),
                "keep one of them",
            );
        }
    }
    Some(days.into_iter().map(|(day, _)| day).collect())
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Weekdays that are not off, and weekend days that are worked; a tentative day counts as worked.
fn working_days(year: &PublishedYear) -> u32 {
    let first = NaiveDate::from_ymd_opt(year.year, 1, 1);
    let days = first
        .into_iter()
        .flat_map(|first| first.iter_days())
        .take_while(|day| day.year() == year.year);
    let worked =
        |day: &NaiveDate| year.worked.contains(day) || !is_weekend(*day) && !year.off.contains(day);
    days.filter(worked).map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document::Document;
    use crate::config::reader::read;

    fn read_years(text: &str) -> Result<Vec<PublishedYear>, Vec<String>> {
        let found = read(&Document::new("config/calendars/vn.toml", text), years);
        found.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_year_with_a_worked_saturday_is_read_and_counted() {
        let text = r#"
[[year]]
year = 2024
status = "official"
published = "2024-04-12"
off = ["2024-01-01", "2024-02-08", "2024-02-09", "2024-02-12", "2024-02-13", "2024-02-14",
       "2024-04-18", "2024-04-29", "2024-04-30", "2024-05-01", "2024-09-02", "2024-09-03"]
worked = [2024-05-04]
working_days = 251
"#;
        let years = read_years(text).unwrap();
        assert_eq!(years[0].off.len(), 12);
        assert_eq!(
            years[0].worked,
            [NaiveDate::from_ymd_opt(2024, 5, 4).unwrap()]
        );
    }

    #[test]
    fn every_impossible_day_is_told() {
        let text = "[[year]]\nyear = 2024\nstatus = \"official\"\noff = [2024-01-06, 2023-01-02, 2024-01-01, 2024-01-01]\nworked = [2024-05-03]\nworking_days = 251\n";
        assert_eq!(
            read_years(text).unwrap_err(),
            [
                "config/calendars/vn.toml:1:1: 2024 has 261 working days by these lists, not the number stated (help: compare the lists with the decree, then correct `working_days` or the lists)",
                "config/calendars/vn.toml:4:8: 2024-01-06 is a Sat and cannot stand in `off` (help: Saturday and Sunday are off anyway: leave it out)",
                "config/calendars/vn.toml:4:20: 2023-01-02 is not a day of 2024 (help: move it to its own year)",
                "config/calendars/vn.toml:4:44: 2024-01-01 stands twice in `off` (help: keep one of them)",
                "config/calendars/vn.toml:5:11: 2024-05-03 is a Fri and cannot stand in `worked` (help: only a Saturday or a Sunday can be worked by decree)",
            ]
        );
    }
}

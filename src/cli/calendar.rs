//! `dondoc calendar`: working-day arithmetic.
//!
//! Owns: printing.
//! Never: the rules (`domain::calendar`).
//! Reads next: `mail.rs`.

use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Scope, open, output};
use crate::config::{calendar, document, reader, site};
use crate::domain::calendar::{self as rules, CalendarYear};
use crate::shipped;

#[derive(Debug, Args)]
pub struct Calendar {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// The date N working days after DATE; DATE itself is not counted
    Add {
        date: NaiveDate,
        #[arg(allow_negative_numbers = true)]
        days: i64,
    },
    /// Working days in (A, B]
    Between { from: NaiveDate, to: NaiveDate },
    /// Days off and worked Saturdays of a year
    Show { year: i32 },
}

impl Calendar {
    pub fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let calendar = calendar_of(scope)?;
        match self.question {
            Question::Add { date, days } => {
                let due = calendar
                    .add(date, days)
                    .context("that lies outside the years this calendar covers")?;
                print(
                    scope,
                    &json!({ "date": due.date, "tentative": due.tentative }),
                    due.date.to_string(),
                    due.tentative,
                )
            }
            Question::Between { from, to } => {
                let found = calendar.between(from, to);
                let value = json!({ "working_days": found.days, "tentative": found.tentative });
                print(scope, &value, found.days.to_string(), found.tentative)
            }
            Question::Show { year } => {
                if !rules::Calendar::YEARS.contains(&year) {
                    bail!(
                        "this calendar covers the years {:?}",
                        rules::Calendar::YEARS
                    );
                }
                show(scope, &calendar.year(year))
            }
        }
    }
}

/// The site's calendar; outside a site, the one that ships with the program.
fn calendar_of(scope: &Scope) -> anyhow::Result<rules::Calendar> {
    let reading = site::read_site(&scope.site, &site::environment());
    if let Some(calendar) = reading.calendar {
        return Ok(calendar);
    }
    if reading.documents.iter().next().is_some() {
        output::aside(open::shown_on_stderr(&reading.problems, &reading.documents));
        bail!("the site's calendar is not valid");
    }
    let name = "calendars/vn.toml";
    let text = shipped::config_text(name).context("no calendar is built in")?;
    let document = document::Document::new(name, text);
    let years = reader::read(&document, calendar::years);
    Ok(rules::Calendar::new(years.map_err(|_| {
        anyhow!("the built-in calendar is not valid")
    })?))
}

fn print(
    scope: &Scope,
    value: &serde_json::Value,
    answer: String,
    tentative: bool,
) -> anyhow::Result<()> {
    if scope.json {
        return output::json(value);
    }
    output::line(if tentative {
        format!("{answer} (tentative)")
    } else {
        answer
    })
}

fn show(scope: &Scope, year: &CalendarYear) -> anyhow::Result<()> {
    if scope.json {
        let off: Vec<_> = year
            .off
            .iter()
            .map(|day| json!({ "date": day.date, "holiday": day.holiday.map(|holiday| holiday.to_string()), "kind": day.kind.to_string() }))
            .collect();
        return output::json(&json!({
            "year": year.year, "published": year.published, "tentative": year.tentative,
            "working_days": year.working_days, "off": off, "worked": year.worked,
        }));
    }
    let basis = if year.published {
        "published"
    } else {
        "computed from the statutory rules"
    };
    let tentative = if year.tentative { ", tentative" } else { "" };
    output::line(format!(
        "{}: {} working days ({basis}{tentative})",
        year.year, year.working_days
    ))?;
    let off = year.off.iter().map(|day| {
        let holiday = day
            .holiday
            .map(|holiday| holiday.to_string())
            .unwrap_or_default();
        [
            day.date.format("%a %Y-%m-%d").to_string(),
            day.kind.to_string(),
            holiday,
        ]
    });
    output::table(["day off", "kind", "holiday"], off)?;
    for day in &year.worked {
        output::line(format!("worked: {}", day.format("%a %Y-%m-%d")))?;
    }
    Ok(())
}

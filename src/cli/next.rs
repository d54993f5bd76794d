//! `dondoc next`: upcoming occurrences of a job or of a cron expression.
//!
//! Owns: how an occurrence is printed.
//! Never: computing it (`domain::schedule`).
//! Reads next: `run.rs`.

use anyhow::anyhow;
use chrono::{DateTime, FixedOffset, Timelike, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::moment::{Moment, time_zone};
use super::{Scope, output};
use crate::domain::format::{self, Language};
use crate::domain::schedule::{CronError, Occurrence, Schedule};

#[derive(Debug, Args)]
pub struct Next {
    /// A job of this site
    #[arg(required_unless_present = "cron", conflicts_with = "cron")]
    job: Option<String>,
    /// A cron expression instead of a job, e.g. "30 7 * * 1-5"
    #[arg(long, value_name = "EXPR")]
    cron: Option<String>,
    /// Time zone of the expression: Asia/Ho_Chi_Minh if it is left out; a job has its own
    #[arg(long, value_name = "TZ", value_parser = time_zone, conflicts_with = "job")]
    zone: Option<Tz>,
    /// Occurrences after this instant, or after midnight of this day; now if it is left out
    #[arg(long, value_name = "DATE-or-INSTANT", value_parser = Moment::parse)]
    from: Option<Moment>,
    #[arg(long, default_value_t = 5, value_name = "N")]
    count: usize,
}

/// One occurrence: local and UTC time, and what moved it.
#[derive(Serialize)]
pub struct Upcoming {
    pub local: DateTime<FixedOffset>,
    utc: DateTime<Utc>,
    note: Option<String>,
}

impl Upcoming {
    pub fn of(occurrence: &Occurrence, zone: Tz) -> Self {
        Self::in_language(occurrence, zone, Language::En)
    }

    /// With the note in `language`.
    pub fn in_language(occurrence: &Occurrence, zone: Tz, language: Language) -> Self {
        Self {
            local: occurrence.at.with_timezone(&zone).fixed_offset(),
            utc: occurrence.at,
            note: occurrence.remark(zone, language),
        }
    }

    /// `Monday 1 June 2020 07:30 +07:00: note`, without seconds that are 0.
    pub fn line(&self, language: Language) -> String {
        let day = self.local.date_naive();
        let seconds = if self.local.second() == 0 { "" } else { ":%S" };
        let time = self
            .local
            .format(&format!("%H:%M{seconds} %:z"))
            .to_string();
        let note = self.note.as_deref().map(|note| format!(" ({note})"));
        format!(
            "{} {} {time}{}",
            format::weekday(day, language),
            format::date(day, language),
            note.unwrap_or_default()
        )
    }
}

impl Next {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let occurrences: Vec<Upcoming> = match (&self.cron, &self.job) {
            (Some(cron), _) => {
                let zone = self.zone.unwrap_or(Tz::Asia__Ho_Chi_Minh);
                let schedule = Schedule::parse(cron, zone).map_err(|_| anyhow!(all_shown(cron)))?;
                let from = self.from.map_or_else(|| scope.now(), |from| from.at(zone));
                upcoming(from, self.count, |from| schedule.next_after(from))
                    .map(|occurrence| Upcoming::of(&occurrence, zone))
                    .collect()
            }
            (None, Some(name)) => self.of_job(scope, name).await?,
            (None, None) => Vec::new(),
        };
        if scope.json {
            return output::json(&occurrences);
        }
        let text = |next: Upcoming| {
            let local = next.local.format("%a %Y-%m-%d %H:%M:%S %:z").to_string();
            [
                local,
                next.utc.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                next.note.unwrap_or_default(),
            ]
        };
        output::table(["local", "utc", "note"], occurrences.into_iter().map(text))
    }

    async fn of_job(&self, scope: &Scope, name: &str) -> anyhow::Result<Vec<Upcoming>> {
        let ledger = scope.ledger().await?;
        let job = ledger.job(name)?;
        let zone = job.timing.schedule.zone();
        let from = self
            .from
            .map_or_else(|| ledger.clock.now(), |from| from.at(zone));
        let next = |from| job.timing.next_after(from, &ledger.calendar);
        Ok(upcoming(from, self.count, next)
            .map(|occurrence| Upcoming::of(&occurrence, zone))
            .collect())
    }
}

/// The next `count` occurrences, each asked for by the one before.
pub fn upcoming(
    from: DateTime<Utc>,
    count: usize,
    next: impl Fn(DateTime<Utc>) -> Option<Occurrence>,
) -> impl Iterator<Item = Occurrence> {
    std::iter::successors(next(from), move |last| next(last.at)).take(count)
}

/// Every problem of the expression.
fn all_shown(cron: &str) -> String {
    let shown: Vec<String> = Schedule::problems(cron)
        .iter()
        .map(|error| self::shown(cron, error))
        .collect();
    shown.join("\n\n")
}

/// The expression with a caret under what is wrong.
fn shown(cron: &str, error: &CronError) -> String {
    let before = cron
        .get(..error.span.start)
        .map_or(0, |text| text.chars().count());
    let width = cron
        .get(error.span.clone())
        .map_or(1, |text| text.chars().count())
        .max(1);
    format!(
        "{}\n  {cron}\n  {}{}\nhelp: {}",
        error.message,
        " ".repeat(before),
        "^".repeat(width),
        error.help
    )
}

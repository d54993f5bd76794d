//! `dondoc alerts list`: what is open, to whom it was told, and what they answered.
//!
//! Owns: printing.
//! Never: addresses.
//! Reads next: `answer.rs`.

use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::cli::{Scope, output};
use crate::config::organisation::Role;
use crate::domain::answer::AnswerKind;
use crate::domain::decide::Ending;
use crate::domain::unit::UnitCode;
use crate::job::ledger::Ledger;
use crate::store::alerts::Alert;
use crate::store::answers::{Answered, Answers, Via};

/// What the columns mean.
const COLUMNS: &str = "since: when it became so; told: when the letter that says so was written; as: what was told last, \
such as late, reminder or lagging, with the day and the rung; answer: the post's last answer, or how it ended";

#[derive(Debug, Args)]
#[command(after_help = COLUMNS)]
pub struct List {
    /// Only alerts about this unit
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    unit: Option<UnitCode>,
    /// Only what this post was told, e.g. head@00118
    #[arg(long, value_name = "POST", value_parser = post)]
    post: Option<String>,
    /// Also what is over
    #[arg(long)]
    all: bool,
}

fn unit(text: &str) -> Result<UnitCode, String> {
    UnitCode::parse(text).map_err(|error| error.to_string())
}

/// `head@00118`
fn post(text: &str) -> Result<String, String> {
    let (role, unit) = text.split_once('@').unwrap_or((text, ""));
    if Role::parse(role).is_some() && UnitCode::parse(unit).is_ok() {
        return Ok(text.to_owned());
    }
    let roles: Vec<&str> = Role::ALL.into_iter().map(|(word, _)| word).collect();
    Err(format!(
        "write a role and a unit, such as head@00118; roles are {}",
        roles.join(", ")
    ))
}

/// An alert as it is printed.
#[derive(Serialize)]
struct Listed {
    id: i64,
    about: String,
    post: String,
    unit: String,
    since: DateTime<FixedOffset>,
    told_at: DateTime<FixedOffset>,
    /// What was told last.
    occasion: String,
    closed_at: Option<DateTime<FixedOffset>>,
    ending: Option<Ending>,
    /// The post's last answer.
    answer: Option<Given>,
}

#[derive(Serialize)]
struct Given {
    kind: AnswerKind,
    until: Option<NaiveDate>,
    at: DateTime<FixedOffset>,
    via: Via,
}

impl List {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let ledger = scope.ledger().await?;
        let rows = self.rows(&ledger).await?;
        if scope.json {
            return output::json(&rows);
        }
        if rows.is_empty() {
            return output::line(self.nothing());
        }
        let row = |row: Listed| {
            let state = row.state();
            [
                row.id.to_string(),
                row.about,
                row.post,
                row.since.format("%Y-%m-%d").to_string(),
                row.told_at.format("%Y-%m-%d %H:%M").to_string(),
                row.occasion,
                state,
            ]
        };
        output::table(
            ["#id", "about", "post", "since", "told", "as", "answer"],
            rows.into_iter().map(row),
        )
    }

    async fn rows(&self, ledger: &Ledger) -> anyhow::Result<Vec<Listed>> {
        let mut alerts = if self.all {
            ledger.store.alerts().await?
        } else {
            ledger.store.open_alerts().await?
        };
        alerts.retain(|alert| self.wants(alert));
        let abouts: Vec<String> = alerts.iter().map(|alert| alert.about.clone()).collect();
        let answers = ledger.store.answers_to(&abouts).await?;
        let listed = |alert| listed(ledger.zone(), alert, &answers);
        Ok(alerts.into_iter().map(listed).collect())
    }

    fn wants(&self, alert: &Alert) -> bool {
        let is_of_unit = self.unit.as_ref().is_none_or(|unit| *unit == alert.unit);
        is_of_unit && self.post.as_ref().is_none_or(|post| *post == alert.post)
    }

    /// `no alert about unit 00118 is open`
    fn nothing(&self) -> String {
        let about = self.unit.as_ref().map(|unit| format!(" about unit {unit}"));
        let told = self.post.as_ref().map(|post| format!(" told to {post}"));
        let which = [about, told].into_iter().flatten().collect::<String>();
        let state = if self.all { "known" } else { "open" };
        format!("no alert{which} is {state}")
    }
}

fn listed(zone: Tz, alert: Alert, answers: &Answers) -> Listed {
    let local = |at: DateTime<chrono::Utc>| at.with_timezone(&zone).fixed_offset();
    let given = answers.get(&alert.about);
    let last = given.and_then(|given| given.iter().rfind(|it| it.post == alert.post));
    let given = |last: &Answered| Given {
        kind: last.kind,
        until: last.until,
        at: local(last.at),
        via: last.via,
    };
    Listed {
        id: alert.id,
        unit: alert.unit.to_string(),
        since: local(alert.since),
        told_at: local(alert.told_at),
        closed_at: alert.closed_at.map(local),
        ending: alert.ending,
        answer: last.map(given),
        about: alert.about,
        post: alert.post,
        occasion: alert.occasion,
    }
}

impl Listed {
    /// `promised until 2020-06-05`, `over: resolved`
    fn state(&self) -> String {
        if let Some(ending) = self.ending {
            return format!("over: {ending}");
        }
        let Some(given) = &self.answer else {
            return "-".to_owned();
        };
        let until = given.until.map(|day| format!(" until {day}"));
        format!("{}{}", given.kind, until.unwrap_or_default())
    }
}

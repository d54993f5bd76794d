//! `dondoc simulate`: every run and every mail of a period, from data at hand, sending nothing.
//!
//! Owns: printing; addresses masked.
//! Never: living through it (`job::simulate`).
//! Reads next: `job/simulate.rs`.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::beside::until_interrupted;
use super::moment::day;
use super::progress::Progress;
use super::{Scope, output};
use crate::domain::period::Period;
use crate::job::scratch::Unsent;
use crate::job::simulate::{self, Fire, Simulated};
use crate::store::outbox::MailKind;
use crate::store::runs::RunStatus;

#[derive(Debug, Args)]
pub struct Simulate {
    /// First day, in the zone of the site
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: NaiveDate,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: NaiveDate,
}

#[derive(Serialize)]
struct Shown {
    assumed: &'static str,
    fires: Vec<ShownFire>,
    mails: Vec<ShownMail>,
}

#[derive(Serialize)]
struct ShownFire {
    job: String,
    local: DateTime<FixedOffset>,
    utc: DateTime<Utc>,
    status: RunStatus,
    reason: String,
    note: Option<String>,
}

/// A mail that would go, as it is printed.
#[derive(Serialize)]
pub struct ShownMail {
    at: DateTime<FixedOffset>,
    to: String,
    kind: MailKind,
    subject: String,
}

impl Simulate {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        let period = Period::new(self.from, self.to)?;
        let zone = app.zone();
        let zones: std::collections::HashMap<String, Tz> = app
            .jobs
            .iter()
            .map(|job| (job.name.clone(), job.timing.schedule.zone()))
            .collect();
        let progress = Arc::new(Progress::new());
        let lived = simulate::simulate(app, period, progress.clone());
        let Simulated { fires, mails } = until_interrupted(async { Ok(lived.await?) }).await?;
        progress.finish();
        let fire = |fire: Fire| {
            let zone = zones.get(&fire.job).copied().unwrap_or(zone);
            ShownFire::of(fire, zone)
        };
        let shown = Shown {
            assumed: simulate::ASSUMED,
            fires: fires.into_iter().map(fire).collect(),
            mails: mails
                .into_iter()
                .map(|mail| ShownMail::of(mail, zone))
                .collect(),
        };
        if scope.json {
            output::json(&shown)
        } else {
            shown.print(period)
        }
    }
}

impl Shown {
    fn print(self, period: Period) -> anyhow::Result<()> {
        output::line(format!(
            "{} to {}, {}\n\nRuns",
            period.from, period.to, self.assumed
        ))?;
        let (fires, mails) = (self.fires.len(), self.mails.len());
        output::table(
            ["local", "job", "status", "why"],
            self.fires.into_iter().map(ShownFire::text),
        )?;
        output::line("\nMails")?;
        print_mails(self.mails)?;
        output::line(format!(
            "\n{fires} occurrence(s), {mails} mail(s); nothing was sent or stored"
        ))
    }
}

impl ShownFire {
    fn of(fire: Fire, zone: Tz) -> Self {
        Self {
            local: fire.at.with_timezone(&zone).fixed_offset(),
            utc: fire.at,
            job: fire.job,
            status: fire.status,
            reason: fire.reason,
            note: fire.note,
        }
    }

    fn text(self) -> [String; 4] {
        let why: Vec<String> = [Some(self.reason), self.note]
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .collect();
        [
            self.local.format("%a %Y-%m-%d %H:%M %:z").to_string(),
            self.job,
            self.status.to_string(),
            why.join("; "),
        ]
    }
}

impl ShownMail {
    pub fn of(mail: Unsent, zone: Tz) -> Self {
        Self {
            at: mail.at.with_timezone(&zone).fixed_offset(),
            to: format!("{} <{}>", mail.post, mail.to),
            kind: mail.kind,
            subject: mail.subject,
        }
    }
}

/// Mails that would go, in their order.
pub fn print_mails(mails: Vec<ShownMail>) -> anyhow::Result<()> {
    let text = |mail: ShownMail| {
        let at = mail.at.format("%a %Y-%m-%d %H:%M").to_string();
        [at, mail.to, mail.kind.to_string(), mail.subject]
    };
    output::table(["at", "to", "kind", "subject"], mails.into_iter().map(text))
}

//! `dondoc backfill`: past occurrences of a job, each as of its own instant, from what is stored.
//!
//! Owns: printing what became of each.
//! Never: which are run (`job::backfill`), running beside a daemon.
//! Reads next: `beside.rs`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, FixedOffset, NaiveDate};
use clap::Args;
use serde::Serialize;

use super::beside::{Runs, who_runs};
use super::moment::day;
use super::progress::Progress;
use super::{Scope, output};
use crate::domain::period::Period;
use crate::job::backfill::{self, Fate, Filled};
use crate::job::ledger::no_job;
use crate::job::round::{self, Haste};
use crate::job::spec::Job;
use crate::job::{App, deliver, runner};
use crate::store::runs::RunStatus;

#[derive(Debug, Args)]
pub struct Backfill {
    /// A job of this site
    job: String,
    /// First day, in the zone of its schedule
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: NaiveDate,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: NaiveDate,
    /// Send the mails; without this they are held: see `dondoc mail list --status held`
    #[arg(long)]
    send: bool,
}

/// What became of one occurrence.
#[derive(Serialize)]
struct Row {
    scheduled_for: DateTime<FixedOffset>,
    /// `null` where the job does not run on that day.
    run: Option<i64>,
    status: Option<RunStatus>,
    /// It came to an end before, or is about to: nothing was done.
    left_alone: bool,
    reason: String,
    held_mails: u64,
}

impl Backfill {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let app = Arc::new(scope.app().await?);
        let job = app
            .job(&self.job)
            .ok_or_else(|| no_job(&app.jobs, &self.job))?;
        let period = Period::new(self.from, self.to)?;
        let runs = who_runs(&app).await?;
        let filled = backfill::queue(&app, job, period, self.send).await?;
        if let Runs::Here(_) = &runs {
            let progress = Arc::new(Progress::new());
            runner::run_to_end(&app, progress.clone()).await?;
            round::write(&app, Haste::Now).await?;
            deliver::drain(&app).await?;
            progress.finish();
        }
        let mut rows = Vec::new();
        for one in filled {
            rows.push(row(&app, one).await?);
        }
        let failed = rows.iter().any(|row| row.status == Some(RunStatus::Failed));
        if scope.json {
            output::json(&rows)?;
        } else if rows.is_empty() {
            output::line(why_nothing(&app, job, period))?;
        } else {
            print(&rows, &runs)?;
        }
        Ok(if failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn why_nothing(app: &App, job: &Job, period: Period) -> &'static str {
    if backfill::has_occurrence(app, job, period) {
        "no occurrence of this period is past"
    } else {
        "no occurrence in this period"
    }
}

async fn row(app: &App, filled: Filled) -> anyhow::Result<Row> {
    let mut row = Row {
        scheduled_for: filled.at.with_timezone(&app.zone()).fixed_offset(),
        run: None,
        status: None,
        left_alone: false,
        reason: String::new(),
        held_mails: 0,
    };
    let id = match filled.fate {
        Fate::DayOff(why) => {
            row.reason = why;
            return Ok(row);
        }
        Fate::Queued(id) => id,
        Fate::LeftAlone(id, _) => {
            row.left_alone = true;
            id
        }
    };
    let run = app.store.run(id).await?.context("the run is gone")?;
    row.held_mails = app.store.held_mails_of(id).await?;
    (row.run, row.status, row.reason) = (Some(id), Some(run.status), run.reason);
    Ok(row)
}

fn print(rows: &[Row], runs: &Runs) -> anyhow::Result<()> {
    let text = |row: &Row| {
        let status = row.status.map(|status| {
            if row.left_alone {
                format!("{status} before: left alone")
            } else {
                status.to_string()
            }
        });
        [
            row.run.map(|id| id.to_string()).unwrap_or_default(),
            row.scheduled_for.format("%a %Y-%m-%d %H:%M").to_string(),
            status.unwrap_or_else(|| "not run".to_owned()),
            row.held_mails.to_string(),
            row.reason.clone(),
        ]
    };
    output::table(
        ["#id", "scheduled for", "status", "#mails held", "reason"],
        rows.iter().map(text),
    )?;
    let waiting = rows
        .iter()
        .filter(|row| !row.left_alone && row.status == Some(RunStatus::Queued));
    if let (Runs::Daemon, 1..) = (runs, waiting.count()) {
        output::line("the daemon runs what is queued, after its own: see `dondoc runs`")?;
    }
    if rows.iter().any(|row| row.held_mails > 0) {
        output::line(
            "held mails: `dondoc mail list --status held`, `mail show ID`, and `mail retry ID` sends one",
        )?;
    }
    Ok(())
}

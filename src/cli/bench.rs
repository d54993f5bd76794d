//! `dondoc bench`: speed as ratios against limits measured in the same run, and figures for this machine.
//!
//! Owns: the list of benchmarks. They work in a temporary site and touch nothing else.
//! Never: a verdict: a number that drifts with the machine is no test.
//! Reads next: `bench/schedule.rs`.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Scope, output};

mod machine;
mod mail;
mod pull;
mod schedule;
mod xlsx;

#[derive(Debug, Args)]
pub struct Bench {
    name: Name,
    /// How many schedules
    #[arg(long, default_value_t = 10_000)]
    schedules: usize,
    /// How many dossiers: a million over HTTP, a hundred thousand in a workbook, unless said
    #[arg(long)]
    rows: Option<u64>,
    /// How many mails
    #[arg(long, default_value_t = 5_000)]
    mails: usize,
    /// An empty PostgreSQL database to pull into, instead of SQLite
    #[arg(long)]
    database: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// Planning thousands of schedules, an idle heartbeat, a job of forty steps
    Schedule,
    /// Pulling dossiers over HTTP into the database
    Pull,
    /// Reading a workbook as one that was dropped
    Xlsx,
    /// Sending mails to postfix's smtp-sink, beside its own smtp-source
    Mail,
}

/// One measured figure beside what it is compared with.
#[derive(Debug, Serialize)]
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    /// What is aimed at on two cores, or the limit measured in this run.
    against: String,
}

impl Bench {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let figures = match self.name {
            Name::Schedule => schedule::run(self.schedules).await?,
            Name::Pull => {
                let rows = self.rows.unwrap_or(1_000_000);
                pull::run(rows, self.database.as_deref()).await?
            }
            Name::Xlsx => xlsx::run(self.rows.unwrap_or(100_000)).await?,
            Name::Mail => mail::run(self.mails).await?,
        };
        if scope.json {
            return output::json(&figures);
        }
        let text = |figure: Figure| {
            [
                figure.what,
                format!("{:.2}", figure.value),
                figure.unit.to_owned(),
                figure.against,
            ]
        };
        output::table(
            ["what", "#measured", "unit", "against"],
            figures.into_iter().map(text),
        )
    }
}

//! `dondoc runs`: history with steps, counts and reasons.
//!
//! Owns: how a run is printed.
//! Never: running.
//! Reads next: `board.rs`.

use anyhow::Context;
use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Scope, output};
use crate::job::App;
use crate::store::runs::{Run, RunStatus, Trigger};
use crate::store::steps::{Step, StepStatus};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    #[command(subcommand)]
    show: Option<Which>,
    /// Only runs of this job
    job: Option<String>,
    /// How many, newest first
    #[arg(long, default_value_t = 20)]
    limit: u64,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// One run with its steps
    Show { id: i64 },
}

/// A run as it is printed.
#[derive(Serialize)]
pub struct Shown {
    id: i64,
    job: String,
    scheduled_for: DateTime<FixedOffset>,
    trigger: Trigger,
    status: RunStatus,
    /// Why it ended so, and what the calendar or the clock did to its occurrence.
    reason: String,
    attempts: i32,
    started_at: Option<DateTime<FixedOffset>>,
    finished_at: Option<DateTime<FixedOffset>>,
    steps: Vec<ShownStep>,
}

#[derive(Serialize)]
struct ShownStep {
    name: String,
    status: StepStatus,
    attempts: i32,
    counts: serde_json::Value,
    error: Option<String>,
}

impl Runs {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        if let Some(Which::Show { id }) = self.show {
            let shown = Shown::load(&app, id).await?;
            return if scope.json {
                output::json(&shown)
            } else {
                shown.print(app.zone())
            };
        }
        let mut shown = Vec::new();
        for run in app.store.runs(self.job.as_deref(), self.limit).await? {
            let steps = app.store.steps(run.id).await?;
            shown.push(Shown::of(app.zone(), run, steps));
        }
        if scope.json {
            return output::json(&shown);
        }
        let text = |run: Shown| {
            let at = run.scheduled_for.format("%Y-%m-%d %H:%M").to_string();
            let [id, trigger, status] = [
                run.id.to_string(),
                run.trigger.to_string(),
                run.status.to_string(),
            ];
            [id, run.job, at, trigger, status, run.reason]
        };
        output::table(
            ["#id", "job", "scheduled for", "trigger", "status", "reason"],
            shown.into_iter().map(text),
        )
    }
}

impl Shown {
    pub async fn load(app: &App, id: i64) -> anyhow::Result<Self> {
        let run = app
            .store
            .run(id)
            .await?
            .with_context(|| format!("there is no run {id}: see `dondoc runs`"))?;
        let steps = app.store.steps(id).await?;
        Ok(Self::of(app.zone(), run, steps))
    }

    pub fn of(zone: Tz, run: Run, steps: Vec<Step>) -> Self {
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).fixed_offset();
        Self {
            id: run.id,
            scheduled_for: local(run.scheduled_for),
            trigger: run.trigger,
            status: run.status,
            attempts: run.attempts,
            started_at: run.started_at.map(local),
            finished_at: run.finished_at.map(local),
            steps: steps.into_iter().map(ShownStep::of).collect(),
            job: run.job,
            reason: why(&run.reason, &run.note),
        }
    }

    pub fn status(&self) -> RunStatus {
        self.status
    }

    pub fn print(self, zone: Tz) -> anyhow::Result<()> {
        let at = output::local(self.scheduled_for.to_utc(), zone);
        output::line(format!(
            "run {} of {}, {} for {at}: {}",
            self.id, self.job, self.trigger, self.status
        ))?;
        if !self.reason.is_empty() {
            output::line(format!("  {}", self.reason))?;
        }
        let text = |step: ShownStep| {
            [
                step.name,
                step.status.to_string(),
                step.error.unwrap_or(step.counts.to_string()),
            ]
        };
        output::table(
            ["step", "status", "counts"],
            self.steps.into_iter().map(text),
        )
    }
}

impl ShownStep {
    fn of(step: Step) -> Self {
        Self {
            name: step.name,
            status: step.status,
            attempts: step.attempts,
            counts: step.counts,
            error: step.error,
        }
    }
}

fn why(reason: &str, note: &str) -> String {
    let told = [reason, note].into_iter().filter(|text| !text.is_empty());
    told.collect::<Vec<_>>().join("; ")
}

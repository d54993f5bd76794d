//! `dondoc runs`: history with steps, counts and reasons.
//!
//! Owns: how a run is printed.
//! Never: running.
//! Reads next: `board.rs`.

mod counts;

use anyhow::Context;
use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Scope, output};
use crate::job::ledger::Ledger;
use crate::job::runner;
use crate::store::Store;
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
    /// None of a run that left no trace.
    id: Option<i64>,
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
        let ledger = scope.ledger().await?;
        if let Some(Which::Show { id }) = self.show {
            let shown = Shown::load(&ledger.store, ledger.zone(), id).await?;
            let shown = shown.with_what_it_waits_for(&ledger).await?;
            return if scope.json {
                output::json(&shown)
            } else {
                shown.print(ledger.zone())
            };
        }
        let runs = ledger.store.runs(self.job.as_deref(), self.limit).await?;
        if let (Some(job), true) = (&self.job, runs.is_empty()) {
            // A job that was renamed or deleted keeps its history; this one has none.
            ledger.job(job)?;
        }
        let mut shown = Vec::new();
        for run in runs {
            let steps = ledger.store.steps(run.id).await?;
            let run = Shown::of(ledger.zone(), run, steps);
            shown.push(run.with_what_it_waits_for(&ledger).await?);
        }
        if scope.json {
            return output::json(&shown);
        }
        let text = |run: Shown| {
            let at = run.scheduled_for.format("%Y-%m-%d %H:%M").to_string();
            let [id, trigger, status] = [
                run.id.map(|id| id.to_string()).unwrap_or_default(),
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
    pub async fn load(store: &Store, zone: Tz, id: i64) -> anyhow::Result<Self> {
        let run = store
            .run(id)
            .await?
            .with_context(|| format!("there is no run {id}: see `dondoc runs`"))?;
        let steps = store.steps(id).await?;
        Ok(Self::of(zone, run, steps))
    }

    pub fn of(zone: Tz, run: Run, steps: Vec<Step>) -> Self {
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).fixed_offset();
        Self {
            id: Some(run.id),
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

    /// A queued run says what is in its way now; nothing of it is stored.
    async fn with_what_it_waits_for(mut self, ledger: &Ledger) -> anyhow::Result<Self> {
        let queued = self.id.filter(|_| self.status == RunStatus::Queued);
        let (Some(id), Ok(job)) = (queued, ledger.job(&self.job)) else {
            return Ok(self);
        };
        if let Some(run) = ledger.store.run(id).await? {
            let now = ledger.clock.now();
            let waits = runner::waits_for(&ledger.store, job, &run, now).await?;
            let waits = waits.map_or_else(String::new, |what| format!("waits: {what}"));
            self.reason = why(&self.reason, &waits);
        }
        Ok(self)
    }

    /// A run on a copy that is gone: its number there says nothing here.
    pub fn of_copy(zone: Tz, run: Run, steps: Vec<Step>) -> Self {
        Self {
            id: None,
            ..Self::of(zone, run, steps)
        }
    }

    pub fn status(&self) -> RunStatus {
        self.status
    }

    pub fn print(self, zone: Tz) -> anyhow::Result<()> {
        let at = output::local(self.scheduled_for.to_utc(), zone);
        let (job, status) = (&self.job, self.status);
        output::line(match self.id {
            Some(id) => format!("run {id} of {job}, {} for {at}: {status}", self.trigger),
            None => format!("dry run of {job}, for {at}: {status}"),
        })?;
        if !self.reason.is_empty() {
            output::line(format!("  {}", self.reason))?;
        }
        let text = |step: ShownStep| {
            [
                step.name,
                step.status.to_string(),
                counts::words(&step.counts),
                step.error.unwrap_or_default(),
            ]
        };
        output::table(
            ["step", "status", "counts", "error"],
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

//! `dondoc jobs`: what this site's daemon does, and when next.
//!
//! Owns: printing.
//! Never: planning.
//! Reads next: `next.rs`.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::next::Upcoming;
use super::{Scope, output};
use crate::job::App;
use crate::job::spec::Job;
use crate::store::runs::{Run, RunStatus};

#[derive(Serialize)]
struct Row {
    job: String,
    title: String,
    schedule: String,
    zone: String,
    next: Option<Upcoming>,
    paused: bool,
    last: Option<Last>,
}

#[derive(Serialize)]
struct Last {
    scheduled_for: DateTime<FixedOffset>,
    status: RunStatus,
    reason: String,
}

pub async fn run(scope: &Scope) -> anyhow::Result<()> {
    let app = scope.app().await?;
    let now = app.clock.now();
    let mut rows = Vec::new();
    for job in &app.jobs {
        let last = app.store.runs(Some(&job.name), 1).await?;
        rows.push(row(&app, job, now, last.first()));
    }
    if scope.json {
        return output::json(&rows);
    }
    let text = |row: Row| {
        let next = row
            .next
            .map(|next| next.local.format("%a %Y-%m-%d %H:%M").to_string());
        let last = row.last.map(|last| {
            format!(
                "{} {}",
                last.scheduled_for.format("%Y-%m-%d %H:%M"),
                last.status
            )
        });
        [
            row.job,
            row.title,
            row.schedule,
            next.unwrap_or_default(),
            last.unwrap_or_else(|| "never".into()),
        ]
    };
    output::table(
        ["job", "title", "schedule", "next", "last"],
        rows.into_iter().map(text),
    )
}

fn row(app: &App, job: &Job, now: DateTime<Utc>, last: Option<&Run>) -> Row {
    let zone = job.timing.schedule.zone();
    let next = job.timing.next_after(now, &app.files.calendar);
    Row {
        job: job.name.clone(),
        title: job.title.clone(),
        schedule: job.timing.schedule.text().to_owned(),
        zone: zone.name().to_owned(),
        next: next.map(|occurrence| Upcoming::of(&occurrence, zone)),
        // Pausing has no command yet: every job runs.
        paused: false,
        last: last.map(|run| Last {
            scheduled_for: run.scheduled_for.with_timezone(&app.zone()).fixed_offset(),
            status: run.status,
            reason: run.reason.clone(),
        }),
    }
}

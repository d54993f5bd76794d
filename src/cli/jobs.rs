//! `dondoc jobs`: what this site's daemon does, and when next.
//!
//! Owns: printing; saying when the files are not what the daemon runs with.
//! Never: planning.
//! Reads next: `next.rs`, `pause.rs`.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::next::Upcoming;
use super::{Scope, beside, output, pause};
use crate::config::site;
use crate::job::App;
use crate::job::spec::Job;
use crate::store::Store;
use crate::store::daemons::Daemon;
use crate::store::runs::{Run, RunStatus};
use crate::store::schedules::{self, Cursor};

#[derive(Serialize)]
struct Row {
    job: String,
    title: String,
    schedule: String,
    zone: String,
    /// `null` while it is paused without an end.
    next: Option<Upcoming>,
    paused: bool,
    /// For people: the keys of the JSON are fixed.
    #[serde(skip)]
    pause: Option<pause::Shown>,
    last: Option<Last>,
}

#[derive(Serialize)]
struct Last {
    scheduled_for: DateTime<FixedOffset>,
    status: RunStatus,
    reason: String,
}

pub async fn run(scope: &Scope) -> anyhow::Result<()> {
    let app = match scope.app().await {
        Ok(app) => app,
        Err(error) => {
            if let Some(note) = beside_invalid_files(scope).await {
                eprintln!("{note}");
            }
            return Err(error);
        }
    };
    let now = app.clock.now();
    let cursors = app.store.cursors().await?;
    let mut rows = Vec::new();
    for job in &app.jobs {
        let last = app.store.runs(Some(&job.name), 1).await?;
        let pause = standing(&cursors, job, now);
        rows.push(row(&app, job, now, pause, last.first()));
    }
    let daemon = beside::daemon(&app).await?;
    let note = daemon.and_then(|daemon| difference(&app.files.hash, &daemon));
    if scope.json {
        // The shape of the list is fixed.
        note.iter().for_each(|note| eprintln!("{note}"));
        return output::json(&rows);
    }
    output::table(
        ["job", "title", "schedule", "next", "last"],
        rows.into_iter().map(text),
    )?;
    note.map_or(Ok(()), |note| output::line(format!("\n{note}")))
}

fn standing<'a>(
    cursors: &'a HashMap<String, Cursor>,
    job: &Job,
    now: DateTime<Utc>,
) -> Option<&'a schedules::Pause> {
    let pause = cursors.get(&job.name)?.pause.as_ref();
    pause.filter(|pause| pause.holds_at(now))
}

fn text(row: Row) -> [String; 5] {
    let next = row
        .next
        .map(|next| next.local.format("%a %Y-%m-%d %H:%M").to_string());
    let pause = row.pause.map(|pause| pause.text());
    let next: Vec<String> = [next, pause].into_iter().flatten().collect();
    let last = row.last.map(|last| {
        let at = last.scheduled_for.format("%Y-%m-%d %H:%M");
        format!("{at} {}", last.status)
    });
    [
        row.job,
        row.title,
        row.schedule,
        next.join(", "),
        last.unwrap_or_else(|| "never".into()),
    ]
}

fn row(
    app: &App,
    job: &Job,
    now: DateTime<Utc>,
    pause: Option<&schedules::Pause>,
    last: Option<&Run>,
) -> Row {
    let zone = job.timing.schedule.zone();
    let next = pause::next_run(app, job, pause, now);
    Row {
        job: job.name.clone(),
        title: job.title.clone(),
        schedule: job.timing.schedule.text().to_owned(),
        zone: zone.name().to_owned(),
        next: next.map(|occurrence| Upcoming::of(&occurrence, zone)),
        paused: pause.is_some(),
        pause: pause.map(|pause| pause::Shown::of(pause, zone)),
        last: last.map(|run| Last {
            scheduled_for: run.scheduled_for.with_timezone(&app.zone()).fixed_offset(),
            status: run.status,
            reason: run.reason.clone(),
        }),
    }
}

/// What to say where the files, whose hash is given, are not what the daemon runs with.
fn difference(files: &str, daemon: &Daemon) -> Option<String> {
    if daemon.configuration == files {
        return None;
    }
    let head = format!(
        "the files differ from what runs: the daemon works with {}, the files are {files}",
        daemon.configuration
    );
    Some(match &daemon.refused {
        Some(refused) if refused.configuration == files => {
            let lines = refused.why.lines().map(|line| format!("\n  {line}"));
            format!("{head}; it refused them:{}", lines.collect::<String>())
        }
        _ => format!("{head}; it applies them within seconds, or `dondoc jobs` says why not"),
    })
}

/// Files that are not valid keep this command from the jobs, but not from what the daemon does meanwhile.
async fn beside_invalid_files(scope: &Scope) -> Option<String> {
    let settings = site::read_site(&scope.site, &site::environment()).settings?;
    let store = Store::of(&settings.database, &scope.site).await.ok()?;
    let daemon = store.daemon().await.ok()??;
    let is_alive = daemon.is_alive(scope.now());
    let difference = difference(&site::hash(&scope.site), &daemon)?;
    is_alive.then_some(difference)
}

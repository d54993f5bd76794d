//! `dondoc jobs`: what this site's daemon does, and when next.
//!
//! Owns: printing; saying when the files are not what the daemon runs with.
//! Never: planning.
//! Reads next: `next.rs`, `pause.rs`.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::next::Upcoming;
use super::{Scope, beside, open, output, pause};
use crate::config::site;
use crate::job::ledger::Ledger;
use crate::job::spec::Job;
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
    let ledger = scope.ledger_with_problems().await?;
    tell_problems(&ledger);
    let now = ledger.clock.now();
    let cursors = ledger.store.cursors().await?;
    let mut rows = Vec::new();
    for job in &ledger.jobs {
        let last = ledger.store.runs(Some(&job.name), 1).await?;
        let pause = standing(&cursors, job, now);
        rows.push(row(&ledger, job, now, pause, last.first()));
    }
    let daemon = beside::daemon(&ledger.store, &ledger.clock).await?;
    let note = daemon.and_then(|daemon| difference(&site::hash(&ledger.site), &daemon));
    if scope.json {
        // The shape of the list is fixed.
        note.iter().for_each(output::aside);
        return output::json(&rows);
    }
    output::table(
        ["job", "title", "schedule", "next", "last"],
        rows.into_iter().map(text),
    )?;
    note.map_or(Ok(()), |note| output::line(format!("\n{note}")))
}

/// A job whose file is not valid is missing in the list: here is why.
fn tell_problems(ledger: &Ledger) {
    let count = ledger.problems.len();
    if count > 0 {
        let problems = open::shown_on_stderr(&ledger.problems, &ledger.documents);
        output::aside(problems);
        output::aside(format!(
            "warning: the site's files have {count} problem(s): the jobs are those whose files are valid"
        ));
    }
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
    ledger: &Ledger,
    job: &Job,
    now: DateTime<Utc>,
    pause: Option<&schedules::Pause>,
    last: Option<&Run>,
) -> Row {
    let zone = job.timing.schedule.zone();
    let next = pause::next_run(ledger, job, pause, now);
    Row {
        job: job.name.clone(),
        title: job.title.clone(),
        schedule: job.timing.schedule.text().to_owned(),
        zone: zone.name().to_owned(),
        next: next.map(|occurrence| Upcoming::of(&occurrence, zone)),
        paused: pause.is_some(),
        pause: pause.map(|pause| pause::Shown::of(pause, zone)),
        last: last.map(|run| Last {
            scheduled_for: run
                .scheduled_for
                .with_timezone(&ledger.zone())
                .fixed_offset(),
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

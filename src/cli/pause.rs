//! `dondoc pause` and `dondoc resume`: keeping a job from running for a while, beside a daemon or without one.
//!
//! Owns: printing.
//! Never: what a pause means (`job::pause`).
//! Reads next: `jobs.rs`.

use anyhow::bail;
use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::moment::Moment;
use super::next::Upcoming;
use super::{Scope, output};
use crate::domain::schedule::Occurrence;
use crate::job::ledger::Ledger;
use crate::job::pause;
use crate::job::spec::Job;
use crate::store::schedules;

#[derive(Debug, Args)]
pub struct Pause {
    /// A job of this site
    job: String,
    /// Why: it stands in `dondoc jobs`, and with every occurrence that is skipped
    #[arg(long, value_name = "TEXT", value_parser = said)]
    reason: String,
    /// When it goes on by itself: 2020-06-10 (on that day it runs again) or 2020-06-10T12:00:00+07:00
    #[arg(long, value_name = "DATE-or-INSTANT", value_parser = Moment::parse)]
    until: Option<Moment>,
}

#[derive(Debug, Args)]
pub struct Resume {
    /// A job of this site
    job: String,
}

fn said(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why: somebody will ask".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// A pause as it is printed.
#[derive(Serialize)]
pub struct Shown {
    reason: String,
    since: DateTime<FixedOffset>,
    until: Option<DateTime<FixedOffset>>,
}

#[derive(Serialize)]
struct Done<'a> {
    job: &'a str,
    paused: bool,
    pause: Option<Shown>,
    next: Option<Upcoming>,
    /// Runs that waited and will not begin.
    skipped: u64,
}

impl Shown {
    pub fn of(pause: &schedules::Pause, zone: Tz) -> Self {
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).fixed_offset();
        Self {
            reason: pause.because.clone(),
            since: local(pause.since),
            until: pause.until.map(local),
        }
    }

    /// `paused until 2020-06-10 00:00: the relay is moved`
    pub fn text(&self) -> String {
        let until = self
            .until
            .map(|until| until.format(" until %Y-%m-%d %H:%M").to_string());
        format!("paused{}: {}", until.unwrap_or_default(), self.reason)
    }
}

/// When `job` runs next, a pause that holds now considered.
pub fn next_run(
    ledger: &Ledger,
    job: &Job,
    pause: Option<&schedules::Pause>,
    now: DateTime<Utc>,
) -> Option<Occurrence> {
    let from = match pause.filter(|pause| pause.holds_at(now)) {
        None => now,
        Some(pause) => pause.until? - chrono::TimeDelta::seconds(1),
    };
    job.timing.next_after(from, &ledger.calendar)
}

impl Pause {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let ledger = scope.ledger().await?;
        let job = ledger.job(&self.job)?;
        let zone = job.timing.schedule.zone();
        let until = self.until.map(|until| until.at(zone));
        let now = ledger.clock.now();
        if until.is_some_and(|until| until <= now) {
            bail!(
                "--until lies in the past: it is {} there",
                output::local(now, zone)
            );
        }
        let pause::Paused { pause, skipped } =
            pause::pause(&ledger.store, job, &self.reason, until, now).await?;
        let next = next_run(&ledger, job, Some(&pause), now);
        let next = next.map(|next| Upcoming::of(&next, zone));
        let shown = Shown::of(&pause, zone);
        if scope.json {
            let (job, pause) = (&job.name, Some(shown));
            let paused = true;
            return output::json(&Done {
                job,
                paused,
                pause,
                next,
                skipped,
            });
        }
        output::line(format!("{} is {}", job.name, shown.text()))?;
        if skipped > 0 {
            output::line(format!("{skipped} run(s) that waited are skipped"))?;
        }
        match next {
            Some(next) => output::line(next_line(&next)),
            None => output::line(format!("it goes on with `dondoc resume {}`", job.name)),
        }
    }
}

impl Resume {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let ledger = scope.ledger().await?;
        let job = ledger.job(&self.job)?;
        let now = ledger.clock.now();
        let ended = pause::resume(&ledger.store, job, now).await?;
        let zone = job.timing.schedule.zone();
        let next = next_run(&ledger, job, None, now);
        let next = next.map(|next| Upcoming::of(&next, zone));
        let shown = ended.map(|pause| Shown::of(&pause, zone));
        if scope.json {
            let (job, paused, skipped) = (&job.name, false, 0);
            let pause = shown;
            return output::json(&Done {
                job,
                paused,
                pause,
                next,
                skipped,
            });
        }
        match shown {
            Some(shown) => output::line(format!(
                "{} goes on; it was paused since {}: {}",
                job.name,
                shown.since.format("%Y-%m-%d %H:%M"),
                shown.reason
            ))?,
            None => output::line(format!("{} is not paused", job.name))?,
        }
        next.map_or(Ok(()), |next| output::line(next_line(&next)))
    }
}

fn next_line(next: &Upcoming) -> String {
    format!(
        "it runs next at {}",
        next.local.format("%a %Y-%m-%d %H:%M %:z")
    )
}

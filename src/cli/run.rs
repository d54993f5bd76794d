//! `dondoc run`: one run now and no other, in this process, by the daemon, or on a copy that is thrown away.
//!
//! Owns: printing how it ended.
//! Never: the pipeline (`job/run.rs`).
//! Reads next: `beside.rs`, `runs.rs`.

use std::process::ExitCode;
use std::sync::Arc;

use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::beside::{Runs, until_interrupted, who_runs};
use super::progress::Progress;
use super::runs::Shown;
use super::simulate::{ShownMail, print_mails};
use super::{Scope, output};
use crate::daemon::Signals;
use crate::job::ledger::no_job;
use crate::job::round::{self, Haste, Round};
use crate::job::spec::Job;
use crate::job::try_out::{Tried, try_out};
use crate::job::{App, deliver, plan, runner};
use crate::store::runs::RunStatus;

#[derive(Debug, Args)]
pub struct Run {
    /// A job of this site
    job: String,
    /// Read the sources into a copy of the database that is thrown away, and show the mails instead of sending them
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct ShownTry {
    run: Shown,
    mails: Vec<ShownMail>,
}

impl Run {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let app = scope.app().await?;
        let job = app
            .job(&self.job)
            .ok_or_else(|| no_job(&app.jobs, &self.job))?;
        if self.dry_run {
            return self.try_out(scope, app).await;
        }
        match who_runs(&app).await? {
            Runs::Daemon => leave_to_daemon(scope, &app, job).await,
            Runs::Here(held) => {
                let signals = Signals::listen()?;
                let id = plan::queue_now(&app, job, app.clock.now()).await?.id;
                let code = run_here(scope, Arc::new(app), id, signals).await;
                drop(held);
                code
            }
        }
    }

    async fn try_out(&self, scope: &Scope, app: App) -> anyhow::Result<ExitCode> {
        let zone = app.zone();
        let progress = Progress::new();
        let tried =
            until_interrupted(async { Ok(try_out(app, &self.job, &progress).await?) }).await;
        progress.finish();
        let Tried {
            run,
            steps,
            mails,
            round,
        } = tried?;
        let mails: Vec<ShownMail> = mails
            .into_iter()
            .map(|mail| ShownMail::of(mail, zone))
            .collect();
        let run = Shown::of_copy(zone, run, steps);
        let code = code(run.status());
        if scope.json {
            output::json(&ShownTry { run, mails })?;
            return Ok(code);
        }
        run.print(zone)?;
        let count = mails.len();
        output::line(format!(
            "\n{count} mail(s) would go; nothing was sent or stored"
        ))?;
        if count > 0 {
            print_mails(mails)?;
        }
        if round.waiting > 0 {
            output::line(later(zone, round))?;
        }
        Ok(code)
    }
}

/// The daemon runs it at its next beat. A clock that is fixed for this command is passed on.
async fn leave_to_daemon(scope: &Scope, app: &App, job: &Job) -> anyhow::Result<ExitCode> {
    let run = plan::queue_as_of(app, job, app.clock.now(), scope.at).await?;
    if scope.json {
        output::json(&Shown::load(&app.store, app.zone(), run.id).await?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let waits = runner::waits_for(&app.store, job, &run, app.clock.now()).await?;
    let waits = waits.map_or_else(String::new, |what| format!(", but not yet: {what}"));
    output::line(format!(
        "the daemon runs {}{waits}: see `dondoc runs show {}`",
        job.name, run.id
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A signal ends the run for good; one that comes while mails are handed over leaves the rest in the outbox.
async fn run_here(
    scope: &Scope,
    app: Arc<App>,
    id: i64,
    mut signals: Signals,
) -> anyhow::Result<ExitCode> {
    let progress = Arc::new(Progress::new());
    let status = runner::run_alone(&app, id, progress.clone(), signals.next()).await?;
    let mut round = Round::default();
    if status != RunStatus::Abandoned {
        tokio::select! {
            handed = hand_over(&app) => round = handed?,
            () = signals.next() => {}
        }
    }
    progress.finish();
    let shown = Shown::load(&app.store, app.zone(), id).await?;
    let code = code(shown.status());
    if scope.json {
        output::json(&shown)?;
    } else {
        shown.print(app.zone())?;
        if round.waiting > 0 {
            output::line(format!("\n{}", later(app.zone(), round)))?;
        }
    }
    Ok(code)
}

/// The letters whose hour has come, into the outbox and on.
async fn hand_over(app: &App) -> anyhow::Result<Round> {
    let round = round::write(app, Haste::Now).await?;
    deliver::drain(app).await?;
    Ok(round)
}

/// Whoever asked for a run wonders where its mails are. Empty where none waits.
pub fn later(zone: Tz, round: Round) -> String {
    let Round { waiting, next, .. } = round;
    next.filter(|_| waiting > 0)
        .map_or_else(String::new, |next| {
            let next = next.with_timezone(&zone).format("%a %Y-%m-%d %H:%M");
            format!("{waiting} letter(s) wait for the hours of [letters]: they go from {next} on")
        })
}

fn code(status: RunStatus) -> ExitCode {
    if status == RunStatus::Succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

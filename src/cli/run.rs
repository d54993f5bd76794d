//! `dondoc run`: one run now, in this process.
//!
//! Owns: printing how it ended.
//! Never: the pipeline (`job/run.rs`).
//! Reads next: `runs.rs`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::progress::Progress;
use super::runs::Shown;
use super::{Scope, output};
use crate::config::problem::instead;
use crate::job::{App, deliver, plan, run, runner};
use crate::store::runs::RunStatus;

#[derive(Debug, Args)]
pub struct Run {
    /// A job of this site
    job: String,
}

impl Run {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let app = Arc::new(scope.app().await?);
        let job = app
            .job(&self.job)
            .with_context(|| unknown_job(&app, &self.job))?;
        let _held = app
            .store
            .lock()
            .await
            .context("stop `dondoc serve` first, or let it run the job at its time")?;
        run::recover(&app).await?;
        let id = plan::queue_now(&app, job, app.clock.now()).await?.id;
        let progress = Arc::new(Progress::new());
        runner::run_to_end(&app, progress.clone()).await?;
        deliver::drain(&app).await?;
        progress.finish();
        let shown = Shown::load(&app, id).await?;
        let done = shown.status() == RunStatus::Succeeded;
        if scope.json {
            output::json(&shown)?;
        } else {
            shown.print(&app)?;
        }
        Ok(if done {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// What to say when a job does not exist.
pub fn unknown_job(app: &App, name: &str) -> String {
    let help = instead(name, app.jobs.iter().map(|job| job.name.as_str()));
    format!("there is no job `{name}`: {help}")
}

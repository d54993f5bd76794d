//! Schedules by the thousand, and a run of many small steps.
//!
//! Owns: the measurements named in the README.
//! Never: the code that is measured: it is the daemon's own.
//! Reads next: `job/plan.rs`, `job/run.rs`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};

use super::Figure;
use super::machine::{memory_megabytes, processor_seconds};
use crate::clock::Clock;
use crate::daemon::{self, OpenError};
use crate::job::plan::{self, Planner};
use crate::job::spec::{Act, Step};
use crate::job::watch::Unwatched;
use crate::job::{App, runner};
use crate::shipped;
use crate::store::runs::RunStatus;

const STEPS: usize = 40;
const IDLE: Duration = Duration::from_secs(20);

pub async fn run(schedules: usize) -> anyhow::Result<Vec<Figure>> {
    let start: DateTime<Utc> = "2026-11-24T00:00:30Z".parse()?;
    let [planned, stepped] = [new_site()?, new_site()?];
    let app = opened(planned.path(), start).await?;
    let mut figures = planning(many(app, schedules), schedules, start).await?;
    figures.extend(forty_steps(opened(stepped.path(), start).await?).await?);
    figures.extend(idle(schedules)?);
    Ok(figures)
}

pub(super) fn new_site() -> anyhow::Result<tempfile::TempDir> {
    let site = tempfile::tempdir()?;
    shipped::write_missing(site.path())?;
    Ok(site)
}

pub(super) async fn opened(site: &Path, at: DateTime<Utc>) -> anyhow::Result<App> {
    daemon::open(site, Clock::fixed(at))
        .await
        .map_err(|error| match error {
            OpenError::Problems(problems, _) => anyhow::anyhow!("{problems:?}"),
            OpenError::Store(error) => error.into(),
        })
}

/// The first job a thousand times over, all due at every full minute.
fn many(mut app: App, schedules: usize) -> App {
    let mut job = app.jobs.swap_remove(0);
    if let Ok(schedule) =
        crate::domain::schedule::Schedule::parse("* * * * *", chrono_tz::Asia::Ho_Chi_Minh)
    {
        job.timing.schedule = schedule;
    }
    job.timing.only_on = None;
    app.jobs = (0..schedules)
        .map(|n| {
            let mut copy = job.clone();
            copy.name = format!("job-{n}");
            copy
        })
        .collect();
    app
}

async fn planning(app: App, schedules: usize, start: DateTime<Utc>) -> anyhow::Result<Vec<Figure>> {
    let mut planner = Planner::default();
    planner.tick(&app, start).await?;
    let idle = Instant::now();
    for second in 1..=20 {
        planner
            .tick(&app, start + TimeDelta::seconds(second))
            .await?;
    }
    let idle = idle.elapsed() / 20;
    let due = Instant::now();
    let queued = planner.tick(&app, start + TimeDelta::seconds(30)).await?;
    let due = due.elapsed();
    let stored = app.store.queued_runs(0, schedules as u64 + 1).await?.len();
    ensure!(
        queued == schedules && stored == schedules,
        "{queued} were queued and {stored} stored, of {schedules}"
    );
    Ok(vec![
        figure(
            format!("run rows of {schedules} schedules due in the same second, none lost"),
            millis(due),
            "ms",
            "400 ms",
        ),
        figure(
            format!("a heartbeat with nothing due among {schedules} schedules"),
            millis(idle),
            "ms",
            "1 ms",
        ),
    ])
}

/// A job of trivial steps, each checkpointed; beside it the commits that two durable checkpoints a step cost.
async fn forty_steps(mut app: App) -> anyhow::Result<Vec<Figure>> {
    app.files.targets.clear();
    app.files.sources.clear();
    let mut job = app.jobs.swap_remove(0);
    job.steps = vec![
        Step {
            act: Act::Assess,
            timeout: None
        };
        STEPS
    ];
    app.jobs = vec![job];
    let app = Arc::new(app);
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let run = plan::queue_now(&app, &app.jobs[0], app.clock.now()).await?;
        let started = Instant::now();
        runner::run_to_end(&app, Arc::new(Unwatched)).await?;
        best = best.min(started.elapsed());
        let ended = app.store.run(run.id).await?.context("the run is gone")?;
        ensure!(
            ended.status == RunStatus::Succeeded,
            "the run ended {}: {}",
            ended.status,
            ended.reason
        );
    }
    let limit = commits(&app, 2 * STEPS).await?;
    let ratio = best.as_secs_f64() / limit.as_secs_f64();
    Ok(vec![
        figure(
            format!("a job of {STEPS} checkpointed trivial steps, best of 5"),
            millis(best),
            "ms",
            "100 ms",
        ),
        figure(
            "the same, times its limit of two durable commits a step".to_owned(),
            ratio,
            "x",
            format!("{:.1} ms", millis(limit)),
        ),
    ])
}

async fn commits(app: &App, count: usize) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for n in 0..count {
        let write = app.store.write().await?;
        write
            .set_cursors(&[(
                "bench",
                app.clock.now() + TimeDelta::seconds(i64::try_from(n)?),
                "",
            )])
            .await?;
        write.commit().await?;
    }
    Ok(started.elapsed())
}

/// A real daemon with nothing to do: processor time and memory.
fn idle(schedules: usize) -> anyhow::Result<Vec<Figure>> {
    let site = new_site()?;
    let jobs = site.path().join("jobs");
    let text = fs::read_to_string(jobs.join("ward-lag.toml"))?.replace("10 7 * * 1", "0 3 1 1 *");
    for n in 0..schedules {
        fs::write(jobs.join(format!("idle-{n}.toml")), &text)?;
    }
    let child = Command::new(std::env::current_exe()?)
        .arg("--site")
        .arg(site.path())
        .arg("serve")
        .stderr(std::process::Stdio::null())
        .spawn()?;
    let child = Ended(child);
    let before = settled(child.0.id())?;
    std::thread::sleep(IDLE);
    let after = processor_seconds(child.0.id())?;
    let share = (after - before) / IDLE.as_secs_f64() * 100.0;
    let memory = memory_megabytes(child.0.id())?;
    Ok(vec![
        figure(
            format!("an idle daemon with {schedules} schedules, of one core"),
            share,
            "%",
            "0.5 %",
        ),
        figure(
            format!("its memory ({schedules} job files)"),
            memory,
            "MB",
            "80 MB",
        ),
    ])
}

/// Ends the daemon whatever happens.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the daemon has started: its processor time stands still for a while.
fn settled(process: u32) -> anyhow::Result<f64> {
    let mut before = processor_seconds(process)?;
    for _ in 0..120 {
        std::thread::sleep(Duration::from_secs(2));
        let now = processor_seconds(process)?;
        if now > 0.2 && now - before < 0.05 {
            return Ok(now);
        }
        before = now;
    }
    anyhow::bail!("the daemon does not come to rest")
}

pub(super) fn figure(
    what: String,
    value: f64,
    unit: &'static str,
    against: impl Into<String>,
) -> Figure {
    Figure {
        what,
        value,
        unit,
        against: against.into(),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

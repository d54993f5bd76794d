//! One run, from its claim to its end. Everything the program does passes through here.
//!
//! Owns: the pipeline, checkpoints of steps, attempts and timeouts.
//! Never: what a step does (`step/`).
//! Reads next: `step.rs`, `deliver.rs`.

use std::time::Duration;

use serde_json::json;

use super::limit::{self, Turn};
use super::spec::{self, Act, Step as Spec};
use super::step::{self, Context, Done};
use super::watch::Watcher;
use super::{App, JobError, deliver};
use crate::source::Retry;
use crate::store::StoreError;
use crate::store::runs::{Run, RunStatus, Trigger};
use crate::store::steps::{Step, StepStatus};

/// One run.
///
/// 1. Its `as_of` was read at the first claim and is passed down: no step reads the clock for a rule.
/// 2. Every step that is not finished yet is performed, in the order of the file.
/// 3. A source that fails leaves the others going; any other failure ends the run.
/// 4. The end is written with its reason, if the claim still stands.
///
/// # Errors
/// When the database refuses, or another process has taken the run over.
pub async fn run_claimed(
    app: &App,
    run: &Run,
    watcher: &dyn Watcher,
) -> Result<RunStatus, JobError> {
    let (status, reason) = match app.job(&run.job) {
        None => (
            RunStatus::Failed,
            format!("there is no job `{}` any more", run.job),
        ),
        Some(job) => {
            let as_of = run.as_of.unwrap_or_else(|| app.clock.now());
            let turn = Turn::default();
            let context = Context {
                app,
                job,
                run,
                as_of,
                watcher,
                turn: &turn,
            };
            // Boxed: the steps hold all that the largest of them does, and a limit holds it beside its own.
            let steps = Box::pin(perform_steps(&context));
            match limit::within(job.timeout, &turn, steps).await {
                Some(result) => ending(result?),
                None => (
                    RunStatus::Failed,
                    format!(
                        "not done within {}",
                        humantime::format_duration(job.timeout)
                    ),
                ),
            }
        }
    };
    match status {
        RunStatus::Succeeded => tracing::info!(job = run.job, run = run.id, "run succeeded"),
        _ => tracing::warn!(job = run.job, run = run.id, %status, reason, "run did not succeed"),
    }
    let write = app.store.write().await?;
    write.hold(run).await?;
    write
        .finish_run(run.id, status, &with_past(run, reason), app.clock.now())
        .await?;
    write.break_off_steps(run.id, app.clock.now()).await?;
    write.commit().await?;
    Ok(status)
}

/// An occurrence that was filled up afterwards keeps the line that says so, and what had become of it.
fn with_past(run: &Run, reason: String) -> String {
    match run.trigger {
        Trigger::Backfill if reason.is_empty() => run.reason.clone(),
        Trigger::Backfill => format!("{}; {reason}", run.reason),
        Trigger::Schedule | Trigger::CatchUp | Trigger::Manual => reason,
    }
}

/// How the steps ended: failures of sources, and the failure that ended the run.
#[derive(Debug, Default)]
struct Outcome {
    source_failures: Vec<String>,
    failure: Option<String>,
}

fn ending(outcome: Outcome) -> (RunStatus, String) {
    match (outcome.failure, outcome.source_failures) {
        (Some(failure), _) => (RunStatus::Failed, failure),
        (None, failures) if failures.is_empty() => (RunStatus::Succeeded, String::new()),
        (None, failures) => (RunStatus::Partial, failures.join("; ")),
    }
}

async fn perform_steps(context: &Context<'_>) -> Result<Outcome, JobError> {
    let Context {
        app,
        job,
        run,
        watcher,
        ..
    } = context;
    let finished = app.store.steps(run.id).await?;
    // By name too: the job's file may have been edited since.
    let is_finished = |position: i32, name: &str| {
        finished.iter().any(|step| {
            step.position == position && step.name == name && step.status == StepStatus::Succeeded
        })
    };
    let mut outcome = Outcome::default();
    for (spec, position) in job.steps.iter().zip(1..) {
        let name = spec.act.name();
        if is_finished(position, &name) {
            continue;
        }
        watcher.step(&job.name, &name);
        match perform(context, spec, position).await? {
            Ok(()) => {}
            Err(failure) if leaves_others_going(&spec.act) => {
                outcome.source_failures.push(failure);
            }
            Err(failure) => {
                outcome.failure = Some(failure);
                break;
            }
        }
    }
    Ok(outcome)
}

/// What fails outside this program ends its own step only.
fn leaves_others_going(act: &Act) -> bool {
    matches!(
        act,
        Act::Pull { .. } | Act::Reconcile { .. } | Act::Ping { .. }
    )
}

/// One step with its checkpoint; the inner error is the step's own, in words.
async fn perform(
    context: &Context<'_>,
    spec: &Spec,
    position: i32,
) -> Result<Result<(), String>, JobError> {
    let clock = &context.app.clock;
    let mut step = Step {
        run_id: context.run.id,
        position,
        name: spec.act.name(),
        status: StepStatus::Running,
        attempts: 0,
        counts: json!({}),
        error: None,
        started_at: Some(clock.now()),
        finished_at: None,
    };
    if !context.app.pulls_of(context.run).may_ask(&spec.act) {
        step.status = StepStatus::Skipped;
        step.finished_at = step.started_at;
        return Ok(Ok(save(context, &step).await?));
    }
    let result = attempt(context, spec, &mut step).await?;
    step.finished_at = Some(clock.now());
    let told = match result {
        Ok(Done { counts }) => {
            step.status = StepStatus::Succeeded;
            step.counts = counts;
            step.error = None;
            Ok(())
        }
        Err(error) => {
            step.status = StepStatus::Failed;
            step.error = Some(error.to_string());
            Err(format!("{}: {error}", step.name))
        }
    };
    save(context, &step).await?;
    Ok(told)
}

/// Tries the step as often as the job says, as long as trying again may help.
async fn attempt(
    context: &Context<'_>,
    spec: &Spec,
    step: &mut Step,
) -> Result<Result<Done, JobError>, JobError> {
    let mut delays = delays(&context.job.retry, context.run.trigger);
    loop {
        step.attempts += 1;
        save(context, step).await?;
        let error = match within(
            context.turn,
            spec.timeout,
            step::perform(context, &spec.act),
        )
        .await
        {
            Ok(done) => return Ok(Ok(done)),
            Err(error) if ends_claim(&error) => return Err(error),
            Err(error) => error,
        };
        let (Retry::Later(asked), Some(delay)) = (error.retry(), delays.next()) else {
            return Ok(Err(error));
        };
        let wait = asked.map_or(delay, |asked| asked.max(delay));
        tracing::warn!(job = context.job.name, step = step.name, %error, ?wait, "the step is tried again");
        step.error = Some(error.to_string());
        context.app.clock.sleep(wait).await;
    }
}

/// Whether nothing more can be written under this claim: the run is another's, or the database is away.
fn ends_claim(error: &JobError) -> bool {
    error.is_outage() || matches!(error, JobError::Store(StoreError::Fenced(_)))
}

async fn within<T>(
    turn: &Turn,
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, JobError>>,
) -> Result<T, JobError> {
    match limit {
        None => work.await,
        Some(limit) => limit::within(limit, turn, work)
            .await
            .unwrap_or(Err(JobError::TimedOut(limit))),
    }
}

/// Waits between attempts: they double from `first` up to `max`, each drawn from zero to that (full jitter).
/// Whoever asks by hand hears at once what is wrong.
fn delays(retry: &spec::Retry, trigger: Trigger) -> impl Iterator<Item = Duration> + use<> {
    let attempts = if trigger == Trigger::Manual {
        1
    } else {
        retry.attempts
    };
    let (first, max) = (retry.first, retry.max);
    let doubled = move |n: u32| first.saturating_mul(2_u32.saturating_pow(n)).min(max);
    (0..attempts.saturating_sub(1)).map(move |n| doubled(n).mul_f64(fastrand::f64()))
}

/// A checkpoint, if the claim still stands.
async fn save(context: &Context<'_>, step: &Step) -> Result<(), JobError> {
    let write = context.write().await?;
    write.save_step(step).await?;
    if step.status == StepStatus::Succeeded {
        write.progress(context.run).await?;
    }
    Ok(write.commit().await?)
}

/// Takes up what a killed process left: its runs are queued again, its mails are settled.
///
/// # Errors
/// When the database refuses.
pub async fn recover(app: &App) -> Result<(), JobError> {
    let write = app.store.write().await?;
    let resumed = write.requeue_all().await?;
    write.commit().await?;
    if resumed > 0 {
        tracing::warn!(resumed, "runs that were interrupted are queued again");
    }
    deliver::recover(app).await
}

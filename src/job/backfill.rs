//! Past occurrences of a job run afterwards, each as of its own instant, from what is stored.
//!
//! Owns: which occurrences are filled up, and what their rows say of it.
//! Never: running (`runner.rs` takes them like any other run, after those of the present).
//! Reads next: `plan.rs`, `admit.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::{Listed, listed, new_run};
use super::spec::Job;
use super::{App, JobError, Pulls};
use crate::domain::dossier::{end_of, start_of};
use crate::domain::period::Period;
use crate::store::Write;
use crate::store::runs::{NewRun, Run, RunStatus, Trigger};

/// More than this in one go is a slip of the pen.
const MOST: usize = 5_000;
/// What is due this minute is the schedule's own.
const PRESENT: TimeDelta = TimeDelta::seconds(60);

/// What a backfill does with one occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub at: DateTime<Utc>,
    pub fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has a queued run of this id.
    Queued(i64),
    /// It ran, or is about to.
    LeftAlone(i64, RunStatus),
    /// The job does not run on that day.
    DayOff(String),
}

/// Queues a run for every occurrence in `period` (days of the schedule's zone) that is past and did not come to
/// an end; all in one transaction. Mails are held unless `sends`.
///
/// # Errors
/// When the job does nothing but read sources, the period holds too many occurrences or the database refuses.
pub async fn queue(
    app: &App,
    job: &Job,
    period: Period,
    sends: bool,
) -> Result<Vec<Filled>, JobError> {
    if !job
        .steps
        .iter()
        .any(|step| Pulls::FromStore.may_ask(&step.act))
    {
        return Err(JobError::Missing(format!(
            "`{}` only reads sources: they cannot be read as they were",
            job.name
        )));
    }
    let occurrences = past(app, job, period)?;
    let write = app.store.write().await?;
    let mut filled = Vec::new();
    for Listed { at, day_off } in occurrences {
        let fate = match day_off {
            Some(why) => Fate::DayOff(why),
            None => fill(app, &write, job, at, sends).await?,
        };
        filled.push(Filled { at, fate });
    }
    write.commit().await?;
    Ok(filled)
}

fn past(app: &App, job: &Job, period: Period) -> Result<Vec<Listed>, JobError> {
    let zone = job.timing.schedule.zone();
    let after = start_of(period.from, zone) - TimeDelta::seconds(1);
    let due_by = app.clock.now() - PRESENT;
    let found = listed(app, job, after, end_of(period.to, zone), due_by);
    let found: Vec<Listed> = found.take(MOST + 1).collect();
    if found.len() > MOST {
        return Err(JobError::Missing(format!(
            "more than {MOST} occurrences of `{}` lie in this period: choose a shorter one",
            job.name
        )));
    }
    Ok(found)
}

/// Whether any occurrence lies in `period`, past or to come; days off count.
#[must_use]
pub fn has_occurrence(app: &App, job: &Job, period: Period) -> bool {
    let zone = job.timing.schedule.zone();
    let after = start_of(period.from, zone) - TimeDelta::seconds(1);
    let until = end_of(period.to, zone);
    // A jitter of at most a day belongs to it.
    let due_by = until + TimeDelta::days(1);
    listed(app, job, after, until, due_by).next().is_some()
}

async fn fill(
    app: &App,
    write: &Write,
    job: &Job,
    at: DateTime<Utc>,
    sends: bool,
) -> Result<Fate, JobError> {
    let new = NewRun {
        as_of: Some(at),
        holds_mails: !sends,
        ..new_run(app, job, at, Trigger::Backfill)
    };
    let today = app.day(app.clock.now());
    let Some(run) = write.run_of(&job.name, at).await? else {
        let new = NewRun {
            reason: format!("filled up on {today}"),
            ..new
        };
        write.insert_runs(&[new]).await?;
        let inserted = write.run_of(&job.name, at).await?;
        let gone = || JobError::Missing("the run that was just queued is gone".to_owned());
        return Ok(Fate::Queued(inserted.ok_or_else(gone)?.id));
    };
    if !may_be_filled(run.status) {
        return Ok(Fate::LeftAlone(run.id, run.status));
    }
    let new = NewRun {
        reason: format!("filled up on {today}, was {}", what_it_was(&run)),
        ..new
    };
    write.take_over(&run, &new).await?;
    Ok(Fate::Queued(run.id))
}

/// A partial run did what it could, and said it.
fn may_be_filled(status: RunStatus) -> bool {
    match status {
        RunStatus::Missed | RunStatus::Skipped | RunStatus::Failed | RunStatus::Abandoned => true,
        RunStatus::Queued | RunStatus::Running | RunStatus::Succeeded | RunStatus::Partial => false,
    }
}

fn what_it_was(run: &Run) -> String {
    match run.reason.as_str() {
        "" => run.status.to_string(),
        reason => format!("{}: {reason}", run.status),
    }
}

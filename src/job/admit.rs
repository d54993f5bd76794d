//! Whether a queued run may begin now, must wait, or never will.
//!
//! Owns: overlap, lateness, jobs that come before.
//! Never: the database: what it needs to know is handed in.
//! Reads next: `runner.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use super::spec::{Job, Overlap};
use crate::store::runs::{Run, RunStatus, Trigger};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    Begin,
    /// For what, in words.
    Wait(String),
    /// What the run's row says for ever.
    Never(RunStatus, String),
}

/// What is known when a run asks to begin.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    pub now: DateTime<Utc>,
    /// What started the run of the same job that is under way; `None`: none is.
    pub running: Option<Trigger>,
    /// Jobs named in `after` that have not succeeded for the run's day.
    pub missing: &'a [&'a str],
    /// The run's local day is over.
    pub day_is_over: bool,
}

/// A run asked for by hand, or of the past, is never late and waits for no other job; nothing overlaps itself.
/// What fills up the past makes a scheduled run wait, and is never why it is not run.
#[must_use]
pub fn admit(run: &Run, job: Option<&Job>, situation: Situation<'_>) -> Admission {
    let Some(job) = job else {
        return Admission::Never(
            RunStatus::Failed,
            format!("there is no job `{}` any more", run.job),
        );
    };
    let of_schedule = matches!(run.trigger, Trigger::Schedule | Trigger::CatchUp);
    let has_begun = run.attempts > 0;
    if let Some(running) = situation.running {
        let is_overlap = running != Trigger::Backfill && !has_begun;
        return match (job.overlap, run.trigger) {
            (Overlap::Skip, Trigger::Schedule) if is_overlap => Admission::Never(
                RunStatus::Skipped,
                "the run before it was still under way".to_owned(),
            ),
            _ => Admission::Wait("the run before it is under way".to_owned()),
        };
    }
    if !of_schedule || has_begun {
        return Admission::Begin;
    }
    if let Some(limit) = job
        .late_limit
        .filter(|limit| is_late(run, *limit, situation.now))
    {
        let limit = humantime::format_duration(limit);
        let late = humantime::format_duration(
            (situation.now - run.scheduled_for)
                .to_std()
                .unwrap_or_default(),
        );
        return Admission::Never(
            RunStatus::Skipped,
            format!("{late} late; the limit is {limit}"),
        );
    }
    match situation.missing {
        [] => Admission::Begin,
        missing if situation.day_is_over => Admission::Never(
            RunStatus::Skipped,
            format!("`{}` did not succeed on that day", missing.join("`, `")),
        ),
        missing => Admission::Wait(format!("for `{}` to succeed", missing.join("`, `"))),
    }
}

fn is_late(run: &Run, limit: std::time::Duration, now: DateTime<Utc>) -> bool {
    now - run.scheduled_for > TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX)
}

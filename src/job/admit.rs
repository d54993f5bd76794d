//! Whether a queued run may begin now, must wait, or never will.
//!
//! Owns: overlap, lateness, jobs that come before.
//! Never: the database: what it needs to know is handed in.
//! Reads next: `runner.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use super::spec::{Job, Overlap};
use crate::domain::schedule::Jitter;
use crate::store::runs::{Run, RunStatus, Trigger};

/// A run whose process died this often at the same place is given up. Below the number of starts after which
/// systemd gives up the whole program.
pub const MOST_DEATHS: i32 = 3;

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
/// What fills up the past makes a scheduled run wait, and is never why it is not run. What kills its process again
/// and again is given up, whoever asked for it.
#[must_use]
pub fn admit(run: &Run, job: Option<&Job>, situation: Situation<'_>) -> Admission {
    let Some(job) = job else {
        return Admission::Never(
            RunStatus::Failed,
            format!("there is no job `{}` any more", run.job),
        );
    };
    if run.deaths >= MOST_DEATHS {
        return Admission::Never(
            RunStatus::Abandoned,
            format!("the process that ran it died {} times", run.deaths),
        );
    }
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
        .filter(|limit| is_late(run, *limit + jitter(job), situation.now))
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

/// A jitter delays a run by at most this: nobody is late because of it.
fn jitter(job: &Job) -> std::time::Duration {
    let most = job.timing.jitter.as_ref().map(Jitter::most);
    most.and_then(|most| most.to_std().ok()).unwrap_or_default()
}

fn is_late(run: &Run, limit: std::time::Duration, now: DateTime<Utc>) -> bool {
    now - run.scheduled_for > TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::store::runs::Basis;

    fn job(overlap: Overlap) -> Job {
        let shipped = crate::job::spec::load(Path::new(env!("CARGO_MANIFEST_DIR")), chrono_tz::UTC);
        Job {
            overlap,
            late_limit: Some(Duration::from_secs(3600)),
            after: vec!["pull-city".to_owned()],
            ..shipped.unwrap().remove(0)
        }
    }

    fn run(trigger: Trigger, attempts: i32) -> Run {
        Run {
            id: 1,
            job: "overdue-alerts".to_owned(),
            scheduled_for: DateTime::UNIX_EPOCH,
            trigger,
            status: RunStatus::Queued,
            reason: String::new(),
            attempts,
            deaths: 0,
            as_of: None,
            started_at: None,
            finished_at: None,
            holds_mails: false,
            note: String::new(),
            basis: Basis::default(),
        }
    }

    #[test]
    fn every_situation_has_its_admission() {
        use Overlap::{Queue, Skip};
        use Trigger::{Backfill, CatchUp, Manual, Schedule};
        for (trigger, attempts, overlap, running, missing, hours, expected, why) in [
            (
                Schedule,
                0,
                Skip,
                None,
                false,
                0,
                "begin",
                "nothing is in its way",
            ),
            (
                Schedule,
                0,
                Skip,
                Some(Schedule),
                false,
                0,
                "never",
                "the run before it goes on",
            ),
            (
                Schedule,
                0,
                Queue,
                Some(Schedule),
                false,
                0,
                "wait",
                "it may wait for the run before it",
            ),
            (
                Schedule,
                0,
                Skip,
                Some(Backfill),
                false,
                0,
                "wait",
                "the past keeps no present run from its time",
            ),
            (
                Schedule,
                1,
                Skip,
                Some(Schedule),
                false,
                0,
                "wait",
                "what has begun is not given up",
            ),
            (
                CatchUp,
                0,
                Skip,
                Some(Schedule),
                false,
                0,
                "wait",
                "what is caught up may come later",
            ),
            (Schedule, 0, Skip, None, false, 2, "never", "too late"),
            (
                Schedule,
                1,
                Skip,
                None,
                false,
                2,
                "begin",
                "it began in time",
            ),
            (
                Schedule,
                0,
                Skip,
                None,
                true,
                0,
                "wait",
                "the job before it has not succeeded yet",
            ),
            (
                Schedule,
                0,
                Skip,
                None,
                true,
                24,
                "never",
                "too late, whatever it waits for",
            ),
            (
                Manual,
                0,
                Skip,
                None,
                true,
                2,
                "begin",
                "whoever asks by hand knows",
            ),
            (
                Manual,
                0,
                Skip,
                Some(Schedule),
                false,
                0,
                "wait",
                "one at a time",
            ),
            (
                Backfill,
                0,
                Skip,
                None,
                true,
                999,
                "begin",
                "the past is never late and waits for no job",
            ),
            (
                Backfill,
                0,
                Skip,
                Some(Backfill),
                false,
                999,
                "wait",
                "one after the other",
            ),
            (
                Backfill,
                0,
                Skip,
                Some(Schedule),
                false,
                999,
                "wait",
                "after the present",
            ),
        ] {
            let situation = Situation {
                now: DateTime::UNIX_EPOCH + TimeDelta::hours(hours),
                running,
                missing: if missing { &["pull-city"] } else { &[] },
                day_is_over: hours >= 24,
            };
            let admission = match admit(&run(trigger, attempts), Some(&job(overlap)), situation) {
                Admission::Begin => "begin",
                Admission::Wait(_) => "wait",
                Admission::Never(..) => "never",
            };
            assert_eq!(admission, expected, "{why}");
        }
    }

    #[test]
    fn what_kills_its_process_again_and_again_is_given_up() {
        let situation = Situation {
            now: DateTime::UNIX_EPOCH,
            running: None,
            missing: &[],
            day_is_over: false,
        };
        for trigger in [Trigger::Schedule, Trigger::Manual, Trigger::Backfill] {
            let after = |deaths| {
                let run = Run {
                    deaths,
                    ..run(trigger, deaths)
                };
                admit(&run, Some(&job(Overlap::Skip)), situation)
            };
            assert_eq!(after(2), Admission::Begin, "{trigger}: a third try");
            let reason = "the process that ran it died 3 times".to_owned();
            assert_eq!(
                after(3),
                Admission::Never(RunStatus::Abandoned, reason),
                "{trigger}: no fourth"
            );
        }
    }
}

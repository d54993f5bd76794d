//! What the database says to a run that asks to begin.
//!
//! Owns: finding what `../admit.rs` decides by.
//! Never: deciding; a change.
//! Reads next: `../admit.rs`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::dossier::{day_of, end_of, start_of};
use crate::job::JobError;
use crate::job::admit::{Admission, Situation, admit};
use crate::job::spec::Job;
use crate::store::Store;
use crate::store::runs::{Run, Trigger};

/// Whether `run` may begin at `now`. `zone` is that of the site, for a job that is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn judge(
    store: &Store,
    (job, zone): (Option<&Job>, Tz),
    run: &Run,
    running: &[(String, Trigger)],
    now: DateTime<Utc>,
) -> Result<Admission, JobError> {
    let zone = job.map_or(zone, |job| job.timing.schedule.zone());
    let day = day_of(run.scheduled_for, zone);
    let mut missing = Vec::new();
    // Nobody else waits for other jobs: see `admit`.
    let waits = run.attempts == 0 && matches!(run.trigger, Trigger::Schedule | Trigger::CatchUp);
    for before in job.into_iter().filter(|_| waits).flat_map(|job| &job.after) {
        if !store
            .has_succeeded(before, start_of(day, zone), end_of(day, zone))
            .await?
        {
            missing.push(before.as_str());
        }
    }
    let situation = Situation {
        now,
        running: running
            .iter()
            .find(|(job, _)| *job == run.job)
            .map(|(_, trigger)| *trigger),
        missing: &missing,
        day_is_over: now > end_of(day, zone),
    };
    Ok(admit(run, job, situation))
}

/// What a queued run waits for, in words; `None` if nothing is in its way.
///
/// # Errors
/// As [`judge`].
pub async fn waits_for(
    store: &Store,
    job: &Job,
    run: &Run,
    now: DateTime<Utc>,
) -> Result<Option<String>, JobError> {
    let running = store.running_jobs().await?;
    let of = (Some(job), job.timing.schedule.zone());
    Ok(match judge(store, of, run, &running, now).await? {
        Admission::Wait(what) => Some(what),
        Admission::Begin | Admission::Never(..) => None,
    })
}

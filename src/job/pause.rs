//! Pausing a job and letting it go on, whether the daemon runs or not: it reads the row whenever it plans.
//!
//! Owns: from when to when a pause holds, what becomes of runs that wait.
//! Never: a run under way.
//! Reads next: `plan/occurrences.rs`.

use chrono::{DateTime, Utc};

use super::spec::Job;
use super::{App, JobError};
use crate::store::schedules::Pause;

/// What a pause did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    pub pause: Pause,
    /// Runs that waited and will not begin any more.
    pub skipped: u64,
}

/// Pauses `job` from now on. One that is paused already stays so from its first moment, with the new reason and end.
///
/// # Errors
/// When the database refuses.
pub async fn pause(
    app: &App,
    job: &Job,
    because: &str,
    until: Option<DateTime<Utc>>,
) -> Result<Paused, JobError> {
    let now = app.clock.now();
    let write = app.store.write().await?;
    let known = write.cursors_of(&[&job.name]).await?.remove(&job.name);
    let standing = known.and_then(|cursor| cursor.pause);
    let pause = Pause {
        because: because.to_owned(),
        since: standing
            .filter(|pause| pause.holds_at(now))
            .map_or(now, |pause| pause.since),
        until,
    };
    write
        .set_pause(&job.name, &pause, now, &job.timing.fingerprint())
        .await?;
    let skipped = write.skip_queued(&job.name, &pause.reason(), now).await?;
    write.commit().await?;
    Ok(Paused { pause, skipped })
}

/// Ends the pause of `job` now; `None` if it was not paused. The row keeps when it held: what fell into it is
/// not caught up, even if nothing has planned it yet.
///
/// # Errors
/// When the database refuses.
pub async fn resume(app: &App, job: &Job) -> Result<Option<Pause>, JobError> {
    let now = app.clock.now();
    let write = app.store.write().await?;
    let known = write.cursors_of(&[&job.name]).await?.remove(&job.name);
    let standing = known.and_then(|cursor| cursor.pause);
    let Some(pause) = standing.filter(|pause| pause.holds_at(now)) else {
        return Ok(None);
    };
    let ended = Pause {
        until: Some(now),
        ..pause.clone()
    };
    write
        .set_pause(&job.name, &ended, now, &job.timing.fingerprint())
        .await?;
    write.commit().await?;
    Ok(Some(pause))
}

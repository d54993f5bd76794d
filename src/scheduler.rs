//! The only file that knows tokio-cron-scheduler: a heartbeat every second, in UTC, and nothing else.
//!
//! Owns: the heartbeat. A beat says "look now"; it carries no meaning, so a lost one loses nothing.
//! Never: schedules, zones, runs (`job::plan` reads those from the database at every beat).
//! Reads next: `daemon.rs`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

const EVERY_SECOND: &str = "* * * * * *";
/// A beat comes after this time even if the scheduler gives none.
const AT_LATEST: Duration = Duration::from_secs(2);

pub struct Heartbeat {
    scheduler: JobScheduler,
    beat: Arc<Notify>,
}

impl Heartbeat {
    /// # Errors
    /// When the scheduler does not start.
    pub async fn start() -> Result<Self, JobSchedulerError> {
        let beat = Arc::new(Notify::new());
        let ring = Arc::clone(&beat);
        let scheduler = JobScheduler::new().await?;
        scheduler
            .add(Job::new(EVERY_SECOND, move |_, _| ring.notify_one())?)
            .await?;
        scheduler.start().await?;
        Ok(Self { scheduler, beat })
    }

    /// Waits for the next beat; beats during a long absence are one. A scheduler whose clock was set back by an
    /// hour is silent for that hour: whoever waits looks all the same.
    pub async fn beat(&self) {
        // Whether somebody rang does not matter: a beat carries no meaning.
        let _ = tokio::time::timeout(AT_LATEST, self.beat.notified()).await;
    }

    /// # Errors
    /// When the scheduler does not stop.
    pub async fn stop(mut self) -> Result<(), JobSchedulerError> {
        self.scheduler.shutdown().await
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Heartbeat")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_beat_comes_though_the_scheduler_is_silent() {
        let heartbeat = Heartbeat {
            scheduler: JobScheduler::new().await.unwrap(),
            beat: Arc::new(Notify::new()),
        };
        for _ in 0..3 {
            heartbeat.beat().await;
        }
    }
}

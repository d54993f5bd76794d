//! The only file that knows tokio-cron-scheduler: a heartbeat every second, in UTC, and nothing else.
//!
//! Owns: the heartbeat. A beat says "look now"; it carries no meaning, so a lost one loses nothing.
//! Never: schedules, zones, runs (`job::plan` reads those from the database at every beat).
//! Reads next: `daemon.rs`.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

const EVERY_SECOND: &str = "* * * * * *";

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

    /// Waits for the next beat; beats during a long absence are one.
    pub async fn beat(&self) {
        self.beat.notified().await;
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

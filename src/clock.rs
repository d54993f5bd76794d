//! The only place that reads the time.
//!
//! Owns: `Clock`, handed to whoever needs an instant.
//! Never: calendars and zones (`domain`).
//! Reads next: `job.rs`.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// Where `now` comes from. Clones of a fixed clock share its hands.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until it is set.
    Fixed(Arc<Mutex<DateTime<Utc>>>),
    /// Starts at an instant and runs at the pace of the machine.
    Running {
        from: DateTime<Utc>,
        since: Instant,
    },
}

impl Clock {
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    #[must_use]
    pub fn running(from: DateTime<Utc>) -> Self {
        Self::Running {
            from,
            since: Instant::now(),
        }
    }

    /// Now, in whole seconds: what is stored is what was compared.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let exact = match self {
            Self::System => system_now(),
            Self::Fixed(hands) => *hands
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
            Self::Running { from, since } => {
                *from + TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX)
            }
        };
        DateTime::from_timestamp(exact.timestamp(), 0).unwrap_or(exact)
    }

    /// Waits. A fixed clock does not wait: its hands move on by as much.
    pub async fn sleep(&self, wait: std::time::Duration) {
        match self {
            Self::Fixed(_) => self.set(self.now() + TimeDelta::from_std(wait).unwrap_or_default()),
            Self::System | Self::Running { .. } => tokio::time::sleep(wait).await,
        }
    }

    /// Moves the hands of a fixed clock; other clocks do not move.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Self::Fixed(hands) = self {
            *hands
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = at;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the system's time"
)]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

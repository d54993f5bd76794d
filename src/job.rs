//! Jobs: what they are, when they are due, how one runs.
//!
//! Owns: `App`, all that a run works with.
//! Never: HTTP, SQL, SMTP or templates by name.
//! Reads next: `job/spec.rs`, `job/plan.rs`, `job/run.rs`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::clock::Clock;
use crate::config::site::Files;
use crate::domain::dossier::day_of;
use crate::domain::period::Period;
use crate::mail::{Templates, Transport};
use crate::store::{Store, runs};

pub mod spec;
pub mod check;
pub mod plan;
pub mod admit;
pub mod runner;
mod crash;
pub mod watch;
pub mod limit;
pub mod run;
pub mod step;
pub mod findings;
pub mod quarantine;
pub mod figures;
pub mod letter;
pub mod round;
pub mod answers;
pub mod notice;
pub mod watchdog;
pub mod deliver;
pub mod alarm;
pub mod bounces;
pub mod undelivered;
pub mod retry;
pub mod apology;
pub mod ledger;
pub mod pause;
pub mod backfill;
pub mod scratch;
pub mod try_out;
pub mod look;
pub mod simulate;

/// A site opened for work. Everything in it was checked.
#[derive(Debug)]
pub struct App {
    pub site: PathBuf,
    pub files: Files,
    pub jobs: Vec<spec::Job>,
    pub templates: Templates,
    pub transport: Transport,
    pub store: Store,
    pub clock: Clock,
    pub pulls: Pulls,
    pub gates: Gates,
    /// The environment it was opened with, for opening it again.
    pub variables: Vec<(String, String)>,
}

/// Whether steps may ask the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulls {
    FromSources,
    /// Sources are read, and nobody outside hears of it: a dry run.
    IntoScratch,
    /// Figures are those at hand: a simulation, a backfill.
    FromStore,
}

impl Pulls {
    #[must_use]
    pub fn may_ask(self, act: &spec::Act) -> bool {
        match act {
            spec::Act::Ping { .. } => self == Self::FromSources,
            spec::Act::Pull { .. } | spec::Act::Reconcile { .. } => self != Self::FromStore,
            spec::Act::Assess | spec::Act::Alert(_) | spec::Act::Digest(_) => true,
        }
    }
}

/// One pull of a source at a time, whatever jobs ask for it.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

impl Gates {
    /// Waits until no other run of this process works on `source`.
    pub async fn pass(&self, source: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let gate = {
            let mut gates = self
                .0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(gates.entry(source.to_owned()).or_default())
        };
        gate.lock_owned().await
    }
}

impl App {
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.files.settings.site.zone
    }

    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        day_of(at, self.zone())
    }

    #[must_use]
    pub fn year_to_date(&self, as_of: DateTime<Utc>) -> Period {
        Period::year_to_date(as_of, self.zone())
    }

    #[must_use]
    pub fn job(&self, name: &str) -> Option<&spec::Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// Whether the steps of `run` may ask the world outside: what fills up the past works from what is stored.
    #[must_use]
    pub fn pulls_of(&self, run: &runs::Run) -> Pulls {
        match run.trigger {
            runs::Trigger::Backfill => Pulls::FromStore,
            runs::Trigger::Schedule | runs::Trigger::CatchUp | runs::Trigger::Manual => self.pulls,
        }
    }

    /// What a run of `job` uses, for its row.
    #[must_use]
    pub fn basis(&self, job: &spec::Job) -> runs::Basis {
        runs::Basis {
            schedule: job.timing.fingerprint(),
            configuration: self.files.hash.clone(),
            calendar: self.files.calendar.version(),
        }
    }
}

/// Why a step could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("source {name}: {cause}")]
    Source {
        name: String,
        cause: crate::source::SourceError,
    },
    /// The watchdog's address did not take it.
    #[error(transparent)]
    Ping(crate::source::SourceError),
    #[error("mail to {post}: {cause}")]
    Mail { post: String, cause: String },
    #[error("not done within {}", humantime::format_duration(*.0))]
    TimedOut(std::time::Duration),
    #[error("{0}")]
    Missing(String),
}

impl JobError {
    /// Whether the database was away: nothing is wrong with what was to be done, and it is done when it is back.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_outage())
    }

    /// Whether the same step may succeed later, and after how long where the source said so.
    #[must_use]
    pub fn retry(&self) -> crate::source::Retry {
        use crate::source::Retry;
        match self {
            Self::Source { cause, .. } | Self::Ping(cause) => cause.retry(),
            Self::TimedOut(_) => Retry::Later(None),
            // A database that is away breaks the run off; what else it refuses it will refuse again.
            Self::Store(_) | Self::Mail { .. } | Self::Missing(_) => Retry::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_ask_the_world_outside() {
        let pull = spec::Act::Pull { source: "a".into() };
        let reconcile = spec::Act::Reconcile { source: "a".into() };
        let ping = spec::Act::Ping {
            url: "https://watchdog.example".into(),
        };
        for (pulls, reads, tells) in [
            (Pulls::FromSources, true, true),
            (Pulls::IntoScratch, true, false),
            (Pulls::FromStore, false, false),
        ] {
            assert_eq!(pulls.may_ask(&pull), reads, "{pulls:?}");
            assert_eq!(pulls.may_ask(&reconcile), reads, "{pulls:?}");
            assert_eq!(
                pulls.may_ask(&ping),
                tells,
                "{pulls:?}: a watchdog hears of real runs only"
            );
            assert!(pulls.may_ask(&spec::Act::Assess), "{pulls:?}");
        }
    }
}

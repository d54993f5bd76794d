//! The steps of a run, one file each.
//!
//! Owns: what a step gets and gives.
//! Never: checkpoints (`run.rs`).
//! Reads next: `step/pull.rs`, then in the order of a run.

use chrono::{DateTime, Utc};

use super::run::Watcher;
use super::spec::{Alert, Job, Step};
use super::{App, JobError};
use crate::store::runs::Run;

pub mod pull;
pub mod reconcile;
pub mod assess;
pub mod alert;
pub mod digest;

/// What every step works with. `as_of` is the run's, whatever the clock says meanwhile.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub app: &'a App,
    pub job: &'a Job,
    pub run: &'a Run,
    pub as_of: DateTime<Utc>,
    pub watcher: &'a dyn Watcher,
}

/// What a step did, for the run's history.
#[derive(Debug)]
pub struct Done {
    pub counts: serde_json::Value,
}

/// Performs one step. Every step may be performed again: same input, same `as_of`, same result.
///
/// # Errors
/// When the step could not do its work.
pub async fn perform(context: &Context<'_>, step: &Step) -> Result<Done, JobError> {
    match step {
        Step::Pull { source } => pull::perform(context, source).await,
        Step::Reconcile { source } => reconcile::perform(context, source).await,
        Step::Assess => assess::perform(context).await,
        Step::Alert(Alert::OverdueDossiers(alert)) => alert::overdue::perform(context, alert).await,
        Step::Alert(Alert::LaggingWards(alert)) => alert::lagging::perform(context, alert).await,
        Step::Digest(digest) => digest::perform(context, digest).await,
    }
}

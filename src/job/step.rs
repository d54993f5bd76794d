//! The steps of a run, one file each.
//!
//! Owns: what a step gets and gives.
//! Never: checkpoints (`run.rs`).
//! Reads next: `step/pull.rs`, then in the order of a run.

use chrono::{DateTime, Utc};

use super::limit::Turn;
use super::spec::{Act, Alert, Job};
use super::watch::Watcher;
use super::{App, JobError};
use crate::store::Write;
use crate::store::decisions::{DecisionRow, Goes};
use crate::store::runs::Run;

pub mod pull;
pub mod reconcile;
pub mod assess;
pub mod alert;
pub mod digest;
pub mod ping;

/// What every step works with. `as_of` is the run's, whatever the clock says meanwhile.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub app: &'a App,
    pub job: &'a Job,
    pub run: &'a Run,
    pub as_of: DateTime<Utc>,
    pub watcher: &'a dyn Watcher,
    pub turn: &'a Turn,
}

impl Context<'_> {
    /// Begins a write under the run's claim: a run that another process took over writes nothing more.
    ///
    /// # Errors
    /// `Fenced` when the claim does not stand any more, or when the database refuses.
    pub async fn write(&self) -> Result<Write, JobError> {
        let write = self.app.store.write().await?;
        write.hold(self.run).await?;
        Ok(write)
    }

    /// Whether this run's mails go out.
    #[must_use]
    pub fn goes(&self) -> Goes {
        if self.run.holds_mails {
            Goes::Held
        } else {
            Goes::Out
        }
    }
}

/// Records decisions with the mails they led to. What a held mail says is not told yet: the next real run
/// speaks of it as if nothing had been said.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    context: &Context<'_>,
    write: &Write,
    decisions: Vec<DecisionRow>,
) -> Result<(), JobError> {
    Ok(write.save_decisions(&decisions, context.goes()).await?)
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
pub async fn perform(context: &Context<'_>, act: &Act) -> Result<Done, JobError> {
    match act {
        // Boxed: a pull holds a page, a batch and a connection, and every other step would be as large.
        Act::Pull { source } => Box::pin(pull::perform(context, source)).await,
        Act::Reconcile { source } => Box::pin(reconcile::perform(context, source)).await,
        Act::Assess => assess::perform(context).await,
        Act::Alert(Alert::OverdueDossiers(alert)) => alert::overdue::perform(context, alert).await,
        Act::Alert(Alert::LaggingWards(alert)) => alert::lagging::perform(context, alert).await,
        Act::Alert(Alert::StaleSource) => alert::blind::perform(context).await,
        Act::Digest(digest) => digest::perform(context, digest).await,
        Act::Ping { url } => ping::perform(context, url).await,
    }
}

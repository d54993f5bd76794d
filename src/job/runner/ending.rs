//! What becomes of a run whose task came to an end: by itself, by a panic, without its database, or taken over.
//!
//! Owns: telling these apart, and writing each to the run's row.
//! Never: claiming (`../runner.rs`).
//! Reads next: `rest.rs`.

use tokio::task::JoinError;

use crate::job::{App, JobError};
use crate::store::StoreError;
use crate::store::runs::{Run, RunStatus};

/// How a task ended.
#[derive(Debug)]
pub enum Ending {
    /// It wrote the run's end itself.
    Written(RunStatus),
    /// Another process has the run: it is not ours any more.
    TakenOver,
    /// Nothing is wrong with the run: it goes on when the database does.
    Interrupted(String),
    /// The run ends here, and why.
    BrokeOff(String),
}

impl Ending {
    pub fn of(joined: Result<Result<RunStatus, JobError>, JoinError>) -> Self {
        match joined {
            Ok(Ok(status)) => Self::Written(status),
            Ok(Err(JobError::Store(StoreError::Fenced(_)))) => Self::TakenOver,
            Ok(Err(error)) if error.is_outage() => Self::Interrupted(error.to_string()),
            Ok(Err(error)) => Self::BrokeOff(error.to_string()),
            Err(error) => Self::BrokeOff(words(error)),
        }
    }

    /// Writes it, unless the task did or another process has the run.
    ///
    /// # Errors
    /// When the database refuses: then the ending is still to be written.
    pub async fn write(&self, app: &App, run: &Run) -> Result<RunStatus, JobError> {
        let written = match self {
            Self::Written(status) => Ok(*status),
            Self::TakenOver => Err(StoreError::Fenced(run.id).into()),
            Self::Interrupted(why) => requeue(app, run, why).await,
            Self::BrokeOff(why) => fail(app, run, why).await,
        };
        match written {
            Err(JobError::Store(StoreError::Fenced(id))) => {
                tracing::warn!(
                    run = id,
                    job = run.job,
                    "another process has taken this run over"
                );
                Ok(RunStatus::Abandoned)
            }
            written => written,
        }
    }
}

async fn requeue(app: &App, run: &Run, why: &str) -> Result<RunStatus, JobError> {
    let write = app.store.write().await?;
    write.requeue_run(run, why).await?;
    write.commit().await?;
    tracing::warn!(
        run = run.id,
        job = run.job,
        why,
        "the run was interrupted and is queued again"
    );
    Ok(RunStatus::Queued)
}

async fn fail(app: &App, run: &Run, why: &str) -> Result<RunStatus, JobError> {
    let write = app.store.write().await?;
    write.hold(run).await?;
    write
        .finish_run(run.id, RunStatus::Failed, why, app.clock.now())
        .await?;
    write.break_off_steps(run.id, app.clock.now()).await?;
    write.commit().await?;
    tracing::error!(run = run.id, job = run.job, why, "the run broke off");
    Ok(RunStatus::Failed)
}

/// A text that stands in the program may be told; one that was made may quote data of people.
fn words(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => match panic.downcast_ref::<&'static str>() {
            Some(text) => format!("it panicked: {text}"),
            None => "it panicked: see the log".to_owned(),
        },
        Err(_) => "it was cancelled".to_owned(),
    }
}

//! One run that somebody asked for and waits for, and nothing else that is queued.
//!
//! Owns: its end, also when they wait no longer.
//! Never: the backlog: that is a daemon's.
//! Reads next: `../run.rs`.

use std::sync::Arc;

use super::{Fate, REST, Runner, process_name};
use crate::job::watch::Watcher;
use crate::job::{App, JobError};
use crate::store::runs::{Run, RunStatus};

/// Runs the queued run `id`. If `stop` comes first, it is broken off and never taken up again: nobody waits for it.
///
/// # Errors
/// When the database refuses: then what was not finished is taken up by the next process that runs things.
pub async fn run_alone(
    app: &Arc<App>,
    id: i64,
    watcher: Arc<dyn Watcher>,
    stop: impl Future<Output = ()>,
) -> Result<RunStatus, JobError> {
    let mut runner = Runner::new(process_name(), 1, watcher);
    let ended = tokio::select! {
        ended = to_its_end(&mut runner, app, id) => Some(ended?),
        () = stop => None,
    };
    match ended {
        Some(status) => Ok(status),
        None => {
            runner.stop(app).await;
            give_up(app, id).await
        }
    }
}

async fn to_its_end(runner: &mut Runner, app: &Arc<App>, id: i64) -> Result<RunStatus, JobError> {
    loop {
        let run = found(app, id).await?;
        if run.status != RunStatus::Queued {
            return Ok(run.status);
        }
        let running = app.store.running_jobs().await?;
        match runner.decide(app, &run, &running).await? {
            Fate::Begins(claimed) => {
                runner.spawn(app, *claimed);
                runner.next_ended(app).await?;
            }
            Fate::Waits => app.clock.sleep(REST).await,
            Fate::IsNoneOfOurs => {}
        }
    }
}

/// A run that came to its end in the last moment keeps it.
async fn give_up(app: &App, id: i64) -> Result<RunStatus, JobError> {
    let run = found(app, id).await?;
    if run.status != RunStatus::Queued {
        return Ok(run.status);
    }
    let now = app.clock.now();
    let why = "whoever asked for it broke it off";
    let write = app.store.write().await?;
    write
        .refuse_run(&run, RunStatus::Abandoned, why, now)
        .await?;
    write.break_off_steps(id, now).await?;
    write.commit().await?;
    Ok(RunStatus::Abandoned)
}

async fn found(app: &App, id: i64) -> Result<Run, JobError> {
    let run = app.store.run(id).await?;
    run.ok_or_else(|| JobError::Missing(format!("run {id} is gone")))
}

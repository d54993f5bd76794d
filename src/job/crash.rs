//! A run that kills its process again and again: the operator hears that it was given up.
//!
//! Owns: that telling comes before giving up: what could not be told yet is not given up yet.
//! Never: when it is enough (`admit.rs`).
//! Reads next: `notice.rs`.

use super::notice::{Matter, Telling, tell_operator};
use super::{App, JobError};
use crate::report::notice::{GivenUp, What};
use crate::store::runs::Run;

/// Tells of `run` once.
///
/// # Errors
/// When the database is away; the run asks again to begin when it is back.
pub async fn tell(app: &App, run: &Run) -> Result<(), JobError> {
    // Boxed: a letter in the making is large, and hardly any run ends so.
    match Box::pin(tell_operator(app, matter(app, run))).await {
        Err(error) if error.is_outage() => Err(error),
        Err(error) => {
            tracing::error!(run = run.id, %error, "the operator cannot be told that a run was given up");
            Ok(())
        }
        Ok(Telling::Queued | Telling::Known | Telling::Later | Telling::Nobody) => Ok(()),
    }
}

fn matter(app: &App, run: &Run) -> Matter {
    let job = app.job(&run.job);
    let occurrence = run.scheduled_for.with_timezone(&app.zone()).fixed_offset();
    Matter {
        about: format!("run/{}", run.id),
        // A backfill may take the same run up once more.
        occasion: format!("given up after {} claims", run.attempts),
        reason: format!("its process died {} times", run.deaths),
        what: What::GivenUp(GivenUp {
            job: run.job.clone(),
            title: job.map_or_else(String::new, |job| job.title.clone()),
            occurrence,
            deaths: run.deaths.unsigned_abs(),
        }),
    }
}

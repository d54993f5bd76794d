//! Tells an external watchdog that the run came this far: its silence is the alarm.
//!
//! Owns: the call.
//! Never: a request with anything in it.
//! Reads next: `run.rs`.

use serde_json::json;

use super::{Context, Done};
use crate::job::JobError;
use crate::source::http;

/// # Errors
/// When the address does not answer with success.
pub async fn perform(context: &Context<'_>, url: &str) -> Result<Done, JobError> {
    let status = http::ping(url, context.app.clock.now())
        .await
        .map_err(JobError::Ping)?;
    Ok(Done {
        counts: json!({ "status": status }),
    })
}

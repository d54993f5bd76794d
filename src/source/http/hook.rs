//! A message for people at an address that takes JSON.
//!
//! Owns: the call.
//! Never: the address in an error: it may hold a token.
//! Reads next: `client.rs`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::client::{client, send};
use crate::source::SourceError;

const TIMEOUT: Duration = Duration::from_secs(5);
/// What stands for the address.
const SHOWN: &str = "the webhook";

/// # Errors
/// When it cannot be reached or does not answer with success.
pub async fn post(url: &str, body: &Value, now: DateTime<Utc>) -> Result<(), SourceError> {
    let request = client(TIMEOUT)?.post(url).json(body);
    send(request, SHOWN, now).await.map(drop)
}

//! The HTTP client with all its limits.
//!
//! Owns: time-outs, redirects, the size of a body, what a failed request is called.
//! Never: what an answer means.
//! Reads next: `sign_in.rs`.

use std::time::Duration;

use reqwest::{Client, Response, redirect};

use crate::source::SourceError;

/// A page is held in memory: a larger body is refused.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The one way to a client: everything has a limit.
pub(super) fn client(timeout: Duration) -> Result<Client, SourceError> {
    // Installing the provider a second time fails harmlessly: it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(timeout)
        .timeout(timeout * 4)
        .redirect(redirect::Policy::limited(3))
        .user_agent(concat!("dondoc/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| SourceError::Settings(format!("no HTTP client: {error}")))
}

/// Calls an external watchdog; returns its status.
///
/// # Errors
/// When it cannot be reached or does not answer with success.
pub async fn ping(url: &str) -> Result<u16, SourceError> {
    let response = client(PING_TIMEOUT)?
        .get(url)
        .send()
        .await
        .map_err(|error| unreachable_at(url, &error))?;
    Ok(successful(response, url)?.status().as_u16())
}

/// The answer, if its status says success.
pub(super) fn successful(response: Response, url: &str) -> Result<Response, SourceError> {
    if response.status().is_success() {
        return Ok(response);
    }
    Err(SourceError::Status {
        url: url.to_owned(),
        status: response.status().as_u16(),
        retry_after: retry_after(&response),
    })
}

pub(super) async fn limited(mut response: Response, url: &str) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable_at(url, &error))?
    {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(SourceError::TooLarge {
                url: url.to_owned(),
                limit: BODY_LIMIT,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `Retry-After` in seconds; the form with a date is rare and ignored.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

pub(super) fn unreachable_at(url: &str, error: &reqwest::Error) -> SourceError {
    let cause = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        let deepest =
            std::iter::successors(std::error::Error::source(error), |cause| cause.source()).last();
        deepest.map_or_else(|| error.to_string(), ToString::to_string)
    };
    SourceError::Unreachable {
        url: url.to_owned(),
        cause,
    }
}

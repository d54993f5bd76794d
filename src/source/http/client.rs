//! The HTTP client with all its limits.
//!
//! Owns: time-outs, redirects, the size of a body, what a failed request is called.
//! Never: what an answer means.
//! Reads next: `sign_in.rs`.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, RequestBuilder, Response, Url, header};

use crate::source::SourceError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(5);
const SAMPLE_TIMEOUT: Duration = Duration::from_secs(30);
const SAMPLE_LIMIT: u64 = 64 << 20;
const REDIRECTS: usize = 3;

/// The one way to a client: everything has a limit.
pub(super) fn client(timeout: Duration) -> Result<Client, SourceError> {
    // Installing the provider a second time fails harmlessly: it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(timeout)
        .timeout(timeout * 4)
        .redirect(Policy::custom(stays))
        .user_agent(concat!("dondoc/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| SourceError::Settings(format!("no HTTP client: {error}")))
}

/// A redirect is followed on its own host only: what signs us in must not leave it.
fn stays(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first();
    let at_home = first.is_some_and(|first| same_host(first, attempt.url()));
    if at_home && attempt.previous().len() <= REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// Whether `to` is the host of `from`, over TLS if that is.
pub(super) fn same_host(from: &Url, to: &Url) -> bool {
    let usual_port = |url: &Url| url.port().is_none();
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    let safe = to.scheme() == "https" || from.scheme() == to.scheme();
    safe && from.host() == to.host() && (same_port || usual_port(from) && usual_port(to))
}

/// Calls an external watchdog; returns its status.
///
/// # Errors
/// When it cannot be reached or does not answer with success.
pub async fn ping(url: &str, now: DateTime<Utc>) -> Result<u16, SourceError> {
    let request = client(PING_TIMEOUT)?.get(url);
    let response = send(request, url, now).await?;
    Ok(response.status().as_u16())
}

/// Fetches a sample from an address that asks for no sign-in.
///
/// # Errors
/// When it cannot be reached, does not answer with success, or answers with more than 64 MiB.
pub async fn sample(url: &str, now: DateTime<Utc>) -> Result<Vec<u8>, SourceError> {
    let request = client(SAMPLE_TIMEOUT)?.get(url);
    let response = send(request, url, now).await?;
    limited(response, url, SAMPLE_LIMIT).await
}

/// Sends `request`; the answer, if its status says success. `shown` is its address without secrets.
pub(super) async fn send(
    request: RequestBuilder,
    shown: &str,
    now: DateTime<Utc>,
) -> Result<Response, SourceError> {
    let response = request.send().await;
    let response = response.map_err(|error| unreachable_at(shown, error))?;
    let url = shown.to_owned();
    if response.status().is_success() {
        Ok(response)
    } else if response.status().is_redirection() {
        let host = redirected_to(&response).unwrap_or_else(|| "nowhere".to_owned());
        Err(SourceError::Elsewhere { url, host })
    } else {
        Err(SourceError::Status {
            url,
            status: response.status().as_u16(),
            retry_after: retry_after(&response, now),
        })
    }
}

fn redirected_to(response: &Response) -> Option<String> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let url = response.url().join(location).ok()?;
    url.host_str().map(str::to_owned)
}

/// The body, unpacked, if it has at most `limit` bytes.
pub(super) async fn limited(
    mut response: Response,
    shown: &str,
    limit: u64,
) -> Result<Vec<u8>, SourceError> {
    let too_large = || SourceError::TooLarge {
        url: shown.to_owned(),
        limit,
    };
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = next_of(&mut response, shown).await? {
        let chunk = chunk.as_ref();
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large());
        }
        body.extend_from_slice(chunk);
    }
    Ok(body)
}

/// The next bytes of a body; `None`: it ended.
pub(in crate::source) async fn next_of(
    response: &mut Response,
    shown: &str,
) -> Result<Option<impl AsRef<[u8]>>, SourceError> {
    let chunk = response.chunk().await;
    chunk.map_err(|error| unreachable_at(shown, error))
}

fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    wait(value.to_str().ok()?, now)
}

/// `Retry-After`: seconds, or an HTTP date.
fn wait(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::<Utc>::from(httpdate::parse_http_date(text).ok()?);
    Some((until - now).to_std().unwrap_or_default())
}

/// The deepest cause says most; the address in it might hold a session, and is left out.
pub(super) fn unreachable_at(shown: &str, error: reqwest::Error) -> SourceError {
    let error = error.without_url();
    let cause = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        let deepest = successors(error.source(), |cause| Error::source(*cause)).last();
        deepest.map_or_else(|| error.to_string(), ToString::to_string)
    };
    SourceError::Unreachable {
        url: shown.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = "2020-06-01T00:30:00Z".parse().unwrap();
        for (text, seconds, why) in [
            ("7", Some(7), "seconds"),
            ("Mon, 01 Jun 2020 00:30:09 GMT", Some(9), "a date to come"),
            (
                "Mon, 01 Jun 2020 00:29:00 GMT",
                Some(0),
                "a date that passed",
            ),
            ("soon", None, "neither"),
        ] {
            assert_eq!(wait(text, now), seconds.map(Duration::from_secs), "{why}");
        }
    }

    #[test]
    fn a_host_is_the_same_by_name_and_port_and_never_less_safe() {
        let same = |from: &str, to: &str| same_host(&from.parse().unwrap(), &to.parse().unwrap());
        for (from, to, expected, why) in [
            (
                "https://a.example/x",
                "https://a.example/y?z",
                true,
                "another path",
            ),
            ("http://a.example/x", "https://a.example/x", true, "to TLS"),
            (
                "https://a.example/x",
                "http://a.example/x",
                false,
                "away from TLS",
            ),
            (
                "https://a.example/x",
                "https://b.example/x",
                false,
                "another name",
            ),
            (
                "http://a.example:81/",
                "http://a.example:82/",
                false,
                "another port",
            ),
            (
                "http://a.example:80/",
                "http://a.example/",
                true,
                "the usual port, written",
            ),
        ] {
            assert_eq!(same(from, to), expected, "{why}");
        }
    }
}

//! Systems behind HTTP and JSON: sign-in, pages, retries.
//!
//! Owns: the one HTTP client with all its limits.
//! Never: a request that changes anything at the source.
//! Reads next: `mapping.rs`.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::pointer::Pointer;
use super::{Retry, SourceError};
use crate::config::sources::{Paging, Pull, SignIn, Source, Stated, Success};
use crate::domain::period::Period;

/// A page is held in memory: a larger body is refused.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait that a source may ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What to sign in with.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name in the settings, for messages.
    pub name: String,
    pub id: String,
    pub secret: SecretString,
}

/// A source opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    client: Client,
    source: &'a Source,
    base: String,
    identity: Option<Identity>,
    token: Option<SecretString>,
    zone: Tz,
}

/// Rows of one page as they came.
#[derive(Debug)]
pub struct RawPage {
    pub rows: Vec<Value>,
    /// The place of the first row in the whole list.
    pub first: u64,
    /// How many rows the source says there are.
    pub total: Option<u64>,
    pub is_last: bool,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl<'a> Connection<'a> {
    /// # Errors
    /// When the client cannot be built.
    pub fn open(
        source: &'a Source,
        base: &str,
        identity: Option<Identity>,
        zone: Tz,
    ) -> Result<Self, SourceError> {
        let client = client(source.timeout)?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            source,
            base,
            identity,
            token: None,
            zone,
        })
    }

    /// Fetches page `number` (from 1) of a pull: rows changed `since`, or all.
    ///
    /// # Errors
    /// When the source cannot be read even after its attempts.
    pub async fn page(
        &mut self,
        pull: &Pull,
        since: Option<DateTime<Utc>>,
        number: u64,
    ) -> Result<RawPage, SourceError> {
        let (size, total_at) = match &pull.paging {
            Paging::Page { rows, total, .. } | Paging::Offset { rows, total, .. } => {
                (u64::from(*rows), total)
            }
        };
        let first = (number - 1) * size;
        let mut query = page_query(&pull.paging, number, first);
        if let (Some(ask), Some(since)) = (&pull.since, since) {
            let local = since
                .with_timezone(&self.zone)
                .format(&ask.format)
                .to_string();
            query.push((ask.parameter.clone(), local));
        }
        let url = format!("{}{}", self.base, pull.path);
        let body = self.get(&url, &query, pull.success.as_ref()).await?;
        let total = total_at.as_deref().and_then(|at| count(&body, at));
        let rows = rows(body, &pull.rows, &url)?;
        let so_far = first + rows.len() as u64;
        let is_last =
            rows.is_empty() || total.map_or((rows.len() as u64) < size, |total| so_far >= total);
        Ok(RawPage {
            rows,
            first,
            total,
            is_last,
        })
    }

    /// Fetches the figures that the source states about itself for `period`.
    ///
    /// # Errors
    /// When the source cannot be read even after its attempts.
    pub async fn stated(
        &mut self,
        stated: &Stated,
        period: Period,
    ) -> Result<Vec<Value>, SourceError> {
        let day = |day: chrono::NaiveDate| day.format(&stated.day_format).to_string();
        let query = [
            (stated.from.clone(), day(period.from)),
            (stated.to.clone(), day(period.to)),
        ];
        let url = format!("{}{}", self.base, stated.path);
        let body = self.get(&url, &query, None).await?;
        rows(body, &stated.rows, &url)
    }

    async fn get(
        &mut self,
        url: &str,
        query: &[(String, String)],
        success: Option<&Success>,
    ) -> Result<Value, SourceError> {
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(self.source.attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build();
        loop {
            let error = match self.get_signed_in(url, query).await {
                Ok(body) => return succeeded(body, success, url),
                Err(error) => error,
            };
            let Retry::Later(asked) = error.retry() else {
                return Err(error);
            };
            let Some(delay) = delays.next() else {
                return Err(error);
            };
            let delay = asked.map_or(delay, |asked| asked.min(LONGEST_WAIT).max(delay));
            tracing::warn!(source = self.source.name, %error, ?delay, "asking again");
            tokio::time::sleep(delay).await;
        }
    }

    /// One request; a token that was refused is renewed once.
    async fn get_signed_in(
        &mut self,
        url: &str,
        query: &[(String, String)],
    ) -> Result<Value, SourceError> {
        let had_token = self.token.is_some();
        self.sign_in().await?;
        match self.get_once(url, query).await {
            Err(SourceError::Status { status: 401, .. }) if had_token => {
                self.token = None;
                self.sign_in().await?;
                self.get_once(url, query).await
            }
            answer => answer,
        }
    }

    async fn get_once(&self, url: &str, query: &[(String, String)]) -> Result<Value, SourceError> {
        let mut request = self.client.get(url).query(query);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let response = request
            .send()
            .await
            .map_err(|error| unreachable_at(url, &error))?;
        let status = response.status();
        if !status.is_success() {
            let retry_after = retry_after(&response);
            return Err(SourceError::Status {
                url: url.to_owned(),
                status: status.as_u16(),
                retry_after,
            });
        }
        let body = limited(response, url).await?;
        serde_json::from_slice(&body).map_err(|error| SourceError::Body {
            url: url.to_owned(),
            what: format!("not JSON ({error})"),
        })
    }

    async fn sign_in(&mut self) -> Result<(), SourceError> {
        let SignIn::ClientCredentials {
            token_path,
            credential,
        } = &self.source.sign_in
        else {
            return Ok(());
        };
        if self.token.is_some() {
            return Ok(());
        }
        let url = format!("{}{token_path}", self.base);
        let Some(identity) = &self.identity else {
            let what = format!(
                "source {} needs the credential `{credential}`",
                self.source.name
            );
            return Err(SourceError::Settings(what));
        };
        let response = self
            .client
            .post(&url)
            .basic_auth(&identity.id, Some(identity.secret.expose_secret()))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .map_err(|error| unreachable_at(&url, &error))?;
        let status = response.status();
        if matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            let credential = identity.name.clone();
            return Err(SourceError::SignIn {
                url,
                status: status.as_u16(),
                credential,
            });
        }
        if !status.is_success() {
            let retry_after = retry_after(&response);
            return Err(SourceError::Status {
                url,
                status: status.as_u16(),
                retry_after,
            });
        }
        let body = limited(response, &url).await?;
        let token: Token = serde_json::from_slice(&body).map_err(|_| SourceError::Body {
            url,
            what: "no `access_token`".to_owned(),
        })?;
        self.token = Some(SecretString::from(token.access_token));
        Ok(())
    }
}

/// The one way to a client: everything has a limit.
fn client(timeout: Duration) -> Result<Client, SourceError> {
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
    let status = response.status();
    if status.is_success() {
        return Ok(status.as_u16());
    }
    let retry_after = retry_after(&response);
    Err(SourceError::Status {
        url: url.to_owned(),
        status: status.as_u16(),
        retry_after,
    })
}

fn page_query(paging: &Paging, number: u64, first: u64) -> Vec<(String, String)> {
    match paging {
        Paging::Page {
            page, size, rows, ..
        } => {
            vec![
                (page.clone(), number.to_string()),
                (size.clone(), rows.to_string()),
            ]
        }
        Paging::Offset {
            offset,
            limit,
            rows,
            ..
        } => {
            vec![
                (offset.clone(), first.to_string()),
                (limit.clone(), rows.to_string()),
            ]
        }
    }
}

/// Takes the rows out of a body.
fn rows(mut body: Value, at: &str, url: &str) -> Result<Vec<Value>, SourceError> {
    match body.pointer_mut(at).map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(SourceError::Body {
            url: url.to_owned(),
            what: format!("no list of rows at `{at}`"),
        }),
    }
}

fn count(body: &Value, at: &str) -> Option<u64> {
    match Pointer::new(at).find(body)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn succeeded(body: Value, success: Option<&Success>, url: &str) -> Result<Value, SourceError> {
    let Some(success) = success else {
        return Ok(body);
    };
    let said = match Pointer::new(&success.field).find(&body) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if success.any_of.contains(&said) {
        return Ok(body);
    }
    let what = format!("`{}` says `{said}`, not success", success.field);
    Err(SourceError::Body {
        url: url.to_owned(),
        what,
    })
}

async fn limited(mut response: reqwest::Response, url: &str) -> Result<Vec<u8>, SourceError> {
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
fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let value = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

fn unreachable_at(url: &str, error: &reqwest::Error) -> SourceError {
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

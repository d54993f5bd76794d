//! Systems behind HTTP and JSON.
//!
//! Owns: one request from its beginning to its rows: sign-in, attempts, waiting.
//! Never: a request that changes anything at the source.
//! Reads next: `http/client.rs`, `http/paging.rs`, `mapping.rs`.

mod answer;
mod client;
mod paging;
mod sign_in;

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

pub use client::ping;
pub use sign_in::Identity;

use self::paging::Mark;
use super::{Ask, RawPage, Retry, SourceError};
use crate::config::sources::http::{HttpAccess, HttpListing, HttpReport, SignIn, Success};
use crate::config::sources::{Listing, Report, Stated};
use crate::domain::period::Period;

/// The longest wait that a source may ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A source of this kind, opened for a run.
#[derive(Debug)]
pub struct Connection<'a> {
    client: Client,
    /// The source's name, for the log.
    name: &'a str,
    access: &'a HttpAccess,
    base: String,
    identity: Option<Identity>,
    token: Option<SecretString>,
    zone: Tz,
}

impl<'a> Connection<'a> {
    /// # Errors
    /// When the client cannot be built.
    pub fn open(
        name: &'a str,
        access: &'a HttpAccess,
        base: &str,
        identity: Option<Identity>,
        zone: Tz,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            client: client::client(access.timeout)?,
            name,
            access,
            base: base.trim_end_matches('/').to_owned(),
            identity,
            token: None,
            zone,
        })
    }

    pub(super) async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        let Listing::Http(listing) = &ask.pull.listing;
        let mark = Mark::read(ask.position, listing);
        let query = self.query(ask, listing, &mark);
        let url = format!("{}{}", self.base, listing.path);
        let body = self.get(&url, &query, listing.success.as_ref()).await?;
        let total = paging::total_at(&listing.paging).and_then(|at| answer::count(&body, at));
        let rows = answer::rows(body, &listing.rows, &url)?;
        Ok(RawPage {
            first: mark.rows,
            next: mark.after(&rows, total),
            rows,
            total,
        })
    }

    fn query(&self, ask: &Ask<'_>, listing: &HttpListing, mark: &Mark) -> Vec<(String, String)> {
        let mut query = paging::parameters(&listing.paging, mark);
        if let Some((how, since)) = ask.pull.since.as_ref().zip(ask.since) {
            let local = since.with_timezone(&self.zone);
            let written = local.format(&how.format).to_string();
            query.push((how.parameter.clone(), written));
        }
        query
    }

    pub(super) async fn stated(
        &mut self,
        stated: &Stated,
        period: Period,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Value>, SourceError> {
        let Report::Http(HttpReport {
            path,
            rows,
            from,
            to,
            day_format,
        }) = &stated.report;
        let day = |day: NaiveDate| day.format(day_format).to_string();
        let query = [
            (from.clone(), day(period.from)),
            (to.clone(), day(period.to)),
        ];
        let url = format!("{}{path}", self.base);
        let body = self.get(&url, &query, None).await?;
        answer::rows(body, rows, &url)
    }

    async fn get(
        &mut self,
        url: &str,
        query: &[(String, String)],
        success: Option<&Success>,
    ) -> Result<Value, SourceError> {
        let mut delays = delays(self.access.attempts);
        loop {
            let error = match self.get_signed_in(url, query).await {
                Ok(body) => return answer::succeeded(body, success, url),
                Err(error) => error,
            };
            let Retry::Later(asked) = error.retry() else {
                return Err(error);
            };
            let Some(delay) = delays.next() else {
                return Err(error);
            };
            let delay = asked.map_or(delay, |asked| asked.min(LONGEST_WAIT).max(delay));
            tracing::warn!(source = self.name, %error, ?delay, "asking again");
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
        let response = request.send().await;
        let response = response.map_err(|error| client::unreachable_at(url, &error))?;
        let body = client::limited(client::successful(response, url)?, url).await?;
        serde_json::from_slice(&body).map_err(|error| SourceError::Body {
            url: url.to_owned(),
            what: format!("not JSON ({error})"),
        })
    }

    async fn sign_in(&mut self) -> Result<(), SourceError> {
        let SignIn::ClientCredentials {
            token_path,
            credential,
        } = &self.access.sign_in
        else {
            return Ok(());
        };
        if self.token.is_some() {
            return Ok(());
        }
        let Some(identity) = &self.identity else {
            let what = format!("source {} needs the credential `{credential}`", self.name);
            return Err(SourceError::Settings(what));
        };
        let url = format!("{}{token_path}", self.base);
        self.token = Some(sign_in::client_credentials(&self.client, url, identity).await?);
        Ok(())
    }
}

fn delays(attempts: u32) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(20))
        .with_max_times(attempts.saturating_sub(1) as usize)
        .with_jitter()
        .build()
}

//! One request from its beginning to its answer: sign-in, pace, attempts, waiting.
//!
//! Owns: when a request is tried again, and when a token or session is renewed.
//! Never: what is asked for, or what the answer says but for success.
//! Reads next: `sign_in.rs`, `client.rs`.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;

use super::answer::Answer;
use super::request::Order;
use super::sign_in::{Desk, Identity};
use super::{Connection, client, decode};
use crate::config::sources::http::template::Slot;
use crate::config::sources::http::{SignIn, Success};
use crate::source::{Retry, SourceError};

/// The longest wait that a source may ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What is taken from a response while it comes. What breaks off is tried again from the beginning.
pub(in crate::source) trait Reception: Sync {
    type Got: Send;
    /// `shown` is its address without secrets.
    fn receive(
        &self,
        response: Response,
        shown: &str,
    ) -> impl Future<Output = Result<Self::Got, SourceError>> + Send;
}

/// JSON that says success.
pub(super) struct Answers<'s> {
    pub(super) success: Option<&'s Success>,
    pub(super) limit: u64,
}

impl Reception for Answers<'_> {
    type Got = Answer;

    async fn receive(&self, response: Response, shown: &str) -> Result<Answer, SourceError> {
        let answer = decode::answer(response, shown, self.limit).await?;
        answer.succeeded(self.success)?;
        Ok(answer)
    }
}

impl Connection<'_> {
    /// Asks for JSON until there is an answer, as often as the source's file allows.
    pub(super) async fn ask(
        &mut self,
        order: &Order<'_>,
        success: Option<&Success>,
        now: DateTime<Utc>,
    ) -> Result<Answer, SourceError> {
        let limit = self.access.max_body;
        let answers = Answers { success, limit };
        self.ask_for(order, &answers, now).await
    }

    /// Asks until `reception` has what it takes, as often as the source's file allows.
    pub(super) async fn ask_for<R: Reception>(
        &mut self,
        order: &Order<'_>,
        reception: &R,
        now: DateTime<Utc>,
    ) -> Result<R::Got, SourceError> {
        let mut delays = delays(self.access.attempts);
        let mut now = now;
        loop {
            let error = match self.ask_signed_in(order, reception, now).await {
                Ok(answer) => return Ok(answer),
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
            now += TimeDelta::from_std(delay).unwrap_or_default();
        }
    }

    /// One request; a token or session that was refused is renewed once.
    async fn ask_signed_in<R: Reception>(
        &mut self,
        order: &Order<'_>,
        reception: &R,
        now: DateTime<Utc>,
    ) -> Result<R::Got, SourceError> {
        self.pass = self.pass.take().filter(|pass| pass.is_valid(now));
        let had_pass = self.pass.is_some();
        self.sign_in(now).await?;
        let answer = match self.ask_once(order, reception, now).await {
            Err(error) if had_pass && self.may_have_expired(&error) => {
                self.pass = None;
                self.sign_in(now).await?;
                self.ask_once(order, reception, now).await
            }
            answer => answer,
        };
        answer.map_err(|error| self.refused(error))
    }

    /// Who asks is told by a credential: a refusal names it.
    fn refused(&self, error: SourceError) -> SourceError {
        match (error, self.access.sign_in.credential()) {
            (
                SourceError::Status {
                    url, status: 401, ..
                },
                Some(credential),
            ) => SourceError::SignIn {
                url,
                said: "401".to_owned(),
                credential: credential.to_owned(),
            },
            (error, _) => error,
        }
    }

    /// A session that ended is told by the body, with a status that says success.
    fn may_have_expired(&self, error: &SourceError) -> bool {
        match error {
            SourceError::Status { status: 401, .. } => true,
            SourceError::NoSuccess { .. } => matches!(self.access.sign_in, SignIn::Session { .. }),
            _ => false,
        }
    }

    async fn ask_once<R: Reception>(
        &mut self,
        order: &Order<'_>,
        reception: &R,
        now: DateTime<Utc>,
    ) -> Result<R::Got, SourceError> {
        if let Some(pace) = &mut self.pace {
            pace.tick().await;
        }
        let session = self.pass.as_ref().filter(|_| self.is_session());
        let fill = match session {
            Some(pass) => order.fill.with(Slot::Session, pass.secret.expose_secret()),
            None => order.fill.clone(),
        };
        let url = order.url(&self.base, self.access, &fill)?;
        let shown = format!("{}{}", self.base, order.request.path);
        let request = order.build(&self.client, url, self.access, &fill);
        let response = client::send(self.signed(request), &shown, now).await?;
        reception.receive(response, &shown).await
    }

    fn is_session(&self) -> bool {
        matches!(self.access.sign_in, SignIn::Session { .. })
    }

    /// The request with what shows who asks.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let identity = self.identity.as_ref();
        match (&self.access.sign_in, identity, &self.pass) {
            (SignIn::Basic { .. }, Some(Identity { id, secret, .. }), _) => {
                request.basic_auth(id, Some(secret.expose_secret()))
            }
            (SignIn::Bearer { header, .. }, Some(Identity { secret, .. }), _) => match header {
                Some(header) => request.header(header, secret.expose_secret()),
                None => request.bearer_auth(secret.expose_secret()),
            },
            (SignIn::ClientCredentials { .. }, _, Some(pass)) => {
                request.bearer_auth(pass.secret.expose_secret())
            }
            _ => request,
        }
    }

    async fn sign_in(&mut self, now: DateTime<Utc>) -> Result<(), SourceError> {
        let Some(credential) = self
            .access
            .sign_in
            .credential()
            .filter(|_| self.pass.is_none())
        else {
            return Ok(());
        };
        let Some(identity) = &self.identity else {
            let what = format!("source {} needs the credential `{credential}`", self.name);
            return Err(SourceError::Settings(what));
        };
        let desk = Desk {
            client: &self.client,
            base: &self.base,
            identity,
            now,
        };
        self.pass = desk.pass(&self.access.sign_in).await?;
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

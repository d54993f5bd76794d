//! Signing in.
//!
//! Owns: credentials, tokens and sessions. None of them is ever shown.
//! Never: asking for rows.
//! Reads next: `request.rs`.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::answer::Answer;
use super::fill::Fill;
use super::{client, decode};
use crate::config::sources::http::template::{Slot, Tree};
use crate::config::sources::http::{SignIn, Success};
use crate::source::SourceError;

/// An answer to a sign-in is small.
const LIMIT: u64 = 1 << 20;
/// A token is renewed this long before it expires, or when a tenth of its time is left.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// What to sign in with.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name in the settings, for messages.
    pub name: String,
    pub id: String,
    pub secret: SecretString,
}

/// What a request shows once we have signed in.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) secret: SecretString,
    renew_at: Option<DateTime<Utc>>,
}

impl Pass {
    pub(super) fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.renew_at.is_none_or(|renew_at| now < renew_at)
    }
}

/// A desk where one signs in.
pub(super) struct Desk<'a> {
    pub(super) client: &'a Client,
    pub(super) base: &'a str,
    pub(super) identity: &'a Identity,
    pub(super) now: DateTime<Utc>,
}

impl Desk<'_> {
    /// Signs in, where that takes a request.
    pub(super) async fn pass(&self, how: &SignIn) -> Result<Option<Pass>, SourceError> {
        match how {
            SignIn::None | SignIn::Basic { .. } | SignIn::Bearer { .. } => Ok(None),
            SignIn::ClientCredentials {
                token_path, scope, ..
            } => self.token(token_path, scope.as_deref()).await.map(Some),
            SignIn::Session {
                path,
                body,
                session,
                success,
                ..
            } => {
                let secret = self.session(path, body, session, success.as_ref()).await?;
                Ok(Some(Pass {
                    secret,
                    renew_at: None,
                }))
            }
        }
    }

    /// `POST path`, Basic id:secret, for a token.
    async fn token(&self, path: &str, scope: Option<&str>) -> Result<Pass, SourceError> {
        let url = format!("{}{path}", self.base);
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(scope.map(|scope| ("scope", scope)));
        let secret = self.identity.secret.expose_secret();
        let request = self.client.post(&url);
        let request = request
            .basic_auth(&self.identity.id, Some(secret))
            .form(&form);
        let answer = self.ask(request, &url).await?;
        let token = answer.text("/access_token")?;
        Ok(Pass {
            secret: SecretString::from(token),
            renew_at: renew_at(&answer.body, self.now),
        })
    }

    /// `POST path` with id and secret in the body, for a session.
    async fn session(
        &self,
        path: &str,
        body: &Tree,
        session: &str,
        success: Option<&Success>,
    ) -> Result<SecretString, SourceError> {
        let url = format!("{}{path}", self.base);
        let mut fill = Fill::default();
        fill.put(Slot::Id, self.identity.id.as_str());
        fill.put(Slot::Secret, self.identity.secret.expose_secret());
        let request = self.client.post(&url).json(&fill.tree(body));
        let answer = self.ask(request, &url).await?;
        answer
            .succeeded(success)
            .map_err(|error| self.refused(error))?;
        answer.text(session).map(SecretString::from)
    }

    /// A refusal, whether a status or the body says so.
    fn refused(&self, error: SourceError) -> SourceError {
        let credential = self.identity.name.clone();
        match error {
            SourceError::Status {
                url,
                status: status @ (400 | 401 | 403),
                ..
            } => SourceError::SignIn {
                url,
                said: status.to_string(),
                credential,
            },
            SourceError::NoSuccess { url, said, .. } => SourceError::SignIn {
                url,
                said,
                credential,
            },
            other => other,
        }
    }

    async fn ask(&self, request: RequestBuilder, url: &str) -> Result<Answer, SourceError> {
        let response = client::send(request, url, self.now).await;
        let response = response.map_err(|error| self.refused(error))?;
        decode::answer(response, url, LIMIT).await
    }
}

/// When a token is to be renewed, by the seconds that it says it lives.
fn renew_at(body: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = match body.get("expires_in")? {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let lives = TimeDelta::try_seconds(seconds).filter(|lives| *lives > TimeDelta::zero())?;
    now.checked_add_signed(lives - MARGIN.min(lives / 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let now: DateTime<Utc> = "2020-06-01T00:00:00Z".parse().unwrap();
        for (body, seconds, why) in [
            (json!({ "expires_in": 3600 }), Some(3540), "a minute before"),
            (json!({ "expires_in": "3600" }), Some(3540), "as text"),
            (
                json!({ "expires_in": 10 }),
                Some(9),
                "a tenth of a short life before",
            ),
            (
                json!({ "expires_in": 0 }),
                None,
                "a life that is none: the source says when",
            ),
            (json!({}), None, "it does not say"),
        ] {
            let expected = seconds.map(|seconds| now + TimeDelta::seconds(seconds));
            assert_eq!(renew_at(&body, now), expected, "{why}");
        }
    }
}

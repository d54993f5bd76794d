//! Signing in.
//!
//! Owns: credentials and tokens. None of them is ever shown.
//! Never: asking for rows.
//! Reads next: `paging.rs`.

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::client::{limited, successful, unreachable_at};
use crate::source::SourceError;

/// What to sign in with.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name in the settings, for messages.
    pub name: String,
    pub id: String,
    pub secret: SecretString,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// `POST url`, Basic id:secret, for a token.
pub(super) async fn client_credentials(
    client: &Client,
    url: String,
    identity: &Identity,
) -> Result<SecretString, SourceError> {
    let response = client
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
        return Err(SourceError::SignIn {
            url,
            status: status.as_u16(),
            credential: identity.name.clone(),
        });
    }
    let body = limited(successful(response, &url)?, &url).await?;
    let token: Token = serde_json::from_slice(&body).map_err(|_| SourceError::Body {
        url,
        what: "no `access_token`".to_owned(),
    })?;
    Ok(SecretString::from(token.access_token))
}

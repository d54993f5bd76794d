//! The alert that a command names.
//!
//! Owns: what may be written: a number, a dossier's code, what the alert is about.
//! Never: several alerts for one name.
//! Reads next: `../answers.rs`.

use super::Asked;
use crate::job::JobError;
use crate::store::Store;
use crate::store::alerts::Alert;

/// Why no alert is meant, or not one alone.
#[derive(Debug, thiserror::Error)]
pub enum NamedError {
    #[error("nobody was told of `{0}`: `dondoc alerts list` shows what is open")]
    Unknown(String),
    #[error("there is no alert {0}: `dondoc alerts list` shows their numbers")]
    NoNumber(i64),
    #[error("`{about}` was not told to {post}, but to {others}")]
    OtherPost {
        about: String,
        post: String,
        others: String,
    },
    #[error("`{about}` is over: {ending}")]
    Over { about: String, ending: String },
    #[error("`{about}` was told to several posts: add --post with one of {posts}")]
    Several { about: String, posts: String },
    #[error(transparent)]
    Job(#[from] JobError),
}

/// What an alert is about, as it may be written: `H26.23.12-200504-0017` is short for `dossier/H26.23.12-200504-0017`.
#[must_use]
pub fn about(text: &str) -> String {
    if text.contains('/') {
        text.to_owned()
    } else {
        format!("dossier/{text}")
    }
}

/// The one open alert that `text` names, told to `post` if it is given.
///
/// # Errors
/// When there is none, or several, or it is over.
pub async fn open_alert(
    store: &Store,
    text: &str,
    post: Option<&str>,
) -> Result<Asked, NamedError> {
    let alerts = match text.parse::<i64>() {
        Ok(id) => {
            let found = store.alert(id).await.map_err(JobError::from)?;
            vec![found.ok_or(NamedError::NoNumber(id))?]
        }
        Err(_) => {
            let about = about(text);
            store.alerts_about(&about).await.map_err(JobError::from)?
        }
    };
    one(text, post, alerts)
}

fn one(text: &str, post: Option<&str>, alerts: Vec<Alert>) -> Result<Asked, NamedError> {
    let Some(about) = alerts.first().map(|alert| alert.about.clone()) else {
        return Err(NamedError::Unknown(text.to_owned()));
    };
    let all = posts(&alerts);
    let mut meant = alerts;
    meant.retain(|alert| post.is_none_or(|post| alert.post == post));
    if let (true, Some(post)) = (meant.is_empty(), post) {
        let (post, others) = (post.to_owned(), all);
        return Err(NamedError::OtherPost {
            about,
            post,
            others,
        });
    }
    let last = meant.last().and_then(|alert| alert.ending);
    meant.retain(|alert| alert.closed_at.is_none());
    match meant.as_slice() {
        [] => {
            let ending = last.map_or_else(
                || "nobody is reminded of it".to_owned(),
                |it| it.to_string(),
            );
            Err(NamedError::Over { about, ending })
        }
        [alert] => Ok(Asked {
            about,
            post: alert.post.clone(),
            recipient: alert.recipient.clone(),
        }),
        several => {
            let posts = posts(several);
            Err(NamedError::Several { about, posts })
        }
    }
}

fn posts(alerts: &[Alert]) -> String {
    let mut posts: Vec<&str> = alerts.iter().map(|alert| alert.post.as_str()).collect();
    posts.sort_unstable();
    posts.dedup();
    posts.join(", ")
}

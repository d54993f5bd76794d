//! `/t/{token}`: the page to which a letter's links lead.
//!
//! Owns: this route: GET shows and never acts, POST acts and shows what was noted.
//! Never: a letter without its own signed link; wording (`report::screen`); what an answer does (`job::answers`).
//! Reads next: `page.rs`, `job/answers.rs`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::form::{Form, Wish};
use super::page::{self, Page};
use super::{Site, origin};
use crate::domain::answer::{AnswerError, AnswerKind};
use crate::job::App;
use crate::job::answers::question::{self, Question};
use crate::job::answers::{GiveError, Reply, give};
use crate::link::{Claim, Key, LinkError};
use crate::report::screen::Refusal;
use crate::report::screen::ask::Complaint;
use crate::store::answers::Via;

pub fn routes() -> Router<Site> {
    Router::new().route("/t/{token}", get(show).post(act))
}

async fn show(
    State(site): State<Site>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let app = Arc::clone(&site.borrow());
    let shown = shown(&app, &token, &Wish::read(query.as_deref())).await;
    shown.unwrap_or_else(|refusal| page::refused(&app, refusal))
}

async fn act(
    State(site): State<Site>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let app = Arc::clone(&site.borrow());
    let url = app.files.settings.web.url.as_deref();
    let acted = match body {
        _ if !origin::is_ours(&headers, url) => Err(Refusal::Elsewhere),
        Err(_) => Err(Refusal::Unreadable),
        Ok(body) => acted(&app, &token, &Form::read(&body)).await,
    };
    acted.unwrap_or_else(|refusal| page::refused(&app, refusal))
}

async fn shown(app: &App, token: &str, wish: &Wish) -> Result<Response, Refusal> {
    let (claim, questions) = opened(app, token).await?;
    if let Some(kind) = wish.noted {
        let given = question::given(app, &claim.message_id, kind).await;
        if let Some(given) = given.map_err(|error| busy(&error))? {
            return Ok(page::noted(app, given, !questions.is_empty()));
        }
    }
    if questions.is_empty() {
        return Err(Refusal::Nothing);
    }
    let is_marked = marks(wish, questions.len());
    let page = Page {
        claim: &claim,
        questions: &questions,
        chosen: wish.answer,
        day: None,
        complaint: None,
    };
    Ok(page::ask(app, &page, |_| is_marked))
}

/// What is only read is said of all; anything else is said of what the reader marks.
fn marks(wish: &Wish, questions: usize) -> bool {
    let of_all = questions == 1 || wish.answer == Some(AnswerKind::Seen);
    wish.mark_all.unwrap_or(of_all)
}

/// 1. Does the link open a letter? 2. Of the alerts that it asks about, which are marked? 3. Note the answer. 4. Lead to
///    the page that says so: loading that one again changes nothing.
async fn acted(app: &App, token: &str, form: &Form) -> Result<Response, Refusal> {
    let (claim, questions) = opened(app, token).await?;
    if questions.is_empty() {
        return Err(Refusal::Nothing);
    }
    let is_marked = |question: &Question| form.alerts.contains(&question.id);
    let complain = |complaint| {
        let page = Page {
            claim: &claim,
            questions: &questions,
            chosen: form.kind,
            day: form.until(),
            complaint: Some(complaint),
        };
        Ok(page::ask(app, &page, is_marked))
    };
    let Some(kind) = form.kind else {
        return complain(Complaint::NoAnswer);
    };
    let marked = questions.iter().filter(|question| is_marked(question));
    let asked: Vec<_> = marked.map(|question| question.asked.clone()).collect();
    if asked.is_empty() {
        return complain(Complaint::NoThing);
    }
    let reply = Reply {
        kind,
        until: form.until(),
        via: Via::Link,
        message_id: Some(claim.message_id.clone()),
    };
    match give(app, &asked, &reply).await {
        Ok(_) => Ok(led_to(kind)),
        Err(GiveError::Refused { why, .. }) => complain(complaint(&why)),
        Err(GiveError::Job(error)) => Err(busy(&error)),
    }
}

fn complaint(why: &AnswerError) -> Complaint {
    match why {
        AnswerError::NoDay(_) => Complaint::NoDay,
        AnswerError::Past(_) | AnswerError::TooFar { .. } | AnswerError::DayOff(_) => {
            Complaint::BadDay
        }
    }
}

/// Relative: behind a proxy only the reader's browser knows the whole address.
fn led_to(kind: AnswerKind) -> Response {
    let place = [(header::LOCATION, format!("?noted={kind}"))];
    (StatusCode::SEE_OTHER, place).into_response()
}

/// The letter that the link opens, and what it asks now.
async fn opened(app: &App, token: &str) -> Result<(Claim, Vec<Question>), Refusal> {
    let today = app.day(app.clock.now());
    let key = Key::open(&app.files.settings.web, &app.site);
    let claim = key.and_then(|key| key.read(token, today));
    let claim = claim.map_err(|error| match error {
        LinkError::Forged => Refusal::Forged,
        LinkError::Expired(until) => Refusal::Expired(until),
        LinkError::Key(_) | LinkError::NotMade { .. } => busy(&error),
    })?;
    let questions = question::of_letter(app, &claim.message_id).await;
    match questions {
        Ok(Some(questions)) => Ok((claim, questions)),
        Ok(None) => Err(Refusal::Unknown),
        Err(error) => Err(busy(&error)),
    }
}

/// What keeps us from answering is for the log; neither the link nor its reader is named there.
fn busy(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, "an answer to a letter cannot be taken now");
    Refusal::Busy
}

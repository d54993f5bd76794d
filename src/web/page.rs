//! From what a letter asks to the page that shows it.
//!
//! Owns: putting pages together, and the status that each is sent with.
//! Never: wording and markup (`report::screen`, `templates/pages`).
//! Reads next: `report/screen.rs`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDate;

use crate::domain::answer::{AnswerKind, days_ahead};
use crate::job::answers::question::{Given, Question};
use crate::job::{App, letter};
use crate::link::Claim;
use crate::report::screen::ask::Complaint;
use crate::report::screen::{Ask, Item, Noted, PostPart, Refusal, Screen, What};

/// What is known when a letter's page is shown.
pub struct Page<'a> {
    pub claim: &'a Claim,
    pub questions: &'a [Question],
    pub chosen: Option<AnswerKind>,
    pub day: Option<NaiveDate>,
    pub complaint: Option<Complaint>,
}

/// The page that asks.
pub fn ask(app: &App, page: &Page<'_>, is_marked: impl Fn(&Question) -> bool) -> Response {
    let status = match page.complaint {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let (today, calendar) = (app.day(app.clock.now()), &app.files.calendar);
    let ask = Ask {
        open_until: page.claim.until,
        due_time: app.files.settings.rules.due_time,
        posts: parts(app, page.questions, is_marked),
        chosen: page.chosen,
        promise_days: days_ahead(AnswerKind::Promised, today, calendar),
        silence_days: days_ahead(AnswerKind::Silenced, today, calendar),
        day: page.day,
        complaint: page.complaint,
    };
    shown(app, status, What::Ask(Box::new(ask)))
}

fn parts(
    app: &App,
    questions: &[Question],
    is_marked: impl Fn(&Question) -> bool,
) -> Vec<PostPart> {
    let mut posts: BTreeMap<&str, PostPart> = BTreeMap::new();
    for question in questions {
        let post = question.asked.post.as_str();
        let part = posts.entry(post).or_insert_with(|| PostPart {
            title: title(app, post),
            names_units: !post.starts_with("head@"),
            items: Vec::new(),
        });
        part.items.push(Item {
            id: question.id,
            subject: question.subject.clone(),
            answered: question.standing,
            is_marked: is_marked(question),
        });
    }
    posts.into_values().collect()
}

/// A post as letters address it, whoever holds it now.
fn title(app: &App, post: &str) -> String {
    let holder = letter::holder(app, post, app.clock.now());
    holder.map_or_else(|| post.to_owned(), |holder| letter::title(app, &holder))
}

/// The page that says what was noted.
pub fn noted(app: &App, given: Given, is_more_open: bool) -> Response {
    let Given {
        kind,
        until,
        things,
    } = given;
    let noted = Noted {
        kind,
        until,
        things,
        is_more_open,
    };
    shown(app, StatusCode::OK, What::Noted(noted))
}

/// The page that says why not, and what to do.
pub fn refused(app: &App, refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::Forged | Refusal::Elsewhere => StatusCode::FORBIDDEN,
        Refusal::Expired(_) => StatusCode::GONE,
        Refusal::Unknown => StatusCode::NOT_FOUND,
        Refusal::Nothing => StatusCode::OK,
        Refusal::Unreadable => StatusCode::BAD_REQUEST,
        Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    shown(app, status, What::Refused(refusal))
}

fn shown(app: &App, status: StatusCode, what: What) -> Response {
    let settings = &app.files.settings.site;
    let site = settings.name.clone();
    match app
        .templates
        .page(&Screen { site, what }, settings.language)
    {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be shown");
            (StatusCode::INTERNAL_SERVER_ERROR, "see the log\n").into_response()
        }
    }
}

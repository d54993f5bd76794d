//! The interfaces of the city's systems over HTTP.
//!
//! Owns: paths, parameters, envelopes, the need for a token.
//! Never: a verb that changes data.
//! Reads next: `city.rs`.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{NaiveDate, NaiveDateTime};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Access;
use super::fault::{self, Faults};
use super::registers::Dated;
use super::row::STAMP;
use super::stated;
use super::world::{Today, World};

/// What all requests share.
pub struct Shared {
    pub world: World,
    pub today: RwLock<Today>,
    pub access: Access,
}

type City = State<Arc<Shared>>;

/// The largest page that any of the systems gives.
const LARGEST: usize = 1000;

pub fn router(shared: Arc<Shared>, faults: Arc<Faults>) -> Router {
    let guarded = Router::new()
        .route("/one-stop-shop/dossiers", get(dossiers))
        .route("/one-stop-shop/procedures", get(procedures))
        .route("/one-stop-shop/report/ii-06", get(report))
        .route("/documents", get(documents))
        .route(
            "/registers/meetings",
            get(|city: City, range| register(city, range, |world| &world.meetings)),
        )
        .route(
            "/registers/work-items",
            get(|city: City, range| register(city, range, |world| &world.work_items)),
        )
        .route(
            "/registers/processes",
            get(|city: City, range| register(city, range, |world| &world.processes)),
        )
        .route(
            "/registers/staff",
            get(|city: City, range| register(city, range, |world| &world.staff)),
        )
        .route(
            "/registers/schools",
            get(|city: City, range| register(city, range, |world| &world.schools)),
        )
        .fallback(unknown)
        .layer(from_fn_with_state(shared.clone(), with_token));
    Router::new()
        .route("/token", post(token))
        .fallback_service(guarded.with_state(shared.clone()))
        .layer(from_fn_with_state(faults, fault::apply))
        .with_state(shared)
}

impl Shared {
    fn with_today<T>(&self, read: impl FnOnce(&Today) -> T) -> T {
        read(&self.today.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        Json(json!({ "error": error, "error_description": description })),
    )
        .into_response()
}

async fn unknown() -> Response {
    refusal(StatusCode::NOT_FOUND, "not_found", "no such interface")
}

#[derive(Deserialize)]
struct Grant {
    grant_type: String,
}

async fn token(State(shared): City, headers: HeaderMap, Form(grant): Form<Grant>) -> Response {
    if grant.grant_type != "client_credentials" {
        return refusal(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "use client_credentials",
        );
    }
    match shared.access.issue(&headers) {
        None => refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "unknown id or wrong secret",
        ),
        Some((token, lifetime)) => {
            let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime.as_secs() });
            Json(answer).into_response()
        }
    }
}

async fn with_token(State(shared): City, request: Request, next: Next) -> Response {
    if shared.access.allows(request.headers()) {
        return next.run(request).await;
    }
    refusal(
        StatusCode::UNAUTHORIZED,
        "invalid_token",
        "the token is missing, unknown or expired",
    )
}

/// 1-based pages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default = "one")]
    page: usize,
    #[serde(default = "largest")]
    size: usize,
    updated_from: Option<String>,
}

fn one() -> usize {
    1
}

fn largest() -> usize {
    LARGEST
}

async fn dossiers(State(shared): City, Query(page): Query<Page>) -> Response {
    let since = page.updated_from.filter(|text| !text.is_empty());
    let since = since
        .map(|text| NaiveDateTime::parse_from_str(&text, STAMP))
        .transpose();
    let Ok(since) = since else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "bad_request",
            "updatedFrom is yyyyMMddHHmmss",
        );
    };
    let size = page.size.clamp(1, LARGEST);
    let (total, data) =
        shared.with_today(|today| shared.world.dossiers(today, since, page.page.max(1), size));
    #[derive(serde::Serialize)]
    struct Answer<T> {
        error_code: &'static str,
        total: usize,
        page: usize,
        data: T,
    }
    Json(Answer {
        error_code: "0",
        total,
        page: page.page,
        data,
    })
    .into_response()
}

async fn procedures(State(shared): City, Query(page): Query<Page>) -> Json<Value> {
    let rows = shared.world.catalogue.rows();
    let size = page.size.clamp(1, LARGEST);
    let data: Vec<_> = rows
        .iter()
        .skip(page.page.saturating_sub(1).saturating_mul(size))
        .take(size)
        .collect();
    Json(json!({ "error_code": "0", "total": rows.len(), "page": page.page, "data": data }))
}

#[derive(Deserialize)]
struct Period {
    from: String,
    to: String,
}

async fn report(State(shared): City, Query(period): Query<Period>) -> Response {
    let day = |text: &str| NaiveDate::parse_from_str(text, "%Y%m%d");
    let (Ok(from), Ok(to)) = (day(&period.from), day(&period.to)) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "bad_request",
            "from and to are yyyyMMdd",
        );
    };
    let now = shared.with_today(|today| today.now);
    let data = stated::report(&shared.world.stories, from, to, now);
    Json(json!({ "error_code": "0", "data": data })).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Skip {
    #[serde(default)]
    skip_count: usize,
    #[serde(default = "largest")]
    max_result_count: usize,
}

async fn documents(State(shared): City, Query(skip): Query<Skip>) -> Json<Value> {
    let (world, day) = (&shared.world, shared.with_today(|today| today.now.date()));
    let known = world
        .documents
        .partition_point(|document| document.day <= day);
    let total = known + world.broken_documents.len();
    let range = skip.skip_count
        ..skip
            .skip_count
            .saturating_add(skip.max_result_count.clamp(1, LARGEST))
            .min(total);
    let row = |place: usize| match place.checked_sub(known) {
        None => world.documents[place].row(),
        Some(broken) => world.broken_documents[broken].clone(),
    };
    Json(json!({ "totalCount": total, "items": range.map(row).collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    start: usize,
    #[serde(default = "largest")]
    length: usize,
}

async fn register(
    State(shared): City,
    Query(range): Query<Range>,
    rows: fn(&World) -> &Vec<Dated>,
) -> Json<Value> {
    let day = shared.with_today(|today| today.now.date());
    let known = rows(&shared.world)
        .iter()
        .filter(|(from, _)| from.is_none_or(|from| from <= day));
    let known: Vec<_> = known.map(|(_, row)| row).collect();
    let length = range.length.clamp(1, LARGEST);
    let data: Vec<_> = known.iter().skip(range.start).take(length).collect();
    Json(json!({ "recordsTotal": known.len(), "data": data }))
}

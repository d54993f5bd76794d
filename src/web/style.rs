//! `GET /page.css`: the style of every page.
//!
//! Owns: this route; the sheet is part of the binary.
//! Never: a page.
//! Reads next: `letter.rs`.

use axum::Router;
use axum::http::header;
use axum::routing::get;

use super::Site;

const SHEET: &str = include_str!("style/page.css");

pub fn routes() -> Router<Site> {
    let sheet = ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], SHEET);
    Router::new().route("/page.css", get(move || async move { sheet }))
}

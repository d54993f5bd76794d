//! `GET /healthz`: whether the daemon answers.
//!
//! Owns: this route.
//! Never: how the site stands (`metrics`): whoever reaches the address may ask.
//! Reads next: `probe.rs`.

use axum::Router;
use axum::routing::get;

use super::Site;

pub const PATH: &str = "/healthz";
/// What it says, by which one daemon knows another.
pub const WELL: &str = "dondoc answers\n";

pub fn routes() -> Router<Site> {
    Router::new().route(PATH, get(|| async { WELL }))
}

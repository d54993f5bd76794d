//! Faults on demand: what a remote system does on a bad day.
//!
//! Owns: which paths fail and how.
//! Never: data.
//! Reads next: `city.rs`.

use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

/// What happens to a request instead of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with an empty body.
    Status(u16),
    /// No answer, ever; the connection stays open.
    Hang,
    /// The true answer's head and its first bytes, then the connection closes.
    CloseAfterBytes(usize),
}

#[derive(Clone, Debug)]
struct Outage {
    path_prefix: String,
    fault: Fault,
    /// How many more requests it hits; `None`: all.
    left: Option<usize>,
}

pub struct Faults {
    outages: Mutex<Vec<Outage>>,
    closing: watch::Receiver<bool>,
}

impl Faults {
    pub fn new(closing: watch::Receiver<bool>) -> Self {
        Self {
            outages: Mutex::new(Vec::new()),
            closing,
        }
    }

    pub fn begin(&self, path_prefix: &str, fault: Fault, left: Option<usize>) {
        self.with(|outages| {
            outages.push(Outage {
                path_prefix: path_prefix.to_owned(),
                fault,
                left,
            })
        });
    }

    pub fn end(&self, path_prefix: &str) {
        self.with(|outages| outages.retain(|outage| outage.path_prefix != path_prefix));
    }

    /// The fault that hits a request for `path`: the last one begun.
    fn hit(&self, path: &str) -> Option<Fault> {
        self.with(|outages| {
            let hits = |outage: &&mut Outage| {
                path.starts_with(&outage.path_prefix) && outage.left != Some(0)
            };
            let outage = outages.iter_mut().rev().find(hits)?;
            outage.left = outage.left.map(|left| left - 1);
            Some(outage.fault)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Outage>) -> T) -> T {
        act(&mut self.outages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Lets a request through unless its path fails.
pub async fn apply(
    State(faults): State<std::sync::Arc<Faults>>,
    request: Request,
    next: Next,
) -> Response {
    match faults.hit(request.uri().path()) {
        None => next.run(request).await,
        Some(Fault::Status(status)) => StatusCode::from_u16(status)
            .unwrap_or(StatusCode::BAD_GATEWAY)
            .into_response(),
        Some(Fault::Hang) => hang(faults.closing.clone()).await,
        Some(Fault::CloseAfterBytes(count)) => cut(next.run(request).await, count).await,
    }
}

async fn hang(mut closing: watch::Receiver<bool>) -> Response {
    // An error means that the city is gone: then there is nobody left to wait for either.
    let _ = closing.wait_for(|closing| *closing).await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn cut(response: Response, count: usize) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(whole) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.headers
        .insert(axum::http::header::CONTENT_LENGTH, whole.len().into());
    let part = whole.slice(..count.min(whole.len()));
    let pieces = stream::unfold(Some(part), |part| async {
        if let Some(part) = part {
            return Some((Ok::<Bytes, std::io::Error>(part), None));
        }
        // Lets the first piece leave before the connection breaks.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Some((Err(std::io::ErrorKind::ConnectionAborted.into()), None))
    });
    Response::from_parts(head, Body::from_stream(pieces))
}

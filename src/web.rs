//! What the daemon answers to people over HTTP: today the links in letters, later the administrators' page.
//!
//! Owns: the door: where it stands, which routes it has; each has a file.
//! Never: acting on anything but a POST; sources and relays; cookies, scripts, anything from elsewhere.
//! Reads next: `web/letter.rs`, `web/guard.rs`.

mod form;
mod guard;
mod health;
mod letter;
mod origin;
mod page;
pub mod probe;
mod style;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use tokio::sync::watch;

use crate::job::App;
use crate::listener::Listener;

/// The site as it runs now.
type Site = watch::Receiver<Arc<App>>;

/// Answers for the site that runs, where its settings say so.
#[derive(Debug)]
pub struct Door {
    site: watch::Sender<Arc<App>>,
    listener: Listener,
}

impl Door {
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self {
            site: watch::Sender::new(Arc::clone(app)),
            listener: Listener::new("answers to letters are"),
        }
    }

    /// Answers for `app` where its settings say, from now on.
    pub async fn keep(&mut self, app: &Arc<App>) {
        self.site.send_replace(Arc::clone(app));
        let wanted = app.files.settings.web.listen;
        let router = || router(self.site.subscribe());
        self.listener.keep(wanted, router).await;
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Lets what is under way end.
    pub async fn close(&mut self) {
        self.listener.close().await;
    }
}

fn router(site: Site) -> Router {
    let routes = Router::new()
        .merge(letter::routes())
        .merge(health::routes())
        .merge(style::routes())
        .fallback(nowhere)
        .with_state(site);
    guard::guarded(routes)
}

async fn nowhere() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "there is nothing here\n")
}

//! An address on which the daemon answers, kept while its files change.
//!
//! Owns: binding, binding again, one request a connection, bounds on how many and how long.
//! Never: what is answered (`metrics`, `web`).
//! Reads next: `listener/bounded.rs`.

mod bounded;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use bounded::Bounded;

/// What is under way when the listener is closed has this long.
const FAREWELL: Duration = Duration::from_secs(2);

/// Answers where the settings say.
#[derive(Debug)]
pub struct Listener {
    /// As the log names it.
    name: &'static str,
    serving: Option<Serving>,
    /// Why the wanted address is not served, as it was last logged.
    failure: Option<String>,
}

/// Dropped, it takes no more connections.
#[derive(Debug)]
struct Serving {
    wanted: SocketAddr,
    /// The same, but for a port chosen by the system.
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Listener {
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            serving: None,
            failure: None,
        }
    }

    /// Serves `router` at `wanted` from now on; an address that cannot be had keeps no job from its time and is tried
    /// again by the next call.
    pub async fn keep(&mut self, wanted: Option<SocketAddr>, router: impl FnOnce() -> Router) {
        let serves =
            |serving: &Serving| Some(serving.wanted) == wanted && !serving.task.is_finished();
        if self.serving.as_ref().is_some_and(serves) {
            return;
        }
        self.close().await;
        let Some(wanted) = wanted else { return };
        match self.listen(wanted, router()).await {
            Ok(serving) => {
                tracing::info!(address = %serving.address, "{} served", self.name);
                self.failure = None;
                self.serving = Some(serving);
            }
            Err(error) => {
                let failure = format!("{wanted}: {error}");
                if self.failure.as_ref() != Some(&failure) {
                    tracing::error!(failure, "{} not served", self.name);
                }
                self.failure = Some(failure);
            }
        }
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.serving.as_ref().map(|serving| serving.address)
    }

    /// Takes no more connections; what is under way has a moment to end.
    pub async fn close(&mut self) {
        if let Some(Serving { stop, task, .. }) = self.serving.take() {
            drop(stop);
            let abort = task.abort_handle();
            if tokio::time::timeout(FAREWELL, task).await.is_err() {
                abort.abort();
            }
        }
    }

    async fn listen(&self, wanted: SocketAddr, router: Router) -> std::io::Result<Serving> {
        let listener = Bounded::new(TcpListener::bind(wanted).await?);
        let address = listener.address()?;
        let router = router.layer(map_response(close));
        let (stop, stopped) = oneshot::channel::<()>();
        let name = self.name;
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::error!(%error, "{name} served no more");
            }
        });
        Ok(Serving {
            wanted,
            address,
            stop,
            task,
        })
    }
}

/// A connection ends with its answer: its bound is the request's.
async fn close(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

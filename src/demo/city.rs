//! The running city: one server on loopback for all seven systems.
//!
//! Owns: starting, stopping, the simulated day, the switch for faults.
//! Never: an address other than the one given.
//! Reads next: `routes.rs`.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::serve::ListenerExt;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::access::Access;
use super::fault::{Fault, Faults};
use super::routes::{Shared, router};
use super::world::World;

/// How long open connections may take to finish when the city stops.
const PATIENCE: Duration = Duration::from_secs(5);

/// The simulated city systems. Dropping it lets them stop by themselves.
pub struct City {
    address: SocketAddr,
    shared: Arc<Shared>,
    faults: Arc<Faults>,
    closing: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

impl City {
    /// Generates the records and listens on `address` (port 0: any free port). The city shows itself
    /// as it was at `now` and gives tokens to the client `id` that knows `secret`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(
        address: SocketAddr,
        now: DateTime<Utc>,
        id: &str,
        secret: SecretString,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let world = World::generate();
        let today = RwLock::new(world.today(now));
        let shared = Arc::new(Shared {
            world,
            today,
            access: Access::new(id, secret),
        });
        let (closing, mut closed) = watch::channel(false);
        let faults = Arc::new(Faults::new(closing.subscribe()));
        let router = router(shared.clone(), faults.clone());
        let listener = listener.tap_io(|stream| {
            // Only slower where it fails.
            let _ = stream.set_nodelay(true);
        });
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means that the city was dropped.
            let _ = closed.wait_for(|closing| *closing).await;
        });
        let server = tokio::spawn(async move { serve.await });
        Ok(Self {
            address,
            shared,
            faults,
            closing,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves the city to another instant: dossiers change, arrive and finish.
    pub fn set_now(&self, now: DateTime<Utc>) {
        let today = self.shared.world.today(now);
        *self
            .shared
            .today
            .write()
            .unwrap_or_else(PoisonError::into_inner) = today;
    }

    /// How long tokens issued from now on are valid; one hour at first.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.access.set_lifetime(lifetime);
    }

    /// From now on every request whose path begins with `path_prefix` meets `fault`.
    pub fn fail(&self, path_prefix: &str, fault: Fault) {
        self.faults.begin(path_prefix, fault, None);
    }

    /// The next `count` requests whose path begins with `path_prefix` meet `fault`.
    pub fn fail_next(&self, path_prefix: &str, fault: Fault, count: usize) {
        self.faults.begin(path_prefix, fault, Some(count));
    }

    /// Ends the faults begun with this very `path_prefix`.
    pub fn heal(&self, path_prefix: &str) {
        self.faults.end(path_prefix);
    }

    /// Stops listening, lets requests under way end, and closes what is still open after five seconds.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn shutdown(self) -> io::Result<()> {
        self.closing.send_replace(true);
        let mut server = self.server;
        match tokio::time::timeout(PATIENCE, &mut server).await {
            Ok(ended) => ended.map_err(io::Error::other)?,
            Err(_) => {
                server.abort();
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! SIGTERM and Ctrl-C, heard from the first moment on.
//!
//! Owns: listening: from then on no signal ends the process by itself.
//! Never: what is done at one.
//! Reads next: `../daemon.rs`.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears signals, also those that came while nobody waited.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// # Errors
    /// When the system does not let this process listen.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for SIGTERM or Ctrl-C, heard from now on.
pub async fn stop_signal() {
    match Signals::listen() {
        Ok(mut signals) => signals.next().await,
        Err(error) => {
            tracing::error!(%error, "signals cannot be heard");
            std::future::pending().await
        }
    }
}

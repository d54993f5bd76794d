//! `dondoc serve`: the daemon.
//!
//! Owns: nothing but the call.
//! Never: the loop (`daemon.rs`).
//! Reads next: `daemon.rs`.

use super::Scope;
use crate::clock::Clock;
use crate::daemon::{self, Signals};

pub async fn run(scope: &Scope) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let mut app = tokio::select! {
        app = scope.app() => app?,
        () = signals.next() => return Ok(()),
    };
    // A clock that is fixed for other commands starts there and runs.
    if matches!(app.clock, Clock::Fixed(_)) {
        app.clock = Clock::running(app.clock.now());
    }
    daemon::serve(app, signals).await
}

//! Logs on standard error: the daemon's at `info`, other commands' at `warn`; `DONDOC_LOG` overrides.
//!
//! Owns: the subscriber; lines of text on a terminal, JSON elsewhere for the daemon.
//! Never: personal data: callers log posts, codes and counts only.
//! Reads next: `open.rs`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

pub fn start(is_daemon: bool) {
    // The scheduler logs each of its ticks; only its warnings are news.
    let default = if is_daemon {
        "info,tokio_cron_scheduler=warn"
    } else {
        "warn"
    };
    let filter = EnvFilter::try_from_env("DONDOC_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    // A second start (in tests) keeps the first subscriber.
    let _ = if is_daemon && !terminal {
        builder.json().try_init()
    } else {
        builder.with_target(false).try_init()
    };
}

//! Logs on standard error: the daemon's at `info`, other commands' at `warn`, none of a simulation; `DONDOC_LOG` overrides.
//!
//! Owns: the subscriber; lines of text on a terminal, JSON elsewhere for the daemon; the daemon's panics among them.
//! Never: personal data: callers log posts, codes and counts only.
//! Reads next: `open.rs`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Who logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    Daemon,
    Command,
    /// What happens is not real: it is printed, not logged.
    Nothing,
}

pub fn start(logs: Logs) {
    let default = match logs {
        // The scheduler logs each of its ticks; only its warnings are news.
        Logs::Daemon => "info,tokio_cron_scheduler=warn",
        Logs::Command => "warn",
        Logs::Nothing => "off",
    };
    let is_daemon = logs == Logs::Daemon;
    let filter = EnvFilter::try_from_env("DONDOC_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    if is_daemon {
        std::panic::set_hook(Box::new(log_panic));
    }
    // A second start (in tests) keeps the first subscriber.
    let _ = if is_daemon && !terminal {
        builder.json().try_init()
    } else {
        builder.with_target(false).try_init()
    };
}

/// A text that stands in the program may be told; one that was made may quote data of people.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let what = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(
        place = place.unwrap_or_default(),
        what = what.unwrap_or(&"a text with data in it"),
        "a task panicked; the others go on"
    );
}

//! Progress of a run on a terminal; nothing elsewhere.
//!
//! Owns: the bar on standard error.
//! Never: results.
//! Reads next: `run.rs`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::job::watch::Watcher;

/// A line that shows the step under way and how many rows of it are read. `indicatif` hides it
/// where standard error is not a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Watcher for Progress {
    fn step(&self, job: &str, step: &str) {
        self.0.set_position(0);
        self.0.set_message(format!("{job}: {step}"));
    }

    fn rows(&self, done: u64, total: Option<u64>) {
        self.0.set_position(done);
        if let Some(total) = total {
            self.0.set_length(total);
        }
    }
}

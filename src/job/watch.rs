//! Somebody who watches a run.
//!
//! Owns: what is told while a run goes on.
//! Never: what is recorded of it (`run.rs`).
//! Reads next: `run.rs`.

/// Hears how a run goes on; the command line shows it.
pub trait Watcher: Send + Sync {
    fn step(&self, _job: &str, _step: &str) {}
    /// `done` of `total` rows of a pull, where the source says how many there are.
    fn rows(&self, _done: u64, _total: Option<u64>) {}
}

/// Nobody watches.
#[derive(Debug)]
pub struct Unwatched;
impl Watcher for Unwatched {}

//! Letters: what a mail says, with every word and number already decided.
//!
//! Owns: the letters, their words, their samples.
//! Never: layout (`templates/`), sending (`mail`), the clock, the store.
//! Reads next: `words.rs`, `overdue.rs`, `digest.rs`.

pub mod words;
mod catalogue;
pub mod tone;
pub mod columns;
pub mod dossier;
pub mod overdue;
pub mod ward_lag;
pub mod digest;
pub mod notice;
pub mod apology;
pub mod screen;
mod page;
mod samples;

pub use page::{Answering, Kind, Letter, Page, on_trial, page};
pub use samples::{Sample, samples, slips};

//! Tables as sea-orm sees them, private to `store`.
//!
//! Owns: one module per table, columns as in `migrations`.
//! Never: leaving `store`.
//! Reads next: `dossiers.rs`.

pub mod alarm;
pub mod alert;
pub mod answer;
pub mod apology;
pub mod daemon;
pub mod day;
pub mod decision;
pub mod dossier;
pub mod drop_file;
pub mod entry;
pub mod exchange_message;
pub mod finding;
pub mod history;
pub mod letter;
pub mod outbox;
pub mod outbox_body;
pub mod pull;
pub mod quarantine;
pub mod relay_rest;
pub mod run;
pub mod schedule;
pub mod stated;
pub mod step;
pub mod transition;
pub mod twin;

//! The files an administrator edits: read, checked with positions, layered, typed.
//!
//! Owns: settings, organisation, targets, sources, calendar; every problem in them with file, line and column.
//! Never: job files (`job::spec`), I/O other than reading those files.
//! Reads next: `problem.rs`, `settings.rs`.

pub mod calendar;
pub mod organisation;
pub mod problem;
pub mod settings;
pub mod sources;
pub mod targets;

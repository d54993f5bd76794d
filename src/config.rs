//! The files an administrator edits: read, checked with positions, layered, typed.
//!
//! Owns: settings, organisation, targets, sources, calendar; every problem in them with file, line and column.
//! Never: job files (`job::spec`), I/O other than reading those files.
//! Reads next: `site.rs`, which reads them all.

pub mod calendar;
pub mod document;
pub mod layers;
pub mod organisation;
pub mod problem;
pub mod reader;
pub mod schema;
pub mod secret;
pub mod settings;
pub mod site;
pub mod sources;
pub mod targets;
pub mod zone;

pub use problem::Problem;
pub use site::{Files, load};

//! Jobs: what they are, what is due, and the one pipeline that runs them.
//!
//! Owns: job files and their checks.
//! Never: HTTP, SQL, SMTP or templates by name.
//! Reads next: `job/spec.rs`.

pub mod check;
pub mod spec;

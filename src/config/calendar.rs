//! `config/calendars/*.toml` into `domain::calendar`.
//!
//! Owns: the file's shape and its checks (a weekday off twice, a worked day that is a weekday, the stated count).
//! Never: working-day arithmetic.
//! Reads next: `sources.rs`.

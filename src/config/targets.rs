//! `config/targets.toml` into `domain::target`.
//!
//! Owns: the file's shape, the fields a condition may name.
//! Never: evaluating a target.
//! Reads next: `sources.rs`.

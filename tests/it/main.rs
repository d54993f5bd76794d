//! The program seen from outside, in one test binary.
//!
//! Owns: the list of story files.
//! Never: a mock of our own modules.
//! Reads next: `relay.rs`, `delivery.rs`, `letters.rs`.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod delivery;
mod letters;
mod relay;
mod schema;

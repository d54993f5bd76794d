//! The program seen from outside, in one test binary.
//!
//! Owns: the list of story files, and of the stages they play on.
//! Never: a mock of our own modules.
//! Reads next: `app.rs`, then any story.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

// The stage.
mod app;
mod database;
mod letters_sent;
mod line;
mod relay;
mod rows;
mod scripted;

// The stories.
mod delivery;
mod letters;
mod pull;
mod simulation;

//! The program seen from outside, in one test binary.
//!
//! Owns: the list of story files, and of the stages they play on.
//! Never: a mock of our own modules.
//! Reads next: `app.rs`, then any story.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story that cannot go on has failed"
)]

// The stage.
mod app;
mod database;
mod foreign;
mod letters_sent;
mod line;
mod mails;
mod program;
mod reader;
mod relay;
mod rows;
mod scripted;

// The stories.
mod alarms;
mod alerts;
mod answers;
mod apology;
mod away;
mod bounces;
mod bounds;
mod by_hand;
mod commands;
mod connect;
mod days;
mod delivery;
mod digests;
mod drops;
mod exchange;
mod exchange_asked;
mod faults;
mod figures;
mod filing;
mod half_valid;
mod infer;
mod interruptions;
mod kills;
mod kills_in_the_post;
mod letters;
mod migrating;
mod misbehave;
mod notice;
mod operate;
mod outbox;
mod planner;
mod pull;
mod quality;
mod quarantine;
mod round;
mod schema;
mod serve;
mod simulation;
mod sizes;
mod source_test;
mod tidy;
mod trail;
mod year;

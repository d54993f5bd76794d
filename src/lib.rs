//! dondoc watches the city's one-stop-shop and document systems and tells the right
//! person, in time and with proof, which dossiers, wards and targets fall behind.
//!
//! The modules stand in reading order; `ARCHITECTURE.md` walks through them.

pub mod clock;
pub mod domain;
pub mod config;
pub mod source;
pub mod store;
pub mod report;
pub mod mail;
pub mod link;
pub mod job;
pub mod scheduler;
pub mod shipped;
pub mod demo;
pub mod listener;
pub mod metrics;
pub mod web;
pub mod daemon;
pub mod cli;

//! The rules of the field, as plain functions of data, policy and `now`.
//!
//! Owns: units, dossiers, records, targets, working days, schedules, number formats.
//! Never: I/O, async, a clock, another module of this program.
//! Reads next: `dossier.rs`, then `assess.rs`.

pub mod assess;
pub mod board;
pub mod calendar;
pub mod decide;
pub mod dossier;
pub mod explain;
pub mod form_ii06;
pub mod format;
pub mod lunar;
pub mod overdue;
pub mod period;
pub mod ratio;
pub mod record;
pub mod reject;
pub mod schedule;
pub mod target;
pub mod unit;
pub mod wilson;
pub mod word;

#[cfg(test)]
pub(crate) mod sample;

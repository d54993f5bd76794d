//! The rules of the field, as plain functions of data, policy and `now`.
//!
//! Owns: units, dossiers, records, targets, working days, schedules, number formats.
//! Never: I/O, async, a clock, another module of this program.
//! Reads next: `dossier.rs`, then `assess.rs`.

pub mod word;
pub mod organ_id;
pub mod exchange;
pub mod unit;
pub mod dossier;
pub mod applicant;
pub mod apology;
pub mod daybook;
pub mod record;
pub mod reject;
pub mod target;
pub mod ratio;
pub mod calendar;
pub mod lunar;
pub mod schedule;
pub mod silence;
pub mod period;
pub mod finding;
pub mod form_ii06;
pub mod row_count;
pub mod legal_due;
pub mod wilson;
pub mod assess;
pub mod answer;
pub mod decide;
pub mod letter_hour;
pub mod board;
pub mod explain;
pub mod overdue;
pub mod format;
#[cfg(test)]
pub(crate) mod sample;

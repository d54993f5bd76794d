//! A span of whole days, both ends included.
//!
//! Owns: the default period of a report.
//! Never: instants.
//! Reads next: `board.rs`.

use chrono::NaiveDate;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

//! Records other than dossiers, and the fields by which a target selects records of any kind.
//!
//! Owns: register entries (procedures, documents, meetings, …) and their typed values.
//! Never: the meaning of one register: that is said in `targets.toml`.
//! Reads next: `target.rs`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::unit::{Level, UnitCode};

/// A value of a record's field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Flag(bool),
    Number(i64),
    Text(String),
}

/// One row of a register: a procedure, a document, a meeting, a work item, a process, a person, a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which register: the `records` of the source's file, e.g. `procedures`.
    pub records: String,
    pub code: String,
    pub unit: Option<UnitCode>,
    pub level: Option<Level>,
    /// The day to which a dated entry belongs; an undated one is a stock (procedures, schools).
    pub day: Option<NaiveDate>,
    pub attributes: BTreeMap<String, Value>,
}

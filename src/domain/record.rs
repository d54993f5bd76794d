//! Records other than dossiers, and the fields by which a target selects records of any kind.
//!
//! Owns: register entries (procedures, documents, meetings, …) and their typed values.
//! Never: the meaning of one register: that is said in `targets.toml`.
//! Reads next: `target.rs`.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::dossier::{Dossier, State};
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

/// A field's value as a condition sees it; borrowed, for tens of thousands of records at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    Text(&'a str),
    Number(i64),
    Flag(bool),
}

/// Anything a target counts.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// A dossier in the state it has at the instant of the count.
    Dossier(&'a Dossier, State),
    Entry(&'a Entry),
}

/// The `records` of a target that counts dossiers.
pub const DOSSIERS: &str = "dossiers";

/// Fields of a dossier that a condition may name; all are texts but `status`, a number.
pub const DOSSIER_FIELDS: [&str; 7] = [
    "state",
    "channel",
    "procedure",
    "field",
    "unit",
    "level",
    "status",
];

/// Fields that every entry may have besides its attributes (which they hide); all are texts.
pub const ENTRY_FIELDS: [&str; 3] = ["code", "unit", "level"];

impl<'a> Record<'a> {
    /// The field of that name; `None` where this record has none.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field<'a>> {
        match *self {
            Self::Dossier(dossier, state) => dossier_field(dossier, state, name),
            Self::Entry(entry) => entry_field(entry, name),
        }
    }

    #[must_use]
    pub fn code(&self) -> &'a str {
        match *self {
            Self::Dossier(dossier, _) => &dossier.code,
            Self::Entry(entry) => &entry.code,
        }
    }

    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match *self {
            Self::Dossier(dossier, _) => Some(dossier.level),
            Self::Entry(entry) => entry.level,
        }
    }
}

fn dossier_field<'a>(dossier: &'a Dossier, state: State, name: &str) -> Option<Field<'a>> {
    Some(match name {
        "state" => Field::Text(state.as_str()),
        "channel" => Field::Text(dossier.channel.as_str()),
        "procedure" => Field::Text(&dossier.procedure),
        "field" => Field::Text(&dossier.field),
        "unit" => Field::Text(dossier.unit.as_str()),
        "level" => Field::Text(dossier.level.as_str()),
        "status" => Field::Number(dossier.status.0.into()),
        _ => return None,
    })
}

fn entry_field<'a>(entry: &'a Entry, name: &str) -> Option<Field<'a>> {
    match name {
        "code" => Some(Field::Text(&entry.code)),
        "unit" => entry.unit.as_ref().map(|unit| Field::Text(unit.as_str())),
        "level" => entry.level.map(|level| Field::Text(level.as_str())),
        _ => entry.attributes.get(name).map(Value::as_field),
    }
}

impl Value {
    #[must_use]
    pub fn as_field(&self) -> Field<'_> {
        match self {
            Self::Flag(flag) => Field::Flag(*flag),
            Self::Number(number) => Field::Number(*number),
            Self::Text(text) => Field::Text(text),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    #[test]
    fn a_dossier_shows_its_fields_by_name() {
        let dossier = sample::dossier("H26.23.12-200615-0004");
        let record = Record::Dossier(&dossier, State::Overdue);
        for (name, value) in [
            ("state", Field::Text("overdue")),
            ("channel", Field::Text("direct")),
            ("procedure", Field::Text("1.004959")),
            ("field", Field::Text("Đất đai")),
            ("unit", Field::Text("00118")),
            ("level", Field::Text("ward")),
            ("status", Field::Number(4)),
        ] {
            assert_eq!(record.field(name), Some(value), "{name}");
        }
        assert!(
            DOSSIER_FIELDS
                .iter()
                .all(|name| record.field(name).is_some())
        );
        assert_eq!(record.field("applicant"), None);
    }

    #[test]
    fn an_entry_shows_its_attributes_and_what_it_lacks_is_missing() {
        let mut entry = sample::entry("procedures", "1.004959");
        entry
            .attributes
            .insert("online_level".into(), Value::Number(3));
        entry.attributes.insert(
            "code".into(),
            Value::Text("hidden by the entry's own".into()),
        );
        let record = Record::Entry(&entry);
        assert_eq!(record.field("online_level"), Some(Field::Number(3)));
        assert_eq!(record.field("code"), Some(Field::Text("1.004959")));
        assert_eq!(record.field("unit"), None);
        assert_eq!(record.field("level"), None);
    }
}

//! A row that does not fit: why, and how it is kept aside.
//!
//! Owns: masking. Only mapped fields are kept, and no personal one.
//! Never: deciding what fits (`record.rs`, `field.rs`).
//! Reads next: `../../job/step/pull.rs`.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::Mapping;
use crate::domain::reject::Reject;

/// What stands where a personal value stood.
const MASK: &str = "•••";

/// A reject before it is dressed: which field, what is wrong.
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) what: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self {
            field,
            what: what.into(),
        }
    }
}

impl Mapping<'_> {
    pub(super) fn reject(&self, row: &Json, position: u64, fault: &Fault) -> Reject {
        Reject {
            position,
            code: self.code(row).map(Cow::into_owned),
            reason: format!("{} {}", fault.field, fault.what),
            raw: self.kept(row),
            hash: hash(row),
        }
    }

    /// The mapped fields as they came, by their places; everything else of the row stays outside. A place with
    /// nothing in it is kept as `null`: it was looked at.
    fn kept(&self, row: &Json) -> String {
        let row = self.masked(row);
        let spots = self.fields.values().flat_map(|reader| &reader.spots);
        let found = spots.map(|spot| {
            let value = spot.find(&row).cloned().unwrap_or_default();
            (spot.as_str().to_owned(), value)
        });
        Json::Object(found.collect::<Map<_, _>>()).to_string()
    }

    /// The row with a mask over everything personal.
    #[must_use]
    pub fn masked(&self, row: &Json) -> Json {
        let mut row = row.clone();
        for spot in &self.personal {
            if let Some(value) = spot.find_mut(&mut row) {
                *value = Json::from(MASK);
            }
        }
        row
    }
}

fn hash(row: &Json) -> String {
    let digest = Sha256::digest(row.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! By what a document is known between offices: `H26.23,2020/06/01,15/UBND-VP`.
//!
//! Owns: that identifiers which differ only in the order of an organisation's parts are the same.
//! Never: whether the day in it exists.
//! Reads next: `../organ_id.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::organ_id::OrganId;

/// Organisation, day and number; or whatever a system writes instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentId(String);

impl DocumentId {
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.splitn(3, ',').map(str::trim).collect();
        match parts.as_slice() {
            [from, day, number] => Self::of(from, day, number),
            _ => Self(text.trim().to_owned()),
        }
    }

    /// Of a message that does not say it in one piece.
    #[must_use]
    pub fn of(from: &str, day: &str, number: &str) -> Self {
        Self(format!("{},{day},{number}", organ(from)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An organisation as it is compared: the level-1 code first where it has one, else as it is written.
#[must_use]
pub fn organ(text: &str) -> String {
    let text = text.trim();
    OrganId::parse(text).map_or_else(|_| text.to_owned(), |id| id.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_document_has_one_identifier() {
        for (text, expected, why) in [
            (
                "H26.23,2020/06/01,15/UBND-VP",
                "H26.23,2020/06/01,15/UBND-VP",
                "as it is",
            ),
            (
                "000.00.23.H26, 2020/06/01, 15/UBND-VP",
                "H26.23,2020/06/01,15/UBND-VP",
                "the older order",
            ),
            (
                "H26.23,2014/02/30,1,2/X",
                "H26.23,2014/02/30,1,2/X",
                "a comma in the number, a day that never was",
            ),
            ("  vb-77  ", "vb-77", "of a system's own"),
        ] {
            assert_eq!(DocumentId::parse(text).as_str(), expected, "{why}");
        }
    }
}

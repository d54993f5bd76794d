//! A row that cannot become a record: kept aside with its reason, never dropped.
//!
//! Owns: what quarantine holds of a row.
//! Never: unmasked personal data.
//! Reads next: `source/mapping.rs`.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Place of the row in its page's list, from 0.
    pub position: u64,
    /// The record's code, where the row has a readable one.
    pub code: Option<String>,
    /// What is wrong with which field, in English.
    pub reason: String,
    /// The mapped fields as the source sent them, personal ones masked.
    pub raw: String,
    /// SHA-256 of the whole row in hex: the same row is kept once.
    pub hash: String,
}

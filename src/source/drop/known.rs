//! Contents that were read, and how: by another mapping the same content says something else.
//!
//! Owns: what of a list's description decides how its files are read.
//! Never: a file.
//! Reads next: `reading.rs`.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::config::sources::Pull;
use crate::config::sources::drop::DropListing;

/// The mapping that read each content last, by the content's hash; an empty one is as good as any.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, String>);

impl Known {
    pub(super) fn extend(&mut self, contents: impl IntoIterator<Item = (String, String)>) {
        self.0.extend(contents);
    }

    pub(super) fn insert(&mut self, hash: &str, mapping: &str) {
        self.0.insert(hash.to_owned(), mapping.to_owned());
    }

    /// Whether the content was read, and by this mapping.
    pub(super) fn has(&self, hash: &str, mapping: &str) -> bool {
        let read_by = self.0.get(hash);
        read_by.is_some_and(|read_by| read_by.is_empty() || read_by == mapping)
    }
}

/// The hash of everything that decides what the rows of a file become. Which files are read is not part of it.
///
/// Another version of the program may hash the same mapping differently: a file put back is then read once more,
/// which changes nothing.
pub(super) fn print(pull: &Pull, listing: &DropListing) -> String {
    let Pull {
        records,
        fields,
        personal,
        ..
    } = pull;
    let DropListing { whole, form, .. } = listing;
    let said = format!("{:?}", (records, fields, personal, whole, form));
    let digest = Sha256::digest(said.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

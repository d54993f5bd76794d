//! A proposed source file from a sample: an answer in JSON, an export, a message.
//!
//! Owns: what is made of a sample, and that no value of a person is repeated.
//! Never: deciding for people: what was guessed and what is to be filled in is said in comments.
//! Reads next: `infer/column.rs`, `infer/draft.rs`.

mod answer;
mod column;
mod dates;
mod dossier;
mod draft;
mod paging;
mod register;
mod sheet;
mod words;

use std::path::Path;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::domain::unit::Units;

/// What is known of the site and of where the sample came from.
#[derive(Clone, Debug)]
pub struct Hints<'a> {
    /// Name of the source that is proposed.
    pub name: &'a str,
    pub units: &'a Units,
    pub zone: Tz,
    pub today: NaiveDate,
    /// The endpoint of the settings under which the sample was fetched; of a file the first one.
    pub endpoint: Option<&'a str>,
    /// The address behind the endpoint's, with its parameters; nothing of a file.
    pub address: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
pub enum InferError {
    #[error("the sample is empty")]
    Empty,
    #[error("the sample is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the sample has no list of objects: an answer with at least one row tells most")]
    NoRows,
    #[error("no table was recognised in the sample: {0}")]
    NoTable(String),
    #[error(
        "no column of the sample is called as a dossier's is: rename the heading, or write the file by hand (docs/sources.md)"
    )]
    NoColumns,
}

/// Proposes a file from the bytes of a sample; `path` is where they lie.
///
/// # Errors
/// When nothing in the sample can be recognised.
pub fn propose(bytes: &[u8], path: &Path, hints: &Hints<'_>) -> Result<String, InferError> {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    match text.first() {
        None => Err(InferError::Empty),
        Some(b'{' | b'[') => {
            let body = serde_json::from_slice(text).map_err(InferError::NotJson)?;
            answer::propose(&body, hints)
        }
        Some(b'<') if is_message(text) => Ok(draft::of_messages()),
        Some(_) => sheet::propose(path, hints),
    }
}

fn is_message(text: &[u8]) -> bool {
    let head = &text[..text.len().min(4096)];
    let words: [&[u8]; 2] = [b"edXML", b"QCVN_102"];
    words
        .iter()
        .any(|word| head.windows(word.len()).any(|found| found == *word))
}

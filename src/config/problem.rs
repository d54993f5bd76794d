//! A problem in a file: where it is, what is wrong, what to write instead.
//!
//! Owns: positions and the wording shared by all files.
//! Never: deciding what is wrong.
//! Reads next: `settings.rs`.

use std::path::PathBuf;

/// One problem. `line` and `column` count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Relative to the site's folder.
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub help: String,
}

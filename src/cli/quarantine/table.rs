//! Rows kept aside as a table for a spreadsheet.
//!
//! Owns: the names of its columns.
//! Never: which rows; how a cell is written (`spreadsheet.rs`).
//! Reads next: `retry.rs`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::Shown;
use crate::cli::spreadsheet;

const NAMES: [&str; 9] = [
    "id",
    "source",
    "list",
    "code",
    "position",
    "reason",
    "first_seen_at",
    "last_seen_at",
    "kept",
];

/// # Errors
/// When the file cannot be written.
pub fn write(rows: &[Shown], file: &Path) -> anyhow::Result<()> {
    let rows: Vec<[String; 9]> = rows.iter().map(Shown::cells).collect();
    fs::write(file, spreadsheet::table(&NAMES, &rows))
        .with_context(|| format!("{} cannot be written", file.display()))
}

//! An export: a workbook, a CSV, a page that calls itself a workbook.
//!
//! Owns: which of its columns are known by name.
//! Never: columns that hold people.
//! Reads next: `../export.rs`, `draft.rs`.

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

use super::column::Column;
use super::draft::{Draft, quoted};
use super::words::{DOSSIER, PERSONAL_COLUMNS};
use super::{Hints, InferError};
use crate::config::sources::FileForm;
use crate::source::export::heading::{Wanted, WantedField};
use crate::source::export::{self, ExportFault};

/// Rows that are looked at.
const ROWS: usize = 5_000;

pub(super) fn propose(path: &Path, hints: &Hints<'_>) -> Result<String, InferError> {
    let columns = columns(path).map_err(|fault| InferError::NoTable(fault.to_string()))?;
    if !columns
        .iter()
        .any(|column| !column.personal && column.name != "STT")
    {
        return Err(InferError::NoColumns);
    }
    let mut draft = Draft::new(hints, &columns);
    draft.head("kind = \"drop\"");
    draft.head(&format!(
        "folder = {}",
        quoted(&format!("exports/{}", hints.name))
    ));
    draft.fill("`folder`: make it, or name the one into which the exports come");
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    draft.list(&format!(
        "files = {}",
        quoted(&format!(
            "*.{}",
            extension.unwrap_or_else(|| "*".to_owned())
        ))
    ));
    draft.guess("`files`: by the ending of the sample");
    draft.sure("heading, separator, encoding, title and total rows: found again in each file, so nothing is written of them");
    draft.fields();
    Ok(draft.written())
}

fn columns(path: &Path) -> Result<Vec<Column>, ExportFault> {
    let mut columns: Vec<Column> = Vec::new();
    let mut rows = 0;
    export::read(path, &FileForm::default(), &wanted(), &mut |batch| {
        for row in batch.rows {
            add(&mut columns, &row, rows);
            rows += 1;
        }
        if rows < ROWS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(columns)
}

fn add(columns: &mut Vec<Column>, row: &Value, before: usize) {
    for (name, _) in row.as_object().into_iter().flatten() {
        if !columns.iter().any(|column| column.place == *name) {
            let mut column = Column::new(name.clone(), name.clone());
            column.personal |= PERSONAL_COLUMNS.contains(&name.as_str());
            column.empty = before;
            columns.push(column);
        }
    }
    for column in columns {
        column.add(row.get(&column.place).and_then(said));
    }
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn wanted() -> Wanted {
    let of = |field: &str, names: &[&str]| WantedField {
        field: field.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        // What a row must have to be one; a total has neither.
        required: ["code", "received_at", "due_at"].contains(&field),
    };
    let fields = DOSSIER
        .iter()
        .filter(|(field, _)| !field.is_empty())
        .map(|(field, names)| of(field, names));
    Wanted {
        fields: fields.chain([of("personal", &PERSONAL_COLUMNS)]).collect(),
    }
}

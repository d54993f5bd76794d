//! Export files: what people and systems save for others to read.
//!
//! Owns: from a file of any shape to the rows of its table, as JSON objects of the mapped columns alone.
//! Never: folders (`drop`), what a column means (`mapping`), a whole file in memory where its shape allows less.
//! Reads next: `export/sniffed.rs`, `export/heading.rs`, `export/table.rs`, `export/columns.rs`.

mod columns;
pub mod delimited;
pub mod encoding;
pub mod fault;
pub mod heading;
pub mod html;
pub mod sniffed;
pub mod table;
pub mod workbook;
pub mod zipped;

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

pub use fault::ExportFault;
pub use table::Batch;

use crate::config::sources::FileForm;
use heading::Wanted;
use table::Table;

/// No export of an office is larger; a larger one is a mistake or an attack.
const LARGEST: u64 = 512 * 1024 * 1024;
/// The widest sheet that is read.
pub(super) const MOST_COLUMNS: usize = 1_000;
/// The longest text of a cell: what Excel itself allows.
pub(super) const LONGEST_CELL: usize = 32_767;

/// One row of a sheet as it stands, before anybody knows where the table is.
#[derive(Debug)]
pub(super) struct SheetRow<'a> {
    pub sheet: &'a str,
    /// As the person at the screen counts, from 1.
    pub number: u64,
    pub cells: Vec<Value>,
}

/// Takes the rows of a file one by one; `Break` ends the reading.
pub(super) type Taker<'t> = dyn FnMut(SheetRow<'_>) -> Result<ControlFlow<()>, ExportFault> + 't;

/// Reads the table of a file and hands it over in batches; `take` may end the reading.
///
/// # Errors
/// When the file as a whole cannot be read as the mapping asks; batches handed over before are good.
pub(super) fn read(
    path: &Path,
    form: &FileForm,
    wanted: &Wanted,
    take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
) -> Result<(), ExportFault> {
    let size = std::fs::metadata(path).map_err(ExportFault::Read)?.len();
    if size > LARGEST {
        return Err(ExportFault::TooLarge {
            what: "the file",
            limit: LARGEST,
        });
    }
    let shape = sniffed::shape(path)?;
    let mut table = Table::new(form, wanted, take);
    match shape {
        sniffed::Shape::Text => delimited::rows(path, form, wanted, &mut |row| table.take(row))?,
        sniffed::Shape::Html => html::rows(path, form, &mut |row| table.take(row))?,
        book => workbook::rows(path, book, form, &mut |row| table.take(row))?,
    }
    table.finish()
}

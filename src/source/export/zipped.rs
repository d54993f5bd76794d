//! Packed files: which they are, and that they do not unpack to more than a machine can hold.
//!
//! Owns: measuring a ZIP by unpacking it to nowhere: what it states about itself may be a lie.
//! Never: keeping what it unpacks.
//! Reads next: `workbook.rs`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::ExportFault;

/// What all parts together may unpack to: some 600,000 rows of ten columns.
const UNPACKED: u64 = 256 * 1024 * 1024;
const MOST_PARTS: usize = 2_000;
/// An ODS is held in memory cell by cell, and two attributes can repeat one cell a million times.
const MOST_ODS_CELLS: u64 = 2_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Packed {
    Xlsx,
    Ods,
    Other,
}

/// What is packed there, after making sure that it can be unpacked.
pub(in crate::source) fn packed(path: &Path) -> Result<Packed, ExportFault> {
    let file = BufReader::new(File::open(path)?);
    let mut archive = ZipArchive::new(file).map_err(|error| broken(&error.to_string()))?;
    if archive.len() > MOST_PARTS {
        return Err(ExportFault::Bomb { limit: UNPACKED });
    }
    let kind = kind(&archive);
    let mut left = UNPACKED;
    for index in 0..archive.len() {
        let part = archive
            .by_index(index)
            .map_err(|error| broken(&error.to_string()))?;
        left = left
            .checked_sub(measure(part, left)?)
            .ok_or(ExportFault::Bomb { limit: UNPACKED })?;
    }
    if kind == Packed::Ods {
        cells_fit(&mut archive)?;
    }
    Ok(kind)
}

fn kind<R>(archive: &ZipArchive<R>) -> Packed
where
    R: Read + io::Seek,
{
    let has = |name: &str| archive.index_for_name(name).is_some();
    match () {
        () if has("xl/workbook.xml") => Packed::Xlsx,
        () if has("content.xml") && has("mimetype") => Packed::Ods,
        () => Packed::Other,
    }
}

/// How many bytes a part unpacks to, at most one more than is `left`.
fn measure(part: impl Read, left: u64) -> Result<u64, ExportFault> {
    io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|error| broken(&error.to_string()))
}

fn broken(cause: &str) -> ExportFault {
    ExportFault::Broken {
        shape: "ZIP (XLSX, ODS)",
        cause: cause.to_owned(),
    }
}

/// Measures the sheets of an ODS with their repetitions, without making a cell. Empty cells at the end of a row
/// and empty rows at the end of a sheet cost nothing.
fn cells_fit<R>(archive: &mut ZipArchive<R>) -> Result<(), ExportFault>
where
    R: Read + io::Seek,
{
    let content = archive
        .by_name("content.xml")
        .map_err(|error| broken(&error.to_string()))?;
    let mut reader = Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    let mut sheet = Repeated::default();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => sheet.begin(&element, false),
            Ok(Event::Empty(element)) => sheet.begin(&element, true),
            Ok(Event::End(element)) if element.local_name().as_ref() == "table-row" => {
                sheet.end_row()
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(broken(&error.to_string())),
        }
        if sheet.cells() > MOST_ODS_CELLS {
            return Err(ExportFault::TooMany {
                sheet: "of the ODS".to_owned(),
                what: "cells",
                limit: MOST_ODS_CELLS,
            });
        }
    }
}

/// The rectangle that a sheet fills so far, repetitions counted.
#[derive(Default)]
struct Repeated {
    rows: u64,
    /// Up to the last row that holds something.
    used_rows: u64,
    used_columns: u64,
    row_times: u64,
    /// In this row: all cells, and those up to the last that holds something.
    columns: u64,
    filled: u64,
}

impl Repeated {
    fn begin(&mut self, element: &BytesStart<'_>, empty: bool) {
        match element.local_name().as_ref() {
            "table" => *self = Self::default(),
            "table-row" => {
                self.row_times = times(element, "number-rows-repeated");
                (self.columns, self.filled) = (0, 0);
            }
            "table-cell" | "covered-table-cell" => {
                self.columns = self
                    .columns
                    .saturating_add(times(element, "number-columns-repeated"));
                if !empty {
                    self.filled = self.columns;
                }
            }
            _ => {}
        }
    }

    fn end_row(&mut self) {
        self.rows = self.rows.saturating_add(self.row_times);
        if self.filled > 0 {
            self.used_rows = self.rows;
            self.used_columns = self.used_columns.max(self.filled);
        }
    }

    fn cells(&self) -> u64 {
        self.used_rows.saturating_mul(self.used_columns)
    }
}

fn times(element: &BytesStart<'_>, name: &str) -> u64 {
    let mut attributes = element.attributes().flatten();
    let stated = attributes.find(|attribute| attribute.key.local_name().as_ref() == name);
    stated.map_or(1, |attribute| attribute.value.parse().unwrap_or(u64::MAX))
}

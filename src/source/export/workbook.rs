//! Workbooks: XLSX cell by cell, XLS and ODS sheet by sheet.
//!
//! Owns: what a cell of each type becomes: dates ISO text, shares of a column shown as percent `99.67%`.
//! Never: hidden sheets, formulas, more columns than anybody reads.
//! Reads next: `zipped.rs`, `table.rs`.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Range, Reader, SheetType, SheetVisible, Xls,
    XlsError, Xlsx, XlsxError, open_workbook,
};
use serde_json::{Number, Value};

use super::sniffed::Shape;
use super::{ExportFault, LONGEST_CELL, MOST_COLUMNS, SheetRow, Taker};
use crate::config::problem::quoted;
use crate::config::sources::FileForm;
use crate::source::moment::{Epoch, of_serial};
use crate::source::value::folded;

/// An XLS is held in memory, and cannot hold more than 65,536 rows of a sheet anyway.
const LARGEST_XLS: u64 = 64 * 1024 * 1024;

pub(super) fn rows(
    path: &Path,
    shape: Shape,
    form: &FileForm,
    take: &mut Taker<'_>,
) -> Result<(), ExportFault> {
    match shape {
        Shape::Xlsx => xlsx(path, form, take),
        Shape::Ods => {
            let mut book: Ods<_> = open_workbook(path).map_err(ods_fault)?;
            let names = names(&book, form)?;
            held(&names, Epoch::Of1900, take, |name| {
                book.worksheet_range(name).map_err(ods_fault)
            })
        }
        _ => {
            if std::fs::metadata(path)?.len() > LARGEST_XLS {
                return Err(ExportFault::TooLarge {
                    what: "the XLS file",
                    limit: LARGEST_XLS,
                });
            }
            let mut book: Xls<_> = open_workbook(path).map_err(xls_fault)?;
            let names = names(&book, form)?;
            let epoch = epoch(book.has_1904_epoch());
            held(&names, epoch, take, |name| {
                book.worksheet_range(name).map_err(xls_fault)
            })
        }
    }
}

/// The sheets to read: the stated one, or all that can be seen.
fn names<R: Reader<BufReader<File>>>(
    book: &R,
    form: &FileForm,
) -> Result<Vec<String>, ExportFault> {
    let seen = book.sheets_metadata().iter().filter(|sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    });
    let mut names: Vec<String> = seen.map(|sheet| sheet.name.clone()).collect();
    let Some(stated) = &form.sheet else {
        return Ok(names);
    };
    let there = quoted(names.iter().map(String::as_str));
    let key = folded::key(stated);
    names.retain(|name| folded::key(name) == key);
    if names.is_empty() {
        return Err(ExportFault::NoSheet {
            wanted: stated.clone(),
            there,
        });
    }
    Ok(names)
}

fn xlsx(path: &Path, form: &FileForm, take: &mut Taker<'_>) -> Result<(), ExportFault> {
    let mut book: Xlsx<BufReader<File>> = open_workbook(path).map_err(xlsx_fault)?;
    let epoch = epoch(book.has_1904_epoch());
    for name in names(&book, form)? {
        if stream(&mut book, &name, epoch, take)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// One sheet, cell by cell; a row is handed over when the next one begins.
fn stream(
    book: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    epoch: Epoch,
    take: &mut Taker<'_>,
) -> Result<ControlFlow<()>, ExportFault> {
    let mut reader = book.worksheet_cells_reader(sheet).map_err(xlsx_fault)?;
    let percent: Vec<bool> = reader.styles().iter().map(shows_percent).collect();
    let mut number = 0;
    let mut cells = Vec::new();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(xlsx_fault)? {
        let (row, column) = cell.get_position();
        if u64::from(row) + 1 != number {
            if u64::from(row) < number {
                return Err(broken("XLSX", "its rows are out of order"));
            }
            if !cells.is_empty() {
                let flow = take(SheetRow {
                    sheet,
                    number,
                    cells: std::mem::take(&mut cells),
                })?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            number = u64::from(row) + 1;
        }
        let is_percent = percent.get(style).copied().unwrap_or_default();
        let value = value(cell.get_value(), is_percent, epoch)?;
        put(&mut cells, column as usize, value, sheet)?;
    }
    if cells.is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    take(SheetRow {
        sheet,
        number,
        cells,
    })
}

fn put(
    cells: &mut Vec<Value>,
    column: usize,
    value: Value,
    sheet: &str,
) -> Result<(), ExportFault> {
    if value.is_null() {
        return Ok(());
    }
    if column >= MOST_COLUMNS {
        return Err(ExportFault::TooMany {
            sheet: sheet.to_owned(),
            what: "columns",
            limit: MOST_COLUMNS as u64,
        });
    }
    if cells.len() <= column {
        cells.resize(column + 1, Value::Null);
    }
    cells[column] = value;
    Ok(())
}

fn shows_percent(style: &calamine::Style) -> bool {
    let format = style.number_format.as_ref();
    format.is_some_and(|format| {
        format.format_code.contains('%') || matches!(format.format_id, Some(9 | 10))
    })
}

/// Sheets that the library holds whole.
fn held(
    names: &[String],
    epoch: Epoch,
    take: &mut Taker<'_>,
    mut range: impl FnMut(&str) -> Result<Range<Data>, ExportFault>,
) -> Result<(), ExportFault> {
    for name in names {
        let range = range(name)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, number) in range.rows().zip(u64::from(top) + 1..) {
            let mut cells = Vec::new();
            for (cell, column) in row.iter().zip(left as usize..) {
                put(
                    &mut cells,
                    column,
                    value(&by_reference(cell), false, epoch)?,
                    name,
                )?;
            }
            if take(SheetRow {
                sheet: name,
                number,
                cells,
            })?
            .is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn by_reference(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(flag) => DataRef::Bool(*flag),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Error(error) => DataRef::Error(error.clone()),
        _ => DataRef::Empty,
    }
}

fn value(cell: &DataRef<'_>, is_percent: bool, epoch: Epoch) -> Result<Value, ExportFault> {
    Ok(match cell {
        DataRef::Int(number) => Value::from(*number),
        DataRef::Float(number) if is_percent => Value::from(percent(*number)),
        DataRef::Float(number) => plain(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            said(text)?
        }
        DataRef::SharedString(text) => said(text)?,
        DataRef::Bool(flag) => Value::from(*flag),
        DataRef::DateTime(at) => date(*at, epoch),
        DataRef::Error(error) => Value::from(error.to_string()),
        _ => Value::Null,
    })
}

fn said(text: &str) -> Result<Value, ExportFault> {
    if text.len() > LONGEST_CELL * 4 {
        return Err(ExportFault::TooLarge {
            what: "a cell",
            limit: LONGEST_CELL as u64,
        });
    }
    Ok(if text.is_empty() {
        Value::Null
    } else {
        Value::from(text)
    })
}

/// 2211 and not 2211.0: most numbers of a sheet are counts and codes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a whole number of that size fits"
)]
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// 0.9967 in a column shown as percent is 99.67 %; never with three decimals, which could part thousands.
fn percent(share: f64) -> String {
    let written = format!("{:.8}", share * 100.0);
    let short = written.trim_end_matches('0').trim_end_matches('.');
    match short.split_once('.') {
        Some((_, decimals)) if decimals.len() == 3 => format!("{short}0%"),
        _ => format!("{short}%"),
    }
}

fn date(at: ExcelDateTime, epoch: Epoch) -> Value {
    let serial = at.as_f64();
    let found = at.is_datetime().then(|| of_serial(serial, epoch)).flatten();
    match found {
        Some((day, None)) => Value::from(day.to_string()),
        Some((day, Some(time))) => Value::from(format!("{day}T{time}")),
        None => plain(serial),
    }
}

fn epoch(is_1904: bool) -> Epoch {
    if is_1904 {
        Epoch::Of1904
    } else {
        Epoch::Of1900
    }
}

fn broken(shape: &'static str, cause: &str) -> ExportFault {
    ExportFault::Broken {
        shape,
        cause: cause.to_owned(),
    }
}

fn xlsx_fault(error: XlsxError) -> ExportFault {
    match error {
        XlsxError::Password => ExportFault::Password,
        other => broken("XLSX", &other.to_string()),
    }
}

fn xls_fault(error: XlsError) -> ExportFault {
    match error {
        XlsError::Password => ExportFault::Password,
        // A protected XLSX is wrapped in the container of an XLS.
        other
            if other.to_string().contains("Workbook")
                && other.to_string().contains("not found") =>
        {
            ExportFault::Password
        }
        other => broken("XLS", &other.to_string()),
    }
}

fn ods_fault(error: OdsError) -> ExportFault {
    match error {
        OdsError::Password => ExportFault::Password,
        other => broken("ODS", &other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_shown_as_percent_is_one() {
        for (share, expected) in [
            (0.9967, "99.67%"),
            (1.0, "100%"),
            (0.02211, "2.2110%"),
            (0.005, "0.5%"),
        ] {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn whole_numbers_have_no_decimals() {
        assert_eq!(plain(2211.0).to_string(), "2211");
        assert_eq!(plain(2.5).to_string(), "2.5");
    }
}

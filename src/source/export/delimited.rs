//! CSV and its like: one line a row, whatever parts the columns.
//!
//! Owns: which character parts them, told by the heading that it gives.
//! Never: a type: all cells are text.
//! Reads next: `encoding.rs`, `heading.rs`.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use super::heading::{self, DEPTH, Wanted};
use super::{ExportFault, LONGEST_CELL, MOST_COLUMNS, SheetRow, Taker, encoding};
use crate::config::sources::FileForm;

const SEPARATORS: [char; 4] = [';', ',', '\t', '|'];
/// Enough for a heading under its titles.
const HEAD: u64 = 256 * 1024;

pub(super) fn rows(
    path: &Path,
    form: &FileForm,
    wanted: &Wanted,
    take: &mut Taker<'_>,
) -> Result<(), ExportFault> {
    let mut head = String::new();
    encoding::open(path, form.encoding)?
        .take(HEAD)
        .read_to_string(&mut head)
        .or_else(cut_letter)?;
    let stated = head.lines().next().and_then(says_separator);
    let separator = match form.separator.or(stated) {
        Some(separator) => separator,
        None => seen_separator(&head, wanted)?,
    };
    let mut text = BufReader::new(encoding::open(path, form.encoding)?);
    let skipped = u64::from(stated.is_some());
    if stated.is_some() {
        text.read_line(&mut String::new())?;
    }
    let has_carriage_returns = head.contains("\r\n");
    let mut reader = builder(separator).from_reader(text);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let number = record.position().map_or(0, |at| {
            // A record begins right behind the carriage return of the one before, on whose line the reader still is.
            at.line() + u64::from(has_carriage_returns && at.record() > 0)
        }) + skipped;
        let cells = cells(&record)?;
        if take(SheetRow {
            sheet: "",
            number,
            cells,
        })?
        .is_break()
        {
            break;
        }
    }
    Ok(())
}

/// The head may end in the middle of a letter; what was read before it is there.
fn cut_letter(error: std::io::Error) -> Result<usize, ExportFault> {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Ok(0),
        _ => Err(error.into()),
    }
}

fn builder(separator: char) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true);
    builder.delimiter(u8::try_from(separator).unwrap_or(b','));
    builder
}

/// Excel's own first line: `sep=;`.
fn says_separator(line: &str) -> Option<char> {
    let said = line
        .trim_end()
        .trim_start_matches('\u{feff}')
        .strip_prefix("sep=")?;
    let mut characters = said.chars();
    characters
        .next()
        .filter(|c| characters.next().is_none() && c.is_ascii())
}

/// The separator whose heading names the most columns; of two that name as many, the one that parts more.
fn seen_separator(head: &str, wanted: &Wanted) -> Result<char, ExportFault> {
    let fits = SEPARATORS.map(|separator| {
        let rows = first_rows(head, separator);
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        (heading::fit(&rows, wanted), width, separator)
    });
    let best = fits
        .iter()
        .copied()
        .max_by_key(|(fit, width, _)| (*fit, *width));
    let (fit, width, separator) = best.ok_or(ExportFault::Separator)?;
    let equals = fits
        .iter()
        .filter(|(f, w, _)| (*f, *w) == (fit, width))
        .count();
    // A single column is the same whatever parts it.
    if equals > 1 && width > 1 {
        return Err(ExportFault::Separator);
    }
    Ok(separator)
}

fn first_rows(head: &str, separator: char) -> Vec<Vec<Value>> {
    let mut reader = builder(separator).from_reader(head.as_bytes());
    let records = reader.records().take(DEPTH).flatten();
    records.filter_map(|record| cells(&record).ok()).collect()
}

fn cells(record: &StringRecord) -> Result<Vec<Value>, ExportFault> {
    if record.len() > MOST_COLUMNS {
        return Err(ExportFault::TooMany {
            sheet: "of the text file".to_owned(),
            what: "columns",
            limit: MOST_COLUMNS as u64,
        });
    }
    record.iter().map(cell).collect()
}

fn cell(said: &str) -> Result<Value, ExportFault> {
    if said.len() > LONGEST_CELL * 4 {
        let what = "a cell (perhaps a quotation mark that is never closed)";
        return Err(ExportFault::TooLarge {
            what,
            limit: LONGEST_CELL as u64,
        });
    }
    // `="00118"` keeps Excel from taking a code for a number.
    let quoted = said
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    Ok(match quoted.unwrap_or(said) {
        "" => Value::Null,
        text => Value::from(text),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "goes to map_err")]
fn broken(error: csv::Error) -> ExportFault {
    ExportFault::Broken {
        shape: "CSV",
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_numbers_of_their_lines_however_lines_end() {
        for end in ["\n", "\r\n"] {
            for (head, first) in [("", 1), ("sep=;", 2)] {
                let lines = [head, "A;B", "1;\"two\nlines\"", "2;x", "3;y"];
                let lines = lines.iter().filter(|line| !line.is_empty());
                let text: String = lines.map(|line| format!("{line}{end}")).collect();
                let file = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(file.path(), text).unwrap();
                let form = FileForm {
                    sheet: None,
                    encoding: None,
                    separator: Some(';'),
                    header: None,
                };
                let wanted = Wanted { fields: Vec::new() };
                let mut numbers = Vec::new();
                rows(file.path(), &form, &wanted, &mut |row: SheetRow<'_>| {
                    numbers.push(row.number);
                    Ok(std::ops::ControlFlow::Continue(()))
                })
                .unwrap();
                let expected = [0, 1, 3, 4].map(|line| first + line);
                assert_eq!(numbers, expected, "{end:?} {head:?}");
            }
        }
    }
}

//! Tables of web pages, which many systems save under the name of a workbook.
//!
//! Owns: cells that span columns and rows, lines inside a cell.
//! Never: a table inside a cell of another: it is part of that cell.
//! Reads next: `table.rs`.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use encoding_rs::Encoding;
use scraper::{ElementRef, Html, Node, Selector};
use serde_json::Value;

use super::{ExportFault, LONGEST_CELL, MOST_COLUMNS, SheetRow, Taker, encoding};
use crate::config::sources::FileForm;

/// A page is held in memory with all its elements.
const LARGEST: u64 = 64 * 1024 * 1024;

pub(super) fn rows(path: &Path, form: &FileForm, take: &mut Taker<'_>) -> Result<(), ExportFault> {
    if std::fs::metadata(path)?.len() > LARGEST {
        return Err(ExportFault::TooLarge {
            what: "the page",
            limit: LARGEST,
        });
    }
    let page = Html::parse_document(&text(path, form)?);
    let tables: Vec<ElementRef<'_>> = page
        .select(&selector("table")?)
        .filter(|table| !is_inside(table, None))
        .collect();
    for (table, index) in tables.iter().zip(1..) {
        let sheet = if tables.len() == 1 {
            String::new()
        } else {
            format!("table {index}")
        };
        if table_rows(table, &sheet, take)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The page as text, by what it says of its own encoding if nothing else does.
fn text(path: &Path, form: &FileForm) -> Result<String, ExportFault> {
    let bytes = std::fs::read(path)?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_lowercase();
    let declared = head.split("charset=").nth(1).map(|rest| {
        let rest = rest.trim_start_matches(['"', '\'']);
        rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .next()
            .unwrap_or_default()
    });
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    if let (None, None, Some(declared)) = (form.encoding, Encoding::for_bom(&bytes), declared) {
        let (text, _, malformed) = declared.decode(&bytes);
        if !malformed {
            return Ok(text.into_owned());
        }
    }
    let mut text = String::new();
    encoding::open(path, form.encoding)?.read_to_string(&mut text)?;
    Ok(text)
}

fn selector(words: &str) -> Result<Selector, ExportFault> {
    Selector::parse(words).map_err(|error| ExportFault::Broken {
        shape: "HTML",
        cause: error.to_string(),
    })
}

/// Whether the nearest table around the element is another than `of`.
fn is_inside(element: &ElementRef<'_>, of: Option<&ElementRef<'_>>) -> bool {
    let around = element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .find(|around| around.value().name() == "table");
    around.map(|table| table.id()) != of.map(|table| table.id())
}

fn table_rows(
    table: &ElementRef<'_>,
    sheet: &str,
    take: &mut Taker<'_>,
) -> Result<ControlFlow<()>, ExportFault> {
    let mut spans = Spans::default();
    let own = table
        .select(&selector("tr")?)
        .filter(|row| !is_inside(row, Some(table)))
        .collect::<Vec<_>>();
    for (row, number) in own.iter().zip(1..) {
        let cells = spans.row(row, sheet)?;
        let flow = take(SheetRow {
            sheet,
            number,
            cells,
        })?;
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Cells that reach down from earlier rows, by column: what they hold, and for how many rows still.
#[derive(Default)]
struct Spans(Vec<(Value, usize)>);

impl Spans {
    fn row(&mut self, row: &ElementRef<'_>, sheet: &str) -> Result<Vec<Value>, ExportFault> {
        let mut cells = Vec::new();
        self.reach_down(&mut cells);
        for cell in row
            .child_elements()
            .filter(|cell| matches!(cell.value().name(), "td" | "th"))
        {
            let held = held(&cell)?;
            let (columns, rows) = (span(&cell, "colspan"), span(&cell, "rowspan"));
            if cells.len() + columns > MOST_COLUMNS {
                return Err(ExportFault::TooMany {
                    sheet: sheet.to_owned(),
                    what: "columns",
                    limit: MOST_COLUMNS as u64,
                });
            }
            for column in 0..columns {
                // As in a workbook, a cell over several columns stands in the first.
                let value = if column == 0 {
                    held.clone()
                } else {
                    Value::Null
                };
                self.remember(cells.len(), &value, rows - 1);
                cells.push(value);
            }
            self.reach_down(&mut cells);
        }
        Ok(cells)
    }

    fn remember(&mut self, at: usize, value: &Value, rows: usize) {
        if self.0.len() <= at {
            self.0.resize(at + 1, (Value::Null, 0));
        }
        self.0[at] = (value.clone(), rows);
    }

    /// Fills the next columns that a cell above reaches into.
    fn reach_down(&mut self, cells: &mut Vec<Value>) {
        while let Some((value, rows)) = self.0.get_mut(cells.len()).filter(|(_, rows)| *rows > 0) {
            *rows -= 1;
            cells.push(value.clone());
        }
    }
}

fn span(cell: &ElementRef<'_>, attribute: &str) -> usize {
    let stated = cell
        .value()
        .attr(attribute)
        .and_then(|text| text.trim().parse().ok());
    stated.unwrap_or(1).clamp(1, 100_000)
}

/// The text of a cell; a new line or paragraph in it is a space.
fn held(cell: &ElementRef<'_>) -> Result<Value, ExportFault> {
    let mut text = String::new();
    for node in cell.descendants() {
        match node.value() {
            Node::Text(piece) => text.push_str(piece),
            Node::Element(element) if matches!(element.name(), "br" | "p" | "div") => {
                text.push(' ')
            }
            _ => {}
        }
        if text.len() > LONGEST_CELL * 4 {
            return Err(ExportFault::TooLarge {
                what: "a cell",
                limit: LONGEST_CELL as u64,
            });
        }
    }
    let text = text.trim();
    Ok(if text.is_empty() {
        Value::Null
    } else {
        Value::from(text)
    })
}

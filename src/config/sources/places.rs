//! Where a value stands in a row, and how its date is written.
//!
//! Owns: pointers, paths, columns, headers and date formats as a source's file names them.
//! Never: finding or reading a value (`source`).
//! Reads next: `fields.rs`.

use chrono::format::{Item as FormatItem, StrftimeItems};

use super::edxml;
use crate::config::problem::quoted;
use crate::config::reader::Item;

/// A JSON Pointer (RFC 6901): `/data`, `/DanhSachHoSoBoSung/0/NgayHenTraTruoc`.
pub fn pointer(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let escapes = text
        .split('~')
        .skip(1)
        .all(|rest| rest.starts_with(['0', '1']));
    if !text.starts_with('/') {
        item.problem(
            format!("`{text}` is not a JSON Pointer"),
            format!("write `\"/{text}\"`"),
        );
        return None;
    }
    if !escapes {
        item.problem(
            format!("`{text}` is not a JSON Pointer"),
            "write `~0` for `~` and `~1` for `/` in a name",
        );
        return None;
    }
    Some(text)
}

/// How places in a row are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// JSON Pointers and JSON Paths.
    Paths,
    /// Names of columns.
    Columns,
    /// Names of what a document has, [`edxml::HEADERS`].
    Headers,
}

impl Places {
    /// What to write for a place, in a remedy.
    pub fn example(self) -> (&'static str, &'static str) {
        match self {
            Self::Paths => ("/…", "a JSON Pointer in the row"),
            Self::Columns => ("…", "the name of its column"),
            Self::Headers => ("…", "a name such as `DocumentId` or `PromulgationDate`"),
        }
    }
}

/// Where a value stands in a row.
pub fn place(item: &Item<'_>, places: Places) -> Option<String> {
    let text = item.text()?;
    if places == Places::Paths && text.starts_with('$') {
        return path_expression(item, text);
    }
    plain_place(item, places)
}

/// As [`place`], but one that cannot stand for several values.
pub fn plain_place(item: &Item<'_>, places: Places) -> Option<String> {
    match places {
        Places::Paths => pointer(item),
        Places::Columns => item.text(),
        Places::Headers => edxml::read::header(item),
    }
}

/// A JSON Path (RFC 9535): `$.items[?@.kind == 'a'].value`.
fn path_expression(item: &Item<'_>, text: String) -> Option<String> {
    if jsonpath_rust::parser::parse_json_path(&text).is_ok() {
        return Some(text);
    }
    item.problem(
        format!("`{text}` is not a JSON Path"),
        "write it as `$.name`, `$.list[0].name` or `$.list[?@.kind == 'a'].name`, or as a JSON Pointer: `/name`",
    );
    None
}

/// Ways to write a date that strftime cannot describe.
const DATE_WORDS: [&str; 5] = ["iso", "excel", "excel-1904", "epoch-ms", "date-ms"];

/// How a date of a row is written: a date format of chrono, or a word.
pub fn written_date(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if DATE_WORDS.contains(&text.as_str()) {
        return Some(text);
    }
    if text.contains('%') {
        return format(item);
    }
    let help = format!(
        "write it with `%Y %m %d %H %M %S`, such as `%d/%m/%Y`, or as one of {}",
        quoted(DATE_WORDS)
    );
    item.problem(format!("`{text}` is not a date format"), help);
    None
}

/// A date format of chrono.
pub fn format(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let mut items = StrftimeItems::new(&text);
    let fits = text.contains('%') && !items.any(|item| matches!(item, FormatItem::Error));
    if !fits {
        item.problem(
            format!("`{text}` is not a date format"),
            "write it with `%Y %m %d %H %M %S`, such as `%Y%m%d%H%M%S` or `%d/%m/%Y`",
        );
    }
    fits.then_some(text)
}

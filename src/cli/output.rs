//! Printing: JSON, tables on a terminal, plain columns elsewhere.
//!
//! Owns: how a table looks.
//! Never: what is in it.
//! Reads next: `board.rs`.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::os::fd::AsFd;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::config::problem::Look;

/// # Errors
/// When standard output is closed.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(writeln!(stdout().lock(), "{text}")?)
}

/// # Errors
/// When standard output is closed.
pub fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    Ok(writeln!(stdout().lock(), "{}", text.as_ref())?)
}

/// A word beside the result, on standard error; nobody need listen there.
pub fn aside(text: impl AsRef<str>) {
    let _ = writeln!(stderr().lock(), "{}", text.as_ref().trim_end_matches('\n'));
}

/// As it is: what ends its lines itself.
///
/// # Errors
/// When standard output is closed.
pub fn text(text: impl AsRef<str>) -> anyhow::Result<()> {
    Ok(write!(stdout().lock(), "{}", text.as_ref())?)
}

/// Prints rows under headers; headers that begin with `#` are of numbers, aligned right.
///
/// # Errors
/// When standard output is closed.
pub fn table<const N: usize>(
    headers: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> anyhow::Result<()> {
    let on_terminal = stdout().is_terminal();
    let mut table = Table::new();
    table.load_style(if on_terminal {
        presets::UTF8_HORIZONTAL_ONLY
    } else {
        presets::NOTHING
    });
    if on_terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(headers.map(|header| header.trim_start_matches('#').to_owned()));
    for row in rows {
        table.add_row(row);
    }
    for (column, header) in table.column_iter_mut().zip(headers) {
        if header.starts_with('#') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    for row in text.lines() {
        line(row.trim_end())?;
    }
    Ok(())
}

/// How a report of a problem looks on a stream: colours and a width on a terminal that has them.
#[must_use]
pub fn look(stream: &(impl IsTerminal + AsFd)) -> Look {
    if !stream.is_terminal() {
        return Look::PLAIN;
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_none_or(|term| term == "dumb");
    let width = rustix::termios::tcgetwinsize(stream).map(|size| usize::from(size.ws_col));
    Look {
        colours: set("NO_COLOR").is_none() && !dumb,
        width: width
            .ok()
            .filter(|width| *width >= 40)
            .unwrap_or(Look::PLAIN.width),
    }
}

/// An instant in the site's zone, to the minute.
#[must_use]
pub fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

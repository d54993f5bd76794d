//! Tables for a spreadsheet.
//!
//! Owns: how a cell is written.
//! Never: which rows.
//! Reads next: `output.rs`.

/// The mark by which spreadsheets know UTF-8.
const MARK: char = '\u{feff}';

/// Rows under their names, as CSV.
pub fn table<const N: usize>(names: &[&str; N], rows: &[[String; N]]) -> String {
    let mut text = String::from(MARK);
    text.push_str(&line(&names.map(str::to_owned)));
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell between quotes; one that a spreadsheet would take for a formula is told to be text.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_it_looks_like() {
        for (cell, written) in [
            ("a", "\"a\""),
            ("say \"so\", please", "\"say \"\"so\"\", please\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("-1", "\"'-1\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}

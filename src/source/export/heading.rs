//! Where the table of a sheet begins: the row, or rows, that name its columns.
//!
//! Owns: finding the names a mapping knows among title rows, merged cells and headings of several lines.
//! Never: what stands under the heading (`table.rs`).
//! Reads next: `table.rs`.

use serde_json::Value;

use super::ExportFault;
use crate::config::problem::{closest, quoted};
use crate::source::value::{folded, text};

/// How far down a heading may begin.
pub(super) const DEPTH: usize = 50;
/// `Ngày` over `hẹn trả`, under one more title.
const MOST_LINES: usize = 3;

/// The columns that a mapping knows.
#[derive(Clone, Debug)]
pub(in crate::source) struct Wanted {
    pub fields: Vec<WantedField>,
}

#[derive(Clone, Debug)]
pub(in crate::source) struct WantedField {
    /// The field's own name: `code`, `due_at`.
    pub field: String,
    /// The names its column may have, as the mapping writes them.
    pub names: Vec<String>,
    pub required: bool,
}

/// A heading that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// Index of its first row among those searched, and how many rows it takes.
    pub row: usize,
    pub lines: usize,
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its place in a row.
    pub at: usize,
    /// The name by which the mapping asks for it.
    pub name: String,
    pub field: String,
    pub required: bool,
}

/// A place where the heading could stand, and how far it fits.
struct Candidate {
    row: usize,
    lines: usize,
    names: Vec<Names>,
    found: Vec<Column>,
    fields: usize,
}

/// What a column of a heading can be called: all its lines joined, or its lower lines alone.
#[derive(Debug, Default)]
struct Names {
    shown: String,
    full: String,
    lower: Vec<String>,
}

/// Finds the heading that names the most fields; of two equal ones the shorter, then the upper.
pub(super) fn find(
    rows: &[Vec<Value>],
    wanted: &Wanted,
    sheet: &str,
) -> Result<Heading, ExportFault> {
    match best(rows, wanted) {
        Some(best) if best.fields > 0 => best.heading(wanted, sheet),
        _ => Err(nowhere(wanted, sheet)),
    }
}

/// The heading that begins in the first of `rows`, because the mapping says so.
pub(super) fn stated(
    rows: &[Vec<Value>],
    wanted: &Wanted,
    sheet: &str,
) -> Result<Heading, ExportFault> {
    let best = (1..=MOST_LINES.min(rows.len()))
        .map(|lines| Candidate::new(rows, 0, lines, wanted))
        .max_by_key(|c| (c.fields, usize::MAX - c.lines));
    best.map_or_else(
        || Err(nowhere(wanted, sheet)),
        |best| best.heading(wanted, sheet),
    )
}

/// How many fields of the mapping the best heading of these rows names.
pub(super) fn fit(rows: &[Vec<Value>], wanted: &Wanted) -> usize {
    best(rows, wanted).map_or(0, |best| best.fields)
}

fn best(rows: &[Vec<Value>], wanted: &Wanted) -> Option<Candidate> {
    let places = (0..rows.len()).flat_map(|row| (1..=MOST_LINES).map(move |lines| (row, lines)));
    places
        .filter(|(row, lines)| row + lines <= rows.len())
        .map(|(row, lines)| Candidate::new(rows, row, lines, wanted))
        .max_by_key(|c| (c.fields, usize::MAX - c.lines, usize::MAX - c.row))
}

impl Candidate {
    fn new(rows: &[Vec<Value>], row: usize, lines: usize, wanted: &Wanted) -> Self {
        let names = names(&rows[row..row + lines]);
        let mut found = Vec::new();
        let mut fields = 0;
        for field in &wanted.fields {
            let before = found.len();
            for name in &field.names {
                let key = folded::key(name);
                found.extend(places(&names, &key).into_iter().map(|at| Column {
                    at,
                    name: name.clone(),
                    field: field.field.clone(),
                    required: field.required,
                }));
            }
            fields += usize::from(found.len() > before);
        }
        Self {
            row,
            lines,
            names,
            found,
            fields,
        }
    }

    fn heading(self, wanted: &Wanted, sheet: &str) -> Result<Heading, ExportFault> {
        let is_missing = |field: &&WantedField| {
            field.required && !self.found.iter().any(|column| column.field == field.field)
        };
        let missing: Vec<&WantedField> = wanted.fields.iter().filter(is_missing).collect();
        if !missing.is_empty() {
            return Err(self.missing(&missing, sheet));
        }
        self.called_twice(sheet)?;
        Ok(Heading {
            row: self.row,
            lines: self.lines,
            columns: self.found,
        })
    }

    fn called_twice(&self, sheet: &str) -> Result<(), ExportFault> {
        for (index, column) in self.found.iter().enumerate() {
            let same = |other: &&Column| other.name == column.name && other.field == column.field;
            if let Some(earlier) = self.found[..index].iter().find(same) {
                return Err(ExportFault::TwoColumns {
                    name: column.name.clone(),
                    columns: format!("{} and {}", letters(earlier.at), letters(column.at)),
                    where_: in_sheet(sheet),
                });
            }
        }
        Ok(())
    }

    /// What stands in the heading instead of the missing columns.
    fn missing(&self, missing: &[&WantedField], sheet: &str) -> ExportFault {
        let there: Vec<&str> = self
            .names
            .iter()
            .map(|names| names.shown.as_str())
            .filter(|shown| !shown.is_empty())
            .collect();
        let slips: Vec<String> = missing
            .iter()
            .flat_map(|field| &field.names)
            .filter_map(|name| Some((name, closest(name, there.iter().copied())?)))
            .map(|(name, there)| format!("did you mean `{there}` by `{name}`?"))
            .collect();
        let nearest = format!(
            "the heading has {}{}",
            quoted(there),
            slips
                .iter()
                .map(|slip| format!("; {slip}"))
                .collect::<String>()
        );
        ExportFault::NoHeading {
            missing: listed(missing),
            where_: in_sheet(sheet),
            nearest,
        }
    }
}

/// Rows that hold none of the names are not shown: they may be anybody's data.
fn nowhere(wanted: &Wanted, sheet: &str) -> ExportFault {
    let required: Vec<&WantedField> = wanted
        .fields
        .iter()
        .filter(|field| field.required)
        .collect();
    ExportFault::NoHeading {
        missing: listed(&required),
        where_: in_sheet(sheet),
        nearest: format!("none of their names stands in the first {DEPTH} rows"),
    }
}

/// `` `Mã hồ sơ`, `Ngày trả` or `Ngày kết thúc` ``
fn listed(fields: &[&WantedField]) -> String {
    let names = |field: &&WantedField| {
        let names: Vec<String> = field.names.iter().map(|name| format!("`{name}`")).collect();
        names.join(" or ")
    };
    fields.iter().map(names).collect::<Vec<_>>().join(", ")
}

pub(super) fn in_sheet(sheet: &str) -> String {
    if sheet.is_empty() {
        String::new()
    } else {
        format!(" in sheet `{sheet}`")
    }
}

/// The columns of this name: by all lines of the heading, or else by the lower ones.
fn places(names: &[Names], key: &str) -> Vec<usize> {
    let full: Vec<usize> = (0..names.len())
        .filter(|at| names[*at].full == key)
        .collect();
    if !full.is_empty() {
        return full;
    }
    (0..names.len())
        .filter(|at| names[*at].lower.iter().any(|lower| lower == key))
        .collect()
}

/// What each column is called by these lines. A merged cell stands in its first column only: it is carried to the
/// right over columns that have a name below.
fn names(lines: &[Vec<Value>]) -> Vec<Names> {
    let width = lines.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |line: usize, at: usize| {
        lines[line]
            .get(at)
            .and_then(Value::as_str)
            .map(|text| text::tidy(text).into_owned())
            .unwrap_or_default()
    };
    let mut carried = vec![String::new(); lines.len()];
    let mut names = Vec::with_capacity(width);
    for at in 0..width {
        let mut parts: Vec<String> = (0..lines.len()).map(|line| cell(line, at)).collect();
        for line in 0..lines.len() {
            if !parts[line].is_empty() {
                carried[line].clone_from(&parts[line]);
                carried[line + 1..].fill(String::new());
            } else if parts[line + 1..].iter().any(|below| !below.is_empty()) {
                parts[line].clone_from(&carried[line]);
            }
        }
        names.push(Names::of(parts));
    }
    names
}

impl Names {
    fn of(mut parts: Vec<String>) -> Self {
        parts.retain(|part| !part.is_empty());
        parts.dedup();
        let joined = |parts: &[String]| folded::key(&parts.join(" "));
        Self {
            shown: parts.join(" / "),
            full: joined(&parts),
            lower: (1..parts.len())
                .map(|from| joined(&parts[from..]))
                .collect(),
        }
    }
}

/// `A`, `Z`, `AA`: a column as spreadsheets name it.
fn letters(at: usize) -> String {
    let mut letters = String::new();
    let mut rest = at + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Vec<Vec<Value>> {
        let cell = |text: &str| match text.trim() {
            "" => Value::Null,
            text => Value::from(text),
        };
        lines
            .iter()
            .map(|line| line.split('|').map(cell).collect())
            .collect()
    }

    fn wanted(fields: &[(&str, &[&str], bool)]) -> Wanted {
        let field = |(field, names, required): &(&str, &[&str], bool)| WantedField {
            field: (*field).to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            required: *required,
        };
        Wanted {
            fields: fields.iter().map(field).collect(),
        }
    }

    fn dossiers() -> Wanted {
        wanted(&[
            ("code", &["Mã hồ sơ", "Số hồ sơ"], true),
            ("received_at", &["Ngày nhận"], true),
            ("due_at", &["Ngày hẹn trả"], true),
            ("finished_at", &["Ngày kết thúc xử lý", "Ngày trả"], false),
        ])
    }

    fn places(heading: &Heading) -> Vec<(&str, usize)> {
        heading
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.at))
            .collect()
    }

    #[test]
    fn a_heading_is_found_below_titles_in_any_order_by_any_name() {
        let rows = rows(&[
            "ỦY BAN NHÂN DÂN QUẬN",
            "DANH SÁCH HỒ SƠ QUÁ HẠN",
            "",
            "STT|NGÀY HẸN TRẢ|Số hồ sơ|Chủ hồ sơ|Ngày nhận",
            "1|01/06/2020|H26.23.12-200525-0001|A|25/05/2020",
        ]);
        let heading = find(&rows, &dossiers(), "").unwrap();
        assert_eq!((heading.row, heading.lines), (3, 1));
        assert_eq!(
            places(&heading),
            [("Số hồ sơ", 2), ("Ngày nhận", 4), ("Ngày hẹn trả", 1)]
        );
    }

    #[test]
    fn merged_cells_and_lines_are_joined() {
        let rows = rows(&[
            "Biểu 1",
            "STT|Mã hồ sơ|Ngày|||Ghi chú",
            "||nhận|hẹn trả|trả|",
            "1|H26|x|y|z|",
        ]);
        let heading = find(&rows, &dossiers(), "").unwrap();
        assert_eq!((heading.row, heading.lines), (1, 2));
        assert_eq!(
            places(&heading),
            [
                ("Mã hồ sơ", 1),
                ("Ngày nhận", 2),
                ("Ngày hẹn trả", 3),
                ("Ngày trả", 4)
            ]
        );
    }

    #[test]
    fn a_lower_line_alone_names_a_column_if_it_is_the_only_one() {
        let rows = rows(&[
            "Hồ sơ||Thời hạn|",
            "Mã hồ sơ|Ngày nhận|Ngày hẹn trả|",
            "a|b|c|d",
        ]);
        let heading = find(&rows, &dossiers(), "").unwrap();
        assert_eq!(places(&heading).len(), 3);

        let wanted = wanted(&[("early", &["Trước hạn"], true)]);
        let rows = self::rows(&[
            "Cấp quận||Cấp phường|",
            "Trước hạn|Đúng hạn|Trước hạn|Đúng hạn",
        ]);
        assert_eq!(
            find(&rows, &wanted, "Biểu").unwrap_err().to_string(),
            "two columns are called `Trước hạn`: A and C in sheet `Biểu`"
        );
    }

    #[test]
    fn what_is_missing_is_named_with_what_stood_there() {
        let rows = rows(&["STT|Mã hồ sơ|Ngày nhận|Ngày hẹn tr", "1|a|b|c"]);
        assert_eq!(
            find(&rows, &dossiers(), "Tháng 5").unwrap_err().to_string(),
            "no row names the columns `Ngày hẹn trả` in sheet `Tháng 5`; the heading has `STT`, `Mã hồ sơ`, \
             `Ngày nhận`, `Ngày hẹn tr`; did you mean `Ngày hẹn tr` by `Ngày hẹn trả`?"
        );
        let rows = self::rows(&["Nguyễn Văn A|0912345678"]);
        let said = find(&rows, &dossiers(), "").unwrap_err().to_string();
        assert!(
            !said.contains("Nguyễn"),
            "nobody's data in a message: {said}"
        );
    }

    #[test]
    fn columns_have_letters() {
        assert_eq!(
            [0, 25, 26, 701, 702].map(letters),
            ["A", "Z", "AA", "ZZ", "AAA"]
        );
    }
}

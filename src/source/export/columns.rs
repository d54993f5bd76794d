//! The columns of a table, and the rows under their heading without what only people need: totals, numbered columns,
//! headings of groups, signatures.
//!
//! Owns: which rows are data, and the JSON object that a row becomes: mapped columns alone.
//! Never: judging a value: a row with a code is data, however bad.
//! Reads next: `heading.rs`.

use serde_json::{Map, Value};

use super::heading::{self, Heading};
use crate::source::value::{folded, text};

/// How a row of totals begins.
const TOTALS: [&str; 4] = ["tổng số", "tổng cộng", "cộng", "tổng"];

/// The columns of a table that was found.
pub(super) struct Columns {
    heading: Heading,
    /// The folded text of the heading's last line, to know it again.
    repeated: Vec<(usize, String)>,
    code: Vec<usize>,
    required: Vec<usize>,
    /// The folded words for totals.
    totals: [String; 4],
    /// The row just below the heading may number its columns.
    first: bool,
}

impl Columns {
    pub(super) fn new(heading: Heading, rows: &[Vec<Value>]) -> Self {
        let last = &rows[heading.row + heading.lines - 1];
        let at = |wanted: &dyn Fn(&heading::Column) -> bool| -> Vec<usize> {
            let columns = heading.columns.iter().filter(|column| wanted(column));
            columns.map(|column| column.at).collect()
        };
        let code = at(&|column| column.field == "code");
        let required = at(&|column| column.required);
        let repeated = heading
            .columns
            .iter()
            .map(|column| {
                (
                    column.at,
                    last.get(column.at).map(key_of).unwrap_or_default(),
                )
            })
            .filter(|(_, key)| !key.is_empty())
            .collect();
        Self {
            heading,
            repeated,
            code,
            required,
            totals: TOTALS.map(folded::key),
            first: true,
        }
    }

    /// Whether a row that is not blank belongs to the table.
    pub(super) fn hold_data(&mut self, cells: &[Value]) -> bool {
        let first = std::mem::replace(&mut self.first, false);
        if first && numbers_columns(cells) {
            return false;
        }
        if self.repeats_heading(cells) || self.is_total(cells) {
            return false;
        }
        self.has_code(cells) || self.filled(cells) > 1
    }

    fn has_code(&self, cells: &[Value]) -> bool {
        self.code
            .iter()
            .any(|at| cells.get(*at).is_some_and(|cell| !is_blank(cell)))
            && self.filled(cells) > usize::from(self.required.len() > 2)
    }

    /// How many of the columns that must have a value have one. A heading of a group, a note or a signature fills
    /// one at most.
    fn filled(&self, cells: &[Value]) -> usize {
        let filled = |at: &&usize| cells.get(**at).is_some_and(|cell| !is_blank(cell));
        self.required.iter().filter(filled).count()
    }

    fn repeats_heading(&self, cells: &[Value]) -> bool {
        !self.repeated.is_empty()
            && self
                .repeated
                .iter()
                .all(|(at, key)| cells.get(*at).is_some_and(|cell| key_of(cell) == *key))
    }

    /// `Tổng số`, `Tổng cộng: 12`, `Cộng`: in the first cell that holds something, and no code beside it.
    fn is_total(&self, cells: &[Value]) -> bool {
        let first = cells.iter().position(|cell| !is_blank(cell));
        let Some((at, said)) = first.and_then(|at| Some((at, cells[at].as_str()?))) else {
            return false;
        };
        let beside =
            |code: &usize| *code != at && cells.get(*code).is_some_and(|cell| !is_blank(cell));
        if self.code.iter().any(beside) {
            return false;
        }
        let key = folded::key(said);
        self.totals.iter().any(|word| {
            let rest = key.strip_prefix(word.as_str());
            rest.is_some_and(|rest| rest.is_empty() || goes_on(word, rest))
        })
    }

    pub(super) fn object(&self, cells: &[Value], bytes: &mut usize) -> Value {
        let mut row = Map::new();
        for column in &self.heading.columns {
            let value = cells.get(column.at).cloned().unwrap_or_default();
            *bytes += column.name.len() + value.as_str().map_or(8, str::len);
            row.insert(column.name.clone(), value);
        }
        Value::Object(row)
    }
}

/// `tổng số hồ sơ` is one, and so is `cộng 12`; `cộng đồng` is none.
fn goes_on(word: &str, rest: &str) -> bool {
    let rest = rest.strip_prefix(' ');
    rest.is_some_and(|rest| word.contains(' ') || rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn key_of(cell: &Value) -> String {
    cell.as_str().map(folded::key).unwrap_or_default()
}

pub(super) fn is_blank(cell: &Value) -> bool {
    match cell {
        Value::Null => true,
        Value::String(said) => text::tidy(said).is_empty(),
        _ => false,
    }
}

/// `(1) (2) (3)`, `A B 1 2 3`: forms number their columns under the heading.
fn numbers_columns(cells: &[Value]) -> bool {
    let mut last = 0;
    let mut numbers = 0;
    for cell in cells.iter().filter(|cell| !is_blank(cell)) {
        let said = match cell {
            Value::String(said) => text::tidy(said),
            other => other.to_string().into(),
        };
        let said = said.trim_matches(['(', ')', '[', ']']);
        let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse::<u32>() {
            // `7=8+9` says how the seventh is counted.
            Ok(number)
                if number == last + 1
                    && said[digits.len()..].starts_with(['=', ')', ' ']) | (said == digits) =>
            {
                last = number;
                numbers += 1;
            }
            Err(_) if said.len() == 1 && last == 0 => {}
            _ => return false,
        }
    }
    numbers >= 3
}

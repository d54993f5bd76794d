//! The rows under a heading, without what only people need: titles, totals, numbered columns, signatures.
//!
//! Owns: which rows are data, and the JSON object that a row becomes: mapped columns alone.
//! Never: judging a value: a row with a code is data, however bad.
//! Reads next: `heading.rs`.

use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::heading::{self, DEPTH, Heading, Wanted};
use super::{ExportFault, SheetRow};
use crate::config::sources::FileForm;
use crate::source::value::{folded, text};

/// What is handed over at a time.
const BATCH_ROWS: usize = 1_000;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Some rows of one sheet.
#[derive(Debug, Default)]
pub struct Batch {
    pub sheet: String,
    pub rows: Vec<Value>,
    /// Where each stands in its sheet, from 1.
    pub numbers: Vec<u64>,
    /// Rows since the last batch that are no data: totals, repeated headings, signatures.
    pub left_out: u64,
}

/// Finds the table while rows come by, and hands it over in batches.
pub(super) struct Table<'a> {
    form: &'a FileForm,
    wanted: &'a Wanted,
    hand_over: &'a mut dyn FnMut(Batch) -> ControlFlow<()>,
    sheet: String,
    /// Rows of a sheet whose heading is not found yet.
    waiting: Vec<(u64, Vec<Value>)>,
    stage: Stage,
    batch: Batch,
    bytes: usize,
    found_any: bool,
    /// The best of the sheets that have no table.
    fault: Option<ExportFault>,
}

enum Stage {
    Searching,
    Reading(Columns),
    /// The sheet has no table; another one may.
    Passing,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        form: &'a FileForm,
        wanted: &'a Wanted,
        hand_over: &'a mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Self {
        Self {
            form,
            wanted,
            hand_over,
            sheet: String::new(),
            waiting: Vec::new(),
            stage: Stage::Searching,
            batch: Batch::default(),
            bytes: 0,
            found_any: false,
            fault: None,
        }
    }

    /// Takes one row of a file, in order.
    pub(super) fn take(&mut self, row: SheetRow<'_>) -> Result<ControlFlow<()>, ExportFault> {
        if row.sheet != self.sheet {
            if self.end_sheet()?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            row.sheet.clone_into(&mut self.sheet);
        }
        match &self.stage {
            Stage::Passing => Ok(ControlFlow::Continue(())),
            Stage::Reading(_) => Ok(self.data(row.number, &row.cells)),
            Stage::Searching => {
                let before = self
                    .form
                    .header
                    .is_some_and(|header| row.number < u64::from(header));
                if before {
                    return Ok(ControlFlow::Continue(()));
                }
                self.waiting.push((row.number, row.cells));
                if self.waiting.len() < DEPTH + 2 {
                    return Ok(ControlFlow::Continue(()));
                }
                self.search()
            }
        }
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self) -> Result<(), ExportFault> {
        if self.end_sheet()?.is_break() || self.found_any {
            return Ok(());
        }
        Err(self.fault.unwrap_or(ExportFault::Empty))
    }

    fn end_sheet(&mut self) -> Result<ControlFlow<()>, ExportFault> {
        let searched = match self.stage {
            Stage::Searching if !self.waiting.is_empty() => self.search()?,
            _ => ControlFlow::Continue(()),
        };
        self.stage = Stage::Searching;
        self.waiting.clear();
        Ok(if searched.is_break() {
            searched
        } else {
            self.flush()
        })
    }

    /// Looks for the heading among the rows that wait, and reads those below it.
    fn search(&mut self) -> Result<ControlFlow<()>, ExportFault> {
        let (numbers, rows): (Vec<u64>, Vec<Vec<Value>>) = self.waiting.drain(..).unzip();
        let found = match self.form.header {
            Some(_) => heading::stated(&rows, self.wanted, &self.sheet),
            None => heading::find(&rows, self.wanted, &self.sheet),
        };
        let heading = match found {
            Ok(heading) => heading,
            // Without a stated sheet any of them may be the one.
            Err(fault @ ExportFault::NoHeading { .. }) => {
                self.remember(fault);
                self.stage = Stage::Passing;
                return Ok(ControlFlow::Continue(()));
            }
            Err(fault) => return Err(fault),
        };
        self.found_any = true;
        let first = heading.row + heading.lines;
        self.stage = Stage::Reading(Columns::new(heading, &rows));
        for (number, cells) in numbers.into_iter().zip(&rows).skip(first) {
            if self.data(number, cells).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A sheet that has some of the columns says more than one that has none.
    fn remember(&mut self, fault: ExportFault) {
        let says_more = |fault: &ExportFault| fault.to_string().contains("the heading has");
        if self
            .fault
            .as_ref()
            .is_none_or(|earlier| !says_more(earlier) && says_more(&fault))
        {
            self.fault = Some(fault);
        }
    }

    fn data(&mut self, number: u64, cells: &[Value]) -> ControlFlow<()> {
        let Stage::Reading(columns) = &mut self.stage else {
            return ControlFlow::Continue(());
        };
        if cells.iter().all(is_blank) {
            return ControlFlow::Continue(());
        }
        if !columns.hold_data(cells) {
            self.batch.left_out += 1;
            return ControlFlow::Continue(());
        }
        let row = columns.object(cells, &mut self.bytes);
        self.batch.rows.push(row);
        self.batch.numbers.push(number);
        if self.batch.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.flush()
        } else {
            ControlFlow::Continue(())
        }
    }

    fn flush(&mut self) -> ControlFlow<()> {
        if self.batch.rows.is_empty() && self.batch.left_out == 0 {
            return ControlFlow::Continue(());
        }
        self.bytes = 0;
        let mut batch = std::mem::take(&mut self.batch);
        batch.sheet.clone_from(&self.sheet);
        (self.hand_over)(batch)
    }
}

/// The columns of a table that was found.
struct Columns {
    heading: Heading,
    /// The folded text of the heading's last line, to know it again.
    repeated: Vec<(usize, String)>,
    code: Vec<usize>,
    required: Vec<usize>,
    /// The row just below the heading may number its columns.
    first: bool,
}

impl Columns {
    fn new(heading: Heading, rows: &[Vec<Value>]) -> Self {
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
            first: true,
        }
    }

    /// Whether a row that is not blank belongs to the table.
    fn hold_data(&mut self, cells: &[Value]) -> bool {
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
        let key = folded::key(said);
        let is_total = ["tổng số", "tổng cộng", "cộng", "tổng"]
            .map(folded::key)
            .iter()
            .any(|word| {
                key == *word
                    || (word.contains(' ') && key.starts_with(&format!("{word} ")))
                    || has_number_after(&key, word)
            });
        let beside =
            |code: &usize| *code != at && cells.get(*code).is_some_and(|cell| !is_blank(cell));
        is_total && !self.code.iter().any(beside)
    }

    fn object(&self, cells: &[Value], bytes: &mut usize) -> Value {
        let mut row = Map::new();
        for column in &self.heading.columns {
            let value = cells.get(column.at).cloned().unwrap_or_default();
            *bytes += column.name.len() + value.as_str().map_or(8, str::len);
            row.insert(column.name.clone(), value);
        }
        Value::Object(row)
    }
}

fn has_number_after(key: &str, word: &str) -> bool {
    key.strip_prefix(word)
        .and_then(|rest| rest.strip_prefix(' '))
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn key_of(cell: &Value) -> String {
    cell.as_str().map(folded::key).unwrap_or_default()
}

fn is_blank(cell: &Value) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::export::heading::WantedField;

    fn wanted() -> Wanted {
        let field = |field: &str, name: &str| WantedField {
            field: field.to_owned(),
            names: vec![name.to_owned()],
            required: true,
        };
        Wanted {
            fields: vec![
                field("code", "Mã hồ sơ"),
                field("received_at", "Ngày nhận"),
                field("unit", "Đơn vị"),
            ],
        }
    }

    /// The codes that are read, with their numbers, and how many rows were left out.
    fn read(lines: &[&str], form: &FileForm) -> Result<(Vec<(u64, String)>, u64), ExportFault> {
        let mut codes = Vec::new();
        let mut left_out = 0;
        let mut take = |batch: Batch| {
            left_out += batch.left_out;
            for (number, row) in batch.numbers.iter().zip(&batch.rows) {
                codes.push((
                    *number,
                    row["Mã hồ sơ"].as_str().unwrap_or_default().to_owned(),
                ));
            }
            ControlFlow::Continue(())
        };
        let wanted = wanted();
        let mut table = Table::new(form, &wanted, &mut take);
        for (line, number) in lines.iter().zip(1..) {
            let cells = line.split('|').map(|cell| match cell {
                "" => Value::Null,
                cell => Value::from(cell),
            });
            let row = SheetRow {
                sheet: "Tháng 5",
                number,
                cells: cells.collect(),
            };
            assert!(table.take(row)?.is_continue());
        }
        table.finish()?;
        Ok((codes, left_out))
    }

    const HEADING: &str = "STT|Mã hồ sơ|Chủ hồ sơ|Ngày nhận|Đơn vị";

    #[test]
    fn rows_that_only_people_need_are_left_out() {
        let (codes, left_out) = read(
            &[
                "DANH SÁCH HỒ SƠ",
                HEADING,
                "(1)|(2)|(3)|(4)|(5)",
                "I|Lĩnh vực đất đai|||",
                "1|H26-1|A|25/05/2020|00118",
                "",
                HEADING,
                "2|H26-2|B|26/05/2020|00118",
                "Cộng|||2|",
                "Tổng cộng: 2 hồ sơ||||",
                "|||Hà Nội, ngày 01 tháng 6 năm 2020|",
                "||||NGƯỜI LẬP BIỂU",
            ],
            &FileForm::default(),
        )
        .unwrap();
        assert_eq!(codes, [(5, "H26-1".to_owned()), (8, "H26-2".to_owned())]);
        assert_eq!(left_out, 7);
    }

    #[test]
    fn a_row_that_is_bad_is_still_a_row() {
        let (codes, left_out) = read(
            &[
                HEADING,
                "1||A|25/05/2020|00118",
                "2|H26-2|B|hôm qua|",
                "Tổng|H26-3|C|26/05/2020|00118",
            ],
            &FileForm::default(),
        )
        .unwrap();
        assert_eq!(
            codes,
            [
                (2, String::new()),
                (3, "H26-2".to_owned()),
                (4, "H26-3".to_owned())
            ]
        );
        assert_eq!(left_out, 0);
    }

    #[test]
    fn only_mapped_columns_leave_the_file() {
        let mut seen = Vec::new();
        let mut take = |batch: Batch| {
            seen.extend(batch.rows);
            ControlFlow::Continue(())
        };
        let (form, wanted) = (FileForm::default(), wanted());
        let mut table = Table::new(&form, &wanted, &mut take);
        for (line, number) in [HEADING, "1|H26-1|Nguyễn Văn A|25/05/2020|00118"]
            .iter()
            .zip(1..)
        {
            let cells = line.split('|').map(Value::from).collect();
            table
                .take(SheetRow {
                    sheet: "",
                    number,
                    cells,
                })
                .unwrap()
                .is_continue();
        }
        table.finish().unwrap();
        assert!(!format!("{seen:?}").contains("Nguyễn"));
        assert_eq!(seen[0].as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_stated_heading_is_taken_at_its_word() {
        let form = FileForm {
            header: Some(3),
            ..FileForm::default()
        };
        let lines = [
            HEADING,
            "1|H26-0|A|1|2",
            HEADING,
            "1|H26-1|A|25/05/2020|00118",
        ];
        let (codes, _) = read(&lines, &form).unwrap();
        assert_eq!(codes, [(4, "H26-1".to_owned())]);
        let form = FileForm {
            header: Some(4),
            ..FileForm::default()
        };
        assert!(read(&lines, &form).is_err(), "the heading stands elsewhere");
    }

    #[test]
    fn a_file_without_its_table_is_refused() {
        assert!(matches!(
            read(&["a|b"], &FileForm::default()),
            Err(ExportFault::NoHeading { .. })
        ));
        assert!(matches!(
            read(&[], &FileForm::default()),
            Err(ExportFault::Empty)
        ));
    }
}

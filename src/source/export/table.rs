//! The table of each sheet, found while rows come by, and handed over in batches.
//!
//! Owns: which sheet has a table, and the size of a batch.
//! Never: which rows of a table are data (`columns.rs`).
//! Reads next: `heading.rs`, `columns.rs`.

use std::ops::ControlFlow;

use serde_json::Value;

use super::columns::{Columns, is_blank};
use super::heading::{self, DEPTH, Wanted};
use super::{ExportFault, SheetRow};
use crate::config::sources::FileForm;

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
    Reading(Box<Columns>),
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
        self.stage = Stage::Reading(Box::new(Columns::new(heading, &rows)));
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

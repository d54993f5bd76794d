//! A workbook of a hundred thousand dossiers, read as one that was dropped, beside the library's own bare read.
//!
//! Owns: the workbook, and the measurements named in the README.
//! Never: the code that is measured: it is the daemon's own.
//! Reads next: `source/drop.rs`, `source/export/workbook.rs`, `source/mapping.rs`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use calamine::{Reader, Xlsx, open_workbook};
use chrono::{DateTime, NaiveDateTime, Utc};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::Figure;
use super::machine::peak_megabytes;
use super::schedule::{figure, new_site, opened};
use crate::config::sources::Pull;
use crate::demo::endless::Endless;
use crate::domain::dossier::{Channel, Dossier};
use crate::job::App;
use crate::job::step::pull;
use crate::source::mapping::Mapping;
use crate::source::{Ask, Connection, Next};

const SOURCE: &str = "exports";
/// What stands above the heading, and the heading.
const ABOVE: u32 = 4;
/// The most rows of a sheet.
const MOST: u64 = 1_048_576 - ABOVE as u64;
/// Each way is taken so often, in turn; the best time of each counts.
const TIMES: usize = 3;

const HEADING: [&str; 15] = [
    "STT",
    "Mã hồ sơ",
    "Mã TTHC",
    "Tên TTHC",
    "Lĩnh vực",
    "Đơn vị tiếp nhận",
    "Chủ hồ sơ",
    "Số điện thoại",
    "Hình thức nộp",
    "Trạng thái",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Ngày trả",
    "Ghi chú",
];

const FILE: &str = r#"kind = "drop"
title = "Tệp xuất từ một cửa điện tử"
folder = "exports"
settle = "1ms"
expect_within = "26h"

[[pull]]
records = "dossiers"
files = "ho-so.xlsx"
formats = ["iso"]
personal = ["Chủ hồ sơ", "Số điện thoại"]

[pull.fields]
code = "Mã hồ sơ"
procedure = "Mã TTHC"
procedure_name = "Tên TTHC"
field = "Lĩnh vực"
unit = "Đơn vị tiếp nhận"
channel = { from = "Hình thức nộp", codes = { "Trực tiếp" = "direct", "Trực tuyến" = "online", "Bưu chính" = "postal" } }
status = { from = "Trạng thái", codes = { "Đang xử lý" = 4, "Đã trả kết quả" = 10 } }
received_at = "Ngày tiếp nhận"
due_at = "Ngày hẹn trả"
finished_at = { from = ["Ngày kết thúc xử lý", "Ngày trả"], required = false }
"#;

/// Reads a workbook of `rows` dossiers both ways.
pub async fn run(rows: u64) -> anyhow::Result<Vec<Figure>> {
    ensure!(rows <= MOST, "a sheet has room for {MOST} rows");
    let site = new_site()?;
    let folder = site.path().join("exports");
    fs::create_dir(&folder)?;
    let file = folder.join("ho-so.xlsx");
    write(&file, rows)?;
    fs::write(site.path().join("config/sources/exports.toml"), FILE)?;
    let app = opened(site.path(), "2026-11-24T00:30:00Z".parse()?).await?;
    let mut ours = as_dropped(&app, rows).await?;
    let memory = peak_megabytes()?;
    let mut bare = bare(&file, rows)?;
    for _ in 1..TIMES {
        ours = ours.min(as_dropped(&app, rows).await?);
        bare = bare.min(self::bare(&file, rows)?);
    }
    let per_second = |time: Duration| rows as f64 / time.as_secs_f64();
    Ok(vec![
        figure(
            format!("{rows} dossiers of 15 columns, from a dropped XLSX to records"),
            per_second(ours),
            "rows/s",
            "",
        ),
        figure(
            "the same, of the library's bare read of its sheet".to_owned(),
            ours.as_secs_f64() / bare.as_secs_f64(),
            "x",
            format!("2.5 times, at {:.0} rows/s", per_second(bare)),
        ),
        figure(
            "most memory, writing the workbook included".to_owned(),
            memory,
            "MB",
            "",
        ),
    ])
}

/// The whole way of a file but for storing: found in its folder, hashed, its heading found, its rows mapped.
async fn as_dropped(app: &App, rows: u64) -> anyhow::Result<Duration> {
    let source = app.files.sources.iter().find(|found| found.name == SOURCE);
    let source = source.context("the source is gone")?;
    let list = source.pulls.first().context("it has no list")?;
    let started = Instant::now();
    let mut connection = pull::open(app, source)?;
    let records = records(app, list, &mut connection).await?;
    let took = started.elapsed();
    ensure!(records == rows, "{records} of {rows} rows became records");
    Ok(took)
}

async fn records(app: &App, list: &Pull, connection: &mut Connection<'_>) -> anyhow::Result<u64> {
    let now = app.clock.now();
    let mapping = Mapping::new(list, pull::place(app, now));
    let mut position = None;
    let mut records = 0;
    loop {
        let ask = Ask {
            pull: list,
            since: None,
            position: position.as_deref(),
            now,
        };
        let page = connection.page(&ask).await?;
        records += mapping.map(&page.rows, page.first).dossiers.len() as u64;
        match page.next {
            Next::At(next) => position = Some(next),
            Next::Again | Next::End | Next::Unsettled => return Ok(records),
        }
    }
}

/// The library by itself: the whole range of the sheet.
fn bare(file: &Path, rows: u64) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut book: Xlsx<_> = open_workbook(file)?;
    let range = book.worksheet_range_at(0).context("no sheet")??;
    let took = started.elapsed();
    ensure!(range.height() as u64 == rows + u64::from(ABOVE));
    Ok(took)
}

/// A workbook as a one-stop-shop saves it: a title, the day, a heading, a line for each dossier.
fn write(file: &Path, rows: u64) -> anyhow::Result<()> {
    let city = Endless::of(rows);
    let date = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_low_memory()?;
    sheet.write(0, 0, "DANH SÁCH HỒ SƠ")?;
    sheet.write(1, 0, "Xuất ngày 24/11/2026")?;
    for (column, name) in (0..).zip(HEADING) {
        sheet.write(ABOVE - 1, column, name)?;
    }
    for (row, number) in (ABOVE..).zip(0..rows) {
        line(sheet, row, &city.dossier(number)?, &date)?;
    }
    Ok(book.save(file)?)
}

fn line(
    sheet: &mut Worksheet,
    row: u32,
    dossier: &Dossier,
    date: &Format,
) -> Result<(), XlsxError> {
    let number = row - ABOVE + 1;
    let channel = match dossier.channel {
        Channel::Direct => "Trực tiếp",
        Channel::Online => "Trực tuyến",
        Channel::Postal => "Bưu chính",
    };
    let status = match dossier.finished_at {
        None => "Đang xử lý",
        Some(_) => "Đã trả kết quả",
    };
    let texts = [
        dossier.code.as_str(),
        &dossier.procedure,
        &dossier.procedure_name,
        &dossier.field,
        dossier.unit.as_str(),
        &format!("Người nộp số {number}"),
        &format!("{number:010}"),
        channel,
        status,
    ];
    sheet.write(row, 0, number)?;
    for (column, text) in (1..).zip(texts) {
        sheet.write(row, column, text)?;
    }
    let (received, due) = (Some(dossier.received_at), Some(dossier.due_at));
    let finished = dossier.finished_at;
    for (column, at) in (10..).zip([received, due, finished, finished]) {
        if let Some(at) = at {
            sheet.write_with_format(row, column, &wall(at), date)?;
        }
    }
    Ok(())
}

fn wall(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&chrono_tz::Asia::Ho_Chi_Minh)
        .naive_local()
}

//! Stories of a folder into which people drop exports.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dondoc::store::pulls::UnderWay;
use dondoc::store::runs::RunStatus;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use sha2::{Digest, Sha256};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::letters_sent::Sent;
use crate::rows::dossier;
use crate::scripted::DOSSIERS;

/// A name that must never be found anywhere inside the program.
const APPLICANT: &str = "Planted Applicant Zyx";

const SOURCE: &str = r#"
kind = "drop"
title = "Tệp xuất từ một cửa điện tử"
folder = "exports"
settle = "100ms"
expect_within = "26h"

[[pull]]
records = "dossiers"
files = ["ho-so*", "*.bomb"]
formats = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
personal = ["Chủ hồ sơ"]

[pull.fields]
code = ["Mã hồ sơ", "Số hồ sơ"]
procedure = { default = "1.004959" }
procedure_name = { from = "Tên TTHC", required = false }
unit = "Đơn vị tiếp nhận"
channel = { default = "direct" }
status = "Trạng thái"
received_at = "Ngày nhận"
due_at = "Ngày hẹn trả"
finished_at = { from = ["Ngày kết thúc xử lý", "Ngày trả"], required = false }

[[pull]]
records = "school-figures"
files = "truong-*.csv"
whole = true

[pull.fields]
code = "Mã trường"
name = "Tên trường"
pupils = { from = "Số học sinh", kind = "number" }
share = { from = "Tỷ lệ", kind = "percent", required = false }
"#;

const JOB: &str = r#"
title = "Đọc tệp xuất"
schedule = { cron = "0 6 * * *", zone = "Asia/Ho_Chi_Minh" }
timeout = "5m"

[[step]]
pull = "exports"
"#;

const ALERTS: &str = r#"
title = "Cảnh báo"
schedule = { cron = "30 7 * * *", zone = "Asia/Ho_Chi_Minh" }
timeout = "5m"

[[step]]
alert = "overdue-dossiers"
soon = 3
ladder = [{ late = 0, to = "head" }]
mail = "overdue"
"#;

/// The site has a folder `exports` and a job that reads it; nothing else is read by it.
async fn with_a_folder(app: &mut TestApp) {
    fs::create_dir(app.folder().join("exports")).unwrap();
    fs::write(app.folder().join("jobs/pull-exports.toml"), JOB).unwrap();
    app.write("config/sources/exports.toml", SOURCE).await;
}

fn exports(app: &TestApp) -> PathBuf {
    app.folder().join("exports")
}

/// Files under a folder, as paths relative to it.
fn files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

async fn codes(app: &TestApp) -> Vec<String> {
    let (from, to) = (instant("2000-01-01 00:00"), instant("2030-01-01 00:00"));
    let dossiers = app.store.dossiers_between(from, to).await.unwrap();
    let mut codes: Vec<String> = dossiers.into_iter().map(|dossier| dossier.code).collect();
    codes.sort();
    codes
}

async fn statuses(app: &TestApp) -> Vec<u16> {
    let (from, to) = (instant("2000-01-01 00:00"), instant("2030-01-01 00:00"));
    let dossiers = app.store.dossiers_between(from, to).await.unwrap();
    dossiers.iter().map(|dossier| dossier.status.0).collect()
}

fn hash_of(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A process was killed in the middle of a file, after two thousand rows.
async fn killed_at(app: &TestApp, position: &str) {
    let mut state = app.store.pull_state("exports", "dossiers").await.unwrap();
    state.under_way = Some(UnderWay {
        started_at: instant("2020-06-01 07:00"),
        since: None,
        position: Some(position.to_owned()),
        seen_until: None,
        rows: 2_000,
    });
    let write = app.store.write().await.unwrap();
    write.save_pull_state(&state).await.unwrap();
    write.commit().await.unwrap();
}

const COUNTED: &str = "pull exports";

/// Changes one part of a packed file.
fn rewrite(path: &Path, name: &str, change: impl Fn(String) -> String) {
    let mut packed = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let changed = path.with_extension("changed");
    let mut zip = zip::ZipWriter::new(File::create(&changed).unwrap());
    for index in 0..packed.len() {
        let mut part = packed.by_index(index).unwrap();
        let part_name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        part.read_to_end(&mut text).unwrap();
        if part_name == name {
            let before = String::from_utf8(text).unwrap();
            let after = change(before.clone());
            assert_ne!(after, before);
            text = after.into_bytes();
        }
        zip.start_file(part_name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&text).unwrap();
    }
    zip.finish().unwrap();
    fs::rename(changed, path).unwrap();
}

fn code(n: usize) -> String {
    format!("H26.23.14-200504-{n:04}")
}

/// A workbook as the one-stop-shop saves it: titles, a heading of two lines with merged cells, numbered columns,
/// groups, a total, a signature.
fn workbook(path: &Path) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Danh sách").unwrap();
    let date = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    let plain = Format::new();
    sheet
        .merge_range(0, 0, 0, 7, "UBND QUẬN LONG BIÊN", &plain)
        .unwrap();
    sheet
        .merge_range(1, 0, 1, 7, "DANH SÁCH HỒ SƠ", &plain)
        .unwrap();
    for (column, name) in [
        (0, "STT"),
        (1, "Đơn vị tiếp nhận"),
        (2, "Mã hồ sơ"),
        (3, "Chủ hồ sơ"),
        (4, "Trạng thái"),
    ] {
        sheet
            .merge_range(3, column, 4, column, name, &plain)
            .unwrap();
    }
    sheet.merge_range(3, 5, 3, 7, "Ngày", &plain).unwrap();
    for (column, name) in [(5, "nhận"), (6, "hẹn trả"), (7, "kết thúc xử lý")] {
        sheet.write(4, column, name).unwrap();
    }
    for column in 0..8u16 {
        sheet.write(5, column, format!("({})", column + 1)).unwrap();
    }
    sheet.write(6, 0, "I. Hộ tịch").unwrap();
    row(
        sheet,
        7,
        "Phường Ngọc Thuỵ",
        &code(1),
        "Đang xử lý",
        30,
        &date,
    );
    row(sheet, 8, "00118", &code(2), "ĐANG XỬ LÝ", 1, &date);
    sheet.write(9, 0, "II. Đất đai").unwrap();
    row(
        sheet,
        10,
        "UBND phường Thạch Bàn",
        &code(3),
        "Đã trả kết quả",
        30,
        &date,
    );
    let finished = ExcelDateTime::from_ymd(2020, 5, 20)
        .unwrap()
        .and_hms(9, 0, 0)
        .unwrap();
    sheet.write_with_format(10, 7, finished, &date).unwrap();
    sheet.write(11, 0, "Tổng cộng: 3 hồ sơ").unwrap();
    sheet.write(13, 6, "NGƯỜI LẬP BIỂU").unwrap();
    book.save(path).unwrap();
}

/// A dossier received on 4 May 2020 and due on this day of June.
fn row(
    sheet: &mut Worksheet,
    at: u32,
    unit: &str,
    code: &str,
    status: &str,
    due: u8,
    date: &Format,
) {
    for (column, text) in [(1, unit), (2, code), (3, APPLICANT), (4, status)] {
        sheet.write(at, column, text).unwrap();
    }
    let received = ExcelDateTime::from_ymd(2020, 5, 4)
        .unwrap()
        .and_hms(8, 0, 0)
        .unwrap();
    let due = ExcelDateTime::from_ymd(2020, 6, due)
        .unwrap()
        .and_hms(17, 0, 0)
        .unwrap();
    sheet.write_with_format(at, 5, received, date).unwrap();
    sheet.write_with_format(at, 6, due, date).unwrap();
}

const HEADING: &str = "Mã hồ sơ;Đơn vị tiếp nhận;Chủ hồ sơ;Trạng thái;Ngày nhận;Ngày hẹn trả\n";

fn line(n: usize) -> String {
    format!(
        "{};00118;{APPLICANT};Đang xử lý;04/05/2020 08:00;30/06/2020\n",
        code(n)
    )
}

fn csv(numbers: impl Iterator<Item = usize>) -> String {
    numbers
        .map(line)
        .fold(HEADING.to_owned(), |text, line| text + &line)
}

/// Text as Excel saves it on a Vietnamese Windows: base letters, their tones behind them.
fn windows_1258(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in text.chars() {
        let letter = c.to_string();
        let (whole, _, lost) = encoding_rs::WINDOWS_1258.encode(&letter);
        if !lost {
            bytes.extend_from_slice(&whole);
            continue;
        }
        let parts: Vec<char> =
            unicode_normalization::UnicodeNormalization::nfd(letter.chars()).collect();
        let tones = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
        let (tone, base): (Vec<char>, Vec<char>) =
            parts.into_iter().partition(|part| tones.contains(part));
        let base: String =
            unicode_normalization::UnicodeNormalization::nfc(base.into_iter()).collect();
        for piece in [base, tone.into_iter().collect()] {
            let (piece, _, lost) = encoding_rs::WINDOWS_1258.encode(&piece);
            assert!(!lost, "{c}");
            bytes.extend_from_slice(&piece);
        }
    }
    bytes
}

stories! {
    async fn a_workbook_with_titles_merged_headings_and_totals_is_counted(app: &mut TestApp) {
        with_a_folder(app).await;
        workbook(&exports(app).join("ho-so-2020-06-01.xlsx"));
        let ran = app.succeed("pull-exports").await;
        let counted = &ran.counted(COUNTED)["dossiers"];
        assert_eq!((&counted["rows"], &counted["rejected"]), (&3.into(), &0.into()), "{counted}");
        assert_eq!(codes(app).await, [code(1), code(2), code(3)]);

        let board = app.board().await;
        let ward = &board.dossiers.ward;
        assert_eq!((ward.received, ward.resolved, ward.open), (3, 1, 2));
        let ngoc_thuy = board.dossiers.units.iter().find(|row| row.unit.as_str() == "00118").unwrap();
        assert_eq!(ngoc_thuy.counts.received, 2, "by its name and by its code");
        assert_eq!(files(&exports(app)), ["done/2020-06-01/ho-so-2020-06-01.xlsx"]);
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains(APPLICANT), "nobody's name is stored");
    }

    async fn csv_of_an_old_windows_is_read(app: &mut TestApp) {
        with_a_folder(app).await;
        fs::write(exports(app).join("ho-so.csv"), windows_1258(&csv(1..=4))).unwrap();
        app.succeed("pull-exports").await;
        assert_eq!(codes(app).await.len(), 4);
    }

    async fn a_page_that_calls_itself_a_workbook_is_read(app: &mut TestApp) {
        with_a_folder(app).await;
        let page = format!(
            "<html><head><meta charset=utf-8></head><body><table>\
             <tr><th colspan=6>DANH SÁCH</th></tr>\
             <tr><th rowspan=2>Mã hồ sơ</th><th rowspan=2>Đơn vị tiếp nhận</th><th rowspan=2>Chủ hồ sơ</th>\
             <th rowspan=2>Trạng thái</th><th colspan=2>Ngày</th></tr><tr><th>nhận</th><th>hẹn<br>trả</th></tr>\
             <tr><td>{}<td>00118<td>{APPLICANT}<td>Đang xử lý<td>04/05/2020 08:00<td>30/06/2020</tr>\
             <tr><td colspan=4>Tổng số<td>1<td></tr></table></body></html>",
            code(1)
        );
        fs::write(exports(app).join("ho-so.xls"), page).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(codes(app).await, [code(1)], "{ran:?}");
        assert_eq!(ran.counted(COUNTED)["dossiers"]["left_out"], 1);
    }

    async fn the_same_content_is_read_once_whatever_its_name(app: &mut TestApp) {
        with_a_folder(app).await;
        let folder = exports(app);
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        fs::write(folder.join("ho-so (1).csv"), csv(1..=2)).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["files"], 1);
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 0);
        assert_eq!(
            files(&folder),
            ["done/2020-06-01/ho-so (1).csv", "done/2020-06-01/ho-so-2.csv", "done/2020-06-01/ho-so.csv"]
        );
    }

    async fn a_content_is_read_again_when_its_mapping_says_something_else(app: &mut TestApp) {
        with_a_folder(app).await;
        let folder = exports(app);
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        app.succeed("pull-exports").await;
        assert_eq!(statuses(app).await, [4, 4]);
        app.edit("config/sources/exports.toml", "status = \"Trạng thái\"", "status = { from = \"Trạng thái\", codes = { \"Đang xử lý\" = 2 } }").await;
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 2);
        assert_eq!(statuses(app).await, [2, 2]);
        // Which files are read says nothing of what stands in them.
        app.edit("config/sources/exports.toml", "\"ho-so*\"", "\"ho-so*.csv\"").await;
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 0);
    }

    async fn a_file_begun_by_another_mapping_is_begun_anew(app: &mut TestApp) {
        with_a_folder(app).await;
        let text = csv(1..=2_500);
        killed_at(app, &format!("{} 2000 {}", hash_of(&text), hash_of("another"))).await;
        fs::write(exports(app).join("ho-so.csv"), text).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 2_500);
        assert_eq!(codes(app).await[0], code(1));
    }

    async fn a_file_that_is_still_being_written_waits(app: &mut TestApp) {
        with_a_folder(app).await;
        let path = exports(app).join("ho-so.csv");
        fs::write(&path, HEADING).unwrap();
        fs::write(exports(app).join("ho-so-khac.csv.part"), HEADING).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        let writer = std::thread::spawn(move || {
            for n in 1..=10 {
                file.write_all(line(n).as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(40));
            }
        });
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["files"], 0, "not yet");
        writer.join().unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 10);
        assert_eq!(files(&exports(app)), ["done/2020-06-01/ho-so.csv", "ho-so-khac.csv.part"]);
    }

    async fn a_bad_file_is_set_aside_with_a_report_and_the_good_ones_are_read(app: &mut TestApp) {
        with_a_folder(app).await;
        let folder = exports(app);
        let wrong = csv(1..=2).replace("Ngày hẹn trả", "Hẹn ngày");
        fs::write(folder.join("ho-so-2020-05-30.csv"), wrong).unwrap();
        fs::write(folder.join("ho-so-2020-05-31.csv"), csv(3..=4)).unwrap();
        let ran = app.run("pull-exports").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        let said = ran.steps[0].error.clone().unwrap();
        assert!(said.contains("ho-so-2020-05-30.csv") && said.contains("`Ngày hẹn trả`"), "{said}");
        assert_eq!(codes(app).await, [code(3), code(4)]);

        let report = folder.join("bad/2020-06-01/ho-so-2020-05-30.csv.report.txt");
        let report = fs::read_to_string(report).unwrap();
        assert!(report.contains("không tìm thấy các cột `Ngày hẹn trả`"), "{report}");
        assert!(report.contains("the heading has `Mã hồ sơ`"), "{report}");
        assert!(!report.contains(APPLICANT), "{report}");
        let state = app.store.pull_state("exports", "dossiers").await.unwrap();
        assert!(state.failure.is_some(), "what is counted from it is unknown");

        // Silence is no health: only another file that can be read makes it good.
        app.succeed("pull-exports").await;
        assert!(app.store.pull_state("exports", "dossiers").await.unwrap().failure.is_some());
        fs::write(folder.join("ho-so-2020-06-01.csv"), csv(1..=4)).unwrap();
        app.succeed("pull-exports").await;
        assert!(app.store.pull_state("exports", "dossiers").await.unwrap().failure.is_none());
        assert_eq!(codes(app).await.len(), 4);
    }

    async fn good_rows_of_a_file_are_stored_and_bad_ones_kept_aside_with_their_place(app: &mut TestApp) {
        with_a_folder(app).await;
        let text = csv(1..=3).replacen("30/06/2020", "31/06/2020", 1) + &line(4).replace("00118", "Phường Không Có");
        fs::write(exports(app).join("ho-so.csv"), text).unwrap();
        app.succeed("pull-exports").await;
        assert_eq!(codes(app).await, [code(2), code(3)]);
        let aside = app.store.rows_aside("exports", "dossiers").await.unwrap();
        let reasons: Vec<&str> = aside.iter().map(|reject| reject.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "row 2 in ho-so.csv: due_at `31/06/2020` is not a date of the form %d/%m/%Y %H:%M or %d/%m/%Y or iso",
                "row 5 in ho-so.csv: unit `Phường Không Có` is no unit of organisation.toml on 2020-05-04",
            ]
        );
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains(APPLICANT), "not in quarantine either");
    }

    async fn a_blind_source_silences_what_it_tells_of_and_nothing_else(app: &mut TestApp) {
        with_a_folder(app).await;
        app.write("jobs/alerts-only.toml", ALERTS).await;
        // It gives dossiers only.
        let (dossiers, _) = SOURCE.split_once("[[pull]]\nrecords = \"school-figures\"").unwrap();
        app.write("config/sources/exports.toml", dossiers).await;
        let of_city = |n, due| dossier(&code(n)).unit("00139").due(due).row();
        app.city.shows(DOSSIERS, [of_city(50, "20200525"), of_city(51, "20200528")]);
        app.at("2020-05-26 06:00");
        app.succeed("pull-city").await;
        fs::write(exports(app).join("ho-so-0.csv"), csv(9..=9)).unwrap();
        app.succeed("pull-exports").await;
        app.at("2020-05-26 07:30");
        app.succeed("alerts-only").await;
        let heard = |sent: &[Sent], post: &str| -> Vec<BTreeSet<String>> {
            sent.iter().filter(|sent| sent.post == post).map(Sent::codes).collect()
        };
        let set = |codes: &[usize]| codes.iter().map(|n| code(*n)).collect::<BTreeSet<_>>();
        assert_eq!(heard(&app.sent().await, "head@00139"), [set(&[50, 51])], "late, and soon due");

        app.at("2020-06-01 07:00");
        fs::write(exports(app).join("ho-so.csv"), csv(1..=2).replacen("30/06/2020", "29/05/2020", 1)).unwrap();
        app.succeed("pull-exports").await;
        app.at("2020-06-01 07:30");
        app.succeed("alerts-only").await;
        let sent = app.sent().await;
        assert_eq!(heard(&sent, "head@00118"), [set(&[1])], "the folder is fresh");
        assert_eq!(heard(&sent, "head@00139").len(), 1, "nobody knows what the city's dossiers became");
        assert_eq!(heard(&sent, "operator@004").len(), 1, "the city is blind");
        let open = app.store.open_alerts().await.unwrap();
        let open: BTreeSet<String> = open.into_iter().map(|alert| alert.about.replace("dossier/", "")).collect();
        assert_eq!(open, set(&[1, 50, 51]), "what was told and may still be so stays open");

        app.at("2020-06-02 07:00");
        app.succeed("pull-city").await;
        app.at("2020-06-02 07:30");
        app.succeed("alerts-only").await;
        assert_eq!(heard(&app.sent().await, "head@00139")[1], set(&[51]), "late meanwhile");
    }

    async fn a_bomb_is_refused_before_it_goes_off(app: &mut TestApp) {
        with_a_folder(app).await;
        let file = File::create(exports(app).join("a.bomb")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..300 {
            zip.write_all(&zeros).unwrap();
        }
        zip.finish().unwrap();
        let ran = app.run("pull-exports").await;
        let said = ran.steps[0].error.clone().unwrap();
        assert!(said.contains("unpacks to more than 256 MB"), "{said}");
        assert_eq!(files(&exports(app)), ["bad/2020-06-01/a.bomb", "bad/2020-06-01/a.bomb.report.txt"]);
    }

    async fn entities_of_a_workbook_are_not_expanded(app: &mut TestApp) {
        with_a_folder(app).await;
        let path = exports(app).join("ho-so.xlsx");
        workbook(&path);
        let words = "xl/sharedStrings.xml";
        rewrite(&path, words, |text| {
            let entities = (1..10).map(|n| format!("<!ENTITY b{n} \"{}\">", format!("&b{};", n - 1).repeat(10)));
            let doctype = format!("<!DOCTYPE sst [<!ENTITY b0 \"ha\">{}]><sst", entities.collect::<String>());
            text.replacen("<sst", &doctype, 1).replace(&format!("<t>{}</t>", code(1)), "<t>&b9;</t>")
        });
        let ran = app.run("pull-exports").await;
        let said = ran.steps[0].error.clone().unwrap();
        assert!(said.contains("this is not a whole XLSX file") && said.contains("`&b9;`"), "{said}");
        assert_eq!(files(&exports(app)), ["bad/2020-06-01/ho-so.xlsx", "bad/2020-06-01/ho-so.xlsx.report.txt"]);
        assert!(codes(app).await.is_empty());
    }

    async fn a_file_that_was_stored_and_not_moved_is_not_read_again(app: &mut TestApp) {
        with_a_folder(app).await;
        let folder = exports(app);
        fs::write(folder.join("ho-so.csv"), csv(1..=2)).unwrap();
        // The move fails after the rows are stored, as if the process had been killed in between.
        fs::write(folder.join("done"), "in the way").unwrap();
        assert_eq!(app.run("pull-exports").await.status(), RunStatus::Partial);
        assert_eq!(codes(app).await.len(), 2, "stored");
        assert!(folder.join("ho-so.csv").exists(), "not moved");
        fs::remove_file(folder.join("done")).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 0, "not read again");
        assert_eq!(files(&folder), ["done/2020-06-01/ho-so.csv"]);
    }

    async fn a_pull_that_was_killed_goes_on_at_its_row(app: &mut TestApp) {
        with_a_folder(app).await;
        let text = csv(1..=2_500);
        // Two pages were committed.
        killed_at(app, &format!("{} 2000", hash_of(&text))).await;
        fs::write(exports(app).join("ho-so.csv"), text).unwrap();
        let ran = app.succeed("pull-exports").await;
        assert_eq!(ran.counted(COUNTED)["dossiers"]["rows"], 500);
        assert_eq!(codes(app).await[0], code(2001));
        assert_eq!(files(&exports(app)), ["done/2020-06-01/ho-so.csv"]);
    }

    async fn a_whole_list_says_what_is_gone_and_the_newest_says_it_all(app: &mut TestApp) {
        with_a_folder(app).await;
        let folder = exports(app);
        let schools = |names: &[&str]| {
            let lines = names.iter().map(|name| format!("{name},Trường {name},\"1.234\",\"99,67%\"\n"));
            lines.fold("Mã trường,Tên trường,Số học sinh,Tỷ lệ\n".to_owned(), |text, line| text + &line)
        };
        fs::write(folder.join("truong-2020-05-30.csv"), schools(&["A", "B"])).unwrap();
        fs::write(folder.join("truong-2020-05-29.csv"), schools(&["Z"])).unwrap();
        app.succeed("pull-exports").await;
        let names = async |app: &TestApp| {
            let entries = app.store.entries().await.unwrap();
            entries.into_iter().map(|entry| entry.code).collect::<Vec<_>>()
        };
        assert_eq!(names(app).await, ["A", "B"], "the older list is not read at all");
        let entry = app.store.entries().await.unwrap().remove(0);
        assert_eq!(entry.attributes["pupils"].to_string(), "1234");
        assert_eq!(entry.attributes["share"].to_string(), "99.67");

        app.at("2020-06-02 07:30");
        fs::write(folder.join("truong-2020-06-01.csv"), schools(&["B", "C"])).unwrap();
        app.succeed("pull-exports").await;
        assert_eq!(names(app).await, ["B", "C"]);

        fs::write(folder.join("truong-2020-06-02.csv"), schools(&[])).unwrap();
        app.run("pull-exports").await;
        assert_eq!(names(app).await, ["B", "C"], "an empty list is a mistake, not news");
        assert!(folder.join("bad/2020-06-02/truong-2020-06-02.csv").exists());
    }

    async fn an_empty_folder_tells_nothing_new(app: &mut TestApp) {
        with_a_folder(app).await;
        app.succeed("pull-exports").await;
        let state = app.store.pull_state("exports", "dossiers").await.unwrap();
        assert_eq!(state.completed_at, None, "silence is not a pull");
        fs::remove_dir(exports(app)).unwrap();
        let ran = app.run("pull-exports").await;
        assert_eq!(ran.status(), RunStatus::Partial, "a share that is not mounted is no empty folder");
    }
}

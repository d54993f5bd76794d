//! Stories of source files that are proposed from a sample.

use std::fs;

use dondoc::domain::dossier::Dossier;
use dondoc::domain::unit::{Unit, Units};
use dondoc::source::infer::{Hints, propose};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::app::{TestApp, instant};
use crate::database::stories;

/// What must never be repeated of a sample.
const APPLICANT: &str = "Planted Applicant Zyx";

const HEADING: &str = "STT;Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Chủ hồ sơ;Trạng thái;Ngày nhận;Ngày hẹn trả;Ngày kết thúc xử lý\n";

fn csv() -> String {
    format!(
        "UBND QUẬN LONG BIÊN;;;;;;;;\n{HEADING}\
         1;H26.23.12-200504-0001;1.004959;00118;{APPLICANT};Đang xử lý;04/05/2020 08:00;30/06/2020;\n\
         2;H26.23.12-200513-0002;1.004959;Phường Ngọc Thụy;{APPLICANT};Đã trả kết quả;13/05/2020 09:30;29/05/2020;25/05/2020 10:00\n\
         Tổng số;2;;;;;;;\n"
    )
}

const BY_HAND: &str = r#"
kind = "drop"
title = "ho-so"
folder = "exports/ho-so"
expect_within = "26h"

[[pull]]
records = "dossiers"
files = "*.csv"
formats = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
personal = ["Chủ hồ sơ"]

[pull.fields]
code = "Mã hồ sơ"
procedure = "Mã TTHC"
unit = "Đơn vị tiếp nhận"
channel = { default = "direct" }
status = { from = "Trạng thái", codes = { "Đang xử lý" = 4, "Đã trả kết quả" = 10 } }
received_at = "Ngày nhận"
due_at = "Ngày hẹn trả"
finished_at = "Ngày kết thúc xử lý"
"#;

const JOB: &str = r#"
title = "Đọc nguồn mới"
schedule = { cron = "0 6 * * *", zone = "Asia/Ho_Chi_Minh" }
timeout = "5m"

[[step]]
pull = "ho-so"
"#;

/// An overdue list as officials know it, with its titles and its total.
fn workbook(path: &std::path::Path) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    sheet.write(0, 0, "UBND QUẬN LONG BIÊN").unwrap();
    let heading = [
        "STT",
        "Đơn vị tiếp nhận",
        "Lĩnh vực",
        "Tên TTHC",
        "Mã hồ sơ",
        "Trạng thái",
        "Chủ hồ sơ",
        "Ngày nhận",
        "Ngày hẹn trả",
        "Ngày kết thúc xử lý",
    ];
    for (column, name) in (0u16..).zip(heading) {
        sheet.write(2, column, name).unwrap();
    }
    for (row, code, status) in [(3, "A-1", "Đang xử lý"), (4, "A-2", "Đã trả kết quả")]
    {
        let cells = [
            "Phường Ngọc Thụy",
            "Hộ tịch",
            "Khai sinh",
            code,
            status,
            APPLICANT,
        ];
        sheet.write(row, 0, row - 2).unwrap();
        for (column, cell) in (1u16..).zip(cells) {
            sheet.write(row, column, cell).unwrap();
        }
        for (column, day) in [(7, 4), (8, 20), (9, 19)] {
            if column < 9 || row == 4 {
                let at = ExcelDateTime::from_ymd(2020, 5, day)
                    .unwrap()
                    .and_hms(8, 0, 0)
                    .unwrap();
                sheet.write_with_format(row, column, at, &date).unwrap();
            }
        }
    }
    sheet.write(5, 0, "Tổng số").unwrap();
    sheet.write(5, 1, 2).unwrap();
    book.save(path).unwrap();
}

fn hints<'a>(app: &'a TestApp, endpoint: Option<&'a str>, address: Option<&'a str>) -> Hints<'a> {
    Hints {
        name: "ho-so",
        units: &app.files.organisation.units,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        today: "2020-06-01".parse().unwrap(),
        endpoint,
        address,
    }
}

async fn dossiers(app: &TestApp) -> Vec<Dossier> {
    let (from, to) = (instant("2000-01-01 00:00"), instant("2030-01-01 00:00"));
    let mut dossiers = app.store.dossiers_between(from, to).await.unwrap();
    dossiers.sort_by(|a, b| a.code.cmp(&b.code));
    dossiers
}

/// What comes of a source's file, in a site that reads nothing else.
async fn pulled(app: &mut TestApp, source: &str) -> Vec<Dossier> {
    fs::write(app.folder().join("jobs/pull-ho-so.toml"), JOB).unwrap();
    app.write("config/sources/ho-so.toml", source).await;
    let ran = app.succeed("pull-ho-so").await;
    assert_eq!(
        ran.counted("pull ho-so")["dossiers"]["rejected"],
        0,
        "{source}"
    );
    dossiers(app).await
}

/// As the national interface answers: every value a text, dates without signs.
fn national() -> serde_json::Value {
    let row = |n: u32, status: &str, finished: &str| {
        json!({
            "MaHoSo": format!("H26.23.12-200504-{n:04}"), "MaTTHC": "1.004959", "TenTTHC": "Thủ tục thử",
            "TenLinhVuc": "Hộ tịch", "ChuHoSo": APPLICANT, "SoDienThoai": "0000000000", "DonViXuLy": "H26.23.12",
            "HinhThuc": "1", "TrangThaiHoSo": status, "NgayTiepNhan": "20200504080000", "NgayHenTra": "20200630",
            "NgayKetThucXuLy": finished, "DanhSachHoSoBoSung": [],
        })
    };
    json!({ "error_code": "0", "total": 2, "data": [row(1, "4", ""), row(2, "10", "20200520100000")] })
}

stories! {
    async fn a_table_is_recognised_and_its_proposal_reads_as_a_file_by_hand(app: &mut TestApp) {
        let folder = app.folder().join("exports/ho-so");
        fs::create_dir_all(&folder).unwrap();
        let sample = app.folder().join("ho-so.csv");
        fs::write(&sample, csv()).unwrap();
        let proposal = propose(csv().as_bytes(), &sample, &hints(app, None, None)).unwrap();
        assert!(!proposal.contains("Zyx"), "{proposal}");
        assert!(proposal.contains("personal = [\"Chủ hồ sơ\"]"), "{proposal}");

        fs::write(folder.join("1.csv"), csv()).unwrap();
        let proposal = proposal.replace("expect_within", "settle = \"1ms\"\nexpect_within");
        let inferred = pulled(app, &proposal).await;
        assert_eq!(inferred.len(), 2, "{proposal}");

        // The same by hand, from other bytes: what was read once is not read again.
        fs::write(folder.join("2.csv"), csv() + "\n").unwrap();
        let by_hand = BY_HAND.replace("expect_within", "settle = \"1ms\"\nexpect_within");
        assert_eq!(pulled(app, &by_hand).await, inferred);
    }

    async fn a_workbook_is_recognised_and_pulled_with_the_proposal_unchanged(app: &mut TestApp) {
        let folder = app.folder().join("exports/ho-so");
        fs::create_dir_all(&folder).unwrap();
        let sample = folder.join("qua-han.xlsx");
        workbook(&sample);
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_590_900_000);
        fs::File::options().write(true).open(&sample).unwrap().set_modified(old).unwrap();
        let bytes = fs::read(&sample).unwrap();
        let proposal = propose(&bytes, &sample, &hints(app, None, None)).unwrap();
        assert!(!proposal.contains("Zyx"), "{proposal}");
        assert!(proposal.contains("formats = \"iso\"") || proposal.contains("formats = [\"iso\"]"), "{proposal}");
        let found = pulled(app, &proposal).await;
        assert_eq!(found.len(), 2, "{proposal}");
        assert_eq!((found[0].unit.as_str(), found[1].status.0), ("00118", 10));
    }

    async fn a_page_of_a_table_is_recognised(app: &mut TestApp) {
        let page = format!(
            "<html><table><tr><td colspan=5>DANH SÁCH</td></tr>\
             <tr><th>Mã hồ sơ</th><th>Họ và tên</th><th>Tình trạng</th><th>Ngày tiếp nhận</th><th>Hạn trả</th></tr>\
             <tr><td>A-1</td><td>{APPLICANT}</td><td>Chờ gì đó</td><td>01/02/2020</td><td>03/02/2020</td></tr></table></html>"
        );
        let sample = app.folder().join("bang.xls");
        fs::write(&sample, &page).unwrap();
        let proposal = propose(page.as_bytes(), &sample, &hints(app, None, None)).unwrap();
        assert!(proposal.contains("are taken as day/month; nothing in the sample decides"), "{proposal}");
        assert!(proposal.contains("these words are not known and would be kept as an unknown status: \"Chờ gì đó\" (1)"), "{proposal}");
        assert!(!proposal.contains("Zyx"), "{proposal}");
        fs::write(app.folder().join("jobs/pull-ho-so.toml"), JOB).unwrap();
        app.write("config/sources/ho-so.toml", &proposal).await;
    }

    async fn an_answer_is_recognised_and_pulled_with_the_proposal_unchanged(app: &mut TestApp) {
        let server = MockServer::start().await;
        let api = "/api/ho-so";
        Mock::given(method("GET")).and(path(api)).and(query_param("page", "1"))
            .respond_with(ResponseTemplate::new(200).set_body_json(national())).mount(&server).await;
        Mock::given(method("GET")).and(path(api))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "error_code": "0", "total": 2, "data": [] })))
            .mount(&server).await;
        app.edit("config/organisation.toml", "code = \"00118\"\n", "code = \"00118\"\nids = [\"H26.23.12\"]\n").await;
        let endpoints = format!("[endpoints]\nnew = \"{}\"\n", server.uri());
        app.edit("config/local.toml", "[endpoints]\n", &endpoints).await;

        let text = national().to_string();
        let hints = hints(app, Some("new"), Some("/api/ho-so?page=1&size=2&loai=mc"));
        let proposal = propose(text.as_bytes(), "ho-so.json".as_ref(), &hints).unwrap();
        assert!(!proposal.contains("Zyx") && !proposal.contains("0000000000"), "{proposal}");
        for line in [
            "rows = \"/data\"",
            "success = { field = \"/error_code\", any_of = [\"0\", \"00\"] }",
            "paging = { kind = \"page\", page = \"page\", size = \"size\", rows = 2, total = \"/total\" }",
            "query = { \"loai\" = \"mc\" }",
            "formats = [\"%Y%m%d%H%M%S\", \"%Y%m%d\"]",
            "personal = [\"/ChuHoSo\", \"/SoDienThoai\"]",
            "# * `unit`: 2 of 2 values are units of organisation.toml",
        ] {
            assert!(proposal.contains(line), "{line} is missing in\n{proposal}");
        }
        let found = pulled(app, &proposal).await;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].unit.as_str(), "00118");
        assert!(found[0].finished_at.is_none() && found[1].finished_at.is_some());
    }

    async fn shapes_of_other_systems_pass_the_check(app: &mut TestApp) {
        let rows = json!([{ "id": "1", "ten": "Trường thử", "donVi": "00118", "soHocSinh": 312, "tyLe": "99,67%", "moHinh": true,
            "nguoiLienHe": { "hoTen": APPLICANT } }, { "id": "2", "ten": "Trường khác", "donVi": "00118", "soHocSinh": 99,
            "tyLe": "12,5%", "moHinh": false, "nguoiLienHe": { "hoTen": APPLICANT } }]);
        for (answer, expected) in [
            (rows.clone(), "kind = \"none\""),
            (json!({ "totalCount": 7, "skipCount": 0, "maxResultCount": 2, "items": rows }),
             "paging = { kind = \"offset\", offset = \"skipCount\", limit = \"maxResultCount\", rows = 2, total = \"/totalCount\" }"),
            (json!({ "next": "https://a.example/x?page=2", "results": rows }), "paging = { kind = \"next\", next = \"/next\" }"),
            (json!({ "meta": { "next_cursor": "abc" }, "data": { "list": rows } }), "cursor = \"/meta/next_cursor\""),
        ] {
            let proposal = propose(answer.to_string().as_bytes(), "x.json".as_ref(), &hints(app, Some("city"), None)).unwrap();
            assert!(proposal.contains(expected), "{expected} is missing in\n{proposal}");
            assert!(!proposal.contains("Zyx"), "{proposal}");
            assert!(proposal.contains("ty_le = { from = \"/tyLe\", kind = \"percent\" }"), "{proposal}");
            assert!(proposal.contains("unit = \"/donVi\""), "{proposal}");
            fs::write(app.folder().join("jobs/pull-ho-so.toml"), JOB).unwrap();
            app.write("config/sources/ho-so.toml", &proposal).await;
        }
    }

    async fn a_message_gives_the_file_of_the_standard(app: &mut TestApp) {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/edxml/den-qd20.edxml");
        let text = fs::read(sample).unwrap();
        let proposal = propose(&text, sample.as_ref(), &hints(app, None, None)).unwrap();
        fs::write(app.folder().join("jobs/pull-ho-so.toml"), JOB).unwrap();
        app.write("config/sources/ho-so.toml", &proposal).await;
    }
}

#[test]
fn what_is_no_sample_says_why() {
    let units = Units::new(Vec::<Unit>::new());
    let hints = Hints {
        name: "x",
        units: &units,
        zone: chrono_tz::UTC,
        today: "2020-06-01".parse().unwrap(),
        endpoint: None,
        address: None,
    };
    for (text, expected) in [
        ("", "the sample is empty"),
        (
            "{\"a\": 1}",
            "the sample has no list of objects: an answer with at least one row tells most",
        ),
        (
            "{\"a\": ",
            "the sample is not JSON: EOF while parsing a value at line 1 column 6",
        ),
    ] {
        let error = propose(text.as_bytes(), "x.json".as_ref(), &hints).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

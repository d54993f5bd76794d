//! Stories of apology slips: who gets one, what it says, that it is drafted once, and that it forgets its applicant.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mail_parser::{MessageParser, MessagePart};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::database::stories;
use crate::letters_sent::{Sent, codes};
use crate::program::{Ended, on_site_beside};
use crate::rows::{self, code, dossier};
use crate::scripted::{Answer, DOSSIERS};

const JOB: &str = "jobs/overdue-alerts.toml";
const SOURCE: &str = "config/sources/one-stop-shop.toml";
const APPLICANT: &str = "[applicant]\npath = \"/one-stop-shop/dossiers/{id}\"\n\
    success = { field = \"/error_code\", any_of = [\"0\"] }\n\
    code = \"/data/0/MaHoSo\"\nname = \"/data/0/ChuHoSo\"\n\n[[pull]]\nrecords = \"dossiers\"";

async fn run(app: &TestApp, arguments: &[&str]) -> Ended {
    let now = app.clock.now().to_rfc3339();
    let fixed = ["--at", now.as_str()];
    on_site_beside(&app.database, app.folder(), &[&fixed, arguments].concat()).await
}

async fn told(app: &TestApp, arguments: &[&str]) -> Ended {
    run(app, &[&["apology"], arguments].concat()).await
}

/// The command succeeds; what its JSON says.
async fn drafted(app: &TestApp, arguments: &[&str]) -> Value {
    let ended = told(app, &[arguments, &["--json"]].concat()).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.json()
}

/// The command fails; what it says.
async fn refused(app: &TestApp, arguments: &[&str]) -> String {
    let ended = told(app, arguments).await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(1), ""),
        "{arguments:?}: {ended:?}"
    );
    ended.err
}

/// The text and the page of a draft.
fn files(drafted: &Value) -> [String; 2] {
    [0, 1].map(|n| fs::read_to_string(drafted["files"][n].as_str().unwrap()).unwrap())
}

/// Two dossiers of Ngọc Thụy: one late by a working day, one due tomorrow.
async fn a_late_one_and_one_soon(app: &mut TestApp) {
    let rows = [
        dossier(&code(1)).due("20200529").row(),
        dossier(&code(2)).due("20200602").row(),
    ];
    app.city.shows(DOSSIERS, rows);
    app.succeed("pull-city").await;
}

stories! {
    async fn a_late_dossier_gets_a_draft_that_only_its_owner_reads(app: &mut TestApp) {
        a_late_one_and_one_soon(app).await;
        let late = drafted(app, &[&code(1)]).await;
        assert_eq!(
            (&late["need"], &late["send_by"], &late["in_time"], &late["new_due"]),
            (&json!("overdue"), &json!("2020-05-28"), &json!(false), &Value::Null)
        );
        let soon = drafted(app, &[&code(2), "--new-due", "2020-06-08"]).await;
        assert_eq!(
            (&soon["need"], &soon["send_by"], &soon["in_time"], &soon["new_due"]),
            (&json!("soon"), &json!("2020-06-01"), &json!(true), &json!("2020-06-08"))
        );
        let folder = app.folder().join("data/apologies");
        for (n, file) in ["txt", "html"].into_iter().enumerate() {
            let path = folder.join(format!("{}.{file}", code(1)));
            assert_eq!(Path::new(late["files"][n].as_str().unwrap()), path);
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        for form in files(&soon) {
            for said in [
                "DỰ THẢO",
                "Độc lập - Tự do - Hạnh phúc",
                "ỦY BAN NHÂN DÂN PHƯỜNG NGỌC THỤY",
                "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ",
                "Đăng ký khai sinh",
                &code(2),
                "ngày 04 tháng 5 năm 2020",
                "17 giờ 00, ngày 02 tháng 6 năm 2020",
                "ngày 08 tháng 6 năm 2020",
                "khoản 9 Điều 19 Nghị định số 61/2018/NĐ-CP",
            ] {
                assert!(form.contains(said), "{said}: {form}");
            }
            assert!(!form.contains(rows::NAME), "nobody asked for the name");
        }
    }

    async fn a_slip_is_drafted_once_and_a_copy_says_the_same(app: &mut TestApp) {
        a_late_one_and_one_soon(app).await;
        let why = ["--reason", "Chờ xác minh"];
        let first = files(&drafted(app, &[&[code(1).as_str()][..], &why].concat()).await);
        app.at("2020-06-03 09:00");
        let second = refused(app, &[&code(1)]).await;
        assert!(second.contains("was drafted on 2020-06-01: `--again`"), "{second}");
        let mute = refused(app, &[&code(1), "--again"]).await;
        assert!(mute.contains("give it again with `--reason`"), "{mute}");
        let copy = drafted(app, &[&[code(1).as_str(), "--again"][..], &why].concat()).await;
        assert_eq!(copy["copy"], true);
        assert_eq!(files(&copy), first, "the same, to the letter");

        // A blank may be filled in, once.
        let own = code(1);
        let filled = |day| [own.as_str(), "--again", "--reason", "Chờ xác minh", "--new-due", day];
        drafted(app, &filled("2020-06-08")).await;
        let other = refused(app, &filled("2020-06-09")).await;
        assert!(other.contains("promises 2020-06-08"), "{other}");
        let kept = drafted(app, &[&code(1), "--again", "--reason", "Chờ xác minh"]).await;
        assert_eq!(kept["new_due"], "2020-06-08");
    }

    async fn who_gets_no_slip_is_told_why(app: &mut TestApp) {
        let rows = [
            dossier(&code(1)).due("20200515").finished("20200514").row(),
            dossier(&code(2)).rescheduled("20200520", "20200529").row(),
            dossier(&code(3)).due("20200529").with("TrangThaiHoSo", "5").row(),
            dossier(&code(4)).due("20200529").finished("20200520").with("TrangThaiHoSo", "7").row(),
            dossier(&code(5)).due("20200615").row(),
        ];
        app.city.shows(DOSSIERS, rows);
        app.succeed("pull-city").await;
        for (n, why) in [
            (1, "it was resolved in time, on 2020-05-14"),
            (2, "it was rescheduled already, from 2020-05-20 to 2020-05-29"),
            (3, "its clock is stopped"),
            (4, "it was withdrawn"),
            (5, "it falls due on 2020-06-15 only, 10 working days from now"),
            (6, "no source tells of a dossier"),
        ] {
            let told = refused(app, &[&code(n)]).await;
            assert!(told.contains(why), "{why}: {told}");
        }
        assert!(!app.folder().join("data/apologies").exists());
    }

    async fn a_day_that_cannot_be_promised_is_refused_with_one_that_can(app: &mut TestApp) {
        a_late_one_and_one_soon(app).await;
        for (day, why) in [
            ("2020-06-06", "--new-due: 2020-06-06 is not a working day: the next one is 2020-06-08"),
            ("2020-06-01", "--new-due: 2020-06-01 is not after today, 2020-06-01"),
            ("2020-06-02", "--new-due: 2020-06-02 is not after the due date, 2020-06-02"),
        ] {
            let told = refused(app, &[&code(2), "--new-due", day]).await;
            assert!(told.contains(why), "{told}");
        }
        assert_eq!(drafted(app, &[&code(2)]).await["copy"], false, "nothing was remembered");
    }

    async fn since_the_new_decree_a_draft_says_that_its_law_is_not_confirmed(app: &mut TestApp) {
        app.at("2025-07-02 09:00");
        let row = dossier(&code(1)).received("20250602").due("20250701");
        app.city.shows(DOSSIERS, [row.changed("20250602080000").row()]);
        app.succeed("pull-city").await;
        let late = drafted(app, &[&code(1)]).await;
        assert_eq!(late["law_confirmed"], false);
        for form in files(&late) {
            let form = form.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(form.contains("118/2025/NĐ-CP") && form.contains("chưa được kiểm chứng"));
        }
    }

    async fn the_applicants_name_is_in_the_draft_and_nowhere_else(app: &mut TestApp) {
        app.edit(SOURCE, "[[pull]]\nrecords = \"dossiers\"", APPLICANT).await;
        a_late_one_and_one_soon(app).await;
        let own = format!("{DOSSIERS}/{}", code(1));
        app.city.shows(&own, [dossier(&code(1)).row()]);
        app.city.forget_what_was_asked();
        let ended = told(app, &[&code(1), "--with-applicant"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(app.city.asked(&own).len(), 1, "one request, for one dossier");
        assert_eq!(app.city.asked(DOSSIERS).len(), 0, "and for no list");

        let folder = app.folder().join("data/apologies");
        for file in ["txt", "html"] {
            let form = fs::read_to_string(folder.join(format!("{}.{file}", code(1)))).unwrap();
            assert!(form.contains(rows::NAME), "{form}");
            for private in [rows::PHONE, rows::MAIL, rows::ABSTRACT] {
                assert!(!form.contains(private), "{private}");
            }
        }
        let stored = app.database.everything(app.folder()).await;
        assert!(stored.contains(&code(1)), "the search finds what is there");
        for (place, text) in [("database", &stored), ("output", &ended.out), ("log", &ended.err)] {
            assert!(!text.contains(rows::NAME), "{place}: {text}");
        }
        if !app.database.is_postgres() {
            for entry in fs::read_dir(app.folder().join("data")).unwrap() {
                let path = entry.unwrap().path();
                let bytes = fs::read(&path).unwrap_or_default();
                let name = rows::NAME.as_bytes();
                let found = bytes.windows(name.len()).any(|window| window == name);
                assert!(!found, "{}", path.display());
            }
        }
    }

    async fn a_source_that_cannot_tell_the_name_says_so_and_nothing_is_drafted(app: &mut TestApp) {
        a_late_one_and_one_soon(app).await;
        let unsaid = refused(app, &[&code(1), "--with-applicant"]).await;
        let help = "add `[applicant]` to config/sources/one-stop-shop.toml";
        assert!(unsaid.contains(help), "{unsaid}");

        app.edit(SOURCE, "[[pull]]\nrecords = \"dossiers\"", APPLICANT).await;
        let own = format!("{DOSSIERS}/{}", code(1));
        // Another dossier than the one that was asked for, with its applicant.
        app.city.shows(&own, [dossier(&code(2)).row()]);
        let wrong = refused(app, &[&code(1), "--with-applicant"]).await;
        assert!(wrong.contains("`/data/0/MaHoSo` is not the code that was asked for"), "{wrong}");
        app.city.shows(&own, [dossier(&code(1)).with("ChuHoSo", " ").row()]);
        let nameless = refused(app, &[&code(1), "--with-applicant"]).await;
        assert!(nameless.contains("no name at `/data/0/ChuHoSo`"), "{nameless}");
        let body = format!("{{\"error_code\": \"7\", \"ChuHoSo\": \"{}\"}}", rows::NAME);
        app.city.fails(DOSSIERS, Answer::Body(body));
        let failed = refused(app, &[&code(1), "--with-applicant"]).await;
        assert!(failed.contains("says `7`, not success"), "{failed}");
        for said in [wrong, nameless, failed] {
            assert!(!said.contains(rows::NAME), "{said}");
        }
        app.city.heals();
        assert!(!app.folder().join("data/apologies").exists());
        assert_eq!(drafted(app, &[&code(1)]).await["copy"], false);
    }

    async fn a_warning_brings_the_slips_of_the_heads_own_dossiers(app: &mut TestApp) {
        app.edit(JOB, "mail = \"overdue\"", "apology = true\nmail = \"overdue\"").await;
        let rows = [
            dossier(&code(1)).due("20200529").row(),
            dossier(&code(2)).due("20200602").row(),
            dossier(&code(3)).due("20200602").unit("00139").row(),
        ];
        app.city.shows(DOSSIERS, rows);
        app.succeed("pull-city").await;
        let dry = run(app, &["run", "overdue-alerts", "--dry-run"]).await;
        assert_eq!(dry.code, Some(0), "{dry:?}");
        let kept = app.folder().join("data/attachments");
        assert!(!kept.exists(), "of a dry run nothing remains");

        app.succeed("overdue-alerts").await;
        for (post, soon) in [("head@00118", 2), ("head@00139", 3)] {
            let [letter] = app.sent_to(post).await.try_into().unwrap();
            assert!(letter.text.contains("dự thảo phiếu xin lỗi"), "{}", letter.text);
            let [slips] = attached(&letter).try_into().unwrap();
            assert_eq!(codes(&slips), [code(soon)].into(), "{post}");
            assert!(slips.contains("DỰ THẢO") && !slips.contains(rows::NAME));
            let beside = kept.join(&letter.message_id).join("du-thao-phieu-xin-loi.html");
            assert_eq!(fs::read_to_string(beside).unwrap(), slips);
        }

        // The draft counts: by command it is completed, not drafted once more.
        let told = refused(app, &[&code(2)]).await;
        assert!(told.contains("was drafted on 2020-06-01"), "{told}");
        let filled = drafted(app, &[&code(2), "--again", "--new-due", "2020-06-08"]).await;
        assert_eq!(filled["new_due"], "2020-06-08");
        assert_eq!(drafted(app, &[&code(1)]).await["copy"], false, "a late one is none of these");
    }

    async fn a_letter_has_at_most_ten_slips_and_none_unless_asked(app: &mut TestApp) {
        let soon = |from: usize| (from..from + 12).map(|n| dossier(&code(n)).due("20200602").row());
        app.city.shows(DOSSIERS, soon(1));
        app.succeed("overdue-alerts").await;
        let [letter] = app.sent_to("head@00118").await.try_into().unwrap();
        assert_eq!(attached(&letter), [] as [String; 0]);
        assert!(!letter.text.contains("phiếu xin lỗi"));

        app.edit(JOB, "mail = \"overdue\"", "apology = true\nmail = \"overdue\"").await;
        app.at("2020-06-02 07:30");
        app.city.shows(DOSSIERS, soon(1).chain(soon(13)));
        app.succeed("overdue-alerts").await;
        let letter = app.sent_to("head@00118").await.pop().unwrap();
        let [slips] = attached(&letter).try_into().unwrap();
        let first: BTreeSet<String> = (13..23).map(code).collect();
        assert_eq!(codes(&slips), first, "of what is warned of today");
        assert_eq!(slips.matches("<article").count(), 10, "a page each");
    }
}

/// The texts of the files that go with a mail.
fn attached(sent: &Sent) -> Vec<String> {
    let parsed = MessageParser::default().parse(&sent.bytes).unwrap();
    let text = |part: &MessagePart<'_>| part.text_contents().unwrap().to_owned();
    parsed.attachments().map(text).collect()
}

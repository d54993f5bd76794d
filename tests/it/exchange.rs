//! Stories of messages by which offices exchange documents.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use dondoc::domain::record::{Entry, Value};

use crate::app::TestApp;
use crate::database::stories;

const SOURCE: &str = r#"
kind = "edxml"
title = "Trục liên thông văn bản"
folder = "messages"
settle = "1s"
expect_within = "4d"
own = ["H26.23", "000.00.98.H26"]

[[pull]]
records = "documents"

[pull.fields]
code = "Record"
body = { from = "Own", codes = { "H26.23" = "UBND quận", "H26.23.12" = "UBND phường", "H26.23.77" = "?", "H26.98" = "?" } }
direction = "Direction"
number = "Number"
type = { from = "TypeName", required = false }
day = "PromulgationDate"
electronic = { default = true }
unit = "Own"
due = { from = "DueDate", kind = "day", required = false }
priority = { from = "Priority", kind = "number", default = 0 }
status = { from = "StatusCode", required = false }
standing = "Standing"
"#;

const JOB: &str = r#"
title = "Đọc văn bản liên thông"
schedule = { cron = "0 6 * * *", zone = "Asia/Ho_Chi_Minh" }
timeout = "5m"

[[step]]
pull = "exchange"
"#;

const COUNTED: &str = "pull exchange";
const SENT: &str = "H26.23,2020/05/05,15/UBND-VP";
const RECEIVED: &str = "H26.23,2020/05/05,15/UBND-VP > H26.23.12";

/// The site knows its organisations, and has a folder of messages and a job that reads them.
async fn with_messages(app: &mut TestApp) {
    fs::create_dir(app.folder().join("messages")).unwrap();
    fs::write(app.folder().join("config/sources/exchange.toml"), SOURCE).unwrap();
    fs::write(app.folder().join("jobs/pull-exchange.toml"), JOB).unwrap();
    let organisation = "config/organisation.toml";
    app.edit(
        organisation,
        "code = \"004\"\n",
        "code = \"004\"\nids = [\"H26.23\"]\n",
    )
    .await;
    app.edit(
        organisation,
        "code = \"00118\"\n",
        "code = \"00118\"\nids = [\"H26.23.12\"]\n",
    )
    .await;
}

fn messages(app: &TestApp) -> PathBuf {
    app.folder().join("messages")
}

fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/edxml");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A message that came a minute ago.
fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    age(path);
}

fn age(path: &Path) {
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_590_900_000);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(before)
        .unwrap();
}

fn status(code: &str, at: &str) -> String {
    let text = sample("status-06.edxml");
    text.replace("<StatusCode>06", &format!("<StatusCode>{code}"))
        .replace("2020/05/07 16:00:00", at)
}

/// The district's letter again, as another kind of business.
fn again(business: &str, at: &str) -> String {
    let text = sample("di-qcvn102.xml");
    text.replace(
        "<x:BussinessDocType>0",
        &format!("<x:BussinessDocType>{business}"),
    )
    .replace("2020/05/05 08:00:00", at)
}

/// A mail of these parts.
fn mail(parts: &[String]) -> String {
    let mut text =
        "Return-Path: <van-thu@so.example>\nFrom: Planted Person Zyx <van-thu@so.example>\n\
         Subject: Zyx\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_a\"\n\n"
            .to_owned();
    // A mail within a mail has its own line between parts.
    let line = format!("=_{}", parts.concat().len());
    text = text.replace("=_a", &line);
    for part in parts {
        text.push_str(&format!("--{line}\n{part}\n"));
    }
    text + &format!("--{line}--\n")
}

fn part(kind: &str, encoding: &str, body: &str) -> String {
    let encoding = match encoding {
        "" => String::new(),
        encoding => format!("Content-Transfer-Encoding: {encoding}\n"),
    };
    format!("Content-Type: {kind}\n{encoding}\n{body}")
}

/// Base64 as mails have it.
fn in_lines(text: &str) -> String {
    let coded = BASE64_STANDARD.encode(text);
    let lines = coded.as_bytes().chunks(76);
    let lines = lines.map(|line| String::from_utf8_lossy(line).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Quoted-printable: every sign that may not stand as it is, and soft line ends.
fn quoted(text: &str) -> String {
    let mut coded = String::new();
    for byte in text.bytes() {
        match byte {
            b'=' | 0x80.. => coded.push_str(&format!("={byte:02X}")),
            b'>' => coded.push_str(">=\n"),
            byte => coded.push(char::from(byte)),
        }
    }
    coded
}

async fn documents(app: &TestApp) -> Vec<Entry> {
    let mut entries = app.store.entries().await.unwrap();
    entries.retain(|entry| entry.records == "documents");
    entries.sort_by(|a, b| a.code.cmp(&b.code));
    entries
}

async fn codes(app: &TestApp) -> Vec<String> {
    documents(app)
        .await
        .into_iter()
        .map(|entry| entry.code)
        .collect()
}

async fn attribute(app: &TestApp, code: &str, name: &str) -> Option<String> {
    let entry = documents(app)
        .await
        .into_iter()
        .find(|entry| entry.code == code)
        .unwrap();
    entry.attributes.get(name).map(ToString::to_string)
}

async fn reasons(app: &TestApp) -> Vec<String> {
    let aside = app.store.rows_aside("exchange", "documents").await.unwrap();
    let mut reasons: Vec<String> = aside.into_iter().map(|reject| reject.reason).collect();
    reasons.sort();
    reasons
}

stories! {
    async fn documents_of_both_ways_to_write_an_organisation_are_counted(app: &mut TestApp) {
        with_messages(app).await;
        put(&messages(app).join("1.edxml"), &sample("den-qd20.edxml"));
        put(&messages(app).join("2.xml"), &sample("di-qcvn102.xml"));
        put(&messages(app).join("readme.txt"), "not a message");
        let ran = app.succeed("pull-exchange").await;
        let counted = &ran.counted(COUNTED)["documents"];
        assert_eq!((&counted["files"], &counted["rejected"]), (&2.into(), &0.into()), "{:?}", reasons(app).await);

        let documents = documents(app).await;
        let seen: Vec<_> = documents.iter().map(|entry| {
            let attribute = |name: &str| entry.attributes.get(name).map(ToString::to_string).unwrap_or_default();
            let unit = entry.unit.as_ref().unwrap().to_string();
            (entry.code.clone(), unit, attribute("direction"), attribute("number"), attribute("due"))
        }).collect();
        let row = |code: &str, unit: &str, direction: &str, number: &str, due: &str| {
            (code.to_owned(), unit.to_owned(), direction.to_owned(), number.to_owned(), due.to_owned())
        };
        assert_eq!(seen, [
            row("H26.01,2020/05/04,101/STN-VP > H26.23", "004", "received", "101/STN-VP", "2020-05-29"),
            row(SENT, "004", "sent", "15/UBND-VP", ""),
            row(RECEIVED, "00118", "received", "15/UBND-VP", ""),
        ]);
        assert_eq!(documents[0].attributes["priority"], Value::Number(2));
        assert_eq!(documents[0].attributes["electronic"], Value::Flag(true));

        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains("Zyx"), "no subject, signer, remark or clerk is stored");
    }

    async fn a_message_is_read_once_and_stays_where_it_is(app: &mut TestApp) {
        with_messages(app).await;
        put(&messages(app).join("1.edxml"), &sample("den-qd20.edxml"));
        app.succeed("pull-exchange").await;
        put(&messages(app).join("copy of 1.edxml"), &sample("den-qd20.edxml"));
        let ran = app.succeed("pull-exchange").await;
        let counted = &ran.counted(COUNTED)["documents"];
        assert_eq!((&counted["files"], &counted["rows"]), (&0.into(), &0.into()));
        assert!(messages(app).join("1.edxml").exists());
        assert_eq!(codes(app).await.len(), 1, "what is not read again is not gone");
    }

    async fn a_message_is_moved_where_its_file_says_so(app: &mut TestApp) {
        with_messages(app).await;
        app.edit("config/sources/exchange.toml", "settle = \"1s\"", "settle = \"1s\"\ndone = \"move\"").await;
        put(&messages(app).join("1.edxml"), &sample("den-qd20.edxml"));
        app.succeed("pull-exchange").await;
        assert!(messages(app).join("done/2020-06-01/1.edxml").exists());
        assert!(!messages(app).join("1.edxml").exists());
        assert_eq!(codes(app).await.len(), 1);
    }

    async fn the_latest_status_counts_in_whatever_order_they_come(app: &mut TestApp) {
        with_messages(app).await;
        put(&messages(app).join("1.edxml"), &status("03", "2020/05/06 08:00:00"));
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(ran.counted(COUNTED)["documents"]["left_out"], 1, "it waits for its document");
        assert!(codes(app).await.is_empty());

        put(&messages(app).join("2.xml"), &sample("di-qcvn102.xml"));
        app.succeed("pull-exchange").await;
        assert_eq!(attribute(app, SENT, "status").await.as_deref(), Some("03"));

        put(&messages(app).join("3.edxml"), &sample("status-06.edxml"));
        put(&messages(app).join("4.edxml"), &status("05", "2020/05/07 09:00:00"));
        app.succeed("pull-exchange").await;
        assert_eq!(attribute(app, SENT, "status").await.as_deref(), Some("06"));
        assert_eq!(attribute(app, RECEIVED, "status").await.as_deref(), Some("06"));
    }

    async fn a_document_is_written_anew_taken_back_and_replaced(app: &mut TestApp) {
        with_messages(app).await;
        put(&messages(app).join("1.xml"), &sample("di-qcvn102.xml"));
        put(&messages(app).join("2.xml"), &again("2", "2020/05/06 08:00:00").replace("Công văn", "Báo cáo"));
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, [SENT, RECEIVED], "no second document");
        assert_eq!(attribute(app, SENT, "type").await.as_deref(), Some("Báo cáo"));

        put(&messages(app).join("3.xml"), &again("1", "2020/05/07 08:00:00"));
        app.succeed("pull-exchange").await;
        assert_eq!(attribute(app, SENT, "standing").await.as_deref(), Some("revoked"));
        assert_eq!(attribute(app, SENT, "type").await.as_deref(), Some("Báo cáo"), "what it was is kept");

        put(&messages(app).join("4.xml"), &again("2", "2020/05/08 08:00:00"));
        let other = again("3", "2020/05/09 08:00:00").replace("15/UBND-VP</x:DocumentId>", "16/UBND-VP</x:DocumentId>")
            .replace("<x:OtherInfo>", "<x:ResponseFor><x:DocumentId>H26.23,2020/05/05,15/UBND-VP</x:DocumentId></x:ResponseFor><x:OtherInfo>");
        app.succeed("pull-exchange").await;
        assert_eq!(attribute(app, SENT, "standing").await.as_deref(), Some("in-force"), "sent once more");
        put(&messages(app).join("5.xml"), &other);
        app.succeed("pull-exchange").await;
        assert_eq!(attribute(app, SENT, "standing").await.as_deref(), Some("replaced"));
        assert_eq!(attribute(app, "H26.23,2020/05/05,16/UBND-VP", "standing").await.as_deref(), Some("in-force"));
    }

    async fn what_cannot_be_read_is_kept_aside_with_its_reason_and_stops_nothing(app: &mut TestApp) {
        with_messages(app).await;
        let folder = messages(app);
        let good = sample("den-qd20.edxml");
        put(&folder.join("1.edxml"), &good);
        put(&folder.join("2.edxml"), &good.replace("2020/05/04,", "2014/02/30,").replace(">2020/05/04<", ">2014/02/30<").replace("101", "102"));
        put(&folder.join("3.edxml"), &good.replace(":DueDate>2020/05/29", ":DueDate>2020/05/32").replace("101", "103"));
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE e [<!ENTITY a \"&b;&b;\"><!ENTITY b \"zz\">]><e>&a;</e>";
        put(&folder.join("4.edxml"), bomb);
        put(&folder.join("5.edxml"), &good[..good.len() / 2]);
        put(&folder.join("6.edxml"), &good.replace("H26.23<", "H26.23.77<").replace("101", "106"));
        put(&folder.join("7.edxml"), &good.replace("H26.23<", "H29.1<").replace("101", "107"));
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(ran.counted(COUNTED)["documents"]["files"], 7);
        assert_eq!(codes(app).await, ["H26.01,2020/05/04,101/STN-VP > H26.23"]);
        assert_eq!(reasons(app).await, [
            "4.edxml: it has a document type declaration, which may define entities without end: that is not read",
            "5.edxml: it is cut off: its header does not end",
            "H26.01,2014/02/30,102/STN-VP: day `2014/02/30` is not a date of the form %Y/%m/%d or %Y/%m/%d %H:%M:%S",
            "H26.01,2020/05/04,103/STN-VP: attribute due `2020/05/32` is not a date of the form %Y/%m/%d or %Y/%m/%d %H:%M:%S",
            "H26.01,2020/05/04,106/STN-VP: unit `H26.23.77` is no unit of organisation.toml on 2020-05-04",
            "H26.01,2020/05/04,107/STN-VP: neither its sender, `H26.01`, nor a receiver, `H29.1`, `H26.24`, is within `own`",
        ]);
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains("Zyx"), "nothing of a subject is kept aside either");
    }

    async fn what_was_kept_aside_is_tried_again_when_the_site_is_mended(app: &mut TestApp) {
        with_messages(app).await;
        let text = sample("den-qd20.edxml").replace("H26.23<", "H26.23.77<");
        put(&messages(app).join("1.edxml"), &text);
        app.succeed("pull-exchange").await;
        assert!(codes(app).await.is_empty());
        app.edit("config/organisation.toml", "ids = [\"H26.23\"]", "ids = [\"H26.23\", \"H26.23.77\"]").await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await.len(), 1);
        assert!(reasons(app).await.is_empty());
    }

    async fn a_large_attachment_is_not_read(app: &mut TestApp) {
        with_messages(app).await;
        let path = messages(app).join("1.edxml");
        let text = sample("den-qd20.edxml").replace("</edXML:edXML>", "<edXML:AttachmentEncoded><edXML:Attachment>");
        let mut file = File::create(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        // A hole of the file: 300 MB that lie nowhere.
        file.set_len(300 << 20).unwrap();
        drop(file);
        age(&path);
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await.len(), 1);
    }

    async fn a_maildir_is_read_whatever_its_files_are_called(app: &mut TestApp) {
        with_messages(app).await;
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(messages(app).join(folder)).unwrap();
        }
        put(&messages(app).join("new/1590900000.M1.may-chu"), &sample("den-qd20.edxml"));
        put(&messages(app).join("cur/1590900001.M2.may-chu:2,S"), &sample("di-qcvn102.xml"));
        put(&messages(app).join("tmp/1590900002.M3.may-chu"), "<edXML");
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await.len(), 3);
        fs::rename(
            messages(app).join("new/1590900000.M1.may-chu"),
            messages(app).join("cur/1590900000.M1.may-chu:2,S"),
        ).unwrap();
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(ran.counted(COUNTED)["documents"]["files"], 0, "the same message, seen by another reader");
    }

    async fn messages_come_as_parts_of_mails(app: &mut TestApp) {
        with_messages(app).await;
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(messages(app).join(folder)).unwrap();
        }
        let good = sample("den-qd20.edxml");
        let whole = mail(&[
            part("text/plain; charset=utf-8", "", "Kính gửi Planted Person Zyx,\n<edXML in the text>\n"),
            part("application/octet-stream; name=\"101.EDXML\"", "base64", &in_lines(&good)),
            part("application/xml; charset=utf-8", "quoted-printable", &quoted(&sample("di-qcvn102.xml"))),
            part("application/pdf; name=\"cv.pdf\"", "base64", &in_lines("%PDF-1.4")),
        ]);
        put(&messages(app).join("new/1.M1.may-chu"), &whole);
        let body = format!("From: van-thu@so.example\nMIME-Version: 1.0\nContent-Type: text/xml; charset=utf-8\n\
             Content-Transfer-Encoding: base64\n\n{}", in_lines(&good.replace("101", "102")));
        put(&messages(app).join("new/2.M2.may-chu"), &body);
        let inner = mail(&[part("application/xml; name=a.xml", "base64", &in_lines(&good.replace("101", "103")))]);
        put(&messages(app).join("cur/3.M3.may-chu:2,S"), &mail(&[part("message/rfc822", "", &inner)]));
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, [
            "H26.01,2020/05/04,101/STN-VP > H26.23",
            "H26.01,2020/05/04,102/STN-VP > H26.23",
            "H26.01,2020/05/04,103/STN-VP > H26.23",
            SENT,
            RECEIVED,
        ], "{:?}", reasons(app).await);
        assert_eq!(ran.counted(COUNTED)["documents"]["files"], 4);
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains("Zyx"), "nothing of a mail's text is stored");
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(ran.counted(COUNTED)["documents"]["files"], 0);
    }

    async fn a_bad_part_of_a_mail_takes_no_other_with_it(app: &mut TestApp) {
        with_messages(app).await;
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(messages(app).join(folder)).unwrap();
        }
        let good = sample("den-qd20.edxml");
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE e [<!ENTITY a \"&b;&b;\"><!ENTITY b \"zz\">]><e>&a;</e>";
        let text = mail(&[
            part("application/xml; name=1.xml", "base64", &in_lines(&good[..good.len() / 2])),
            part("application/xml; name=2.xml", "", bomb),
            part("application/xml; name=3.xml", "base64", &in_lines(&good)),
        ]);
        put(&messages(app).join("new/1.M1.may-chu"), &text);
        put(&messages(app).join("new/2.M2.may-chu"), "From: a@so.example\nSubject: Zyx\n\nChào anh Zyx\n");
        let large = messages(app).join("new/3.M3.may-chu");
        put(&large, "From: a@so.example\nSubject: Zyx\n\n");
        File::options().write(true).open(&large).unwrap().set_len(80 << 20).unwrap();
        age(&large);
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, ["H26.01,2020/05/04,101/STN-VP > H26.23"]);
        assert_eq!(reasons(app).await, [
            "1.M1.may-chu, part 1: it is cut off: its header does not end",
            "1.M1.may-chu, part 2: it has a document type declaration, which may define entities without end: that is not read",
            "2.M2.may-chu: it is a mail without a message: no part of it is edXML",
            "3.M3.may-chu: it is a mail of more than 64 MiB: those are not opened",
        ]);
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains("Zyx"), "nothing of a mail is kept aside");
    }
}

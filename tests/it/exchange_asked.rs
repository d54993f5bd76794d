//! Stories of messages that a system lists and gives, one by one.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use dondoc::job::look;
use dondoc::store::runs::RunStatus;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::app::{Ran, TestApp};
use crate::database::stories;
use crate::foreign::{Asked, ForeignSystem, Reply, SECRET};

const GIVES_XML: &str = r#"
[pull.get]
path = "/messages/{id}"
"#;

const GIVES_JSON: &str = r#"
[pull.get]
path = "/message"
query = { id = "{id}" }
content = "/data/noi~1dung"
"#;

fn source(access: &str, get: &str) -> String {
    format!(
        r#"
kind = "edxml"
title = "Trục liên thông văn bản"
endpoint = "exchange"
expect_within = "4d"
attempts = 2
own = ["H26.23"]
{access}

[[pull]]
records = "documents"

[pull.list]
path = "/messages"
rows = "/data"
id = "/id"
paging = {{ kind = "page", page = "page", size = "size", rows = 3, total = "/total" }}
{get}

[pull.fields]
code = "Record"
body = {{ from = "Own", codes = {{ "H26.23" = "UBND quận", "H26.23.12" = "UBND phường" }} }}
direction = "Direction"
electronic = {{ default = true }}
day = "PromulgationDate"
unit = "Own"
status = {{ from = "StatusCode", required = false }}
"#
    )
}

const JOB: &str = "title = \"Đọc văn bản liên thông\"\n\
     schedule = { cron = \"0 6 * * *\", zone = \"Asia/Ho_Chi_Minh\" }\n\
     retry = { attempts = 1, first = \"1s\", max = \"2s\" }\n\n[[step]]\npull = \"exchange\"\n";

/// The site asks `system` for messages.
async fn connect(app: &mut TestApp, system: &ForeignSystem, access: &str, get: &str) {
    let folder = app.folder().to_owned();
    let settings = folder.join("config/local.toml");
    let local = fs::read_to_string(&settings).unwrap();
    let endpoint = format!("[endpoints]\nexchange = \"http://{}\"", system.address);
    let credential =
        "\n[credentials.exchange]\nid = \"dondoc\"\nsecret_file = \"config/secrets/exchange\"\n";
    fs::write(
        &settings,
        local.replace("[endpoints]", &endpoint) + credential,
    )
    .unwrap();
    fs::write(folder.join("config/secrets/exchange"), SECRET).unwrap();
    let file = folder.join("config/organisation.toml");
    let organisation = fs::read_to_string(&file).unwrap();
    let organisation = organisation
        .replace("code = \"004\"\n", "code = \"004\"\nids = [\"H26.23\"]\n")
        .replace(
            "code = \"00118\"\n",
            "code = \"00118\"\nids = [\"H26.23.12\"]\n",
        );
    fs::write(file, organisation).unwrap();
    fs::write(
        folder.join("config/sources/exchange.toml"),
        source(access, get),
    )
    .unwrap();
    app.write("jobs/pull-exchange.toml", JOB).await;
}

fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/edxml");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A letter to us with a number of its own.
fn letter(number: usize) -> String {
    sample("den-qd20.edxml").replace("101", &number.to_string())
}

fn record(number: usize) -> String {
    format!("H26.01,2020/05/04,{number}/STN-VP > H26.23")
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("m/{number}")).collect()
}

fn listed(asked: &Asked, names: &[String]) -> Reply {
    let skip = (asked.number("page") - 1) * 3;
    let rows = names.iter().skip(skip).take(3);
    let rows: Vec<_> = rows.map(|name| json!({ "id": name })).collect();
    Reply::json(&json!({ "data": rows, "total": names.len() }))
}

/// The number of the message that is asked for by its path.
fn wanted(asked: &Asked) -> Option<usize> {
    asked.path.strip_prefix("/messages/m%2F")?.parse().ok()
}

fn xml(text: impl Into<String>) -> Reply {
    Reply::bytes(text.into().into_bytes(), "application/xml")
}

/// A system of `count` letters.
fn letters(count: usize) -> impl FnMut(&Asked) -> Reply + Send {
    move |asked| match wanted(asked) {
        Some(number) => xml(letter(100 + number)),
        None => listed(asked, &names(count)),
    }
}

async fn codes(app: &TestApp) -> Vec<String> {
    let entries = app.store.entries().await.unwrap();
    let documents = entries.into_iter();
    let documents = documents.filter(|entry| entry.records == "documents");
    let mut codes: Vec<String> = documents.map(|entry| entry.code).collect();
    codes.sort();
    codes
}

async fn reasons(app: &TestApp) -> Vec<String> {
    let aside = app.store.rows_aside("exchange", "documents").await.unwrap();
    let mut reasons: Vec<String> = aside.into_iter().map(|reject| reject.reason).collect();
    reasons.sort();
    reasons
}

/// Messages that were asked for, by number.
fn fetched(system: &ForeignSystem) -> Vec<usize> {
    system.asked().iter().filter_map(wanted).collect()
}

fn records(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|number| record(100 + number))
        .collect()
}

async fn fails(app: &mut TestApp, words: &str) -> Ran {
    let ran = app.run("pull-exchange").await;
    assert_ne!(ran.status(), RunStatus::Succeeded, "{ran:?}");
    let reason = &ran.run.reason;
    assert!(reason.contains(words), "{reason} should say {words}");
    assert!(!format!("{ran:?}").contains(SECRET), "{ran:?}");
    ran
}

stories! {
    async fn messages_are_listed_and_each_is_asked_for_once(app: &mut TestApp) {
        let system = ForeignSystem::start(letters(7)).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=7), "{:?}", reasons(app).await);
        assert_eq!(fetched(&system), (1..=7).collect::<Vec<_>>());

        system.forget_what_was_asked();
        system.answers(letters(8));
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=8));
        assert_eq!(fetched(&system), [8], "what was read is remembered here");
        assert!(system.asked().iter().all(|asked| asked.method == "GET"), "nothing is changed there");
        let everything = app.database.everything(app.folder()).await;
        assert!(!everything.contains("Zyx"), "no subject, signer, remark or clerk is stored");
    }

    async fn a_message_within_json_is_read_too(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            if asked.path == "/messages" {
                return listed(asked, &names(2));
            }
            let number = asked.query["id"].trim_start_matches("m/").parse::<usize>().unwrap();
            let text = BASE64_STANDARD.encode(letter(100 + number));
            let body = json!({ "error": null, "data": { "tên": "x", "noi/dung": text } }).to_string();
            Reply::bytes(body.replace('/', "\\/"), "application/json")
        }).await;
        connect(app, &system, "", GIVES_JSON).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=2), "{:?}", reasons(app).await);
    }

    async fn statuses_find_their_document_whenever_it_comes(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| match wanted(asked) {
            Some(1) => xml(sample("status-06.edxml")),
            Some(_) => xml(sample("di-qcvn102.xml")),
            None => listed(asked, &names(1)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        let ran = app.succeed("pull-exchange").await;
        assert_eq!(ran.counted("pull exchange")["documents"]["left_out"], 1, "it waits for its document");
        system.answers(|asked| match wanted(asked) {
            Some(_) => xml(sample("di-qcvn102.xml")),
            None => listed(asked, &names(2)),
        });
        app.succeed("pull-exchange").await;
        let entries = app.store.entries().await.unwrap();
        let sent = entries.iter().find(|entry| entry.code == "H26.23,2020/05/05,15/UBND-VP").unwrap();
        assert_eq!(sent.attributes["status"].to_string(), "06");
    }

    async fn one_message_that_cannot_be_had_keeps_no_other_away(app: &mut TestApp) {
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(4) => Reply::status(500),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(8)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        fails(app, "/messages/m%2F4 answered 500").await;
        assert_eq!(codes(app).await, records([1, 2, 3, 5, 6, 7, 8]));
        let state = app.store.pull_state("exchange", "documents").await.unwrap();
        assert_eq!(state.completed_at, None, "not all is known");

        system.forget_what_was_asked();
        system.answers(letters(8));
        app.succeed("pull-exchange").await;
        assert_eq!(fetched(&system), [4], "the next pull goes on with it");
        assert_eq!(codes(app).await, records(1..=8));
        let state = app.store.pull_state("exchange", "documents").await.unwrap();
        assert!(state.completed_at.is_some());
    }

    async fn a_system_that_is_down_is_not_asked_for_every_message(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| match wanted(asked) {
            Some(number) if number > 2 => Reply::status(503),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(90)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        fails(app, "answered 503").await;
        assert_eq!(codes(app).await, records(1..=2), "what came before is stored");
        assert_eq!(fetched(&system), [1, 2, 3, 3, 4, 4, 5, 5], "two attempts for each of three");
    }

    async fn a_list_that_breaks_off_leaves_what_it_named(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| match wanted(asked) {
            Some(number) => xml(letter(100 + number)),
            None if asked.number("page") == 2 => Reply::status(500),
            None => listed(asked, &names(7)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        fails(app, "/messages answered 500").await;
        assert_eq!(codes(app).await, records(1..=3));
        system.answers(letters(7));
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=7));
    }

    async fn a_body_that_breaks_off_is_asked_for_again(app: &mut TestApp) {
        let cut = AtomicUsize::new(0);
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(1) if cut.fetch_add(1, Ordering::Relaxed) == 0 => xml(letter(101)).cut_after(300),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(2)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=2));
        assert_eq!(fetched(&system), [1, 1, 2]);
    }

    async fn what_is_no_message_is_kept_aside_until_it_is_one(app: &mut TestApp) {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE e [<!ENTITY a \"&b;&b;\"><!ENTITY b \"zz\">]><e>&a;</e>";
        let good = letter(101);
        let half = good[..good.len() / 2].to_owned();
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(1) => xml(half.clone()),
            Some(2) => xml(bomb),
            Some(3) => Reply::status(404),
            Some(4) => Reply::bytes("<html><title>Đăng nhập</title></html>", "text/html"),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(5)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records([5]));
        let address = system.address;
        assert_eq!(reasons(app).await, [
            "m/1: it is cut off: its header does not end".to_owned(),
            "m/2: it has a document type declaration, which may define entities without end: that is not read".to_owned(),
            format!("m/3: http://{address}/messages/m%2F3 answered 404"),
            "m/4: it is neither a document nor a status: no `MessageHeader` and no `StatusCode` is in it".to_owned(),
        ]);

        system.answers(letters(5));
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=5));
        assert!(reasons(app).await.is_empty(), "{:?}", reasons(app).await);
    }

    async fn a_message_listed_twice_is_one(app: &mut TestApp) {
        let twice = ["m/1", "m/2", "m/1", "m/2", "m/3"].map(str::to_owned).to_vec();
        let names = twice.clone();
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            // Two names, one message.
            Some(3) => xml(letter(102)),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=2));
        assert_eq!(fetched(&system), [1, 2, 3]);
        system.forget_what_was_asked();
        app.succeed("pull-exchange").await;
        assert_eq!(fetched(&system), [] as [usize; 0], "under neither of its names");
    }

    async fn a_row_without_a_name_is_told(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| match wanted(asked) {
            Some(number) => xml(letter(100 + number)),
            None => Reply::json(&json!({ "data": [{ "id": "m/1" }, { "key": 2 }, { "id": ".." }], "total": 3 })),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=1));
        assert_eq!(reasons(app).await, [
            "row 2 of the list: no name of a message at `/id`",
            "row 3 of the list: no name of a message at `/id`",
        ]);
    }

    async fn an_expired_token_is_renewed_in_the_middle(app: &mut TestApp) {
        let tokens = Arc::new(AtomicUsize::new(0));
        let expired = Arc::new(AtomicBool::new(false));
        let (given, ended) = (Arc::clone(&tokens), Arc::clone(&expired));
        let system = ForeignSystem::start(move |asked| {
            if asked.path == "/token" {
                let token = given.fetch_add(1, Ordering::Relaxed) + 1;
                return Reply::json(&json!({ "access_token": format!("t{token}"), "expires_in": 3600 }));
            }
            let number = wanted(asked);
            if number == Some(3) {
                ended.store(true, Ordering::Relaxed);
            }
            let valid = if ended.load(Ordering::Relaxed) { "Bearer t2" } else { "Bearer t1" };
            if asked.header("authorization") != valid {
                return Reply::status(401);
            }
            match number {
                Some(number) => xml(letter(100 + number)),
                None => listed(asked, &names(5)),
            }
        }).await;
        let sign_in = "sign_in = { kind = \"client-credentials\", token_path = \"/token\", credential = \"exchange\" }";
        connect(app, &system, sign_in, GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=5));
        assert_eq!(tokens.load(Ordering::Relaxed), 2);
    }

    async fn a_session_that_ended_without_a_word_is_renewed(app: &mut TestApp) {
        let sessions = Arc::new(AtomicUsize::new(0));
        let given = Arc::clone(&sessions);
        let mut ended = false;
        let system = ForeignSystem::start(move |asked| {
            if asked.path == "/login" {
                let session = given.fetch_add(1, Ordering::Relaxed) + 1;
                return Reply::json(&json!({ "session": format!("s{session}") }));
            }
            let number = asked.query.get("id").map(|id| id.trim_start_matches("m/").parse::<usize>().unwrap());
            ended |= number == Some(2);
            if asked.header("cookie") != if ended { "SESSION=s2" } else { "SESSION=s1" } {
                return Reply::json(&json!({ "error": "phiên đã hết hạn" }));
            }
            match number {
                Some(number) => Reply::json(&json!({ "data": { "noi/dung": BASE64_STANDARD.encode(letter(100 + number)) } })),
                None => listed(asked, &names(3)),
            }
        }).await;
        let sign_in = "sign_in = { kind = \"session\", path = \"/login\", credential = \"exchange\", session = \"/session\" }\n\
             headers = { Cookie = \"SESSION={session}\" }";
        connect(app, &system, sign_in, GIVES_JSON).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=3), "{:?}", reasons(app).await);
        assert_eq!(sessions.load(Ordering::Relaxed), 2);
    }

    async fn an_attachment_is_not_even_taken(app: &mut TestApp) {
        let text = letter(101);
        let (header, _) = text.split_once("</edXML:edXML>").unwrap();
        let beginning = format!("{header}<edXML:AttachmentEncoded><edXML:Attachment>");
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(_) => xml(beginning.clone()).then(b"QUJD", 200 << 20),
            None => listed(asked, &names(1)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=1));
        assert!(system.bytes_sent() < 32 << 20, "{} bytes were taken", system.bytes_sent());
    }

    async fn an_attachment_before_the_header_goes_by(app: &mut TestApp) {
        let text = letter(101);
        let begin = text.find("<edXML:edXMLEnvelope").unwrap();
        let (before, after) = text.split_at(begin);
        let (before, after) = (format!("{before}<edXML:Attachment>"), format!("</edXML:Attachment>{after}"));
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(_) => xml(before.clone()).then(b"QUJD", 200 << 20).and(after.clone()),
            None => listed(asked, &names(1)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records(1..=1), "{:?}", reasons(app).await);
        assert!(system.bytes_sent() > 200 << 20);
    }

    async fn bombs_do_not_go_off(app: &mut TestApp) {
        let spaces = {
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            for _ in 0..256 {
                packed.write_all(&[b' '; 1 << 18]).unwrap();
            }
            packed.finish().unwrap()
        };
        let deep = "<a>".repeat(100_000);
        let many = format!("<edXML><edXMLHeader>{}", "<To><OrganId>H26.23</OrganId></To>".repeat(100_000));
        let system = ForeignSystem::start(move |asked| match wanted(asked) {
            Some(1) => Reply::bytes(spaces.clone(), "application/xml").header("Content-Encoding", "gzip"),
            Some(2) => xml(deep.clone()),
            Some(3) => xml(many.clone()),
            Some(4) => xml("<").then(b"aaaa", 64 << 20),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(5)),
        }).await;
        connect(app, &system, "", GIVES_XML).await;
        app.succeed("pull-exchange").await;
        assert_eq!(codes(app).await, records([5]));
        assert_eq!(reasons(app).await, [
            "m/1: it is empty",
            "m/2: its elements are nested more than 32 deep",
            "m/3: its header is larger than 1048576 bytes",
            "m/4: a tag does not end within 16 KiB",
        ]);
    }

    async fn a_message_without_end_keeps_no_other_away(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| match wanted(asked) {
            Some(1) => xml("<edXML>").endless(),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(3)),
        }).await;
        connect(app, &system, "timeout = \"300ms\"", GIVES_XML).await;
        // Its beginning again and again is a header that is too large; text without end is nothing at all.
        app.succeed("pull-exchange").await;
        assert_eq!(reasons(app).await, ["m/1: its header is larger than 1048576 bytes"]);
        system.answers(|asked| match wanted(asked) {
            Some(1) => xml("QUJD").endless(),
            Some(number) => xml(letter(100 + number)),
            None => listed(asked, &names(4)),
        });
        fails(app, "/messages/m%2F1 cannot be reached: no answer in time").await;
        assert_eq!(codes(app).await, records(2..=4));
    }

    async fn a_look_shows_documents_and_stores_nothing(app: &mut TestApp) {
        let system = ForeignSystem::start(letters(4)).await;
        connect(app, &system, "", GIVES_XML).await;
        let source = app.files.sources.iter().find(|source| source.name == "exchange").unwrap();
        let looks = look::at(app, source, 2).await;
        assert!(looks[0].asked.contains("/messages?page=1&size=3"), "{looks:?}");
        assert_eq!((looks[0].rows, looks[0].rejected, looks[0].samples.len()), (4, 0, 2));
        assert!(codes(app).await.is_empty());
    }
}

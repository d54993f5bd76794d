//! Stories of systems that behave badly: no row lost, none doubled, and words that help.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dondoc::store::runs::RunStatus;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::app::TestApp;
use crate::database::stories;
use crate::foreign::{Asked, ForeignSystem, Reply, SECRET, part, things};

const PAGED: &str = "rows = \"/data\"\npaging = { kind = \"page\", page = \"page\", size = \"size\", rows = 4, total = \"/total\" }";
const BEARER: &str = "sign_in = { kind = \"bearer\", credential = \"foreign\" }";

fn page(asked: &Asked) -> Reply {
    let (page, size) = (asked.number("page"), asked.number("size"));
    let shown = part(&things(0, 10), (page - 1) * size, size);
    Reply::json(&json!({ "data": shown, "total": 10 }))
}

/// The replies given one after the other, then the list.
fn first(replies: impl IntoIterator<Item = Reply>) -> impl FnMut(&Asked) -> Reply {
    let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
    move |asked| replies.next().unwrap_or_else(|| page(asked))
}

stories! {
    async fn what_passes_is_asked_for_again(app: &mut TestApp) {
        let system = ForeignSystem::start(page).await;
        app.connect(&system, "timeout = \"400ms\"", PAGED).await;
        for (reply, why) in [
            (Reply::status(500), "an error of the server"),
            (
                Reply::status(429).header("Retry-After", "1"),
                "too many requests",
            ),
            (
                Reply::status(503).header("Retry-After", "Mon, 01 Jun 2020 00:30:01 GMT"),
                "a date",
            ),
            (Reply::silent(), "a half-open socket"),
            (page(&asked_first()).cut_after(20), "a body that breaks off"),
            (
                Reply::bytes("{\"data\": [", "application/json"),
                "a body that ends too soon",
            ),
        ] {
            system.answers(first([reply]));
            system.forget_what_was_asked();
            let ran = app.pull_all(10).await;
            assert_eq!(ran.counted("pull foreign")["things"]["rows"], 10, "{why}");
            assert_eq!(system.asked_for("page"), ["1", "1", "2", "3"], "{why}");
        }
    }

    async fn a_wait_until_a_date_is_kept(app: &mut TestApp) {
        let system = ForeignSystem::start(first([
            Reply::status(429).header("Retry-After", "Mon, 01 Jun 2020 00:30:02 GMT")
        ]))
        .await;
        app.connect(&system, "", PAGED).await;
        let begun = Instant::now();
        app.pull_all(10).await;
        assert!(
            begun.elapsed() >= Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
    }

    async fn a_pull_goes_on_at_the_page_that_failed_whatever_failed(app: &mut TestApp) {
        let system = ForeignSystem::start(page).await;
        app.connect(&system, "", PAGED).await;
        for (reply, says) in [
            (Reply::status(502), "answered 502"),
            (
                Reply::bytes(
                    "<html><head><title>Đăng nhập hệ thống</title></head><body>bí mật</body></html>",
                    "text/html",
                ),
                "a web page, not JSON: `Đăng nhập hệ thống`",
            ),
            (
                Reply::bytes(
                    b"{\"data\": [{\"id\": \"T-0004\", \"name\": \"Vi\xd6c\"}], \"total\": 10}"
                        .to_vec(),
                    "application/json; charset=iso-8859-1",
                ),
                "text in `iso-8859-1`, which cannot write Vietnamese",
            ),
            (
                Reply::bytes(
                    b"{\"data\": [\"Vi\xd6c\"]}".to_vec(),
                    "application/json; charset=utf-8",
                ),
                "text that is not UTF-8, as its header says",
            ),
            (
                Reply::json(&json!({ "data": null })),
                "no list of rows at `/data`",
            ),
        ] {
            let stays_bad = reply.clone();
            system.answers(move |asked| {
                if asked.number("page") == 2 {
                    stays_bad.clone()
                } else {
                    page(asked)
                }
            });
            let ran = app.pull_fails(says).await;
            assert_ne!(ran.status(), RunStatus::Succeeded);
            assert!(!format!("{ran:?}").contains("bí mật"), "{ran:?}");
            system.answers(page);
            system.forget_what_was_asked();
            app.pull_all(10).await;
            assert_eq!(system.asked_for("page"), ["2", "3"], "{says}");
        }
    }

    async fn a_body_without_end_is_refused_before_it_fills_the_memory(app: &mut TestApp) {
        let system = ForeignSystem::start(|_| {
            Reply::bytes(vec![b' '; 64 * 1024], "application/json").endless()
        })
        .await;
        app.connect(&system, "max_body = \"1MiB\"", PAGED).await;
        app.pull_fails("more than 1048576 bytes").await;
        assert!(
            system.bytes_sent() < 32 << 20,
            "{} bytes were taken",
            system.bytes_sent()
        );

        system.answers(|_| Reply::bytes(vec![b' '; 2 << 20], "application/json"));
        app.pull_fails("more than 1048576 bytes").await;
    }

    async fn two_gigabytes_are_refused_and_not_taken(app: &mut TestApp) {
        let two_gigabytes = |announced: &str| {
            let beginning = Reply::bytes("{\"data\": [\"", "application/json");
            let whole = beginning.then(b"0123456789", 2 << 30).and("\"]}");
            match announced {
                "by length" => whole,
                _ => whole.unannounced(),
            }
        };
        let system = ForeignSystem::start(move |_| two_gigabytes("by length")).await;
        app.connect(&system, "", PAGED).await;
        for announced in ["by length", "not at all"] {
            system.answers(move |_| two_gigabytes(announced));
            let before = system.bytes_sent();
            let ran = app.pull_fails("answered with a body of more than 67108864 bytes").await;
            assert!(ran.run.reason.contains("/things"), "{}", ran.run.reason);
            let taken = system.bytes_sent() - before;
            assert!(taken < 128 << 20, "{taken} bytes were taken, announced {announced}");
        }
        assert_eq!(system.asked().len(), 2, "and nothing that is too large is asked for again");
        system.answers(page);
        app.pull_all(10).await;
    }

    async fn a_small_answer_that_unpacks_to_a_large_one_is_refused(app: &mut TestApp) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..256 {
            packed.write_all(&[b' '; 1 << 18]).unwrap();
        }
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 100_000);
        let bomb = Reply::bytes(packed, "application/json").header("Content-Encoding", "gzip");
        let system = ForeignSystem::start(move |_| bomb.clone()).await;
        app.connect(&system, "max_body = \"1MiB\"", PAGED).await;
        app.pull_fails("more than 1048576 bytes").await;

        // What is packed and fits is read.
        system.answers(|asked| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::default());
            let shown = part(&things(0, 10), (asked.number("page") - 1) * 4, 4);
            packed
                .write_all(json!({ "data": shown, "total": 10 }).to_string().as_bytes())
                .unwrap();
            Reply::bytes(packed.finish().unwrap(), "application/json")
                .header("Content-Encoding", "gzip")
        });
        app.pull_all(10).await;
    }

    async fn what_signs_us_in_never_leaves_the_host(app: &mut TestApp) {
        let thief =
            ForeignSystem::start(|_| Reply::json(&json!({ "data": [], "next": null }))).await;
        let elsewhere = format!("http://{}/things?page=2", thief.address);
        let to = elsewhere.clone();
        let system = ForeignSystem::start(move |_| {
            Reply::json(&json!({ "data": things(0, 4), "next": to }))
        })
        .await;
        let next = "rows = \"/data\"\npaging = { kind = \"next\", next = \"/next\" }";
        app.connect(&system, BEARER, next).await;
        app.pull_fails("leads to another host, `127.0.0.1`").await;
        assert!(
            system
                .asked()
                .iter()
                .all(|asked| asked.header("authorization").contains(SECRET))
        );

        let to = elsewhere.clone();
        system.answers(move |_| Reply::status(302).header("Location", &to));
        app.pull_fails("leads to another host, `127.0.0.1`").await;
        assert_eq!(thief.asked().len(), 0, "nothing was asked there");

        // On its own host a redirect is followed.
        system.answers(|asked| match asked.path.as_str() {
            "/things" => Reply::status(307).header("Location", "/moved/things"),
            _ => Reply::json(&json!({ "data": things(0, 4), "next": null })),
        });
        app.pull_all(4).await;
    }

    async fn links_in_a_circle_and_pages_that_are_all_the_same_are_told(app: &mut TestApp) {
        let system =
            ForeignSystem::start(|_| Reply::json(&json!({ "data": things(0, 4), "total": 50 })))
                .await;
        app.connect(&system, "", PAGED).await;
        app.pull_fails("the same rows on its second page as on its first, though it speaks of 50")
            .await;

        system.answers(|_| Reply::json(&json!({ "data": things(0, 4), "next": "/things?page=2" })));
        app.move_to(
            &system,
            "",
            "rows = \"/data\"\npaging = { kind = \"next\", next = \"/next\" }",
        )
        .await;
        app.pull_fails("leads back to the same one").await;
    }

    async fn a_last_page_that_comes_again_ends_a_list_without_a_total(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let skip = (asked.number("page") - 1).min(2) * 4;
            Reply::json(&json!({ "data": part(&things(0, 10), skip, 4) }))
        })
        .await;
        app.connect(&system, "", PAGED).await;
        let ran = app.pull_all(10).await;
        assert_eq!(system.asked_for("page"), ["1", "2", "3", "4"]);
        assert_eq!(ran.counted("pull foreign")["things"]["rejected"], 0);
    }

    async fn a_source_file_mended_while_a_pull_is_under_way_begins_again(app: &mut TestApp) {
        let broken = Arc::new(Mutex::new(true));
        let breaks = Arc::clone(&broken);
        let system = ForeignSystem::start(move |asked| {
            if asked.number("page") == 2 && *breaks.lock().unwrap() {
                return Reply::status(500);
            }
            page(asked)
        })
        .await;
        app.connect(&system, "", PAGED).await;
        app.pull_fails("answered 500").await;
        // Page 2 of other pages is another place in the list.
        *broken.lock().unwrap() = false;
        app.edit("config/sources/foreign.toml", "rows = 4", "rows = 6")
            .await;
        system.forget_what_was_asked();
        app.pull_all(10).await;
        assert_eq!(system.asked_for("page"), ["1", "2"]);
    }
}

fn asked_first() -> Asked {
    let query = [
        ("page".to_owned(), "1".to_owned()),
        ("size".to_owned(), "4".to_owned()),
    ];
    Asked {
        query: query.into_iter().collect(),
        ..Asked::default()
    }
}

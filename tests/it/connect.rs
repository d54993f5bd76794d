//! Stories of systems that nobody here wrote, connected by a source's file alone.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::database::stories;
use crate::foreign::{Asked, ForeignSystem, Reply, SECRET, part, thing, things};

/// A list by page and size, with a total.
fn paged(rows: &[Value], asked: &Asked) -> Reply {
    let (page, size) = (asked.number("page"), asked.number("size"));
    let shown = part(rows, (page - 1) * size, size);
    Reply::json(&json!({ "data": shown, "total": rows.len() }))
}

const PAGED: &str = "rows = \"/data\"\npaging = { kind = \"page\", page = \"page\", size = \"size\", rows = 4, total = \"/total\" }";

stories! {
    async fn pages_are_counted_from_0_or_1_and_end_with_the_total(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let shown = part(&things(0, 10), asked.number("p") * 4, 4);
            Reply::json(&json!({ "data": shown, "total": "10" }))
        })
        .await;
        let pull = "rows = \"/data\"\npaging = { kind = \"page\", page = \"p\", size = \"n\", first = 0, rows = 4, total = \"/total\" }";
        app.connect(&system, "", pull).await;
        app.pull_all(10).await;
        assert_eq!(system.asked_for("p"), ["0", "1", "2"]);

        system.answers(|asked| paged(&things(0, 10), asked));
        app.move_to(&system, "", PAGED).await;
        system.forget_what_was_asked();
        app.pull_all(10).await;
        assert_eq!(system.asked_for("page"), ["1", "2", "3"]);
    }

    async fn a_short_page_is_no_end_and_an_offset_goes_on_by_the_rows_that_came(app: &mut TestApp) {
        // It caps its pages at three, whatever is asked for, and states no total.
        let system = ForeignSystem::start(|asked| {
            Reply::json(&Value::from(part(
                &things(0, 8),
                asked.number("skipCount"),
                3,
            )))
        })
        .await;
        let pull = "paging = { kind = \"offset\", offset = \"skipCount\", limit = \"maxResultCount\", rows = 5 }";
        app.connect(&system, "", pull).await;
        app.pull_all(8).await;
        assert_eq!(system.asked_for("skipCount"), ["0", "3", "6", "8"]);
    }

    async fn a_next_link_is_followed_and_resumed_where_it_failed(app: &mut TestApp) {
        let breaks = Arc::new(Mutex::new(true));
        let broken = Arc::clone(&breaks);
        let system = ForeignSystem::start(move |asked| {
            let at = asked.number("from");
            if at == 6 && *broken.lock().unwrap() {
                return Reply::status(503);
            }
            // Whole addresses and parts of them, by turns.
            let to = at + 3;
            let next = if at == 0 {
                format!("http://{}/things?from={to}&size=3", asked.header("host"))
            } else {
                format!("?from={to}&size=3")
            };
            let next = (to < 11).then_some(next);
            Reply::json(&json!({ "items": part(&things(0, 11), at, 3), "links": { "next": next } }))
        })
        .await;
        let pull = "rows = \"/items\"\nquery = { size = 3 }\npaging = { kind = \"next\", next = \"/links/next\" }";
        app.connect(&system, "", pull).await;
        app.pull_fails("answered 503").await;
        assert_eq!(app.things().await.len(), 6, "the good pages stay");
        *breaks.lock().unwrap() = false;
        system.forget_what_was_asked();
        app.pull_all(11).await;
        assert_eq!(system.asked_for("from"), ["6", "9"]);
        assert_eq!(
            system.asked_for("size"),
            ["3", "3"],
            "a parameter is not sent twice"
        );
    }

    async fn a_cursor_in_the_body_leads_to_the_next_page_until_there_is_none(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let at = asked
                .query
                .get("after")
                .map_or(0, |at| at[1..].parse().unwrap());
            let to = at + 4;
            let cursor = (to < 9).then(|| format!("c{to}"));
            Reply::json(
                &json!({ "rows": part(&things(0, 9), at, 4), "meta": { "cursor": cursor } }),
            )
        })
        .await;
        let pull = "rows = \"/rows\"\npaging = { kind = \"cursor\", cursor = \"/meta/cursor\", parameter = \"after\" }";
        app.connect(&system, "", pull).await;
        app.pull_all(9).await;
        assert_eq!(system.asked_for("after"), ["", "c4", "c8"]);
    }

    async fn a_link_header_leads_to_the_next_page(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let page = asked.number("_page").max(1);
            let reply = Reply::json(&Value::from(part(&things(0, 7), (page - 1) * 3, 3)));
            let first = "</things?_page=1>; rel=\"first\"";
            if page < 3 {
                reply.header(
                    "Link",
                    &format!("{first}, </things?_page={}>; rel=\"next\"", page + 1),
                )
            } else {
                reply.header("Link", first)
            }
        })
        .await;
        app.connect(
            &system,
            "",
            "paging = { kind = \"link\", total_header = \"X-Total-Count\" }",
        )
        .await;
        app.pull_all(7).await;
        assert_eq!(system.asked_for("_page"), ["", "2", "3"]);
    }

    async fn everything_at_once_is_found_by_a_path(app: &mut TestApp) {
        let system = ForeignSystem::start(|_| {
            let groups = [
                json!({ "things": things(0, 2) }),
                json!({ "things": [] }),
                json!({ "things": things(2, 5) }),
            ];
            Reply::json(&json!({ "groups": groups }))
        })
        .await;
        app.connect(
            &system,
            "",
            "rows = \"$.groups[*].things[*]\"\npaging = { kind = \"none\" }",
        )
        .await;
        app.pull_all(5).await;
        assert_eq!(system.asked().len(), 1);
        system.answers(|_| Reply::json(&json!({ "other": [] })));
        app.pull_fails("no list of rows at `$.groups[*].things[*]`")
            .await;
    }

    async fn a_national_session_goes_into_the_body_and_is_renewed_when_it_ends(app: &mut TestApp) {
        let logins = Arc::new(Mutex::new(0));
        let given = Arc::clone(&logins);
        let system = ForeignSystem::start(move |asked| {
            let body = asked.json();
            if asked.path == "/login" {
                assert_eq!(body, json!({ "username": "dondoc", "password": SECRET }));
                let mut given = given.lock().unwrap();
                *given += 1;
                return Reply::json(&json!({ "session": format!("session-{given}"), "error_code": 0 }));
            }
            assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/things"));
            let size: usize = body["pageSize"].as_str().unwrap().parse().unwrap();
            let page = usize::try_from(body["pageIndex"].as_u64().unwrap()).unwrap();
            // The first session ends after the first page.
            let expected = if page == 1 && *given.lock().unwrap() == 1 { "session-1" } else { "session-2" };
            if body["session"] != expected {
                return Reply::json(&json!({ "error_code": "9", "error": "session expired" }));
            }
            assert_eq!(body["service"], "LayHoSo");
            Reply::json(&json!({ "error_code": "00", "data": part(&things(0, 9), (page - 1) * size, size), "total": 9 }))
        })
        .await;
        let access = "sign_in = { kind = \"session\", path = \"/login\", credential = \"foreign\", session = \"/session\", \
             success = { field = \"/error_code\", any_of = \"0\" } }";
        let pull = "rows = \"/data\"\nsuccess = { field = \"/error_code\", any_of = [0, \"00\"] }\n\
             paging = { kind = \"page\", rows = 4, total = \"/total\" }\n\
             body = { session = \"{session}\", service = \"LayHoSo\", pageIndex = \"{page}\", pageSize = \"{size:text}\" }";
        app.connect(&system, access, pull).await;
        app.pull_all(9).await;
        assert_eq!(*logins.lock().unwrap(), 2);

        // A session that no renewal makes good is told once, with the system's own word.
        system.answers(|asked| match asked.path.as_str() {
            "/login" => Reply::json(&json!({ "session": "x", "error_code": "0" })),
            _ => Reply::json(&json!({ "error_code": 7, "data": [] })),
        });
        app.pull_fails("`/error_code` says `7`, not success").await;
        system.answers(|_| Reply::json(&json!({ "error_code": "-2", "session": "" })));
        app.pull_fails("refused to sign us in (-2): check the credential `foreign`")
            .await;
    }

    async fn a_session_travels_in_a_cookie_or_in_the_address_and_is_never_kept(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            if asked.path == "/login" {
                return Reply::json(&json!({ "d": { "token": "planted-session" } }));
            }
            if asked.header("cookie") != "SID=planted-session"
                || asked.query["sid"] != "planted-session"
            {
                return Reply::status(401);
            }
            // Its links repeat the session.
            let at = asked.number("from");
            let next = (at == 0).then_some("/things?from=3&sid=planted-session");
            if at == 3 {
                return Reply::status(500);
            }
            Reply::json(&json!({ "items": part(&things(0, 6), at, 3), "next": next }))
        })
        .await;
        let access = "headers = { Cookie = \"SID={session}\" }\n\
             sign_in = { kind = \"session\", path = \"/login\", credential = \"foreign\", session = \"/d/token\" }";
        let pull = "rows = \"/items\"\nquery = { sid = \"{session}\" }\npaging = { kind = \"next\", next = \"/next\" }";
        app.connect(&system, access, pull).await;
        let ran = app.pull_fails("answered 500").await;
        assert!(!format!("{ran:?}").contains("planted-session"), "{ran:?}");
        let everything = app.database.everything(app.folder()).await;
        assert!(everything.contains("/things?from=3"), "the place is kept");
        assert!(
            !everything.contains("planted-session"),
            "the session is not"
        );
    }

    async fn the_ordinary_ways_to_sign_in_work(app: &mut TestApp) {
        for (kind, name, value) in [
            (
                "{ kind = \"basic\", credential = \"foreign\" }",
                "authorization",
                "Basic ZG9uZG9jOnMzY3JldC1vZi1hLXN0cmFuZ2Vy",
            ),
            (
                "{ kind = \"bearer\", credential = \"foreign\" }",
                "authorization",
                "Bearer s3cret-of-a-stranger",
            ),
            (
                "{ kind = \"bearer\", credential = \"foreign\", header = \"X-API-Key\" }",
                "x-api-key",
                SECRET,
            ),
        ] {
            let system = ForeignSystem::start(move |asked| {
                assert_eq!(asked.header("accept"), "application/vnd.things+json");
                if asked.header(name) == value {
                    Reply::json(&Value::from(things(0, 3)))
                } else {
                    Reply::status(403)
                }
            })
            .await;
            let access = format!(
                "headers = {{ Accept = \"application/vnd.things+json\" }}\nsign_in = {kind}"
            );
            if app.things().await.is_empty() {
                app.connect(&system, &access, "paging = { kind = \"none\" }")
                    .await;
            } else {
                app.move_to(&system, &access, "paging = { kind = \"none\" }")
                    .await;
            }
            app.pull_all(3).await;
            system.answers(|_| Reply::status(401));
            app.pull_fails("refused to sign us in (401): check the credential `foreign`")
                .await;
        }
    }

    async fn a_token_is_renewed_before_it_ends_and_when_it_is_refused(app: &mut TestApp) {
        let tokens = Arc::new(Mutex::new(0));
        let given = Arc::clone(&tokens);
        let system = ForeignSystem::start(move |asked| {
            let mut given = given.lock().unwrap();
            if asked.path == "/token" {
                assert_eq!(asked.body, "grant_type=client_credentials&scope=read");
                *given += 1;
                return Reply::json(
                    &json!({ "access_token": format!("token-{given}"), "expires_in": 1 }),
                );
            }
            // The second page refuses the first token.
            let good = if asked.number("page") == 1 { 1 } else { 2 };
            if asked.header("authorization") != format!("Bearer token-{good}") {
                return Reply::status(401);
            }
            paged(&things(0, 10), asked)
        })
        .await;
        let access = "sign_in = { kind = \"client-credentials\", token_path = \"/token\", credential = \"foreign\", scope = \"read\" }";
        app.connect(&system, access, PAGED).await;
        app.pull_all(10).await;
        assert_eq!(*tokens.lock().unwrap(), 2);
    }

    async fn a_source_is_not_asked_faster_than_its_file_says(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| paged(&things(0, 16), asked)).await;
        app.connect(&system, "rate = \"10/s\"", PAGED).await;
        let begun = Instant::now();
        app.pull_all(16).await;
        assert_eq!(system.asked().len(), 4);
        assert!(
            begun.elapsed() >= Duration::from_millis(300),
            "{:?}",
            begun.elapsed()
        );
    }

    async fn a_form_is_posted_with_its_places_filled(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let fields: Vec<&str> = asked.body.split('&').collect();
            assert_eq!(
                fields[..2],
                ["length=5", "loai=h%E1%BB%93+s%C6%A1"],
                "{asked:?}"
            );
            let from: usize = fields[2].strip_prefix("start=").unwrap().parse().unwrap();
            Reply::json(&json!({ "recordsTotal": 7, "data": part(&things(0, 7), from, 5) }))
        })
        .await;
        let pull = "rows = \"/data\"\nform = { loai = \"hồ sơ\", start = \"{offset}\", length = \"{size}\" }\n\
             paging = { kind = \"offset\", rows = 5, total = \"/recordsTotal\" }";
        app.connect(&system, "", pull).await;
        app.pull_all(7).await;
        assert!(system.asked().iter().all(|asked| asked.method == "POST"));
    }

    async fn only_what_changed_is_asked_for_wherever_the_request_says_so(app: &mut TestApp) {
        let system = ForeignSystem::start(|asked| {
            let since = asked.json()["filter"]["since"].as_str().map(str::to_owned);
            let mut rows = things(0, 6);
            for (n, row) in rows.iter_mut().enumerate() {
                row["changed"] = format!("2020-05-{:02} 10:00", n + 20).into();
            }
            rows.retain(|row| {
                since
                    .as_deref()
                    .is_none_or(|since| row["changed"].as_str() >= Some(since))
            });
            Reply::json(&Value::from(part(
                &rows,
                asked.json()["skip"].as_u64().unwrap() as usize,
                4,
            )))
        })
        .await;
        let pull = "paging = { kind = \"offset\", rows = 4 }\nformats = \"%Y-%m-%d %H:%M\"\n\
             since = { format = \"%Y-%m-%d %H:%M\", field = \"updated_at\", overlap = \"1h\" }\n\
             body = { skip = \"{offset}\", filter = { since = \"{since}\", loai = 1 } }";
        let fields = "updated_at = \"/changed\"";
        app.connect_with(&system, "", pull, fields).await;
        app.pull_all(6).await;
        assert_eq!(
            system.asked()[0].json(),
            json!({ "skip": 0, "filter": { "loai": 1 } }),
            "at first everything"
        );
        system.forget_what_was_asked();
        app.at("2020-06-02 07:30");
        let ran = app.pull_all(6).await;
        assert_eq!(
            system.asked()[0].json()["filter"]["since"],
            "2020-05-25 09:00"
        );
        assert_eq!(ran.counted("pull foreign")["things"]["rows"], 1);
    }

    async fn a_row_that_moves_up_while_its_list_is_read_is_not_lost(app: &mut TestApp) {
        // After the first page a row of it is deleted: all others move up by one.
        let asks = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asks);
        let system = ForeignSystem::start(move |asked| {
            let mut count = count.lock().unwrap();
            *count += 1;
            let mut rows = things(0, 12);
            rows.insert(0, thing(99));
            if *count > 1 {
                rows.remove(0);
            }
            paged(&rows, asked)
        })
        .await;
        app.connect(&system, "", PAGED).await;
        app.succeed("pull-foreign").await;
        let stored = app.things().await;
        assert!(
            (0..12).all(|n| stored.contains(&crate::foreign::code(n))),
            "{stored:?}"
        );
        assert_eq!(
            system.asked_for("page"),
            ["1", "2", "3", "1", "2", "3"],
            "one look more"
        );
        app.at("2020-06-02 07:30");
        app.pull_all(12).await;
    }

    async fn a_list_that_never_holds_still_ends_and_is_read_again_next_time(app: &mut TestApp) {
        let system = ForeignSystem::start({
            let mut grown = 8;
            move |asked| {
                grown += 1;
                paged(&things(0, grown), asked)
            }
        })
        .await;
        app.connect(&system, "", PAGED).await;
        app.succeed("pull-foreign").await;
        let state = app.store.pull_state("foreign", "things").await.unwrap();
        assert_eq!(state.under_way, None, "the pull ended");
        system.answers(|asked| paged(&things(0, 9), asked));
        app.at("2020-06-02 07:30");
        app.pull_all(9).await;
    }
}

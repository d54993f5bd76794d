//! Stories of whoever connects a system: one look at it, and what would become of its rows.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::database::stories;
use crate::foreign::{ForeignSystem, Reply, SECRET, things};
use crate::program::{Ended, on_site_beside};
use crate::rows::{NAME, PHONE, code, dossier};
use crate::scripted::{Answer, DOSSIERS};

async fn told(app: &TestApp, arguments: &[&str]) -> Ended {
    on_site_beside(&app.database, app.folder(), arguments).await
}

stories! {
    async fn a_look_shows_rows_as_they_came_beside_their_records(app: &mut TestApp) {
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).row(),
                dossier(&code(2)).with("DonViXuLy", "00999").row(),
            ],
        );
        let look = told(app, &["source", "test", "one-stop-shop", "--json"]).await;
        assert_eq!(look.code, Some(0), "{look:?}");
        let look = look.json();
        let list = &look["lists"][0];
        assert_eq!(
            (&look["ok"], &list["rows"], &list["total"]),
            (&json!(true), &json!(2), &json!(2))
        );
        let asked = list["asked"].as_str().unwrap();
        assert!(
            asked.starts_with("GET http://")
                && asked.ends_with("/one-stop-shop/dossiers?page=1&size=1000"),
            "{asked}"
        );
        let sample = &list["samples"][0];
        assert_eq!(sample["raw"]["ChuHoSo"], "•••");
        let field = |name: &str| {
            let fields = sample["fields"].as_array().unwrap();
            fields
                .iter()
                .find(|field| field["field"] == name)
                .unwrap()
                .clone()
        };
        assert_eq!(
            field("due_at"),
            json!({
                "field": "due_at", "from": "/NgayHenTra", "raw": "20200630170000", "mapped": "2020-06-30 17:00",
            })
        );
        assert_eq!(field("channel")["mapped"], "direct");
        assert_eq!(sample["unused"]["/MaLinhVuc"], "HT");
        let bad = &list["samples"][1];
        assert!(
            bad["reject"]
                .as_str()
                .unwrap()
                .contains("`00999` is no unit"),
            "{bad}"
        );
        assert_eq!(list["rejects"][0]["code"], Value::from(code(2)));
        assert_eq!(
            app.store.count_dossiers("one-stop-shop").await.unwrap(),
            0,
            "nothing is stored"
        );

        let page = told(app, &["source", "test", "one-stop-shop", "--rows", "1"]).await;
        for words in [
            "dossiers: 2 rows of 2, 1 rejected",
            "20200630170000",
            "2020-06-30 17:00",
            "is no unit of organisation.toml",
        ] {
            assert!(page.out.contains(words), "{words} in {}", page.out);
        }
        assert!(
            !page.out.contains(NAME) && !page.out.contains(PHONE),
            "{}",
            page.out
        );
    }

    async fn a_look_at_a_system_that_fails_says_how_and_shows_no_secret(app: &mut TestApp) {
        app.city.fails(DOSSIERS, Answer::Status(503));
        let look = told(app, &["source", "test", "one-stop-shop", "--json"]).await;
        assert_eq!(look.code, Some(1));
        assert!(
            look.json()["lists"][0]["error"]
                .as_str()
                .unwrap()
                .contains("answered 503")
        );

        let system = ForeignSystem::start(|asked| match asked.path.as_str() {
            "/login" => Reply::json(&json!({ "session": "planted-session" })),
            _ => Reply::json(&json!({ "data": things(0, 3) })),
        })
        .await;
        let access = "sign_in = { kind = \"session\", path = \"/login\", credential = \"foreign\", session = \"/session\" }";
        let pull = "rows = \"/data\"\npaging = { kind = \"page\", rows = 50 }\nquery = { sid = \"{session}\" }\n\
             body = { session = \"{session}\", page = \"{page}\" }";
        app.connect(&system, access, pull).await;
        let look = told(app, &["source", "test", "foreign"]).await;
        let asked = "/things?sid=••• {\"page\":1,\"session\":\"•••\"}";
        assert!(look.out.contains(asked), "{}", look.out);
        assert!(
            look.out.contains("things: 3 rows, and more, 0 rejected"),
            "{}",
            look.out
        );
        assert!(
            !format!("{look:?}").contains("planted-session")
                && !format!("{look:?}").contains(SECRET)
        );

        let look = told(app, &["source", "test", "foriegn"]).await;
        assert_eq!(look.code, Some(1));
        assert!(
            look.err
                .contains("there is no source `foriegn`: did you mean `foreign`?"),
            "{look:?}"
        );
    }
}

//! Stories of rows kept aside: listed, shown, exported, tried again.

use serde_json::Value;

use crate::app::TestApp;
use crate::database::stories;
use crate::program::{Ended, on_site_beside};
use crate::rows::{self, code, document, dossier};
use crate::scripted::{DOCUMENTS, DOSSIERS};

const SHOP: &str = "config/sources/one-stop-shop.toml";
const CHANNELS: &str = "codes = { 0 = \"direct\", 1 = \"online\", 2 = \"postal\" }";
const MENDED: &str = "codes = { 0 = \"direct\", 1 = \"online\", 2 = \"postal\", 3 = \"online\" }";

async fn tell(app: &TestApp, arguments: &[&str]) -> Ended {
    let fixed = ["--at", "2020-06-02T08:00:00+07:00"];
    on_site_beside(&app.database, app.folder(), &[&fixed, arguments].concat()).await
}

async fn told(app: &TestApp, arguments: &[&str]) -> String {
    let ended = tell(app, arguments).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.out
}

async fn json(app: &TestApp, arguments: &[&str]) -> Value {
    serde_json::from_str(&told(app, &[&["--json"], arguments].concat()).await).unwrap()
}

async fn aside(app: &TestApp) -> Vec<String> {
    let rows = app
        .store
        .rows_aside("one-stop-shop", "dossiers")
        .await
        .unwrap();
    rows.into_iter().map(|row| row.reason).collect()
}

async fn stored(app: &TestApp) -> u64 {
    app.store.count_dossiers("one-stop-shop").await.unwrap()
}

/// Three rows by a channel that nobody knows, two of a unit that nobody knows, one without a code.
async fn a_careless_source(app: &mut TestApp) {
    app.city.shows(
        DOSSIERS,
        [
            dossier(&code(1)).row(),
            dossier(&code(2)).with("HinhThuc", "3").row(),
            dossier(&code(3)).with("HinhThuc", "3").row(),
            dossier(&code(4))
                .with("HinhThuc", "3")
                .due("20200529")
                .row(),
            dossier(&code(5)).unit("00999").row(),
            dossier(&code(6)).unit("00999").row(),
            dossier("").row(),
        ],
    );
    app.succeed("pull-city").await;
    assert_eq!((aside(app).await.len(), stored(app).await), (6, 1));
}

stories! {
    async fn kept_rows_are_listed_by_reason_shown_and_exported_without_a_name(app: &mut TestApp) {
        a_careless_source(app).await;
        let list = told(app, &["quarantine", "list"]).await;
        let lines: Vec<&str> = list.lines().map(str::trim).collect();
        assert!(lines[1].starts_with('3') && lines[1].ends_with("channel `3` is not one of its codes"), "{list}");
        assert!(lines[2].starts_with('2') && lines[2].contains("unit `00999` is no unit of organisation.toml"), "{list}");
        assert!(list.contains(&code(4)) && list.contains("2020-06-01 07:30"), "{list}");

        let rows = json(app, &["quarantine", "list", "one-stop-shop"]).await;
        assert_eq!(rows.as_array().unwrap().len(), 6);
        let id = rows[0]["id"].to_string();
        let one = told(app, &["quarantine", "show", &id]).await;
        assert!(one.contains("channel `3`") && one.contains("\"/HinhThuc\": \"3\""), "{one}");
        assert_eq!(json(app, &["quarantine", "show", &id]).await["code"], code(2));

        let file = app.folder().join("aside.csv");
        let said = told(app, &["quarantine", "list", "--export", file.to_str().unwrap()]).await;
        assert!(said.starts_with("6 rows written"), "{said}");
        let table = std::fs::read_to_string(&file).unwrap();
        assert_eq!(table.lines().count(), 7, "a heading and six rows");
        assert!(table.starts_with("\u{feff}\"id\",\"source\",\"list\",\"code\""), "{table}");
        for personal in [rows::NAME, rows::PHONE, rows::MAIL, rows::ABSTRACT, "Zyx"] {
            for text in [&list, &rows.to_string(), &one, &table] {
                assert!(!text.contains(personal), "{personal} in {text}");
            }
        }
        assert_eq!(told(app, &["quarantine", "list", "schools"]).await, "nothing is kept aside\n");
        assert_eq!(tell(app, &["quarantine", "list", "nowhere"]).await.code, Some(1));
        assert_eq!(tell(app, &["quarantine", "show", "999999"]).await.code, Some(1));
    }

    async fn a_mended_mapping_makes_records_of_kept_rows(app: &mut TestApp) {
        a_careless_source(app).await;
        app.edit(SHOP, CHANNELS, MENDED).await;
        let tried = told(app, &["quarantine", "retry", "--dry-run"]).await;
        assert!(tried.contains("one-stop-shop: would become records: 3"), "{tried}");
        assert!(tried.contains("2 of dossiers stay aside: unit `00999`"), "{tried}");
        assert_eq!((aside(app).await.len(), stored(app).await), (6, 1), "it was only tried");

        let done = json(app, &["quarantine", "retry", "one-stop-shop"]).await;
        assert_eq!((&done[0]["mended"], &done[0]["dry_run"]), (&Value::from(3), &Value::from(false)));
        assert_eq!((aside(app).await.len(), stored(app).await), (3, 4));
        app.at("2020-06-01 08:00");
        let board = app.board().await;
        assert_eq!((board.dossiers.ward.received_online, board.dossiers.ward.overdue), (3, 1));
        let quarantined = board.quality.iter().find(|finding| finding.code.as_str() == "quarantined").unwrap();
        assert_eq!(quarantined.count, 3);
        assert_eq!(quarantined.rows, [code(5), code(6)], "the third has no code");
        let unknown = board.quality.iter().find(|finding| finding.code.as_str() == "unknown-unit").unwrap();
        assert_eq!(unknown.count, 2);

        // The next pull finds them as it would have left them.
        app.at("2020-06-02 06:00");
        app.city.shows(DOSSIERS, (1..=4).map(|n| dossier(&code(n)).with("HinhThuc", "3").row()));
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 4);
    }

    async fn a_row_that_fails_otherwise_is_given_its_new_reason(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).with("HinhThuc", "3").unit("00999").row()]);
        app.succeed("pull-city").await;
        let before = aside(app).await.remove(0);
        app.edit(SHOP, "unit = \"/DonViXuLy\"", "unit = { from = \"/DonViXuLy\", codes = { 00999 = \"00118\" } }").await;
        told(app, &["quarantine", "retry"]).await;
        let after = aside(app).await.remove(0);
        assert!(before.contains("00999") && after == "channel `3` is not one of its codes", "{before}, then {after}");
    }

    async fn what_was_not_kept_is_named_with_the_way_to_fetch_it(app: &mut TestApp) {
        a_careless_source(app).await;
        app.edit(SHOP, CHANNELS, MENDED).await;
        app.edit(SHOP, "field = \"/TenLinhVuc\"", "field = \"/MaLinhVuc\"").await;
        let said = told(app, &["quarantine", "retry"]).await;
        assert!(said.contains("6 stay aside: the mapping now looks at `/MaLinhVuc`, which was not kept of them"), "{said}");
        assert!(said.contains("`dondoc source resync one-stop-shop` makes the next pull fetch them again"), "{said}");
        told(app, &["source", "resync", "one-stop-shop"]).await;
        app.at("2020-06-02 09:00");
        app.succeed("pull-city").await;
        assert_eq!((aside(app).await.len(), stored(app).await), (3, 4));
    }

    async fn a_later_row_is_not_undone_by_a_kept_one(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier("").with("HinhThuc", "3").row()]);
        app.succeed("pull-city").await;
        // The same dossier arrives in good order a day later, and the code of the first row is found elsewhere.
        app.at("2020-06-02 06:00");
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200610").changed("20200602050000").row()]);
        app.succeed("pull-city").await;
        assert_eq!(aside(app).await.len(), 1);
        let mend = format!("code = {{ from = \"/MaHoSo\", default = \"{}\" }}", code(1));
        app.edit(SHOP, "code = \"/MaHoSo\"\nprocedure = ", &format!("{mend}\nprocedure = ")).await;
        app.edit(SHOP, CHANNELS, MENDED).await;
        let said = told(app, &["quarantine", "retry"]).await;
        assert!(said.contains("1 leave: a later row with their code is stored"), "{said}");
        assert!(aside(app).await.is_empty());
        assert_eq!(app.store.history_of(&code(1)).await.unwrap(), [], "nothing was undone");
    }

    async fn entries_of_registers_are_tried_again_too(app: &mut TestApp) {
        let mut odd = document(7);
        odd["chieu"] = "noi bo".into();
        app.city.shows(DOCUMENTS, [document(1), odd]);
        app.succeed("pull-city").await;
        assert_eq!(app.store.count_entries("documents").await.unwrap(), 1);
        let file = "config/sources/documents.toml";
        app.edit(file, "di = \"sent\"", "di = \"sent\", \"noi bo\" = \"sent\"").await;
        let said = told(app, &["quarantine", "retry", "documents"]).await;
        assert_eq!(said, "documents: become records: 1\n");
        assert_eq!(app.store.count_entries("documents").await.unwrap(), 2);
        assert_eq!(told(app, &["quarantine", "retry"]).await, "nothing is kept aside\n");
    }

    async fn texts_are_forgotten_after_a_while_and_the_count_stays(app: &mut TestApp) {
        a_careless_source(app).await;
        app.at("2020-06-30 06:00");
        app.succeed("pull-city").await;
        let texts = |rows: Value| rows.as_array().unwrap().iter().filter(|row| !row["kept"].is_null()).count();
        assert_eq!(texts(json(app, &["quarantine", "list"]).await), 6, "not yet thirty days");
        app.at("2020-07-02 06:00");
        app.succeed("pull-city").await;
        let rows = json(app, &["quarantine", "list"]).await;
        assert_eq!((rows.as_array().unwrap().len(), texts(rows)), (6, 0));
        assert_eq!(aside(app).await.len(), 6);
        let said = told(app, &["quarantine", "retry"]).await;
        assert!(said.contains("6 stay aside: their texts are forgotten"), "{said}");
    }
}

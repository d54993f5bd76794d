//! Stories of reading the city's systems, on good days and bad ones.

use std::time::{Duration, Instant};

use dondoc::domain::board::Status;
use dondoc::store::runs::RunStatus;

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::line::Carries;
use crate::rows::{self, code, document, dossier, dossiers, member};
use crate::scripted::{Answer, DOCUMENTS, DOSSIERS, STAFF};

const SHOP: &str = "config/sources/one-stop-shop.toml";

/// Small pages: the list of dossiers has `rows` to the page.
async fn pages_of(app: &mut TestApp, rows: usize) {
    let from = "size = \"size\", rows = 1000, total = \"/total\" }\n# Ask";
    let to = format!("size = \"size\", rows = {rows}, total = \"/total\" }}\n# Ask");
    app.edit(SHOP, from, &to).await;
}

async fn stored(app: &TestApp) -> u64 {
    app.store.count_dossiers("one-stop-shop").await.unwrap()
}

async fn codes_stored(app: &TestApp) -> Vec<String> {
    let far = instant("2030-01-01 00:00");
    let dossiers = app
        .store
        .dossiers_between(instant("2000-01-01 00:00"), far)
        .await
        .unwrap();
    let mut codes: Vec<String> = dossiers.into_iter().map(|dossier| dossier.code).collect();
    codes.sort();
    codes
}

stories! {
    async fn a_second_pull_asks_only_for_changes_and_stores_the_same(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(30));
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 30);
        assert_eq!(app.city.asked(DOSSIERS)[0].since(), None, "at first everything");

        app.city.forget_what_was_asked();
        let before = codes_stored(app).await;
        app.at("2020-06-02 06:00");
        let ran = app.succeed("pull-city").await;
        let asked = app.city.asked(DOSSIERS);
        assert_eq!(asked[0].since(), Some("20200504075000"), "from ten minutes before the last change");
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["rows"], 30);
        assert_eq!(codes_stored(app).await, before);

        app.city.forget_what_was_asked();
        let mut rows = dossiers(30);
        rows.push(dossier(&code(31)).changed("20200602090000").row());
        app.city.shows(DOSSIERS, rows);
        app.at("2020-06-03 06:00");
        let ran = app.succeed("pull-city").await;
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["rows"], 31);
        app.at("2020-06-04 06:00");
        let ran = app.succeed("pull-city").await;
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["rows"], 1, "only what changed since");
        assert_eq!(stored(app).await, 31);
    }

    async fn a_pull_that_fails_on_page_3_resumes_there(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(DOSSIERS, dossiers(9));
        app.city.fails_on_page(DOSSIERS, 3, Answer::Status(503));
        let ran = app.run("pull-city").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        assert!(ran.run.reason.contains("503"), "{}", ran.run.reason);
        assert_eq!(app.city.pages_asked(DOSSIERS), [1, 2, 3, 3], "two attempts at page 3");
        assert_eq!(stored(app).await, 4, "the good pages stay");

        app.city.heals();
        app.city.forget_what_was_asked();
        app.succeed("pull-city").await;
        assert_eq!(app.city.pages_asked(DOSSIERS)[..3], [3, 4, 5]);
        assert_eq!(stored(app).await, 9);
    }
}

//! Stories of what somebody must know about the data before trusting a number.

use dondoc::domain::board::Status;
use dondoc::domain::dossier::Dossier;
use dondoc::domain::finding::{Code, Finding};
use dondoc::store::filing::Reading;
use serde_json::{Value, json};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::program::on_site_beside;
use crate::rows::{code, document, dossier, dossiers, resolved};
use crate::scripted::{Answer, DOCUMENTS, DOSSIERS};

const SHOP: &str = "config/sources/one-stop-shop.toml";
const REPORT: &str = "/one-stop-shop/report/ii-06";
const PROCEDURES: &str = "/one-stop-shop/procedures";

/// The wards' figures as the city states them.
fn stated(received: u64, resolved: u64) -> Value {
    json!({
        "Cap": "X", "MaDonVi": "", "TiepNhan": received.to_string(), "TrucTuyen": "0",
        "DaGiaiQuyet": resolved.to_string(), "TrongHan": (received - resolved).to_string(), "GiaiQuyetQuaHan": "0",
    })
}

async fn found(app: &TestApp, code: Code) -> Vec<Finding> {
    let findings = app.board().await.quality.into_iter();
    findings.filter(|finding| finding.code == code).collect()
}

async fn told(app: &TestApp, at: &str, arguments: &[&str]) -> String {
    let fixed = ["--at", at];
    let ended = on_site_beside(&app.database, app.folder(), &[&fixed, arguments].concat()).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.out
}

stories! {
    async fn what_a_source_states_otherwise_is_unknown_until_it_agrees(app: &mut TestApp) {
        app.city.shows(DOSSIERS, resolved("00139", 200, 0));
        app.city.shows(REPORT, [stated(203, 203)]);
        app.succeed("pull-city").await;
        let differs = found(app, Code::StatedTotal).await;
        assert_eq!(differs.len(), 2, "received and resolved: {differs:#?}");
        assert_eq!(differs[0].message, "ward: the source states 203 received, 200 are stored");
        let target = app.target("ward-on-time", "ward").await;
        assert_eq!(target.status, Status::Unknown);
        assert!(target.reason.contains("the source states 203 received"), "{}", target.reason);
        assert_eq!(app.ward("00139", "ward-on-time").await.status, Status::Unknown, "which ward lacks them is not known");
        assert_ne!(app.target("procedures-online", "ward").await.status, Status::Unknown, "procedures are not touched");

        let morning = "2020-06-01T07:30:00+07:00";
        let explained = told(app, morning, &["explain", "ward-on-time"]).await;
        assert!(explained.contains("unknown: source one-stop-shop: ward: the source states 203 received"), "{explained}");
        let board = told(app, morning, &["board"]).await;
        assert!(board.contains("stated-total") && board.contains("unknown  ward: the source states 203"), "{board}");
        app.succeed("weekly-digest").await;
        let digest = app.sent_to("chair@004").await.remove(0).text.replace('\n', " ");
        let digest = digest.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(digest.contains("Cấp phường: số nguồn công bố lệch 3 so với số đếm được. Chỉ tiêu liên quan ghi là chưa rõ"), "{digest}");

        app.city.shows(REPORT, [stated(200, 200)]);
        app.at("2020-06-02 06:00");
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::StatedTotal).await, []);
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Met);
    }

    async fn one_more_or_less_while_it_is_read_is_said_and_no_more(app: &mut TestApp) {
        app.city.shows(DOSSIERS, resolved("00139", 200, 0));
        app.city.shows(REPORT, [stated(201, 201)]);
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::StatedTotal).await.len(), 2);
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Met);
        app.edit(SHOP, "tolerance = \"1%\"", "tolerance = \"5%\"").await;
        app.city.shows(REPORT, [stated(210, 210)]);
        app.succeed("pull-city").await;
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Met, "as the file allows");
    }

    async fn a_finding_holds_until_the_next_reconciliation_and_for_its_year_only(app: &mut TestApp) {
        app.city.shows(DOSSIERS, resolved("00139", 200, 0));
        app.city.shows(REPORT, [stated(300, 300)]);
        app.succeed("pull-city").await;
        app.at("2020-06-02 05:00");
        assert_eq!(found(app, Code::StatedTotal).await.len(), 2, "before the next pull");
        app.at("2020-06-03 08:00");
        let old = found(app, Code::StatedTotal).await;
        assert!(old[0].message.ends_with("(found at 07:30 on 1 June 2020, not reconciled since)"), "{old:?}");
        app.at("2020-06-01 07:00");
        assert_eq!(found(app, Code::StatedTotal).await, [], "before it was found");
        app.at("2020-05-31 12:00");
        assert_eq!(found(app, Code::StatedTotal).await, [], "what was not yet stated");
    }

    async fn what_is_stated_of_one_ward_touches_that_ward(app: &mut TestApp) {
        app.edit(SHOP, "received = \"/TiepNhan\"", "unit = \"/MaDonVi\"\nreceived = \"/TiepNhan\"").await;
        let mut rows = resolved("00139", 200, 0);
        rows.extend(resolved("00118", 150, 0));
        app.city.shows(DOSSIERS, rows);
        let of_ward = |unit: &str, received| {
            let mut row = stated(received, received);
            row["MaDonVi"] = unit.into();
            row
        };
        app.city.shows(REPORT, [stated(350, 350), of_ward("00139", 190), of_ward("00118", 150)]);
        app.succeed("pull-city").await;
        let differs = found(app, Code::StatedTotal).await;
        assert_eq!(differs[0].message, "ward, unit 00139: the source states 190 received, 200 are stored");
        assert_eq!(app.ward("00139", "ward-on-time").await.status, Status::Unknown);
        assert_eq!(app.ward("00118", "ward-on-time").await.status, Status::Met);
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Met, "the total agrees");
    }

    async fn rows_that_a_source_has_and_does_not_give_are_missed(app: &mut TestApp) {
        let page = |rows: Vec<Value>| {
            Answer::Body(json!({ "error_code": "0", "total": 50, "data": rows }).to_string())
        };
        app.city.fails_on_page(DOSSIERS, 1, page(dossiers(45)));
        app.city.fails_on_page(DOSSIERS, 2, page(vec![]));
        app.succeed("pull-city").await;
        let missing = found(app, Code::RowsMissing).await;
        assert_eq!((missing.len(), missing[0].count), (1, 5));
        assert_eq!(
            missing[0].message,
            "dossiers: the source says that it has 50 rows, 45 came when everything was read"
        );
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Unknown);
    }

    async fn a_number_of_rows_that_drops_is_not_believed_until_somebody_accepts_it(app: &mut TestApp) {
        let file = "config/sources/documents.toml";
        app.edit(file, "formats = [\"%d/%m/%Y\"]\n", "formats = [\"%d/%m/%Y\"]\nexpect_change = \"20%\"\n").await;
        app.city.shows(DOCUMENTS, (0..100).map(document));
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::RowsChanged).await, []);
        assert_eq!(app.target("documents-electronic", "district").await.status, Status::Met);
        app.city.shows(DOCUMENTS, (0..50).map(document));
        for day in ["2020-06-02 06:00", "2020-06-03 06:00"] {
            app.at(day);
            app.succeed("pull-city").await;
            let changed = found(app, Code::RowsChanged).await;
            assert_eq!(changed.len(), 1, "{day}: seen twice is no proof");
            assert!(changed[0].message.contains("dropped from 100 to 50, by more than 20 %"), "{changed:?}");
            assert_eq!(app.target("documents-electronic", "district").await.status, Status::Unknown);
        }
        told(app, "2020-06-03T08:00:00+07:00", &["source", "resync", "documents"]).await;
        app.at("2020-06-04 06:00");
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::RowsChanged).await, []);
        assert_eq!(app.target("documents-electronic", "district").await.status, Status::Met);
        app.at("2020-06-05 06:00");
        app.city.shows(DOCUMENTS, (0..100).map(document));
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::RowsChanged).await[0].count, 50, "fifty are the measure now");
    }

    async fn dossiers_that_are_gone_all_at_once_are_unknown_until_somebody_says_so(app: &mut TestApp) {
        app.edit(SHOP, "# resync = \"30days\"", "resync = \"1day\"").await;
        let mut rows = resolved("00139", 100, 0);
        app.city.shows(DOSSIERS, rows.clone());
        app.succeed("pull-city").await;
        rows.truncate(60);
        app.city.shows(DOSSIERS, rows);
        app.at("2020-06-02 07:30");
        app.succeed("pull-city").await;
        let lacked = found(app, Code::NotSeen).await;
        assert_eq!((lacked.len(), lacked[0].count), (1, 40));
        assert_eq!(app.target("ward-on-time", "ward").await.status, Status::Unknown);
        assert_eq!(app.board().await.dossiers.ward.received, 100, "they still count");
        told(app, "2020-06-02T08:00:00+07:00", &["source", "resync", "one-stop-shop"]).await;
        app.at("2020-06-02 09:00");
        app.succeed("pull-city").await;
        assert_eq!(found(app, Code::NotSeen).await, []);
        assert_eq!(app.target("ward-on-time", "ward").await.denominator, 60);
        assert_eq!(app.store.count_vanished("one-stop-shop").await.unwrap(), 40, "marked, not deleted");
    }

    async fn a_statutory_time_is_compared_and_replaces_nothing(app: &mut TestApp) {
        app.edit(
            SHOP,
            "online_level = { from = \"/MucDo\", kind = \"number\" }",
            "online_level = { from = \"/MucDo\", kind = \"number\" }\n\
             legal_days = { from = \"/ThoiHan\", kind = \"number\", required = false }",
        )
        .await;
        let procedure = |code: &str, days: Value| json!({
            "MaTTHC": code, "TenTTHC": "x", "TenLinhVuc": "y", "CapThucHien": "X", "MucDo": "3", "TinHocHoa": "1",
            "ThoiHan": days,
        });
        app.city.shows(PROCEDURES, [procedure("1.004959.000.00.00.H26", json!("5")), procedure("1.000001", json!(""))]);
        // Received on Monday 4 May: five working days end on Monday 11 May.
        app.city.shows(DOSSIERS, [
            dossier(&code(1)).due("20200511").row(),
            dossier(&code(2)).due("20200529").row(),
            dossier(&code(3)).due("20200529").with("MaTTHC", "1.000001").row(),
            dossier(&code(4)).rescheduled("20200511", "20200529").row(),
        ]);
        app.succeed("pull-city").await;
        let differs = found(app, Code::LegalDue).await;
        assert_eq!(differs.len(), 1);
        assert_eq!((differs[0].count, differs[0].rows.as_slice()), (1, &[code(2)][..]));
        assert!(differs[0].message.contains("2020-05-29 instead of 2020-05-11"), "{}", differs[0].message);
        assert!(!differs[0].makes_unknown);
        let stored = app.store.dossiers_between(instant("2000-01-01 00:00"), instant("2030-01-01 00:00")).await.unwrap();
        let second = stored.iter().find(|dossier| dossier.code == code(2)).unwrap();
        assert_eq!(second.due_at, instant("2020-05-29 17:00"), "the source's date counts");
    }

    async fn a_dossier_of_two_sources_is_named_with_the_one_that_counts(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        app.succeed("pull-city").await;
        let stored = app.store.dossiers_between(instant("2000-01-01 00:00"), instant("2030-01-01 00:00")).await.unwrap();
        let told: Vec<Dossier> = stored.into_iter().take(2).collect();
        let reading = Reading { source: "exports", at: instant("2020-06-01 07:00"), zone: app.zone() };
        let write = app.store.write().await.unwrap();
        write.file_dossiers(reading, &told).await.unwrap();
        write.commit().await.unwrap();
        let twice = found(app, Code::Duplicate).await;
        assert_eq!((twice.len(), twice[0].count, twice[0].source.as_str()), (1, 2, "exports"));
        assert_eq!(twice[0].rows, [code(1), code(2)]);
        assert!(twice[0].message.contains("another source told first"), "{}", twice[0].message);
        assert_eq!(app.board().await.dossiers.ward.received, 3, "never both");
    }

    async fn everything_is_asked_for_anew_on_demand_and_on_schedule(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        app.succeed("pull-city").await;
        let since = |app: &TestApp| {
            let asked = app.city.asked(DOSSIERS);
            app.city.forget_what_was_asked();
            asked.iter().any(|asked| asked.since().is_some())
        };
        assert!(!since(app), "at first everything");
        app.at("2020-06-02 06:00");
        app.succeed("pull-city").await;
        assert!(since(app), "then what changed");

        // A row changed at the source without saying so.
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200605").row(), dossiers(3).remove(1), dossiers(3).remove(2)]);
        let said = told(app, "2020-06-02T07:00:00+07:00", &["source", "resync", "one-stop-shop"]).await;
        assert!(said.contains("the next pull of one-stop-shop asks for all of dossiers, procedures"), "{said}");
        app.at("2020-06-03 06:00");
        app.succeed("pull-city").await;
        assert!(!since(app), "as was asked");
        let history = app.store.history_of(&code(1)).await.unwrap();
        assert_eq!(history.iter().map(|then| then.due_at).collect::<Vec<_>>(), [instant("2020-06-30 17:00")]);
        app.at("2020-06-04 06:00");
        app.succeed("pull-city").await;
        assert!(since(app), "once is enough");

        app.edit(SHOP, "# resync = \"30days\"", "resync = \"30days\"").await;
        app.at("2020-07-03 05:00");
        app.succeed("pull-city").await;
        assert!(since(app), "not yet thirty days");
        app.at("2020-07-03 06:00");
        app.succeed("pull-city").await;
        assert!(!since(app), "thirty days after the last reading of everything");
    }

    async fn what_was_asked_for_while_a_pull_lay_broken_is_not_forgotten(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        app.succeed("pull-city").await;
        let paging = |rows: usize| format!("size = \"size\", rows = {rows}, total = \"/total\" }}\n# Ask");
        app.edit(SHOP, &paging(1000), &paging(1)).await;
        app.at("2020-06-02 06:00");
        app.city.fails_on_page(DOSSIERS, 2, Answer::Status(503));
        app.run("pull-city").await;
        app.city.heals();
        app.city.forget_what_was_asked();
        told(app, "2020-06-02T07:00:00+07:00", &["source", "resync", "one-stop-shop"]).await;
        app.at("2020-06-03 06:00");
        app.succeed("pull-city").await;
        let asked = app.city.asked(DOSSIERS);
        assert_eq!((asked[0].page(), asked[0].since()), (1, None), "from the beginning, and everything");
    }

    async fn a_source_that_is_not_there_is_told_with_the_one_that_was_meant(app: &mut TestApp) {
        let ended = on_site_beside(&app.database, app.folder(), &["source", "resync", "one-stop-shp"]).await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains("there is no source `one-stop-shp`: did you mean `one-stop-shop`?"), "{ended:?}");
    }
}

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
    async fn a_dossier_gone_from_a_complete_list_is_counted_no_more(app: &mut TestApp) {
        // Always everything: the source is not asked for changes.
        app.edit(SHOP, "since = {", "# since = {").await;
        app.city.shows(DOSSIERS, dossiers(30));
        app.succeed("pull-city").await;
        app.city.shows(DOSSIERS, dossiers(29));
        app.at("2020-06-02 06:00");
        let ran = app.succeed("pull-city").await;
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["vanished"], 1);
        assert_eq!(codes_stored(app).await.len(), 29);

        // Nearly all of them at once: the source is in disorder, and nothing is taken for gone.
        app.city.shows(DOSSIERS, dossiers(3));
        app.at("2020-06-03 06:00");
        let ran = app.succeed("pull-city").await;
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["unseen"], 26);
        assert_eq!(codes_stored(app).await.len(), 29);

        app.city.shows(DOSSIERS, dossiers(30));
        app.at("2020-06-04 06:00");
        app.succeed("pull-city").await;
        assert_eq!(codes_stored(app).await.len(), 30, "all are back");
    }

    async fn waiting_for_another_run_at_a_source_costs_no_time(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        let short = "[[step]]\npull = \"one-stop-shop\"\ntimeout = \"1s\"";
        app.edit("jobs/pull-city.toml", "[[step]]\npull = \"one-stop-shop\"", short).await;
        app.edit("jobs/pull-city.toml", "timeout = \"30m\"", "timeout = \"2s\"").await;
        // Another run works on the source, for longer than both limits allow.
        let another = app.gates.pass("one-stop-shop").await;
        let done = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(another);
        };
        let (ran, ()) = tokio::join!(app.run("pull-city"), done);
        let pulled = ran.steps.iter().find(|step| step.name == "pull one-stop-shop");
        let pulled = pulled.unwrap_or_else(|| panic!("{ran:#?}"));
        assert_eq!(pulled.error, None);
        assert_eq!(pulled.attempts, 1);
        assert_eq!(stored(app).await, 3);
    }

    async fn a_second_pull_asks_only_for_changes_and_stores_the_same(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(30));
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 30);
        assert_eq!(
            app.city.asked(DOSSIERS)[0].since(),
            None,
            "at first everything"
        );

        app.city.forget_what_was_asked();
        let before = codes_stored(app).await;
        app.at("2020-06-02 06:00");
        let ran = app.succeed("pull-city").await;
        let asked = app.city.asked(DOSSIERS);
        assert_eq!(
            asked[0].since(),
            Some("20200504075000"),
            "from ten minutes before the last change"
        );
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
        assert_eq!(
            ran.counted("pull one-stop-shop")["dossiers"]["rows"],
            1,
            "only what changed since"
        );
        assert_eq!(stored(app).await, 31);
    }

    async fn a_pull_that_fails_on_page_3_resumes_there(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(DOSSIERS, dossiers(9));
        app.city.fails_on_page(DOSSIERS, 3, Answer::Status(503));
        let ran = app.run("pull-city").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        assert!(ran.run.reason.contains("503"), "{}", ran.run.reason);
        assert_eq!(
            app.city.pages_asked(DOSSIERS),
            [1, 2, 3, 3],
            "two attempts at page 3"
        );
        assert_eq!(stored(app).await, 4, "the good pages stay");

        app.city.heals();
        app.city.forget_what_was_asked();
        app.succeed("pull-city").await;
        assert_eq!(app.city.pages_asked(DOSSIERS)[..3], [3, 4, 5]);
        assert_eq!(stored(app).await, 9);
    }

    async fn a_register_resumed_by_a_later_run_keeps_the_pages_it_has(app: &mut TestApp) {
        app.edit("config/sources/documents.toml", "rows = 1000", "rows = 10")
            .await;
        app.city.shows(DOCUMENTS, (0..35).map(document));
        app.city.fails_on_page(DOCUMENTS, 3, Answer::Status(500));
        app.run("pull-city").await;
        app.city.heals();
        app.at("2020-06-02 06:00");
        app.succeed("pull-city").await;
        assert_eq!(app.store.count_entries("documents").await.unwrap(), 35);
        app.city.shows(DOCUMENTS, (0..34).map(document));
        app.at("2020-06-03 06:00");
        app.succeed("pull-city").await;
        assert_eq!(
            app.store.count_entries("documents").await.unwrap(),
            34,
            "what is gone from the register is forgotten"
        );
    }

    async fn rows_that_move_between_the_halves_of_a_pull_are_not_lost(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(DOSSIERS, dossiers(9));
        app.city.fails_on_page(DOSSIERS, 3, Answer::Status(500));
        app.run("pull-city").await;
        app.city.heals();
        // The first dossier changes and goes to the end of the list: all others move up by one.
        let mut rows = dossiers(9);
        let first = rows.remove(0);
        rows.push(first);
        rows[8]["NgayCapNhat"] = "20200601150000".into();
        app.city.shows(DOSSIERS, rows);
        app.at("2020-06-02 06:00");
        app.succeed("pull-city").await;
        app.at("2020-06-03 06:00");
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 9);
    }

    async fn a_row_that_goes_to_the_end_of_its_list_takes_no_other_with_it(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(DOSSIERS, dossiers(7));
        // After its first page the first dossier changes: all others move up, the total stays.
        let mut rows = dossiers(7);
        rows.rotate_left(1);
        rows[6]["NgayCapNhat"] = "20200601072000".into();
        app.city.changes_after_page(DOSSIERS, 1, rows);
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 7);
        let asked = app.city.pages_asked(DOSSIERS);
        assert_eq!(asked, [1, 2, 3, 4, 1, 2, 3, 4], "one look more");
    }

    async fn a_failing_source_leaves_the_rest_going_and_its_figures_unknown(app: &mut TestApp) {
        app.city.shows(STAFF, (0..40).map(|n| member(n, n > 0)));
        app.city.shows(DOCUMENTS, (0..10).map(document));
        app.city.fails(STAFF, Answer::Status(500));
        let ran = app.run("pull-city").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        let failed: Vec<&str> = ran
            .steps
            .iter()
            .filter(|step| step.error.is_some())
            .map(|step| step.name.as_str())
            .collect();
        assert_eq!(failed, ["pull staff"], "the others went on");
        assert_eq!(app.store.count_entries("documents").await.unwrap(), 10);
        let skills = app.target("staff-it-skills", "district").await;
        assert_eq!(skills.status, Status::Unknown, "{}", skills.reason);
        assert_eq!(
            app.target("documents-electronic", "district").await.status,
            Status::Met
        );

        app.city.heals();
        app.succeed("pull-city").await;
        let skills = app.target("staff-it-skills", "district").await;
        assert_eq!(
            (skills.status, skills.numerator, skills.denominator),
            (Status::Met, 39, 40)
        );

        app.city.fails(STAFF, Answer::Status(500));
        app.at("2020-06-02 06:00");
        app.run("pull-city").await;
        let skills = app.target("staff-it-skills", "district").await;
        assert_eq!(
            skills.status,
            Status::Unknown,
            "old figures of a failing source are no news: {}",
            skills.reason
        );
        assert_eq!(
            (skills.numerator, skills.denominator),
            (39, 40),
            "but they are still shown"
        );
    }

    async fn a_stale_source_makes_unknown_and_holds_back_the_alert(app: &mut TestApp) {
        app.city
            .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.city.shows(DOCUMENTS, (0..10).map(document));
        app.succeed("pull-city").await;
        app.city.fails("/", Answer::Status(503));
        app.at("2020-06-02 07:30");
        let ran = app.run("overdue-alerts").await;
        assert_eq!(
            ran.status(),
            RunStatus::Partial,
            "24 hours old: the alert speaks, and the run says what failed"
        );
        assert_eq!(app.sent_to("head@00118").await.len(), 1);

        app.at("2020-06-03 07:30");
        let ran = app.run("overdue-alerts").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        assert_eq!(
            ran.counted("alert overdue-dossiers")["blind"][0],
            "one-stop-shop"
        );
        app.at("2020-06-03 09:30");
        app.run("overdue-alerts").await;
        assert_eq!(
            app.sent_to("head@00118").await.len(),
            1,
            "nobody hears of old figures"
        );
        let operator = app.sent_to("operator@004").await;
        assert_eq!(operator.len(), 1, "but the operator hears that there are no others, once");
        assert!(operator[0].subject.contains("one-stop-shop"), "{}", operator[0].subject);
        let board = app.board().await;
        assert!(
            board
                .sources
                .iter()
                .filter(|source| source.source == "one-stop-shop")
                .all(|source| source.stale)
        );
        let on_time = app.target("ward-on-time", "ward").await;
        assert_eq!(on_time.status, Status::Unknown, "{}", on_time.reason);
        let ran = app.run("ward-lag").await;
        assert_eq!(ran.counted("alert lagging-wards")["lagging"], 0);

        app.city.heals();
        let ran = app.succeed("overdue-alerts").await;
        assert_eq!(
            ran.counted("alert overdue-dossiers")["recipients"],
            0,
            "told already, before the silence"
        );
        let operator = app.sent_to("operator@004").await;
        assert_eq!(operator.len(), 2, "and that it is over");
        assert!(operator[1].subject.contains("đã đọc lại được"), "{}", operator[1].subject);
    }

    async fn malformed_rows_are_kept_aside_with_their_reasons_and_nobodys_name(app: &mut TestApp) {
        let bad = |n| dossier(&code(n));
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                bad(2).with("NgayTiepNhan", "20200231080000").row(),
                bad(3).with("DonViXuLy", "00999").row(),
                bad(4).with("HinhThuc", "9").row(),
                bad(5).with("TrangThaiHoSo", "abc").row(),
                bad(6).with("NgayHenTra", "").row(),
                dossier("").row(),
                bad(7).with("TrangThaiHoSo", "9").row(),
                bad(8).due("20200101").row(),
                dossier(&code(9)).row(),
            ],
        );
        let ran = app.succeed("pull-city").await;
        assert_eq!(ran.counted("pull one-stop-shop")["dossiers"]["rejected"], 7);
        assert_eq!(
            codes_stored(app).await,
            [code(1), code(5), code(9)],
            "good rows are never lost, nor those whose status is not known"
        );
        let aside = app
            .store
            .rows_aside("one-stop-shop", "dossiers")
            .await
            .unwrap();
        let reasons: Vec<String> = aside.iter().map(|row| row.reason.clone()).collect();
        for (reason, says) in reasons.iter().zip([
            "received_at",
            "`00999` is no unit",
            "`9` is not one of its codes",
            "due_at is missing",
            "code is missing",
            "finished_at is missing",
            "lies before the day of reception",
        ]) {
            assert!(reason.contains(says), "{reason} should say {says}");
        }
        assert!(
            aside.iter().all(|row| row.raw.contains("NgayHenTra")),
            "enough is kept to see what is wrong"
        );
        let quality = app.board().await.quality;
        let finding = quality
            .iter()
            .find(|finding| finding.code.as_str() == "quarantined")
            .unwrap();
        assert_eq!(
            (finding.source.as_str(), finding.count),
            ("one-stop-shop", 7)
        );
        let unknown = quality
            .iter()
            .find(|finding| finding.code.as_str() == "unknown-status")
            .unwrap();
        assert!(
            unknown.message.contains("a word that is no code (1)"),
            "{unknown:?}"
        );

        app.succeed("overdue-alerts").await;
        app.succeed("weekly-digest").await;
        assert_eq!(app.sent().await.len(), 3);
        assert_nothing_personal(app).await;
    }

    async fn a_corrected_row_is_released(app: &mut TestApp) {
        let pages = |third: &str| {
            [
                dossier(&code(1)).row(),
                dossier(&code(2))
                    .with("DonViXuLy", third)
                    .changed("20200504080001")
                    .row(),
            ]
        };
        app.city.shows(DOSSIERS, pages("00999"));
        app.succeed("pull-city").await;
        assert_eq!(
            app.store
                .rows_aside("one-stop-shop", "dossiers")
                .await
                .unwrap()
                .len(),
            1
        );
        app.city.shows(DOSSIERS, pages("00998"));
        app.succeed("pull-city").await;
        let aside = app
            .store
            .rows_aside("one-stop-shop", "dossiers")
            .await
            .unwrap();
        assert_eq!(aside.len(), 1, "wrong in another way, it is still one row");
        assert!(aside[0].reason.contains("00998"), "{}", aside[0].reason);
        app.city.shows(DOSSIERS, pages("00118"));
        app.succeed("pull-city").await;
        assert!(
            app.store
                .rows_aside("one-stop-shop", "dossiers")
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stored(app).await, 2);
        assert!(
            app.board()
                .await
                .quality
                .iter()
                .all(|finding| finding.code.as_str() != "quarantined")
        );
    }

    async fn a_malformed_row_sent_twice_is_kept_aside_once(app: &mut TestApp) {
        let bad = || dossier(&code(1)).with("DonViXuLy", "00999").row();
        app.city
            .shows(DOSSIERS, [bad(), bad(), dossier(&code(2)).row()]);
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 1);
        assert_eq!(
            app.store
                .rows_aside("one-stop-shop", "dossiers")
                .await
                .unwrap()
                .len(),
            1
        );
    }

    async fn a_row_with_a_character_that_no_database_takes_harms_no_other(app: &mut TestApp) {
        let odd = dossier(&code(1))
            .with("TenTTHC", "Đăng ký\u{0} khai sinh")
            .row();
        let odd_and_bad = dossier(&code(2)).with("DonViXuLy", "0\u{0}0999").row();
        app.city
            .shows(DOSSIERS, [odd, odd_and_bad, dossier(&code(3)).row()]);
        app.city.shows(
            DOCUMENTS,
            [{
                let mut row = document(1);
                row["loai"] = "Công\u{0}văn".into();
                row
            }],
        );
        app.succeed("pull-city").await;
        assert!(codes_stored(app).await.contains(&code(3)));
    }

    async fn a_code_that_comes_twice_is_one_dossier_as_it_came_last(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).row(),
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).row(),
                dossier(&code(1)).finished("20200520").row(),
            ],
        );
        app.succeed("pull-city").await;
        assert_eq!(codes_stored(app).await, [code(1), code(2)]);
        assert_eq!(app.board().await.dossiers.ward.resolved, 1);
    }

    async fn a_last_page_that_repeats_for_ever_ends_the_pull(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.repeats_its_last_page();
        app.city.shows(DOSSIERS, dossiers(6));
        let ran = tokio::time::timeout(Duration::from_secs(20), app.run("pull-city")).await;
        assert_eq!(ran.expect("the pull ends").status(), RunStatus::Succeeded);
        assert_eq!(stored(app).await, 6);
        assert!(
            app.city.pages_asked(DOSSIERS).len() <= 5,
            "{:?}",
            app.city.pages_asked(DOSSIERS)
        );
    }

    async fn an_expired_token_is_renewed_in_the_middle_of_a_pull(app: &mut TestApp) {
        pages_of(app, 2).await;
        app.city.shows(DOSSIERS, dossiers(7));
        app.city
            .fails_once_on_page(DOSSIERS, 3, Answer::Status(401));
        app.succeed("pull-city").await;
        assert_eq!(stored(app).await, 7);
        let first = app.city.tokens_given();
        app.city.forgets_its_tokens();
        app.succeed("pull-city").await;
        assert!(app.city.tokens_given() > first);
    }

    async fn a_wrong_secret_says_which_credential_and_never_the_secret(app: &mut TestApp) {
        app.write("config/secrets/city", "s3cret-nobody-may-see")
            .await;
        let ran = app.run("pull-city").await;
        assert_eq!(ran.status(), RunStatus::Partial);
        assert!(
            ran.run.reason.contains("check the credential `city`"),
            "{}",
            ran.run.reason
        );
        assert!(!format!("{ran:?}").contains("s3cret"));
        assert!(
            app.city.asked(DOSSIERS).is_empty(),
            "nothing is asked without a token"
        );
    }

    async fn a_source_that_asks_to_wait_is_asked_again_after_that_time(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        app.city.fails_next(DOSSIERS, 1, Answer::Wait(429, 2));
        let begun = Instant::now();
        app.succeed("pull-city").await;
        assert!(
            begun.elapsed() >= Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(app.city.asked(DOSSIERS).len(), 2);
    }

    async fn a_line_that_falls_silent_is_given_up_in_time(app: &mut TestApp) {
        app.edit(SHOP, "timeout = \"30s\"", "timeout = \"500ms\"")
            .await;
        app.city.shows(DOCUMENTS, (0..3).map(document));
        app.city.line().next([Carries::Nothing, Carries::Nothing]);
        let begun = Instant::now();
        let ran = app.run("overdue-alerts").await;
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{:?}",
            begun.elapsed()
        );
        assert!(
            ran.run.reason.contains("no answer in time") || ran.run.reason.contains("never"),
            "{}",
            ran.run.reason
        );
        let pull = &ran.steps[0];
        assert!(
            pull.error
                .as_deref()
                .unwrap_or_default()
                .contains("no answer in time"),
            "{pull:?}"
        );

        app.city.line().next([Carries::Nothing]);
        app.succeed("overdue-alerts").await;
    }

    async fn a_body_that_breaks_off_is_asked_for_again(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(200));
        // The token is whole, the list is not.
        app.city.line().next([Carries::Bytes(5_000)]);
        let ran = app.run("pull-city").await;
        assert_eq!(stored(app).await, 200, "{}", ran.run.reason);
    }

    async fn an_answer_that_is_not_what_was_agreed_is_told_and_never_counted(app: &mut TestApp) {
        app.city.shows(DOSSIERS, dossiers(3));
        for (answer, says) in [
            (Answer::Body("<html>maintenance</html>".into()), "not JSON"),
            (
                Answer::Body("{\"error_code\":\"0\",\"data\":{}}".into()),
                "no list of rows at `/data`",
            ),
            (
                Answer::Body("{\"error_code\":\"-1\",\"data\":[]}".into()),
                "`/error_code` says `-1`",
            ),
            (Answer::Status(404), "404"),
        ] {
            app.city.heals();
            app.city.fails(DOSSIERS, answer.clone());
            let ran = app.run("pull-city").await;
            assert!(
                ran.run.reason.contains(says),
                "{} should say {says}",
                ran.run.reason
            );
            assert!(
                !ran.run.reason.contains("maintenance"),
                "nothing of a body is repeated: {}",
                ran.run.reason
            );
        }
        assert_eq!(stored(app).await, 0);
    }
}

/// No applicant's name, phone, address or abstract is anywhere in the database, in a mail or beside them.
async fn assert_nothing_personal(app: &TestApp) {
    let planted = [rows::NAME, rows::PHONE, rows::MAIL, rows::ABSTRACT, "Zyx"];
    let everything = app.database.everything(app.folder()).await;
    assert!(
        everything.contains(&code(1)),
        "the search sees what is stored"
    );
    let mails: Vec<String> = app
        .sent()
        .await
        .into_iter()
        .flat_map(|sent| [sent.subject, sent.text, sent.html])
        .collect();
    for personal in planted {
        assert!(!everything.contains(personal), "{personal} is stored");
        assert!(
            mails.iter().all(|text| !text.contains(personal)),
            "{personal} is in a mail"
        );
    }
    // The files as they lie on the disk: the database with its log, and the mails.
    let data = app.folder().join("data");
    for file in files_under(&data) {
        let bytes = std::fs::read(&file).unwrap();
        for personal in planted {
            let found = bytes
                .windows(personal.len())
                .any(|window| window == personal.as_bytes());
            assert!(!found, "{personal} is in {}", file.display());
        }
    }
}

fn files_under(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

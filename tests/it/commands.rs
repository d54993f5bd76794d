//! Stories of the command line: the keys of its JSON, its exit codes, its words.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::database::{Database, stories};
use crate::program::{Ended, on_site_beside, run};
use crate::rows::{self, code, document, dossier, resolved};
use crate::scripted::{DOCUMENTS, DOSSIERS};

/// The keys of design: others build on them.
const BOARD: &str = "as_of period targets dossiers documents sources quality";
const TARGET: &str = "id title level unit numerator denominator percent printed decimals at_least status reason simulated";
const COUNTS: &str = "received received_online direct carried_over resolved early on_time late open in_time overdue stopped withdrawn on_time_percent";
const ASSESSMENT: &str = "target numerator denominator low high at_least status reason";
const OVERDUE: &str =
    "code procedure unit unit_name received_at due_at working_days_late status escalation";
const FINDING: &str = "source kind message count rows records level unit makes_unknown";
const RUN: &str =
    "id job scheduled_for trigger status reason attempts started_at finished_at steps";
const MAIL: &str = "id message_id to subject kind status attempts next_attempt_at reply";
const EXPLAIN: &str =
    "target level unit as_of formula filters numerator denominator sources calendar rows";

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("an object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}

/// Exactly these keys.
fn has(value: &Value, expected: &str) {
    assert_eq!(keys(value), expected.split(' ').collect(), "{value:#}");
}

/// Every element of a list that is not empty has exactly these keys.
fn each_has(list: &Value, expected: &str) {
    let list = list.as_array().unwrap();
    assert!(!list.is_empty(), "something to look at, of {expected}");
    list.iter().for_each(|element| has(element, expected));
}

async fn told(app: &TestApp, arguments: &[&str]) -> Ended {
    let fixed = ["--at", "2020-06-01T07:30:00+07:00"];
    on_site_beside(&app.database, app.folder(), &[&fixed, arguments].concat()).await
}

async fn json(app: &TestApp, arguments: &[&str]) -> Value {
    let ended = told(app, &[&["--json"], arguments].concat()).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.json()
}

/// A site with something of everything.
async fn a_site(app: &mut TestApp) {
    let mut rows = resolved("00139", 190, 20);
    rows.extend([
        dossier(&code(1)).due("20200529").row(),
        dossier(&code(2)).due("20200602").row(),
        dossier(&code(3)).with("DonViXuLy", "00999").row(),
    ]);
    app.city.shows(DOSSIERS, rows);
    app.city.shows(DOCUMENTS, (0..4).map(document));
    for job in ["pull-city", "overdue-alerts", "ward-lag", "weekly-digest"] {
        app.succeed(job).await;
    }
}

stories! {
    async fn the_json_has_the_keys_that_others_build_on(app: &mut TestApp) {
        a_site(app).await;
        let board = json(app, &["board"]).await;
        has(&board, BOARD);
        has(&board["period"], "from to");
        each_has(&board["targets"], TARGET);
        has(&board["dossiers"], "district ward units");
        has(&board["dossiers"]["district"], COUNTS);
        has(&board["dossiers"]["ward"], COUNTS);
        each_has(
            &board["dossiers"]["units"],
            &format!("unit name assessments {COUNTS}"),
        );
        let judged = board["dossiers"]["units"]
            .as_array()
            .unwrap()
            .iter()
            .find(|unit| unit["unit"] == "00139")
            .unwrap();
        each_has(&judged["assessments"], ASSESSMENT);
        each_has(&board["documents"], "body received sent");
        each_has(&board["sources"], "source fresh_at stale");
        each_has(&board["quality"], FINDING);

        each_has(&json(app, &["overdue", "--soon", "2"]).await, OVERDUE);
        has(&json(app, &["explain", "ward-on-time"]).await, EXPLAIN);
        each_has(
            &json(app, &["explain", "ward-on-time"]).await["sources"],
            "source fresh_at stale",
        );
        each_has(
            &json(app, &["next", "overdue-alerts"]).await,
            "local utc note",
        );
        let jobs = json(app, &["jobs"]).await;
        each_has(&jobs, "job title schedule zone next paused last");
        for job in jobs.as_array().unwrap() {
            has(&job["next"], "local utc note");
            has(&job["last"], "scheduled_for status reason");
        }
        let runs = json(app, &["runs"]).await;
        each_has(&runs, RUN);
        for run in runs.as_array().unwrap() {
            each_has(&run["steps"], "name status attempts counts error");
        }
        let id = runs[0]["id"].to_string();
        has(&json(app, &["runs", "show", &id]).await, RUN);
        each_has(&json(app, &["mail", "list"]).await, MAIL);
        has(&json(app, &["check"]).await, "ok problems warnings");
        has(
            &json(app, &["calendar", "add", "2020-04-29", "3"]).await,
            "date tentative",
        );
        has(
            &json(app, &["calendar", "between", "2020-04-29", "2020-05-06"]).await,
            "working_days tentative",
        );
    }

    async fn what_is_printed_agrees_with_what_is_stored(app: &mut TestApp) {
        a_site(app).await;
        let board = json(app, &["board", "--unit", "00139"]).await;
        assert_eq!(board["dossiers"]["units"].as_array().unwrap().len(), 1);
        let overdue = json(app, &["overdue", "--soon", "2"]).await;
        let lines: Vec<_> = overdue
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    row["code"].as_str().unwrap(),
                    row["status"].as_str().unwrap(),
                    row["working_days_late"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                (code(1).as_str(), "overdue", 1),
                (code(2).as_str(), "soon", 0)
            ]
        );
        assert_eq!(overdue[0]["due_at"], "2020-05-29T17:00:00+07:00");
        assert_eq!(overdue[0]["escalation"], "head");
        assert_eq!(json(app, &["overdue"]).await.as_array().unwrap().len(), 1);
        assert_eq!(json(app, &["overdue", "--unit", "00139"]).await, json!([]));
        let explained = json(app, &["explain", "ward-on-time", "--unit", "00139"]).await;
        assert_eq!(
            (&explained["numerator"], &explained["denominator"]),
            (&json!(190), &json!(210))
        );
        assert_eq!(
            explained["rows"].as_array().unwrap().len(),
            210,
            "the rows behind it"
        );
        let mails = json(app, &["mail", "list"]).await;
        assert!(
            mails
                .as_array()
                .unwrap()
                .iter()
                .all(|mail| !mail["to"].as_str().unwrap().contains("chutich")),
            "addresses are masked: {mails:#}"
        );
        let shown = told(app, &["mail", "show", "1", "--part", "source"]).await;
        assert_eq!(shown.out.as_bytes(), app.sent().await[0].bytes);
        // Without --json: something to read, nothing personal.
        for command in [
            &["board"][..],
            &["overdue"],
            &["jobs"],
            &["runs"],
            &["mail", "list"],
            &["explain", "ward-on-time"],
            &["mail", "show", "1"],
        ] {
            let shown = told(app, command).await;
            assert_eq!(shown.code, Some(0), "{shown:?}");
            assert!(
                !shown.out.is_empty() && !shown.out.contains('\u{1b}'),
                "plain text outside a terminal: {command:?}"
            );
            assert!(!shown.out.contains(rows::NAME));
        }
    }

    async fn exit_codes_tell_done_failed_and_wrong_use_apart(app: &mut TestApp) {
        a_site(app).await;
        for (arguments, code, says) in [
            (&["board"][..], 0, "Targets"),
            (&["board", "--unit", "99999"], 1, "there is no unit `99999`"),
            (
                &["board", "--from", "2020-06-02", "--to", "2020-06-01"],
                1,
                "",
            ),
            (&["explain", "ward-on-tim"], 1, "ward-on-time"),
            (&["next", "overdue-alert"], 1, "overdue-alerts"),
            (&["next", "--cron", "61 * * * *"], 1, "^^"),
            (&["run", "nothing"], 1, "there is no job `nothing`"),
            (&["runs", "show", "999"], 1, "there is no run 999"),
            (&["runs", "pull-citty"], 1, "there is no job `pull-citty`: did you mean `pull-city`?"),
            (&["mail", "show", "999"], 1, "there is no mail 999"),
            (&["boardd"], 2, "board"),
            (&["board", "--since", "x"], 2, "--since"),
            (&["overdue", "--soon", "many"], 2, "many"),
            (&["next"], 2, "required"),
            (&["next", "pull-city", "--zone", "UTC"], 2, "cannot be used with"),
            (&["next", "--cron", "0 7 * * *", "--zone", "Asia/Hanoi"], 2, "did you mean `Asia/Ho_Chi_Minh`?"),
            (&["next", "pull-city", "--from", "01/06/2020"], 2, "write a day such as 2020-06-10, or an instant"),
            (&["next", "pull-city", "--from", "2020-06-03", "--count", "1"], 0, "Wed 2020-06-03 06:00:00"),
            (&["next", "--cron", "0 0 * * *", "--from", "2020-06-03", "--count", "1"], 0, "Thu 2020-06-04 00:00:00"),
        ] {
            let ended = told(app, arguments).await;
            assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
            let said = if code == 0 { &ended.out } else { &ended.err };
            assert!(
                said.contains(says),
                "{arguments:?} should say {says}: {said}"
            );
        }
        let when = run(&app.database, &["--at", "yesterday", "board"]);
        assert_eq!(when.code, Some(2));
        assert!(when.err.contains("such as 2020-06-10T12:00:00+07:00"), "{}", when.err);
        let elsewhere = run(&app.database, &["--site", "/nowhere", "board"]);
        assert_eq!(elsewhere.code, Some(1));
        assert!(elsewhere.err.contains("is not a site"), "{}", elsewhere.err);
    }

    async fn a_run_whose_source_fails_ends_with_one(app: &mut TestApp) {
        app.city
            .fails(DOSSIERS, crate::scripted::Answer::Status(404));
        let ended = told(app, &["--json", "run", "pull-city"]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.json()["status"], "partial");
        let shown = told(app, &["runs", "show", "1"]).await.out;
        let failed = shown.lines().find(|line| line.contains("pull one-stop-shop") && line.contains("failed"));
        assert!(failed.is_some_and(|line| line.contains("404")), "{shown}");
        assert!(shown.contains("rows 0, rejected 0"), "{shown}");
        app.city.heals();
        let ended = told(app, &["--json", "run", "pull-city"]).await;
        assert_eq!(
            (ended.code, &ended.json()["status"]),
            (Some(0), &json!("succeeded"))
        );
    }

    async fn check_names_file_line_column_and_what_to_write_instead(app: &mut TestApp) {
        let ok = told(app, &["--json", "check"]).await;
        assert_eq!(
            (ok.code, ok.json()),
            (Some(0), json!({ "ok": true, "problems": [], "warnings": [] }))
        );
        std::fs::write(app.folder().join("jobs/monthly.tmol"), "").unwrap();
        let warned = told(app, &["--json", "check"]).await;
        assert_eq!((warned.code, &warned.json()["ok"]), (Some(0), &json!(true)), "{warned:?}");
        each_has(&warned.json()["warnings"], "file line column message help");
        assert_eq!(warned.json()["warnings"][0]["help"], "rename it to `monthly.toml`, or keep it elsewhere");
        let job = app.folder().join("jobs/ward-lag.toml");
        let text = std::fs::read_to_string(&job)
            .unwrap()
            .replace("alert = \"lagging-wards\"", "alert = \"laging-wards\"");
        std::fs::write(&job, text).unwrap();
        let wrong = told(app, &["--json", "check"]).await;
        assert_eq!(wrong.code, Some(1));
        let found = wrong.json();
        assert_eq!(found["ok"], false);
        each_has(&found["problems"], "file line column message help");
        let problem = &found["problems"][0];
        assert_eq!(problem["file"], "jobs/ward-lag.toml");
        assert!(
            problem["line"].as_u64().unwrap() > 1 && problem["column"].as_u64().unwrap() > 1,
            "{problem}"
        );
        assert!(
            problem["help"].as_str().unwrap().contains("lagging-wards"),
            "{problem}"
        );
        let refused = told(app, &["board"]).await;
        assert_eq!(
            refused.code,
            Some(1),
            "nothing runs on a site that is not valid"
        );
    }

    async fn doctor_tries_everything_and_says_what_fails(app: &mut TestApp) {
        let well = told(app, &["--json", "doctor"]).await;
        assert_eq!(well.code, Some(0), "{well:?}");
        has(&well.json(), "ok checks");
        each_has(&well.json()["checks"], "check ok detail");
        app.city
            .fails(DOCUMENTS, crate::scripted::Answer::Status(503));
        let ill = told(app, &["--json", "doctor"]).await;
        assert_eq!(ill.code, Some(1));
        let ill = ill.json();
        let failing: Vec<&Value> = ill["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["ok"] == false)
            .collect();
        assert_eq!(failing.len(), 1, "{failing:?}");
        assert!(
            failing[0]["check"].as_str().unwrap().contains("documents"),
            "{failing:?}"
        );
    }

    async fn the_log_of_everything_names_nobody(app: &mut TestApp) {
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).with("DonViXuLy", "00999").row(),
            ],
        );
        let site = app.folder().to_str().unwrap().to_owned();
        let arguments = [
            "--at",
            "2020-06-01T07:30:00+07:00",
            "--site",
            &site,
            "run",
            "overdue-alerts",
        ];
        let mut command = crate::program::command(&app.database, &arguments);
        command.env("DONDOC_LOG", "trace");
        let ended = tokio::task::spawn_blocking(move || crate::program::end_of(command))
            .await
            .unwrap();
        assert_eq!(ended.code, Some(0), "{}", ended.out);
        assert!(
            ended.err.lines().count() > 10,
            "everything is logged: {}",
            ended.err.len()
        );
        for secret in [
            rows::NAME,
            rows::PHONE,
            rows::MAIL,
            rows::ABSTRACT,
            "Zyx",
            crate::scripted::SECRET,
            "chutich.ngocthuy",
        ] {
            let line = ended.err.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} is in the log");
        }
        if let Some((_, url)) = app.database.variables().first() {
            let password = url.split([':', '@']).nth(2).unwrap().to_owned();
            assert!(!ended.err.contains(&format!(":{password}@")));
        }
    }

    async fn cron_and_calendar_need_no_site(database: &mut Database) {
        let next = run(
            database,
            &[
                "--json",
                "next",
                "--cron",
                "30 7 * * 1",
                "--zone",
                "Asia/Ho_Chi_Minh",
                "--from",
                "2020-06-01T07:30:00+07:00",
                "--count",
                "2",
            ],
        );
        assert_eq!(next.code, Some(0), "{next:?}");
        let locals: Vec<Value> = next
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|next| next["local"].clone())
            .collect();
        assert_eq!(
            locals,
            ["2020-06-08T07:30:00+07:00", "2020-06-15T07:30:00+07:00"],
            "exclusive of --from"
        );
        let fold = run(
            database,
            &[
                "--json",
                "next",
                "--cron",
                "30 1 * * *",
                "--zone",
                "Europe/Berlin",
                "--from",
                "2020-10-24T12:00:00+02:00",
                "--count",
                "3",
            ],
        );
        assert_eq!(fold.json().as_array().unwrap().len(), 3);
        let empty = tempfile::tempdir().unwrap();
        let site = empty.path().to_str().unwrap();
        for (arguments, expected) in [
            (
                ["add", "2019-12-31", "1"],
                json!({ "date": "2020-01-02", "tentative": false }),
            ),
            (
                ["add", "2020-01-20", "5"],
                json!({ "date": "2020-02-03", "tentative": false }),
            ),
            (
                ["add", "2020-04-29", "3"],
                json!({ "date": "2020-05-06", "tentative": false }),
            ),
            (
                ["add", "2024-04-26", "5"],
                json!({ "date": "2024-05-07", "tentative": false }),
            ),
            (
                ["between", "2024-04-26", "2024-05-06"],
                json!({ "working_days": 4, "tentative": false }),
            ),
        ] {
            let ended = run(
                database,
                &[&["--site", site, "--json", "calendar"], &arguments[..]].concat(),
            );
            assert_eq!(ended.code, Some(0), "{ended:?}");
            assert_eq!(ended.json(), expected, "{arguments:?}");
        }
    }

    async fn the_benchmarks_go_the_whole_way(database: &mut Database) {
        let variables = database.variables();
        let url = variables.iter().find(|(name, _)| name.ends_with("URL"));
        let url = url.into_iter().flat_map(|(_, url)| ["--database", url.as_str()]);
        let pull = ["--json", "bench", "pull", "--rows", "3000"];
        let pull: Vec<&str> = pull.into_iter().chain(url).collect();
        for (arguments, figures) in [
            (pull, ["rows/s", "x", "%", "MB"].as_slice()),
            (vec!["--json", "bench", "xlsx", "--rows", "300"], &["rows/s", "x", "MB"]),
        ] {
            let ended = run(database, &arguments);
            assert_eq!(ended.code, Some(0), "{ended:?}");
            let measured = ended.json();
            let measured = measured.as_array().unwrap();
            let units: Vec<&str> = measured.iter().map(|one| one["unit"].as_str().unwrap()).collect();
            assert_eq!(units, figures);
            assert!(measured.iter().all(|one| one["value"].as_f64().unwrap() > 0.0), "{measured:?}");
        }
    }
}

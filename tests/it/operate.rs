//! Stories of an operator at the command line: pausing, filling up, trying out, simulating, beside a daemon or not.

use std::fs;
use std::process::Stdio;

use chrono::{DateTime, Utc};
use dondoc::job::runner::process_name;
use dondoc::store::daemons::{Daemon, Refused};
use dondoc::store::outbox::MailStatus;
use dondoc::store::runs::{RunStatus, Trigger};
use serde_json::Value;

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::relay::{Act, Received, ScriptedRelay};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS, ScriptedCity};

/// What the program said at the end.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    fn failed(self) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        self
    }
}

/// The real program, at the story's instant. It leaves nothing in the folder for temporary files.
async fn dondoc(app: &TestApp, arguments: &[&str]) -> Said {
    let temporary = app.folder().join("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_dondoc"))
        .arg("--site")
        .arg(app.folder())
        .arg("--at")
        .arg(app.clock.now().to_rfc3339())
        .args(arguments)
        .envs(app.database.variables())
        .env("TMPDIR", &temporary)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert_eq!(
        fs::read_dir(&temporary).unwrap().count(),
        0,
        "a copy stayed"
    );
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// All rows of the database, and on SQLite the bytes of its file.
async fn everything(app: &TestApp) -> (String, Vec<u8>) {
    let file = app.folder().join("data/dondoc.sqlite");
    let rows = app.database.everything(app.folder()).await;
    (rows, fs::read(file).unwrap_or_default())
}

fn texts<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let text = |row: &'a Value| row[key].as_str().unwrap_or("null");
    list.as_array().unwrap().iter().map(text).collect()
}

/// The row of a job in `dondoc jobs --json`.
async fn listed(app: &TestApp, job: &str) -> Value {
    let rows = dondoc(app, &["jobs", "--json"]).await.done().json();
    let rows = rows.as_array().unwrap().clone();
    rows.into_iter().find(|row| row["job"] == job).unwrap()
}

/// A daemon has the database while the lock lives, with the given files.
pub async fn daemon(
    app: &TestApp,
    configuration: &str,
    refused: Option<Refused>,
) -> dondoc::store::Lock {
    let lock = app.store.lock().await.unwrap();
    let now = app.clock.now();
    let daemon = Daemon {
        owner: process_name(),
        configuration: configuration.to_owned(),
        started_at: now,
        beat_at: now,
        refused,
    };
    let write = app.store.write().await.unwrap();
    write.save_daemon(&daemon).await.unwrap();
    write.commit().await.unwrap();
    lock
}

/// Two dossiers of a ward: one late since Friday, one that falls due on Thursday.
fn two_dossiers(city: &ScriptedCity) {
    city.shows(
        DOSSIERS,
        [
            dossier(&code(1)).due("20200529").row(),
            dossier(&code(2)).due("20200604").row(),
        ],
    );
}

stories! {
    async fn a_paused_job_is_skipped_with_the_reason_and_goes_on_by_itself(app: &mut TestApp) {
        app.at("2020-06-01 08:00");
        app.beat().await;
        let said = dondoc(app, &["pause", "overdue-alerts", "--reason", "máy chủ thư được thay", "--until", "2020-06-04"]).await.done();
        assert!(said.out.contains("paused until 2020-06-04 00:00: máy chủ thư được thay"), "{}", said.out);
        assert!(said.out.contains("it runs next at Thu 2020-06-04 07:30 +07:00"), "{}", said.out);

        let row = listed(app, "overdue-alerts").await;
        assert_eq!(row["paused"], true);
        assert_eq!(row["next"]["local"], "2020-06-04T07:30:00+07:00");
        assert_eq!(listed(app, "pull-city").await["paused"], false);
        let shown = dondoc(app, &["jobs"]).await.done().out;
        assert!(shown.contains("paused until 2020-06-04 00:00: máy chủ thư được thay"), "{shown}");

        app.live_through(3).await;
        assert_eq!(app.history("overdue-alerts").await, [
            "Tue 02 07:30 skipped", "Wed 03 07:30 skipped", "Thu 04 07:30 succeeded",
        ]);
        let runs = app.store.runs(Some("overdue-alerts"), 9).await.unwrap();
        assert_eq!(runs.last().unwrap().reason, "paused: máy chủ thư được thay");
        assert_eq!(listed(app, "overdue-alerts").await["paused"], false, "it is over by itself");
    }

    async fn what_fell_into_a_pause_is_not_caught_up_by_a_daemon_that_was_away(app: &mut TestApp) {
        app.at("2020-06-01 08:00");
        app.beat().await;
        dondoc(app, &["pause", "overdue-alerts", "--reason", "holiday"]).await.done();
        assert_eq!(listed(app, "overdue-alerts").await["next"], Value::Null, "paused without an end");
        app.at("2020-06-03 08:00");
        let said = dondoc(app, &["resume", "overdue-alerts"]).await.done();
        assert!(said.out.contains("was paused since 2020-06-01 08:00: holiday"), "{}", said.out);
        app.beat().await;
        assert_eq!(app.history("overdue-alerts").await, ["Tue 02 07:30 skipped", "Wed 03 07:30 skipped"]);
        app.live_through(1).await;
        assert_eq!(app.history("overdue-alerts").await.last().unwrap(), "Thu 04 07:30 succeeded");
        let again = dondoc(app, &["resume", "overdue-alerts"]).await.done();
        assert!(again.out.contains("is not paused"), "{}", again.out);
    }

    async fn a_run_that_waits_is_skipped_by_a_pause(app: &mut TestApp) {
        app.edit("jobs/ward-lag.toml", "timeout = \"10m\"", "timeout = \"10m\"\nafter = [\"pull-city\"]").await;
        app.at("2020-06-07 12:00");
        app.beat().await;
        app.city.fails(DOSSIERS, Answer::Status(503));
        app.at("2020-06-08 06:00");
        app.beat().await;
        app.at("2020-06-08 07:10");
        app.beat().await;
        assert_eq!(app.history("ward-lag").await, ["Mon 08 07:10 queued"]);
        let said = dondoc(app, &["runs", "ward-lag"]).await.done();
        assert!(said.out.contains("waits: for `pull-city` to succeed"), "{}", said.out);
        let queued = app.store.queued_runs(0, 1).await.unwrap()[0].id.to_string();
        let said = dondoc(app, &["runs", "show", &queued]).await.done();
        assert!(said.out.contains("waits: for `pull-city` to succeed"), "{}", said.out);
        let said = dondoc(app, &["pause", "ward-lag", "--reason", "figures in doubt"]).await.done();
        assert!(said.out.contains("1 run(s) that waited are skipped"), "{}", said.out);
        assert_eq!(app.history("ward-lag").await, ["Mon 08 07:10 skipped"]);
    }

    async fn a_pause_says_what_is_wrong_with_it(app: &mut TestApp) {
        let no_reason = dondoc(app, &["pause", "overdue-alerts"]).await;
        assert_eq!(no_reason.code, 2, "{}", no_reason.err);
        let blank = dondoc(app, &["pause", "overdue-alerts", "--reason", " "]).await;
        assert!(blank.code == 2 && blank.err.contains("say why"), "{}", blank.err);
        let past = dondoc(app, &["pause", "overdue-alerts", "--reason", "x", "--until", "2020-06-01"]).await.failed();
        assert!(past.err.contains("--until lies in the past"), "{}", past.err);
        let unknown = dondoc(app, &["pause", "overdue-alert", "--reason", "x"]).await.failed();
        assert!(unknown.err.contains("overdue-alerts"), "{}", unknown.err);
    }

    async fn a_backfill_runs_each_past_occurrence_as_of_its_instant_and_holds_the_mails(app: &mut TestApp) {
        app.edit("jobs/overdue-alerts.toml", "catch_up = \"latest\"", "catch_up = \"none\"").await;
        app.at("2020-06-01 08:00");
        app.beat().await;
        app.at("2020-06-08 05:00");
        two_dossiers(&app.city);
        app.beat().await;
        app.succeed("pull-city").await;
        app.city.forget_what_was_asked();
        let rows = app.history("overdue-alerts").await;
        assert_eq!(rows[..3], ["Tue 02 07:30 missed", "Wed 03 07:30 missed", "Thu 04 07:30 missed"]);
        let before = app.sent().await.len();

        let said = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-08", "--json"]).await.done().json();
        assert_eq!(texts(&said, "scheduled_for").len(), 7, "from Monday to Sunday");
        assert_eq!(texts(&said, "status"), [
            "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "null", "null",
        ]);
        assert!(said[5]["reason"].as_str().unwrap().ends_with("is not a working day"), "{said}");
        let reason = said[1]["reason"].as_str().unwrap();
        assert!(reason.starts_with("filled up on 2020-06-08, was missed: nothing ran at the time"), "{reason}");
        assert_eq!(said[0]["reason"], "filled up on 2020-06-08");
        assert!(app.city.asked(DOSSIERS).is_empty(), "it works from what is stored");

        let run = app.ran(said[1]["run"].as_i64().unwrap()).await;
        assert_eq!((run.run.trigger, run.run.as_of), (Trigger::Backfill, Some(instant("2020-06-02 07:30"))));
        let held = app.store.mails(Some(MailStatus::Held)).await.unwrap();
        assert_eq!(held.len(), app.sent().await.len() - before, "nothing went out");
        let days: Vec<DateTime<Utc>> = held.iter().map(|mail| mail.created_at).collect();
        assert_eq!(days, ["2020-06-01 07:30", "2020-06-02 07:30", "2020-06-05 07:30"].map(instant),
            "late on Monday, soon on Tuesday, late on Friday: each once, as it would have been");
        let listed = dondoc(app, &["mail", "list", "--status", "held", "--json"]).await.done().json();
        assert_eq!(texts(&listed, "status"), ["held"; 3]);

        let again = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-07", "--json"]).await.done().json();
        assert_eq!(again[0]["left_alone"], true);
        assert_eq!(app.store.mails(Some(MailStatus::Held)).await.unwrap().len(), 3);
    }

    async fn a_held_mail_is_sent_when_asked_for_and_never_twice(app: &mut TestApp) {
        app.at("2020-06-02 05:00");
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-01"]).await.done();
        let held = app.store.mails(Some(MailStatus::Held)).await.unwrap();
        assert_eq!(held.len(), 1);
        let id = held[0].id.to_string();

        let said = dondoc(app, &["mail", "retry", &id]).await.done();
        assert!(said.out.starts_with("queued: mail 1 to head@00118 <c…@longbien.example>; they go with"), "{}", said.out);
        app.run_queued().await;
        assert_eq!(app.sent_to("head@00118").await[0].status, MailStatus::Accepted);
        let again = dondoc(app, &["mail", "retry", &id]).await.failed();
        assert!(again.err.contains("is accepted"), "{}", again.err);
        let open = dondoc(app, &["alerts", "list", "--json"]).await.done().json();
        assert_eq!(texts(&open, "about"), [format!("dossier/{}", code(1))], "it is open from now on");

        app.at("2020-06-02 07:30");
        app.succeed("overdue-alerts").await;
        let sent = app.sent_to("head@00118").await;
        assert_eq!(sent.len(), 2, "on Tuesday only what is soon due is new");
        assert!(sent[1].codes().contains(&code(2)) && !sent[1].codes().contains(&code(1)), "{}", sent[1].text);

        app.at("2020-06-03 07:30");
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").finished("20200602").row(), dossier(&code(3)).due("20200602").row()]);
        app.succeed("overdue-alerts").await;
        let last = app.sent_to("head@00118").await.remove(2);
        assert!(last.text.contains(&code(1)), "what the held mail told of is over, and told with the next letter: {}", last.text);
    }

    async fn a_held_mail_stays_held_while_nobody_knows_what_is_still_so(app: &mut TestApp) {
        app.at("2020-06-02 05:00");
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-01"]).await.done();
        let held = app.store.mails(Some(MailStatus::Held)).await.unwrap();
        let trail = dondoc(app, &["alerts", "trail", "--json"]).await.done().json();
        assert_eq!(texts(&trail, "what"), ["decided"], "a held letter has told nobody");
        app.at("2020-06-20 05:00");
        let said = dondoc(app, &["mail", "retry", &held[0].id.to_string()]).await.failed();
        assert!(said.err.contains("older than it may be"), "{}", said.err);
        assert_eq!(app.store.mails(Some(MailStatus::Held)).await.unwrap().len(), 1);
    }

    async fn a_held_mail_that_was_told_otherwise_meanwhile_stays_held(app: &mut TestApp) {
        app.at("2020-06-02 05:00");
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-01"]).await.done();
        let id = app.store.mails(Some(MailStatus::Held)).await.unwrap()[0].id.to_string();
        app.at("2020-06-02 07:30");
        app.succeed("overdue-alerts").await;
        let sent = app.sent_to("head@00118").await;
        assert!(sent.iter().any(|sent| sent.status == MailStatus::Accepted && sent.codes().contains(&code(1))), "a held mail has told nobody");
        let said = dondoc(app, &["mail", "retry", &id]).await.failed();
        assert!(said.err.contains(&format!("told meanwhile of dossier/{}", code(1))), "{}", said.err);
        assert_eq!(app.store.mails(Some(MailStatus::Held)).await.unwrap().len(), 1);
    }

    async fn a_backfill_that_sends_tells_nobody_twice(app: &mut TestApp) {
        app.at("2020-06-05 12:00");
        two_dossiers(&app.city);
        app.succeed("overdue-alerts").await;
        assert_eq!(app.sent().await.len(), 1);
        dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-01", "--to", "2020-06-05", "--send"]).await.done();
        let sent = app.sent_to("head@00118").await;
        assert_eq!(sent.len(), 1, "the warning of Tuesday was never given, and is none any more");
        assert!(sent.iter().all(|sent| sent.status == MailStatus::Accepted));
    }

    async fn what_cannot_be_filled_up_is_said(app: &mut TestApp) {
        let said = dondoc(app, &["backfill", "pull-city", "--from", "2020-05-01", "--to", "2020-05-02"]).await.failed();
        assert!(said.err.contains("`pull-city` only reads sources"), "{}", said.err);
        let said = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-05-02", "--to", "2020-05-01"]).await.failed();
        assert!(said.err.contains("exchange the two days"), "{}", said.err);
        let said = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-06-03", "--to", "2020-06-05"]).await.done();
        assert!(said.out.contains("no occurrence of this period is past"), "{}", said.out);
        let said = dondoc(app, &["backfill", "ward-lag", "--from", "2020-05-26", "--to", "2020-05-27"]).await.done();
        assert_eq!(said.out, "no occurrence in this period\n", "it runs on Mondays");
        let said = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-05-28", "--to", "2020-05-28"]).await.failed();
        assert!(said.out.contains("has never been read"), "no alert from nothing: {}", said.out);
    }

    async fn beside_a_daemon_runs_are_left_to_it_and_the_present_goes_first(app: &mut TestApp) {
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        app.beat().await;
        app.at("2020-06-02 07:00");
        let held = daemon(app, &app.files.hash, None).await;
        let said = dondoc(app, &["backfill", "overdue-alerts", "--from", "2020-05-25", "--to", "2020-05-29"]).await.done();
        assert!(said.out.contains("the daemon runs what is queued"), "{}", said.out);
        let said = dondoc(app, &["run", "ward-lag", "--json"]).await.done().json();
        assert_eq!((said["status"].as_str(), said["trigger"].as_str()), (Some("queued"), Some("manual")));
        let first = app.store.queued_runs(0, 1).await.unwrap();
        assert_eq!(first[0].trigger, Trigger::Manual, "what fills up the past comes last");
        drop(held);

        app.at("2020-06-02 07:30");
        app.beat().await;
        let runs = app.store.runs(None, 50).await.unwrap();
        let open: Vec<_> = runs.iter().filter(|run| run.status == RunStatus::Queued).collect();
        assert!(open.is_empty(), "{open:#?}");
        let scheduled = runs.iter().find(|run| run.job == "overdue-alerts" && run.trigger == Trigger::Schedule).unwrap();
        assert_eq!(scheduled.status, RunStatus::Succeeded, "{scheduled:?}");
        let filled = runs.iter().filter(|run| run.trigger == Trigger::Backfill);
        assert!(filled.clone().all(|run| run.status == RunStatus::Succeeded && run.holds_mails));
        assert_eq!(filled.count(), 5);
    }

    async fn beside_another_command_nothing_is_queued(app: &mut TestApp) {
        let held = app.store.lock().await.unwrap();
        let said = dondoc(app, &["run", "ward-lag"]).await.failed();
        assert!(said.err.contains("try again when the other command is done"), "{}", said.err);
        assert_eq!(app.history("ward-lag").await, [""; 0]);
        drop(held);
        let silent = daemon(app, &app.files.hash, None).await;
        app.at("2020-06-01 07:40");
        dondoc(app, &["run", "ward-lag"]).await.failed();
        drop(silent);
    }

    async fn a_dry_run_reads_really_and_leaves_no_trace(app: &mut TestApp) {
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        app.city.shows(DOSSIERS, [dossier(&code(3)).due("20200529").changed("20200601070000").row()]);
        app.city.forget_what_was_asked();
        let before = everything(app).await;
        let said = dondoc(app, &["run", "overdue-alerts", "--dry-run", "--json"]).await.done().json();
        assert_eq!(everything(app).await, before);
        assert_eq!(app.city.asked(DOSSIERS).len(), 1, "the source was asked");
        assert_eq!(said["run"]["steps"][0]["counts"]["dossiers"]["rows"], 1, "{said}");
        assert_eq!(said["run"]["id"], Value::Null, "its number in the copy is another run's here");
        assert_eq!(texts(&said["mails"], "to"), ["head@00118 <c…@longbien.example>"]);
        assert_eq!(said["mails"][0]["kind"], "alert");
        assert!(said["mails"][0]["subject"].as_str().unwrap().contains("2 hồ sơ quá hạn"), "{said}");

        let shown = dondoc(app, &["run", "overdue-alerts", "--dry-run"]).await.done().out;
        assert!(shown.starts_with("dry run of overdue-alerts, for 2020-06-01 07:30: succeeded"), "{shown}");
        assert!(shown.contains("1 mail(s) would go; nothing was sent or stored"), "{shown}");
        assert!(!shown.contains("chutich.ngocthuy"), "addresses are masked: {shown}");

        let held = daemon(app, &app.files.hash, None).await;
        dondoc(app, &["run", "overdue-alerts", "--dry-run"]).await.done();
        drop(held);
        app.city.fails(DOSSIERS, Answer::Status(503));
        let before = everything(app).await;
        let said = dondoc(app, &["run", "pull-city", "--dry-run", "--json"]).await.failed().json();
        assert_eq!(said["run"]["status"], "partial");
        assert_eq!(everything(app).await, before);
    }

    async fn a_dry_run_runs_nothing_that_waits(app: &mut TestApp) {
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        let job = app.job("overdue-alerts").unwrap();
        dondoc::job::plan::queue_now(app, job, app.clock.now()).await.unwrap();
        let said = dondoc(app, &["run", "ward-lag", "--dry-run", "--json"]).await.done().json();
        let subjects = texts(&said["mails"], "subject");
        assert!(subjects.iter().all(|subject| subject.contains("chậm chỉ tiêu")), "the alert that waits is not ours: {subjects:?}");
        app.run_queued().await;
    }

    async fn a_simulation_shows_what_then_really_happens(app: &mut TestApp) {
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        app.beat().await;
        app.city.forget_what_was_asked();
        let before = everything(app).await;
        let said = dondoc(app, &["simulate", "--from", "2020-06-02", "--to", "2020-06-09", "--json"]).await.done().json();
        assert_eq!(everything(app).await, before, "not a byte of the real database is touched");
        assert!(app.city.asked(DOSSIERS).is_empty());
        assert!(said["assumed"].as_str().unwrap().contains("stayed fresh"));

        app.live_through(8).await;
        app.at("2020-06-09 23:59");
        app.beat().await;
        let mails = app.sent().await;
        let real: Vec<(i64, &str, &str, &str)> = mails.iter().map(|sent| (sent.date, sent.post.as_str(), sent.kind.as_str(), sent.subject.as_str())).collect();
        let foretold: Vec<(i64, &str, &str, &str)> = said["mails"].as_array().unwrap().iter().map(|mail| {
            let at: DateTime<Utc> = mail["at"].as_str().unwrap().parse().unwrap();
            let post = mail["to"].as_str().unwrap().split(' ').next().unwrap();
            (at.timestamp(), post, mail["kind"].as_str().unwrap(), mail["subject"].as_str().unwrap())
        }).collect();
        assert!(real.len() > 4, "{real:#?}");
        assert_eq!(foretold, real);

        let mut real: Vec<String> = app.store.runs(None, 200).await.unwrap().iter()
            .filter(|run| run.trigger == Trigger::Schedule)
            .map(|run| format!("{} {} {} {}", run.scheduled_for.timestamp(), run.job, run.status, run.reason))
            .collect();
        let mut foretold: Vec<String> = said["fires"].as_array().unwrap().iter().map(|fire| {
            let at: DateTime<Utc> = fire["utc"].as_str().unwrap().parse().unwrap();
            format!("{} {} {} {}", at.timestamp(), fire["job"].as_str().unwrap(), fire["status"].as_str().unwrap(), fire["reason"].as_str().unwrap())
        }).collect();
        real.sort();
        foretold.sort();
        assert_eq!(foretold, real);
        assert!(foretold.iter().any(|fire| fire.ends_with("skipped 2020-06-06 is not a working day")), "{foretold:#?}");
    }

    async fn a_simulation_of_what_was_says_the_same_as_before_it(app: &mut TestApp) {
        two_dossiers(&app.city);
        app.succeed("pull-city").await;
        let simulate = ["simulate", "--from", "2020-06-02", "--to", "2020-06-08", "--json"];
        let ahead = dondoc(app, &simulate).await.done().json();
        app.live_through(10).await;
        assert_eq!(dondoc(app, &simulate).await.done().json(), ahead);
        let later = dondoc(app, &["simulate", "--from", "2020-07-01", "--to", "2020-07-03", "--json"]).await.done().json();
        assert_eq!(texts(&later["fires"], "job").len(), 6);
        assert_eq!(texts(&later["mails"], "to"), [""; 0], "all was told in the days until then: {later}");
        let shown = dondoc(app, &["simulate", "--from", "2020-06-02", "--to", "2020-06-08"]).await.done().out;
        assert!(shown.contains("as if no dossier moved on and every source that was ever read stayed fresh"), "{shown}");
        assert!(shown.contains("nothing was sent or stored") && !shown.contains("chutich"), "{shown}");
    }

    async fn a_refused_mail_goes_when_the_operator_says_so(app: &mut TestApp) {
        let relay = ScriptedRelay::start([Act::Recipient(550)]).await;
        app.deliver_to(&relay).await;
        two_dossiers(&app.city);
        app.succeed("overdue-alerts").await;
        let mail = app.store.mails(Some(MailStatus::Rejected)).await.unwrap();
        let id = mail[0].id.to_string();
        let said = dondoc(app, &["mail", "retry", &id, "--json"]).await.done().json();
        assert_eq!(texts(&said, "status"), ["queued"]);
        app.run_queued().await;
        let is_it = |sent: &&Received| String::from_utf8_lossy(&sent.message).contains(&mail[0].message_id);
        assert_eq!(relay.received().iter().filter(is_it).count(), 1);
        assert_eq!(app.sent().await[0].message_id, mail[0].message_id);
        let told = app.sent_to("operator@004").await;
        assert_eq!((told.len(), relay.received().len()), (1, 2), "the operator hears of the refusal");
        app.succeed("weekly-digest").await;
        let several = dondoc(app, &["mail", "retry", "3", "4"]).await.failed();
        assert!(several.err.contains("mail 3 to chair@004 is accepted") && several.err.contains("mail 4 to"), "{}", several.err);
        let unknown = dondoc(app, &["mail", "retry", "99"]).await.failed();
        assert!(unknown.err.contains("there is no mail 99"), "{}", unknown.err);
    }

    async fn jobs_say_when_the_files_are_not_what_runs(app: &mut TestApp) {
        let same = daemon(app, &app.files.hash, None).await;
        assert!(!dondoc(app, &["jobs"]).await.done().out.contains("differ"));
        drop(same);
        let other = daemon(app, "0123456789ab", None).await;
        let said = dondoc(app, &["jobs"]).await.done().out;
        assert!(said.contains("the files differ from what runs: the daemon works with 0123456789ab"), "{said}");
        let said = dondoc(app, &["jobs", "--json"]).await.done();
        assert!(said.json().is_array() && said.err.contains("differ from what runs"), "{}", said.err);
        drop(other);

        let good = app.files.hash.clone();
        let file = app.folder().join("jobs/ward-lag.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("10 7 * * 1", "10 7 * * 9")).unwrap();
        let refused = Refused {
            configuration: dondoc::config::site::hash(app.folder()),
            why: "jobs/ward-lag.toml:5: day of week may hold 0-7".to_owned(),
        };
        let _held = daemon(app, &good, Some(refused)).await;
        let said = dondoc(app, &["jobs"]).await.done().out;
        assert!(said.contains(&format!("the daemon works with {good}")), "{said}");
        assert!(said.contains("it refused them:\n  jobs/ward-lag.toml:5"), "{said}");
        app.at("2020-06-01 08:00");
        let said = dondoc(app, &["jobs"]).await.done().out;
        assert!(!said.contains("the daemon works with"), "a daemon of long ago: {said}");
    }
}

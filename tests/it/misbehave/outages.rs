//! A database that is locked, gone, full, or holds nonsense.

use std::process::Command;
use std::time::Duration;

use dondoc::daemon;
use dondoc::job::plan::{self, Planner};
use sea_orm::ConnectionTrait;

use super::moody::Moody;
use super::signals::block;
use super::*;
use crate::database::{on_postgres, on_sqlite, stories};
use crate::program::{Serving, command, on_site_beside, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS};
use crate::serve::often;

/// Every minute, and each minute that was missed.
const EVERY_MINUTE: &str = "title = \"Cảnh báo\"\n\
     schedule = { cron = \"* * * * *\", zone = \"Asia/Ho_Chi_Minh\", catch_up = \"all\" }\n\
     retry = { attempts = 1 }\n\n[[step]]\npull = \"one-stop-shop\"\n\n\
     [[step]]\nalert = \"overdue-dossiers\"\nsoon = 2\nladder = [{ late = 0, to = \"head\" }]\nmail = \"overdue\"\n";
const JOB: &str = "alerts";

/// A site that runs one job every minute, and waits little for its database.
async fn impatient(app: &mut TestApp) {
    app.city
        .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
    app.add("config/local.toml", "\n[database]\npatience = \"250ms\"\n")
        .await;
    only(app, JOB, EVERY_MINUTE).await;
}

fn at(second: i64) -> chrono::DateTime<chrono::Utc> {
    instant("2020-06-01 07:30") + chrono::TimeDelta::seconds(second)
}

/// A minute and more without a database: it strikes while a run is under way, and an occurrence falls into it.
async fn a_minute_without<T>(
    app: &mut TestApp,
    daemon: &mut Daemon,
    strike: impl AsyncFnOnce(&TestApp) -> T,
    heal: impl AsyncFnOnce(T),
) {
    app.go_to(at(-10));
    settle(app, daemon).await;
    let (log, _guard) = Log::listen();
    app.city
        .fails_next(DOSSIERS, 1, Answer::Late(Duration::from_millis(200)));
    app.go_to(at(0));
    daemon.beat().await.unwrap();
    until("the run's request", async || {
        !app.city.asked(DOSSIERS).is_empty()
    })
    .await;
    let struck = strike(app).await;
    // The run waits for its database, and gives it up.
    tokio::time::sleep(Duration::from_millis(650)).await;
    for second in [20, 61] {
        app.go_to(at(second));
        daemon.beat().await.unwrap();
    }
    log.says("the database is away");
    heal(struck).await;
    app.go_to(at(80));
    daemon.beat().await.unwrap();
    // The interrupted run rests for a second.
    app.go_to(at(82));
    settle(app, daemon).await;
    app.go_to(at(120));
    settle(app, daemon).await;

    let runs = runs(app, JOB).await;
    let told: Vec<_> = runs
        .iter()
        .map(|run| (run.scheduled_for, run.status))
        .collect();
    let expected = [0, 60, 120].map(|second| (at(second), RunStatus::Succeeded));
    assert_eq!(told, expected, "none lost, none doubled: {runs:#?}");
    assert_eq!(runs[0].attempts, 2, "it was interrupted, and went on");
    assert_eq!(app.sent_to(HEAD).await.len(), 1, "told once");
    assert_eq!(
        (
            log.count("the database is away"),
            log.count("the database is back")
        ),
        (1, 1)
    );
    let subjects = subjects_to_operator(app).await;
    assert_eq!(subjects.len(), 1);
    let told = "[Long Biên] Đôn đốc: cơ sở dữ liệu dùng lại được sau";
    assert!(subjects[0].starts_with(told), "{subjects:?}");
}

#[tokio::test]
async fn a_server_gone_for_a_minute_loses_and_doubles_nothing() {
    on_postgres(async |app: &mut TestApp| {
        impatient(app).await;
        let (behind, line) = app.database.behind_a_line().await;
        let opened = daemon::open_with(app.folder(), app.clock.clone(), behind.variables()).await;
        let mut daemon = Daemon::hold(opened.unwrap()).await.unwrap();
        let cut = async |_: &TestApp| line.cut();
        a_minute_without(app, &mut daemon, cut, async |()| line.mend()).await;
    })
    .await;
}

/// No file may grow, as on a full disk: the system refuses to write.
async fn with_a_full_disk(app: &mut TestApp) {
    often(app).await;
    app.add("config/local.toml", "\n[database]\npatience = \"200ms\"\n")
        .await;
    let mut shell = Command::new("sh");
    let serve = command(&app.database, &[]);
    shell
        .args(["-c", "trap '' XFSZ; exec \"$0\" --site \"$1\" serve"])
        .arg(serve.get_program())
        .arg(app.folder())
        .stdin(std::process::Stdio::null());
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DONDOC_"))
    {
        shell.env_remove(name);
    }
    let daemon = Serving::of(shell);
    let limit = |bytes: &str| {
        let (id, size) = (daemon.id().to_string(), format!("--fsize={bytes}"));
        let set = Command::new("prlimit")
            .args(["--pid", &id, &size])
            .status()
            .unwrap();
        assert!(set.success());
    };
    until("a mail", async || {
        app.sent()
            .await
            .iter()
            .any(|sent| sent.status == MailStatus::Accepted)
    })
    .await;
    limit("0:unlimited");
    until("it is noticed", async || {
        daemon.has_said("the database is away")
    })
    .await;
    let before = app.store.runs(None, 1000).await.unwrap().len();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(app.store.runs(None, 1000).await.unwrap().len(), before);
    limit("unlimited:unlimited");
    until("it goes on", async || {
        let runs = app.store.runs(None, 1000).await.unwrap();
        runs.len() > before && runs[0].status == RunStatus::Succeeded
    })
    .await;
    daemon.signal("-TERM");
    let ended = daemon.end().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.err.contains("the database is back"), "{}", ended.err);
}

#[tokio::test]
async fn a_full_disk_stops_nothing_for_good() {
    on_sqlite(async |app: &mut TestApp| {
        with_a_full_disk(app).await;
        let runs = runs(app, "overdue-alerts").await;
        let starts: Vec<_> = runs.iter().map(|run| run.scheduled_for).collect();
        let all = (0..starts.len() as i64).map(|n| starts[0] + chrono::TimeDelta::seconds(2 * n));
        assert_eq!(
            starts,
            all.collect::<Vec<_>>(),
            "every occurrence has its one row"
        );
        for run in &runs {
            let has_ended = run.status == RunStatus::Succeeded
                || run.status == RunStatus::Missed && !run.reason.is_empty()
                || run.status == RunStatus::Queued;
            assert!(has_ended, "{run:?}");
        }
        assert_eq!(app.sent_to(HEAD).await.len(), 1, "told once");
        let connection = app.database.connect(app.folder()).await;
        let sound = connection
            .query_one_raw(sea_orm::Statement::from_string(
                sea_orm::DbBackend::Sqlite,
                "PRAGMA integrity_check",
            ))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(sound.try_get_by_index::<String>(0).unwrap(), "ok");
    })
    .await;
}

stories! {
    async fn a_database_locked_for_a_minute_loses_and_doubles_nothing(app: &mut TestApp) {
        impatient(app).await;
        let mut daemon = hold(app).await;
        let unlock = async |blocking: sea_orm::DatabaseTransaction| blocking.rollback().await.unwrap();
        a_minute_without(app, &mut daemon, block, unlock).await;
    }

    async fn what_fails_in_a_beat_keeps_nothing_else_from_its_turn(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        let job = app.job("overdue-alerts").unwrap().clone();
        plan::queue_now(app, &job, app.clock.now()).await.unwrap();
        let (here, moody) = Moody::under(opened(app));
        let mut daemon = Daemon::hold(here).await.unwrap();
        moody.refuses("FROM \"schedule\"");
        settle(app, &mut daemon).await;
        assert_eq!(app.sent_to(HEAD).await.len(), 1, "it was run and delivered");
        assert!(app.store.cursors().await.unwrap().is_empty(), "nothing could be planned");
        assert!(app.store.daemon().await.unwrap().is_some(), "it gave a sign of life");
        moody.relents();
        daemon.beat().await.unwrap();
        assert_eq!(app.store.cursors().await.unwrap().len(), app.jobs.len(), "now it could");
    }

    async fn a_row_that_does_not_convert_is_read_once_and_named(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.succeed("pull-city").await;
        let connection = app.database.connect(app.folder()).await;
        connection.execute_unprepared("UPDATE dossier SET level = 'nonsense'").await.unwrap();
        connection.close().await.unwrap();
        let text = "title = \"Kiểm tra\"\nschedule = { cron = \"0 8 * * *\" }\n\
             retry = { attempts = 5, first = \"1m\", max = \"1h\" }\n\n[[step]]\nassess = \"targets\"\n";
        only(app, "check", text).await;
        let (mut planner, now) = (Planner::default(), instant("2020-06-01 08:00"));
        planner.tick(app, now - chrono::TimeDelta::minutes(1)).await.unwrap();
        app.go_to(now);
        planner.tick(app, now).await.unwrap();
        app.run_queued().await;
        let run = runs(app, "check").await.remove(0);
        assert_eq!(run.status, RunStatus::Failed);
        assert!(run.reason.contains("table `dossier`, row `H26.23.14-200504-0001`"), "{}", run.reason);
        assert_eq!(app.ran(run.id).await.steps[0].attempts, 1);
        let shown = on_site_beside(&app.database, app.folder(), &["runs", "check"]).await;
        assert!(shown.out.contains("nonsense"), "{}", shown.out);
    }
}

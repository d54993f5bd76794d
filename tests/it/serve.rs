//! Stories of the daemon as a process: its jobs, its signals, its rivals.

use std::time::Duration;

use dondoc::store::runs::RunStatus;

use crate::app::TestApp;
use crate::database::stories;
use crate::program::{Serving as Daemon, on_site_beside, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS};

const JOB: &str = "jobs/overdue-alerts.toml";

/// The alert runs every two seconds, from half past seven of the first of June on.
pub async fn often(app: &mut TestApp) {
    app.edit(
        "config/local.toml",
        "[site]",
        "[site]\nnow = \"2020-06-01T07:30:00+07:00\"",
    )
    .await;
    app.edit(JOB, "cron = \"30 7 * * *\"", "cron = \"*/2 * * * * *\"")
        .await;
    // There is always a run that might have more to say.
    app.add("config/local.toml", "\n[letters]\ngather = \"1s\"\n")
        .await;
    app.city
        .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
}

stories! {
    async fn the_daemon_runs_its_jobs_and_a_signal_lets_it_finish(app: &mut TestApp) {
        often(app).await;
        app.city
            .fails(DOSSIERS, Answer::Late(Duration::from_millis(1500)));
        let daemon = Daemon::start(&app.database, app.folder());
        until("a pull", async || !app.city.asked(DOSSIERS).is_empty()).await;
        daemon.signal("-TERM");
        let ended = daemon.end().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let runs = app.store.runs(Some("overdue-alerts"), 100).await.unwrap();
        let first = runs.last().unwrap();
        assert_eq!(
            first.status,
            RunStatus::Succeeded,
            "what was under way is finished: {runs:#?}"
        );
        assert!(
            runs.iter().all(|run| run.status != RunStatus::Running),
            "{runs:#?}"
        );
        assert_eq!(app.sent().await.len(), 1);
        for line in ended.err.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            assert!(line["level"].is_string(), "{line}");
        }
        // What was decided and not yet delivered waits for the next start.
        app.leaves_mails_waiting = true;
        let again = Daemon::start(&app.database, app.folder());
        until("the delivery", async || {
            app.sent().await[0].status.as_str() == "accepted"
        })
        .await;
        again.signal("-INT");
        assert_eq!(again.end().await.code, Some(0));
        assert_eq!(app.sent().await.len(), 1, "told once");
    }

    async fn a_second_daemon_on_the_same_site_refuses(app: &mut TestApp) {
        often(app).await;
        let daemon = Daemon::start(&app.database, app.folder());
        until("a pull", async || !app.city.asked(DOSSIERS).is_empty()).await;
        let second = on_site_beside(&app.database, app.folder(), &["serve"]).await;
        assert_eq!(second.code, Some(1), "{second:?}");
        assert!(
            second.err.contains("in use by another dondoc process"),
            "{}",
            second.err
        );
        let holder = format!("process: dondoc {}", daemon.id());
        assert!(second.err.contains(&holder), "{holder}: {}", second.err);
        assert!(
            !second.err.contains("secret@"),
            "no password: {}",
            second.err
        );
        app.city.forget_what_was_asked();
        until("the first goes on", async || !app.city.asked(DOSSIERS).is_empty()).await;
        let run = on_site_beside(&app.database, app.folder(), &["run", "pull-city"]).await;
        assert_eq!(run.code, Some(0), "left to the daemon: {run:?}");
        assert!(run.out.contains("the daemon runs pull-city"), "{}", run.out);
        let board = on_site_beside(&app.database, app.folder(), &["board", "--json"]).await;
        assert_eq!(board.code, Some(0), "reading is always allowed: {board:?}");
        daemon.signal("-TERM");
        assert_eq!(daemon.end().await.code, Some(0));
        app.leaves_mails_waiting = true;
    }

    async fn a_killed_daemon_is_followed_by_one_that_tells_once(app: &mut TestApp) {
        often(app).await;
        for _ in 0..4 {
            let daemon = Daemon::start(&app.database, app.folder());
            app.city.forget_what_was_asked();
            until("a pull", async || !app.city.asked(DOSSIERS).is_empty()).await;
            daemon.signal("-KILL");
            daemon.end().await;
        }
        let daemon = Daemon::start(&app.database, app.folder());
        app.city.forget_what_was_asked();
        until("a pull", async || !app.city.asked(DOSSIERS).is_empty()).await;
        until("the mail", async || {
            app.sent()
                .await
                .first()
                .is_some_and(|sent| sent.status.as_str() == "accepted")
        })
        .await;
        daemon.signal("-TERM");
        assert_eq!(daemon.end().await.code, Some(0));
        // Killed three times at the same place, a run is given up, and the operator hears of it.
        let told = app.sent().await.len() - app.sent_to("operator@004").await.len();
        assert_eq!(told, 1);
        let files = std::fs::read_dir(app.folder().join("data/mails"))
            .unwrap()
            .count();
        let accepted = app.sent().await.iter().filter(|sent| sent.status.as_str() == "accepted").count();
        assert_eq!(files, accepted);
    }

    async fn a_site_with_a_problem_is_not_served(app: &mut TestApp) {
        let job = app.folder().join(JOB);
        let text = std::fs::read_to_string(&job)
            .unwrap()
            .replace("pull = \"one-stop-shop\"", "pull = \"one-stop-shoppe\"");
        std::fs::write(&job, text).unwrap();
        let ended = on_site_beside(&app.database, app.folder(), &["serve"]).await;
        assert_eq!(ended.code, Some(1));
        assert!(
            ended.err.contains("jobs/overdue-alerts.toml") && ended.err.contains("one-stop-shop"),
            "{}",
            ended.err
        );
    }

    async fn a_changed_file_is_applied_and_a_wrong_one_changes_nothing(app: &mut TestApp) {
        often(app).await;
        let daemon = Daemon::start(&app.database, app.folder());
        until("the first mail", async || !app.sent().await.is_empty()).await;
        let job = app.folder().join(JOB);
        let good = std::fs::read_to_string(&job).unwrap();
        std::fs::write(&job, good.replace("one-stop-shop", "one-stop-shoppe")).unwrap();
        tokio::time::sleep(Duration::from_secs(4)).await;
        app.city.forget_what_was_asked();
        until("a pull by the old files", async || {
            !app.city.asked(DOSSIERS).is_empty()
        })
        .await;
        // The second file asks for a reminder's worth of nothing, but another warning time.
        std::fs::write(&job, good.replace("soon = 2", "soon = 25")).unwrap();
        app.city.shows(
            DOSSIERS,
            [
                dossier(&code(1)).due("20200529").row(),
                dossier(&code(2)).due("20200630").row(),
            ],
        );
        until("the warning by the new files", async || {
            app.sent().await.len() == 2
        })
        .await;
        daemon.signal("-TERM");
        let ended = daemon.end().await;
        assert!(
            ended.err.contains("what ran before goes on") && ended.err.contains("one-stop-shoppe"),
            "{}",
            ended.err
        );
        app.leaves_mails_waiting = true;
    }
}

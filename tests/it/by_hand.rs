//! Stories of `dondoc run` without a daemon and beside one: the job that was named, and no other.

use std::time::Duration;

use dondoc::job::plan;
use dondoc::store::outbox::MailStatus;
use dondoc::store::runs::{Lease, RunStatus};

use crate::app::{MORNING, TestApp, instant};
use crate::database::stories;
use crate::operate::daemon;
use crate::program::{Ended, Serving, command, on_site_beside, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOCUMENTS, DOSSIERS};

const FIXED: [&str; 2] = ["--at", "2020-06-01T07:30:00+07:00"];

async fn told(app: &TestApp, arguments: &[&str]) -> Ended {
    on_site_beside(&app.database, app.folder(), &[&FIXED, arguments].concat()).await
}

async fn queue(app: &TestApp, job: &str) -> i64 {
    let queued = plan::queue_now(app, app.job(job).unwrap(), instant(MORNING)).await;
    queued.unwrap().id
}

stories! {
    async fn a_paused_job_runs_by_hand_once_and_waits_for_no_other(app: &mut TestApp) {
        app.edit("jobs/ward-lag.toml", "timeout = \"10m\"", "timeout = \"10m\"\nafter = [\"weekly-digest\"]").await;
        let paused = told(app, &["pause", "ward-lag", "--reason", "figures in doubt"]).await;
        assert_eq!(paused.code, Some(0), "{paused:?}");
        let ended = told(app, &["--json", "run", "ward-lag"]).await;
        assert_eq!((ended.code, ended.json()["status"].as_str()), (Some(0), Some("succeeded")), "{ended:?}");
    }

    async fn the_job_that_was_named_runs_and_the_backlog_stays(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.succeed("pull-city").await;
        let alerts = queue(app, "overdue-alerts").await;
        let earlier = queue(app, "ward-lag").await;
        let ended = told(app, &["--json", "run", "ward-lag"]).await;
        assert_eq!((ended.code, ended.json()["status"].as_str()), (Some(0), Some("succeeded")), "{ended:?}");
        assert_ne!(ended.json()["id"], earlier);
        for left in [alerts, earlier] {
            assert_eq!(app.ran(left).await.status(), RunStatus::Queued, "it was not asked for");
        }
        assert!(app.sent().await.iter().all(|sent| sent.status != MailStatus::Queued));
        app.run_queued().await;
        assert_eq!(app.ran(alerts).await.status(), RunStatus::Succeeded, "a daemon works it off");
    }

    async fn a_run_that_is_broken_off_by_hand_is_not_taken_up_by_surprise(app: &mut TestApp) {
        app.city.fails_next(DOCUMENTS, 1, Answer::Late(Duration::from_secs(20)));
        let site = app.folder().to_str().unwrap();
        let arguments = [&FIXED[..], &["--site", site, "run", "pull-city"]].concat();
        let running = Serving::of(command(&app.database, &arguments));
        until("its second step", async || !app.city.asked(DOCUMENTS).is_empty()).await;
        running.signal("-INT");
        let ended = tokio::time::timeout(Duration::from_secs(5), running.end()).await;
        assert_eq!(ended.expect("it stops at once").code, Some(1));
        let runs = app.store.runs(None, 9).await.unwrap();
        assert_eq!(runs.len(), 1, "{runs:#?}");
        assert_eq!(runs[0].status, RunStatus::Abandoned);
        assert_eq!(runs[0].reason, "whoever asked for it broke it off");
        app.city.forget_what_was_asked();
        app.run_queued().await;
        assert!(app.city.asked(DOSSIERS).is_empty(), "nothing is left to be taken up");
    }

    async fn a_run_beside_a_daemon_says_what_it_waits_for(app: &mut TestApp) {
        let _held = daemon(app, &app.files.hash, None).await;
        let said = told(app, &["run", "ward-lag"]).await;
        assert!(said.out.starts_with("the daemon runs ward-lag: see"), "{said:?}");
        let first = app.store.queued_runs(0, 1).await.unwrap().remove(0);
        let lease = Lease { owner: "daemon".to_owned(), until: instant("2020-06-01 07:40") };
        let write = app.store.write().await.unwrap();
        write.claim_run(&first, &lease, instant(MORNING)).await.unwrap().unwrap();
        write.commit().await.unwrap();
        let said = told(app, &["run", "ward-lag"]).await;
        assert!(
            said.out.starts_with("the daemon runs ward-lag, but not yet: the run before it is under way: see"),
            "{said:?}"
        );
    }
}

//! Stories of a site with a broken file: what was stays readable and a job can be held back; nothing runs.

use std::fs;

use crate::app::TestApp;
use crate::database::stories;
use crate::program::{Ended, on_site_beside};
use crate::rows::{code, dossier};
use crate::scripted::DOSSIERS;

async fn told(app: &TestApp, arguments: &[&str]) -> Ended {
    let fixed = ["--at", "2020-06-01T07:30:00+07:00"];
    on_site_beside(&app.database, app.folder(), &[&fixed, arguments].concat()).await
}

/// A site that has run and mailed, and whose job `ward-lag` and targets somebody is editing just now.
async fn a_site_under_repair(app: &mut TestApp) {
    app.city.shows(
        DOSSIERS,
        [
            dossier(&code(1)).due("20200529").row(),
            dossier(&code(2)).with("DonViXuLy", "00999").row(),
        ],
    );
    app.succeed("pull-city").await;
    app.succeed("overdue-alerts").await;
    app.succeed("ward-lag").await;
    let job = app.folder().join("jobs/ward-lag.toml");
    let text = fs::read_to_string(&job).unwrap();
    fs::write(&job, text.replace("10 7 * * 1", "10 7 * * 9")).unwrap();
    fs::write(app.folder().join("config/targets.toml"), "[[target]\n").unwrap();
}

stories! {
    async fn what_was_can_be_read_while_a_file_is_broken(app: &mut TestApp) {
        a_site_under_repair(app).await;
        for (command, says) in [
            (&["runs"][..], "pull-city"),
            (&["runs", "ward-lag"], "ward-lag"),
            (&["runs", "show", "1"], "run 1 of pull-city"),
            (&["mail", "list"], "head@00118"),
            (&["mail", "show", "1"], "Subject:"),
            (&["next", "overdue-alerts"], "2020-06-02 07:30"),
            (&["quarantine", "list"], "00999"),
            (&["quarantine", "list", "one-stop-shop"], "00999"),
            (&["quarantine", "show", "1"], "one-stop-shop"),
        ] {
            let ended = told(app, command).await;
            assert_eq!(ended.code, Some(0), "{command:?}: {ended:?}");
            assert!(ended.out.contains(says), "{command:?}: {}", ended.out);
            assert!(
                ended.err.contains("warning: the site's files have 2 problem(s): see `dondoc check`"),
                "{command:?}: {}", ended.err
            );
        }
    }

    async fn the_valid_jobs_are_listed_and_the_others_have_their_reason(app: &mut TestApp) {
        a_site_under_repair(app).await;
        let ended = told(app, &["--json", "jobs"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let names: Vec<String> = ended.json().as_array().unwrap().iter().map(|row| row["job"].to_string()).collect();
        assert_eq!(names, ["\"overdue-alerts\"", "\"pull-city\"", "\"weekly-digest\""]);
        assert!(ended.err.contains("jobs/ward-lag.toml") && ended.err.contains("10 7 * * 9"), "{}", ended.err);
        assert!(ended.err.contains("the jobs are those whose files are valid"), "{}", ended.err);
        let missing = told(app, &["next", "ward-lag"]).await;
        assert_eq!(missing.code, Some(1));
        assert!(missing.err.contains("jobs/ward-lag.toml is not valid"), "{}", missing.err);
        let unknown = told(app, &["next", "pull-citty"]).await;
        assert!(unknown.err.contains("there is no job `pull-citty`: did you mean `pull-city`?"), "{}", unknown.err);
    }

    async fn a_job_is_held_back_and_let_go_while_another_file_is_broken(app: &mut TestApp) {
        a_site_under_repair(app).await;
        let paused = told(app, &["pause", "overdue-alerts", "--reason", "sửa tệp"]).await;
        assert_eq!(paused.code, Some(0), "{paused:?}");
        assert!(app.store.cursors().await.unwrap()["overdue-alerts"].pause.is_some());
        let listed = told(app, &["jobs"]).await.out;
        assert!(listed.contains("paused: sửa tệp"), "{listed}");
        let resumed = told(app, &["resume", "overdue-alerts"]).await;
        assert!(resumed.out.contains("overdue-alerts goes on"), "{resumed:?}");
    }

    async fn nothing_runs_or_is_computed_from_files_that_are_not_valid(app: &mut TestApp) {
        a_site_under_repair(app).await;
        for command in [
            &["run", "pull-city"][..],
            &["serve"],
            &["board"],
            &["simulate", "--from", "2020-06-02", "--to", "2020-06-03"],
            &["backfill", "overdue-alerts", "--from", "2020-05-25", "--to", "2020-05-29"],
            &["mail", "retry", "1"],
            &["quarantine", "retry"],
        ] {
            let ended = told(app, command).await;
            assert_eq!(ended.code, Some(1), "{command:?}: {ended:?}");
            assert!(ended.err.contains("the site is not valid: 2 problem(s)"), "{command:?}: {}", ended.err);
        }
    }

    async fn without_settings_there_is_nothing_to_read(app: &mut TestApp) {
        app.succeed("pull-city").await;
        fs::write(app.folder().join("config/local.toml"), "[site]\nzone = \"Asia/Hanoi\"\n").unwrap();
        let ended = told(app, &["runs"]).await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.err.contains("did you mean `Asia/Ho_Chi_Minh`?"), "{}", ended.err);
    }
}

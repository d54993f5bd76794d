//! Jobs that panic, hang, or kill their process: they harm no other, and are not tried for ever.

use std::sync::Arc;
use std::time::Duration;

use dondoc::job::plan::{self, Planner};
use dondoc::job::runner::Runner;
use dondoc::job::watch::{Unwatched, Watcher};
use dondoc::job::{deliver, run};

use super::moody::Moody;
use super::*;
use crate::database::stories;
use crate::program::until;
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS};

const AT_EIGHT: &str = "title = \"Kiểm tra\"\nschedule = { cron = \"0 8 * * *\" }\n";

/// Panics in every step of the job `panics`.
struct Panics;

impl Watcher for Panics {
    fn step(&self, job: &str, _step: &str) {
        assert!(job != "panics", "a step that cannot be");
    }
}

fn runner(watcher: impl Watcher + 'static) -> Runner {
    Runner::new("this".into(), 4, Arc::new(watcher))
}

stories! {
    async fn a_job_that_panics_or_hangs_keeps_no_other_from_its_time(app: &mut TestApp) {
        let (log, _guard) = Log::listen();
        let job = |rest: &str, step: &str| format!("{AT_EIGHT}{rest}\n[[step]]\n{step}\n");
        app.city.fails(DOSSIERS, Answer::Late(Duration::from_secs(5)));
        only(app, "hangs", &job("timeout = \"1s\"\n", "pull = \"one-stop-shop\"")).await;
        app.write("jobs/panics.toml", &job("", "assess = \"targets\"")).await;
        app.write("jobs/works.toml", &job("", "assess = \"targets\"")).await;
        let (mut planner, here) = (Planner::default(), app.second().await);
        planner.tick(&here, instant("2020-06-01 07:59")).await.unwrap();
        app.at("2020-06-01 08:00");
        planner.tick(&here, app.clock.now()).await.unwrap();

        let mut runner = runner(Panics);
        assert_eq!(runner.start_ready(&here).await.unwrap(), 3);
        let mut order = Vec::new();
        while let Some(ended) = runner.next_ended(&here).await.unwrap() {
            order.push(ended.run.job);
        }
        assert_eq!(order.last().unwrap(), "hangs", "the others did not wait for it: {order:?}");
        let expected = [
            ("works", RunStatus::Succeeded, ""),
            ("panics", RunStatus::Failed, "it panicked: a step that cannot be"),
            ("hangs", RunStatus::Failed, "not done within 1s"),
        ];
        for (job, status, reason) in expected {
            let run = runs(app, job).await.remove(0);
            assert_eq!((run.status, run.reason.as_str()), (status, reason), "{job}");
            assert_eq!(run.finished_at, Some(instant("2020-06-01 08:00")), "{job}");
        }
        log.says("the run broke off");
        log.says("not done within 1s");
    }

    async fn a_panic_while_the_database_is_away_is_written_when_it_is_back(app: &mut TestApp) {
        only(app, "panics", &format!("{AT_EIGHT}\n[[step]]\nassess = \"targets\"\n")).await;
        let job = app.job("panics").unwrap().clone();
        plan::queue_now(app, &job, app.clock.now()).await.unwrap();
        let (here, moody) = Moody::under(opened(app));
        let here = Arc::new(here);
        let mut runner = runner(Panics);
        assert_eq!(runner.start_ready(&here).await.unwrap(), 1);
        moody.refuses("UPDATE");
        for _ in 0..3 {
            let refused = runner.next_ended(&here).await.unwrap_err();
            assert!(refused.is_outage(), "{refused}");
        }
        assert_eq!(runs(app, "panics").await[0].status, RunStatus::Running);
        moody.relents();
        runner.renew(&here).await.unwrap();
        let ended = runner.next_ended(&here).await.unwrap().unwrap();
        assert_eq!(ended.status, RunStatus::Failed);
        let run = runs(app, "panics").await.remove(0);
        assert_eq!(run.reason, "it panicked: a step that cannot be");
        assert_eq!(run.attempts, 1, "nobody took it up meanwhile");
    }

    async fn a_run_that_kills_its_process_again_and_again_is_given_up(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.city.fails(DOSSIERS, Answer::Late(Duration::from_secs(5)));
        let job = app.job("overdue-alerts").unwrap().clone();
        let run = plan::queue_now(app, &job, app.clock.now()).await.unwrap();
        for _ in 0..3 {
            let here = app.second().await;
            run::recover(&here).await.unwrap();
            let mut process = runner(Unwatched);
            assert_eq!(process.start_ready(&here).await.unwrap(), 1, "tried again");
            // Dropped in the middle of its work: what a killed process leaves.
            drop(process);
        }
        app.city.heals();
        for _ in 0..2 {
            run::recover(app).await.unwrap();
            assert_eq!(runner(Unwatched).start_ready(&app.second().await).await.unwrap(), 0);
        }
        let given_up = app.ran(run.id).await.run;
        assert_eq!(given_up.status, RunStatus::Abandoned);
        assert_eq!(given_up.reason, "the process that ran it died 3 times");
        let told = subjects_to_operator(app).await;
        assert_eq!(told, ["[Long Biên] Đôn đốc: một lần chạy của việc overdue-alerts bị bỏ, không thử lại"]);
        app.succeed("overdue-alerts").await;
        assert_eq!(app.sent_to(HEAD).await.len(), 1, "the next run says what this one could not");
    }

    async fn a_run_that_comes_further_each_time_is_never_given_up(app: &mut TestApp) {
        app.edit("config/sources/one-stop-shop.toml", "rows = 1000", "rows = 1").await;
        app.city.shows(DOSSIERS, (1..=6).map(|n| dossier(&code(n)).due("20200529").row()));
        let job = app.job("overdue-alerts").unwrap().clone();
        let run = plan::queue_now(app, &job, app.clock.now()).await.unwrap();
        for page in 2..=6 {
            let here = app.second().await;
            run::recover(&here).await.unwrap();
            app.city.heals();
            app.city.fails_on_page(DOSSIERS, page, Answer::Late(Duration::from_secs(5)));
            let mut process = runner(Unwatched);
            assert_eq!(process.start_ready(&here).await.unwrap(), 1);
            // The page before is stored when the next one has come.
            until("what came before is stored", async || {
                let stored = app.store.count_dossiers("one-stop-shop").await.unwrap();
                stored as usize == page - 2
            })
            .await;
        }
        app.city.heals();
        run::recover(app).await.unwrap();
        app.run_queued().await;
        let ran = app.ran(run.id).await;
        assert_eq!((ran.status(), ran.run.attempts), (RunStatus::Succeeded, 6), "{ran:#?}");
        assert_eq!(app.sent_to(HEAD).await.len(), 1);
        assert!(app.sent_to(OPERATOR).await.is_empty());
    }

    async fn a_deadline_that_is_over_breaks_off_a_run_at_its_step(app: &mut TestApp) {
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.city.fails_next(crate::scripted::DOCUMENTS, 1, Answer::Late(Duration::from_secs(5)));
        let job = app.job("pull-city").unwrap().clone();
        let run = plan::queue_now(app, &job, app.clock.now()).await.unwrap();
        let here = app.second().await;
        let mut process = runner(Unwatched);
        process.start_ready(&here).await.unwrap();
        until("its second step", async || !app.city.asked(crate::scripted::DOCUMENTS).is_empty()).await;
        process.drain(&here, Duration::from_millis(50)).await.unwrap();
        let left = app.ran(run.id).await;
        assert_eq!((left.status(), left.run.deaths), (RunStatus::Queued, 0), "{left:#?}");
        assert_eq!(left.run.reason, "resumed: the program was stopped before it ended");

        app.city.forget_what_was_asked();
        run::recover(app).await.unwrap();
        app.run_queued().await;
        let ran = app.ran(run.id).await;
        assert_eq!((ran.status(), ran.run.attempts), (RunStatus::Succeeded, 2));
        assert_eq!(ran.run.as_of, left.run.as_of, "it speaks of the same moment");
        let again = app.city.asked(DOSSIERS);
        assert!(again.is_empty(), "what was finished stays finished: {again:?}");
        deliver::drain(app).await.unwrap();
    }
}

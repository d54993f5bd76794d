//! Stories of what is due, what was missed, and who may begin.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dondoc::job::plan::{self, Planner};
use dondoc::job::runner::Runner;
use dondoc::job::watch::Unwatched;
use dondoc::store::runs::{Run, RunStatus, Trigger};

use crate::app::{TestApp, instant};
use crate::database::stories;
use crate::scripted::{Answer, DOSSIERS};

const JOB: &str = "jobs/overdue-alerts.toml";
const ALERTS: &str = "overdue-alerts";

stories! {
    async fn the_latest_of_what_was_missed_is_caught_up(app: &mut TestApp) {
        app.at("2020-06-01 07:00");
        app.beat().await;
        app.at("2020-06-01 07:30");
        app.beat().await;
        // Nobody is there until Thursday noon.
        app.at("2020-06-04 12:00");
        app.beat().await;
        app.beat().await;
        assert_eq!(
            app.history(ALERTS).await,
            [
                "Mon 01 07:30 succeeded",
                "Tue 02 07:30 missed",
                "Wed 03 07:30 missed",
                "Thu 04 07:30 succeeded"
            ]
        );
        let mut runs = app.store.runs(Some(ALERTS), 10).await.unwrap();
        runs.reverse();
        assert_eq!(
            runs[1].reason,
            "nothing ran at the time; a later occurrence takes its place"
        );
        assert_eq!(
            (runs[0].trigger, runs[3].trigger),
            (Trigger::Schedule, Trigger::CatchUp)
        );
        assert_eq!(
            runs[3].as_of,
            Some(instant("2020-06-04 12:00")),
            "it speaks of the moment at which it runs"
        );
    }

    async fn a_job_that_does_not_catch_up_says_what_it_missed(app: &mut TestApp) {
        app.edit(JOB, "catch_up = \"latest\"", "catch_up = \"none\"")
            .await;
        app.at("2020-06-01 07:00");
        app.beat().await;
        app.at("2020-06-02 12:00");
        app.beat().await;
        app.at("2020-06-03 07:30");
        app.beat().await;
        assert_eq!(
            app.history(ALERTS).await,
            [
                "Mon 01 07:30 missed",
                "Tue 02 07:30 missed",
                "Wed 03 07:30 succeeded"
            ]
        );
        let runs = app.store.runs(Some(ALERTS), 10).await.unwrap();
        assert_eq!(
            runs[1].reason,
            "nothing ran at the time; this job does not catch up"
        );
    }

    async fn a_day_off_takes_no_place_of_a_working_day(app: &mut TestApp) {
        app.at("2020-06-05 07:00");
        app.beat().await;
        app.at("2020-06-07 12:00");
        app.beat().await;
        assert_eq!(
            app.history(ALERTS).await,
            [
                "Fri 05 07:30 succeeded",
                "Sat 06 07:30 skipped",
                "Sun 07 07:30 skipped"
            ],
            "Friday is caught up on Sunday"
        );
    }

    async fn an_edited_schedule_starts_from_now(app: &mut TestApp) {
        app.at("2020-06-01 07:00");
        app.beat().await;
        app.at("2020-06-03 12:00");
        app.edit(JOB, "30 7 * * *", "0 9 * * *").await;
        app.beat().await;
        assert_eq!(
            app.history(ALERTS).await,
            Vec::<String>::new(),
            "what the old schedule missed is not the new one's"
        );
        app.at("2020-06-04 09:00");
        app.beat().await;
        assert_eq!(app.history(ALERTS).await, ["Thu 04 09:00 succeeded"]);
    }

    async fn an_edited_title_changes_no_schedule(app: &mut TestApp) {
        app.at("2020-06-01 07:00");
        app.beat().await;
        app.edit(JOB, "Cảnh báo", "Báo động").await;
        app.at("2020-06-01 08:00");
        app.beat().await;
        assert_eq!(
            app.history(ALERTS).await,
            ["Mon 01 07:30 succeeded"],
            "it is caught up"
        );
    }

    async fn a_clock_set_back_doubles_nothing(app: &mut TestApp) {
        app.at("2020-06-01 07:00");
        app.beat().await;
        for at in [
            "2020-06-01 07:30",
            "2020-06-01 06:50",
            "2020-06-01 07:29",
            "2020-06-01 07:30",
            "2020-06-01 07:31",
        ] {
            app.at(at);
            app.beat().await;
        }
        app.reopen().await;
        app.at("2020-06-01 07:10");
        app.beat().await;
        app.at("2020-06-01 07:40");
        app.beat().await;
        assert_eq!(app.history(ALERTS).await, ["Mon 01 07:30 succeeded"]);
        app.at("2020-06-02 07:30");
        app.beat().await;
        assert_eq!(app.history(ALERTS).await.len(), 2);
    }

    async fn a_restart_repeats_and_forgets_nothing(app: &mut TestApp) {
        app.at("2020-06-01 07:00");
        app.beat().await;
        for at in [
            "2020-06-01 07:30",
            "2020-06-01 07:31",
            "2020-06-02 07:29",
            "2020-06-02 07:30",
        ] {
            app.reopen().await;
            app.at(at);
            app.beat().await;
        }
        assert_eq!(
            app.history(ALERTS).await,
            ["Mon 01 07:30 succeeded", "Tue 02 07:30 succeeded"]
        );
    }

    async fn a_long_absence_that_ends_on_days_off_is_caught_up_by_its_last_working_moment(app: &mut TestApp) {
        // Friday holds 6,119 occurrences, Saturday 7,201 that are passed over: more than one heartbeat lists.
        often(app, "catch_up = \"latest\"").await;
        let queued = planned_between(app, "2020-06-05 07:00", "2020-06-06 20:00").await;
        assert_eq!(queued, ["2020-06-05 23:59:50 +07"]);
        let runs = app.store.runs(Some(ALERTS), 20_000).await.unwrap();
        let skipped = runs.iter().filter(|run| run.status == RunStatus::Skipped).count();
        assert_eq!((runs.len(), skipped), (6_119 + 7_201, 7_201), "each has its row");
    }

    async fn the_cap_of_catching_up_counts_over_the_whole_absence(app: &mut TestApp) {
        often(app, "catch_up = \"all\"").await;
        app.edit(JOB, "timeout", "catch_up_cap = 3\ntimeout").await;
        let queued = planned_between(app, "2020-06-05 07:00", "2020-06-05 23:59").await;
        assert_eq!(
            queued,
            ["2020-06-05 23:58:40 +07", "2020-06-05 23:58:50 +07", "2020-06-05 23:59:00 +07"]
        );
    }

    async fn two_planners_on_one_database_fire_once(app: &mut TestApp) {
        let other = app.second().await;
        let (mut one, mut two) = (Planner::default(), Planner::default());
        let mut queued = 0;
        for at in [
            "2020-06-01 07:00",
            "2020-06-01 07:30",
            "2020-06-02 07:30",
            "2020-06-05 12:00",
        ] {
            let now = instant(at);
            let (first, second) = tokio::join!(one.tick(app, now), two.tick(&other, now));
            queued += first.unwrap() + second.unwrap();
        }
        let runs = app.store.runs(None, 1000).await.unwrap();
        let occurrences: BTreeSet<_> = runs
            .iter()
            .map(|run| (run.job.clone(), run.scheduled_for))
            .collect();
        assert_eq!(occurrences.len(), runs.len());
        assert_eq!(app.history(ALERTS).await.len(), 5);
        // Both may believe that they queued it; the row is one.
        assert!(
            queued
                >= runs
                    .iter()
                    .filter(|run| run.status == RunStatus::Queued)
                    .count()
        );
    }

    async fn two_processes_claim_a_run_once(app: &mut TestApp) {
        let job = app.job("pull-city").unwrap().clone();
        for _ in 0..3 {
            plan::queue_now(app, &job, instant("2020-06-01 07:30"))
                .await
                .unwrap();
        }
        let (here, there) = (app.second().await, app.second().await);
        let (mut one, mut two) = (
            Runner::new("one".into(), 4, Arc::new(Unwatched)),
            Runner::new("two".into(), 4, Arc::new(Unwatched)),
        );
        loop {
            let (first, second) = tokio::join!(one.start_ready(&here), two.start_ready(&there));
            let started = first.unwrap() + second.unwrap();

            let (first, second) = (
                one.next_ended(&here).await.unwrap(),
                two.next_ended(&there).await.unwrap(),
            );
            if started == 0 && first.is_none() && second.is_none() {
                break;
            }
        }
        let runs = app.store.runs(None, 10).await.unwrap();
        assert!(
            runs.iter()
                .all(|run| run.attempts == 1 && run.status == RunStatus::Succeeded),
            "{runs:#?}"
        );
        assert_eq!(app.city.pages_asked(DOSSIERS).len(), 3);
    }

    async fn a_job_never_overlaps_itself(app: &mut TestApp) {
        app.city
            .fails(DOSSIERS, Answer::Late(Duration::from_millis(600)));
        let job = app.job("pull-city").unwrap().clone();
        for _ in 0..2 {
            plan::queue_now(app, &job, instant("2020-06-01 07:30"))
                .await
                .unwrap();
        }
        let here = app.second().await;
        let mut runner = Runner::new("this".into(), 4, Arc::new(Unwatched));
        assert_eq!(runner.start_ready(&here).await.unwrap(), 1);
        assert_eq!(
            runner.start_ready(&here).await.unwrap(),
            0,
            "the second waits"
        );
        runner.next_ended(&here).await.unwrap().unwrap();
        assert_eq!(runner.start_ready(&here).await.unwrap(), 1, "now it may");
        runner.next_ended(&here).await.unwrap().unwrap();
    }

    async fn a_second_process_is_refused_the_database(app: &mut TestApp) {
        let held = app.store.lock().await.unwrap();
        let other = app.second().await;
        let refused = other.store.lock().await.unwrap_err().to_string();
        assert!(
            refused.contains("is in use by another dondoc process"),
            "{refused}"
        );
        assert!(!refused.contains("secret"), "{refused}");
        drop(held);
        // The server notices a closed connection a moment later.
        for _ in 0..50 {
            if other.store.lock().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the lock outlives its holder");
    }
}

/// The alerts every ten seconds.
async fn often(app: &mut TestApp, catch_up: &str) {
    app.edit(JOB, "catch_up = \"latest\"", catch_up).await;
    app.edit(JOB, "30 7 * * *", "*/10 * * * * *").await;
}

/// Nobody is there between the two instants; what was queued after, and nothing was run.
async fn planned_between(app: &mut TestApp, gone: &str, back: &str) -> Vec<String> {
    let mut planner = Planner::default();
    planner.tick(app, instant(gone)).await.unwrap();
    let now = instant(back);
    while planner.next_at().is_some_and(|at| at <= now) {
        planner.tick(app, now).await.unwrap();
    }
    let queued = app.store.queued_runs(0, 1_000).await.unwrap();
    let mut queued: Vec<_> = queued.iter().filter(|run| run.job == ALERTS).collect();
    queued.sort_by_key(|run| run.scheduled_for);
    let local = |run: &&Run| {
        run.scheduled_for
            .with_timezone(&app.zone())
            .format("%F %T %Z")
            .to_string()
    };
    queued.iter().map(local).collect()
}

//! Signals at every moment of the daemon's life: it ends in order, and the next start goes on.

use std::time::Duration;

use dondoc::job::plan;
use sea_orm::{ConnectionTrait, TransactionTrait};

use super::*;
use crate::database::stories;
use crate::program::{Serving, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOCUMENTS, DOSSIERS};

/// Keeps others from writing until it is dropped.
pub async fn block(app: &TestApp) -> sea_orm::DatabaseTransaction {
    let connection = app.database.connect(app.folder()).await;
    let blocking = connection.begin().await.unwrap();
    let orders: &[&str] = if app.database.is_postgres() {
        &["LOCK TABLE run, step, schedule, outbox, daemon, pull IN EXCLUSIVE MODE"]
    } else {
        &["UPDATE run SET id = id"]
    };
    for order in orders {
        blocking.execute_unprepared(order).await.unwrap();
    }
    blocking
}

/// A job of many steps that waits, and a clock that starts in the morning.
async fn one_run(app: &mut TestApp) -> i64 {
    app.edit(
        "config/local.toml",
        "[site]",
        "[site]\nnow = \"2020-06-01T07:30:00+07:00\"",
    )
    .await;
    app.city
        .shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
    let job = app.job("pull-city").unwrap().clone();
    plan::queue_now(app, &job, app.clock.now())
        .await
        .unwrap()
        .id
}

stories! {
    async fn a_signal_before_the_first_beat_ends_in_order(app: &mut TestApp) {
        let blocking = block(app).await;
        let daemon = Serving::start(&app.database, app.folder());
        // It cannot begin, and waits for whoever has its rows.
        tokio::time::sleep(Duration::from_millis(700)).await;
        daemon.signal("-TERM");
        let ended = tokio::time::timeout(Duration::from_secs(5), daemon.end()).await;
        let ended = ended.expect("it waits for nothing");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!ended.err.contains("serving"), "{}", ended.err);
        blocking.rollback().await.unwrap();
    }

    async fn a_second_signal_breaks_off_what_runs_and_the_next_start_goes_on(app: &mut TestApp) {
        let run = one_run(app).await;
        app.city.fails_next(DOCUMENTS, 1, Answer::Late(Duration::from_secs(20)));
        let daemon = Serving::start(&app.database, app.folder());
        until("its second step", async || !app.city.asked(DOCUMENTS).is_empty()).await;
        daemon.signal("-TERM");
        until("the first is heard", async || daemon.has_said("stopping: what runs is finished")).await;
        assert!(!daemon.has_said("a second signal"));
        daemon.signal("-TERM");
        let ended = tokio::time::timeout(Duration::from_secs(5), daemon.end()).await;
        let ended = ended.expect("it stops at once");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.err.contains("a second signal: what still runs is broken off"), "{}", ended.err);
        let left = app.ran(run).await;
        assert_eq!((left.status(), left.run.deaths), (RunStatus::Queued, 0), "{left:#?}");
        assert!(app.store.daemon().await.unwrap().is_none(), "it said farewell");

        app.city.forget_what_was_asked();
        let again = Serving::start(&app.database, app.folder());
        until("the end of the run", async || app.ran(run).await.status() == RunStatus::Succeeded).await;
        assert!(app.city.asked(DOSSIERS).is_empty(), "its first step stays finished");
        again.signal("-INT");
        assert_eq!(again.end().await.code, Some(0));
        app.leaves_mails_waiting = true;
    }
}

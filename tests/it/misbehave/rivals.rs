//! Two processes on one database, by mistake: one works, the other stops or is fenced out.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use dondoc::job::plan;
use dondoc::job::runner::Runner;
use dondoc::job::watch::Unwatched;
use dondoc::store::Kept;
use sea_orm::ConnectionTrait;

use super::*;
use crate::database::{on_postgres, stories};
use crate::program::{Serving, until};
use crate::rows::{code, dossier};
use crate::scripted::{Answer, DOSSIERS};
use crate::serve::often;

/// Ends the connection that holds the lock of this database.
const LOSE: &str = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
     WHERE l.locktype = 'advisory' AND l.objid = 7226062 AND d.datname = current_database()";

async fn lose_the_lock(app: &TestApp) {
    let connection = app.database.connect(app.folder()).await;
    connection.execute_unprepared(LOSE).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_lock_lost_with_its_connection_is_taken_again() {
    on_postgres(async |app: &mut TestApp| {
        let (log, _guard) = Log::listen();
        let mut daemon = hold(app).await;
        daemon.beat().await.unwrap();
        lose_the_lock(app).await;
        for _ in 0..3 {
            daemon.beat().await.unwrap();
        }
        log.says("the hold on the database was lost with its connection, and is taken again");
        let refused = app.store.lock().await.unwrap_err();
        assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_stands_is_asked_for_without_being_taken_twice() {
    on_postgres(async |app: &mut TestApp| {
        let held = app.store.lock().await.unwrap();
        for _ in 0..3 {
            assert_eq!(held.keep().await.unwrap(), Kept::Still);
        }
        lose_the_lock(app).await;
        let other = app.store.lock().await.unwrap();
        let lost = held.keep().await.unwrap_err().to_string();
        assert!(
            lost.contains("is in use by another dondoc process: dondoc "),
            "{lost}"
        );
        drop(other);
    })
    .await;
}

#[tokio::test]
async fn a_daemon_whose_lock_another_has_taken_stops() {
    on_postgres(async |app: &mut TestApp| {
        often(app).await;
        let daemon = Serving::start(&app.database, app.folder());
        until("a pull", async || !app.city.asked(DOSSIERS).is_empty()).await;
        let mut other = None;
        until("the other has the lock", async || {
            lose_the_lock(app).await;
            other = app.store.lock().await.ok();
            other.is_some()
        })
        .await;
        let ended = daemon.end().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(
            ended.err.contains("the other process goes on with it"),
            "{}",
            ended.err
        );
        let left = app.store.running_jobs().await.unwrap();
        assert!(
            left.is_empty(),
            "nothing is left as if it still ran: {left:?}"
        );
        app.leaves_mails_waiting = true;
    })
    .await;
}

stories! {
    async fn a_runner_that_stalled_is_fenced_out(app: &mut TestApp) {
        let (log, _guard) = Log::listen();
        app.city.shows(DOSSIERS, [dossier(&code(1)).due("20200529").row()]);
        app.city.fails_next(DOSSIERS, 1, Answer::Late(Duration::from_millis(400)));
        let job = app.job("overdue-alerts").unwrap().clone();
        let now = app.clock.now();
        let run = plan::queue_now(app, &job, now).await.unwrap();
        let (here, there) = (Arc::new(opened(app)), Arc::new(opened(app)));
        let mut stalled = Runner::new("one".into(), 4, Arc::new(Unwatched));
        let mut other = Runner::new("two".into(), 4, Arc::new(Unwatched));
        assert_eq!(stalled.start_ready(&here).await.unwrap(), 1);
        until("its request", async || !app.city.asked(DOSSIERS).is_empty()).await;

        other.renew(&there).await.unwrap();
        assert_eq!(other.start_ready(&there).await.unwrap(), 0, "its lease holds");
        app.go_to(now + TimeDelta::minutes(2));
        other.renew(&there).await.unwrap();
        assert_eq!(other.start_ready(&there).await.unwrap(), 1, "its lease ran out");
        let ended = other.next_ended(&there).await.unwrap().unwrap();
        assert_eq!(ended.status, RunStatus::Succeeded);

        let woken = stalled.next_ended(&here).await.unwrap().unwrap();
        assert_eq!(woken.status, RunStatus::Abandoned);
        log.says("another process has taken this run over");
        let ran = app.ran(run.id).await;
        assert_eq!((ran.status(), ran.run.attempts), (RunStatus::Succeeded, 2));
        assert_eq!(ran.run.finished_at, Some(app.clock.now()), "as the other wrote it");
        app.run_queued().await;
        assert_eq!(app.sent().await.len(), 1);
    }
}

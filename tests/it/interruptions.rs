//! Stories of a run that is broken off at every point where it can be, and taken up again.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use dondoc::job::round::{self, Haste};
use dondoc::job::watch::Unwatched;
use dondoc::job::{App, deliver, plan, run};
use dondoc::store::runs::{Lease, RunStatus};

use crate::app::{TestApp, instant};
use crate::database::{another, away_with, stories};
use crate::letters_sent::Sent;
use crate::rows::{code, document, dossier, member, resolved};
use crate::scripted::{DOCUMENTS, DOSSIERS, STAFF, ScriptedCity};

const JOBS: [&str; 4] = ["pull-city", "overdue-alerts", "ward-lag", "weekly-digest"];

/// Three units with late dossiers, a lagging ward, some documents and staff.
fn fill(city: &ScriptedCity) {
    let mut rows = resolved("00139", 90, 12);
    let units = ["00118", "00139", "TNMT"];
    rows.extend((0..9).map(|n| {
        dossier(&code(n))
            .unit(units[n % 3])
            .due(if n < 6 { "20200529" } else { "20200602" })
            .row()
    }));
    city.shows(DOSSIERS, rows);
    city.shows(DOCUMENTS, (0..50).map(document));
    city.shows(STAFF, (0..20).map(|n| member(n, n > 1)));
}

async fn small_pages(app: &mut TestApp) {
    for file in ["one-stop-shop", "documents"] {
        app.edit(
            &format!("config/sources/{file}.toml"),
            "rows = 1000",
            "rows = 20",
        )
        .await;
    }
    fill(&app.city);
}

/// Polls `work` so often and lets it drop; its answer if it came that soon.
async fn broken_off_after<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    std::future::poll_fn(
        move |context| match (left.checked_sub(1), work.as_mut().poll(context)) {
            (_, Poll::Ready(answer)) => Poll::Ready(Some(answer)),
            (None | Some(0), Poll::Pending) => Poll::Ready(None),
            (Some(rest), Poll::Pending) => {
                left = rest;
                Poll::Pending
            }
        },
    )
    .await
}

/// Claims the oldest run and breaks it off after so many polls, its delivery too.
async fn attempt(app: &App, polls: usize) {
    let Some(queued) = app.store.queued_runs(0, 1).await.unwrap().pop() else {
        broken_off_after(polls, hand_over(app)).await;
        return;
    };
    let now = instant("2020-06-01 07:30");
    let lease = Lease {
        owner: "a process that dies".to_owned(),
        until: now,
    };
    let write = app.store.write().await.unwrap();
    let claimed = write
        .claim_run(&queued, &lease, now)
        .await
        .unwrap()
        .unwrap();
    write.commit().await.unwrap();
    if let Some(ended) = broken_off_after(polls, run::run_claimed(app, &claimed, &Unwatched)).await
    {
        ended.unwrap();
        broken_off_after(polls, deliver::drain(app)).await;
    }
}

/// Letters are written when no run has more to say, and delivered.
async fn hand_over(app: &App) {
    round::write(app, Haste::Now).await.unwrap();
    deliver::drain(app).await.unwrap();
}

async fn is_finished(app: &App) -> bool {
    let runs = app.store.runs(None, 100).await.unwrap();
    let ended = runs.iter().all(|run| run.status == RunStatus::Succeeded);
    let mails = app.store.mails(None).await.unwrap();
    let ended = ended && app.store.waiting().await.unwrap().is_empty();
    ended && mails.iter().all(|mail| mail.status.as_str() == "accepted")
}

fn letters(sent: Vec<Sent>) -> Vec<(String, Vec<u8>)> {
    let mut letters: Vec<_> = sent
        .into_iter()
        .map(|sent| (sent.message_id, sent.bytes))
        .collect();
    letters.sort();
    letters
}

fn files(app: &TestApp) -> usize {
    let folder = std::fs::read_dir(app.folder().join("data/mails")).unwrap();
    folder
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "eml")
        })
        .count()
}

stories! {
    async fn a_run_broken_off_anywhere_is_taken_up_and_tells_once(app: &mut TestApp) {
        small_pages(app).await;
        for job in JOBS {
            let job = app.job(job).unwrap().clone();
            plan::queue_now(app, &job, instant("2020-06-01 07:30"))
                .await
                .unwrap();
        }
        let mut attempts = 0;
        // A few polls more each time, so that in the end every step is finished.
        while !is_finished(app).await {
            attempt(app, 1 + attempts * 2).await;
            run::recover(app).await.unwrap();
            attempts += 1;
            assert!(attempts < 400, "it never ends");
        }
        eprintln!("finished after {attempts} attempts");
        assert!(attempts > 10, "it was broken off");

        let mut calm = another(app).await;
        small_pages(&mut calm).await;
        for job in JOBS {
            let job = calm.job(job).unwrap().clone();
            let now = instant("2020-06-01 07:30");
            plan::queue_now(&calm, &job, now).await.unwrap();
        }
        calm.run_queued().await;
        let (expected, found) = (letters(calm.sent().await), letters(app.sent().await));
        assert_eq!(
            expected.len(),
            7,
            "three heads, who also hear that they lag, two leaders, two digests"
        );
        assert!(found == expected, "the same mails, byte for byte");
        assert_eq!(files(app), expected.len());
        let rows = |board: dondoc::domain::board::Board| serde_json::to_value(board).unwrap();
        let (mut calm_board, mut board) = (rows(calm.board().await), rows(app.board().await));
        for board in [&mut calm_board, &mut board] {
            board["sources"] = serde_json::Value::Null;
        }
        assert_eq!(board, calm_board);
        away_with(calm).await;
    }

    async fn a_process_that_stalled_writes_nothing_once_another_has_its_run(app: &mut TestApp) {
        small_pages(app).await;
        let job = app.job("overdue-alerts").unwrap().clone();
        let now = instant("2020-06-01 07:30");
        let queued = plan::queue_now(app, &job, now).await.unwrap();
        let claim = async |run: &dondoc::store::runs::Run| {
            let lease = Lease {
                owner: "one of two".to_owned(),
                until: now,
            };
            let write = app.store.write().await.unwrap();
            let claimed = write.claim_run(run, &lease, now).await.unwrap();
            write.commit().await.unwrap();
            claimed
        };
        let first = claim(&queued).await.unwrap();
        assert!(
            claim(&queued).await.is_none(),
            "nobody claims it a second time"
        );
        run::recover(app).await.unwrap();
        let again = app.store.queued_runs(0, 1).await.unwrap().remove(0);
        let second = claim(&again).await.unwrap();
        let stalled = run::run_claimed(app, &first, &Unwatched).await;
        assert!(stalled.unwrap_err().to_string().contains("was taken over"));
        assert!(app.sent().await.is_empty());
        assert_eq!(
            run::run_claimed(app, &second, &Unwatched).await.unwrap(),
            RunStatus::Succeeded
        );
        hand_over(app).await;
        assert_eq!(app.sent().await.len(), 3);
    }
}

//! Stories of a machine that misbehaves: no occurrence lost, none doubled, and the log says what happened.
//!
//! Owns: a daemon in the story's hands, a log to read, a database with moods.
//! Never: chance (`simulation.rs`).
//! Reads next: `misbehave/outages.rs`.

mod clocks;
mod crashes;
mod moody;
mod outages;
mod rivals;
mod signals;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dondoc::daemon::{self, Daemon};
use dondoc::job::App;
use dondoc::store::StoreError;
use dondoc::store::outbox::MailStatus;
use dondoc::store::runs::{Run, RunStatus};
use tracing::subscriber::DefaultGuard;

use crate::app::{TestApp, instant};
use crate::letters_sent::Sent;

const OPERATOR: &str = "operator@004";
const HEAD: &str = "head@00118";

/// The site once more, as another process opens it: its own connections and gates.
fn opened(app: &TestApp) -> App {
    match daemon::copy(app) {
        Ok(copy) => App {
            gates: dondoc::job::Gates::default(),
            ..copy
        },
        Err(error) => panic!("{error}"),
    }
}

async fn hold(app: &TestApp) -> Daemon {
    Daemon::hold(opened(app)).await.unwrap()
}

/// Beats until no run and no mail waits.
async fn settle(app: &TestApp, daemon: &mut Daemon) {
    for _ in 0..500 {
        daemon.beat().await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        if is_at_rest(app).await {
            return;
        }
    }
    panic!(
        "it never comes to rest: {:#?}",
        app.store.runs(None, 50).await
    );
}

async fn is_at_rest(app: &TestApp) -> bool {
    let waits = [RunStatus::Queued, RunStatus::Running];
    let runs = app.store.runs(None, 1000).await.unwrap();
    let mails = app.store.mails_by_status().await.unwrap();
    !runs.iter().any(|run| waits.contains(&run.status))
        && !mails.contains_key(&MailStatus::Queued)
        && !mails.contains_key(&MailStatus::Sending)
        && app.store.waiting().await.unwrap().is_empty()
}

/// The runs of a job, oldest first.
async fn runs(app: &TestApp, job: &str) -> Vec<Run> {
    let mut runs = app.store.runs(Some(job), 1000).await.unwrap();
    runs.reverse();
    runs
}

/// Only this job, so that nothing else is due.
async fn only(app: &mut TestApp, job: &str, text: &str) {
    for file in std::fs::read_dir(app.folder().join("jobs")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            std::fs::remove_file(path).unwrap();
        }
    }
    app.write(&format!("jobs/{job}.toml"), text).await;
}

async fn subjects_to_operator(app: &TestApp) -> Vec<String> {
    let sent = app.sent_to(OPERATOR).await;
    sent.into_iter().map(|sent: Sent| sent.subject).collect()
}

/// What is logged in this story.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Until the guard is dropped.
    fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn count(&self, words: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.matches(words).count()
    }

    #[track_caller]
    fn says(&self, words: &str) {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(words), "`{words}` is not said:\n{text}");
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

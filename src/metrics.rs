//! Metrics for Prometheus: what the database says of jobs, mails, sources and the daemon, when it is asked.
//!
//! Owns: the text, and the address where it is read.
//! Never: a counter of its own (a restart changes nothing), a name or address of a person, a rule.
//! Reads next: `listener.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::job::{App, JobError, figures};
use crate::listener::Listener;
use crate::store::outbox::MailStatus;
use crate::store::runs::RunStatus;

/// Prometheus' text format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

type Labels<'a> = &'a [(&'a str, &'a str)];

/// Serves the metrics of the site that runs, where the settings say so.
#[derive(Debug)]
pub struct Exporter {
    site: watch::Sender<Arc<App>>,
    listener: Listener,
}

impl Exporter {
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self {
            site: watch::Sender::new(Arc::clone(app)),
            listener: Listener::new("metrics are"),
        }
    }

    /// Serves `app` where its settings say, from now on.
    pub async fn keep(&mut self, app: &Arc<App>) {
        self.site.send_replace(Arc::clone(app));
        let router = || {
            Router::new()
                .route("/metrics", get(answer))
                .with_state(self.site.subscribe())
        };
        let wanted = app.files.settings.metrics.listen;
        self.listener.keep(wanted, router).await;
    }

    /// Where metrics are served.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }
}

async fn answer(State(site): State<watch::Receiver<Arc<App>>>) -> Response {
    let app = Arc::clone(&site.borrow());
    match text(&app).await {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "see the log\n").into_response()
        }
    }
}

/// The metrics as they stand in the database. What never happened is 0, the beginning of time.
///
/// # Errors
/// When the database does not answer.
pub async fn text(app: &App) -> Result<String, JobError> {
    let mut page = Page::default();
    jobs(app, &mut page).await?;
    mails(app, &mut page).await?;
    daemon(app, &mut page).await?;
    sources(app, &mut page).await?;
    Ok(page.text)
}

async fn jobs(app: &App, page: &mut Page) -> Result<(), JobError> {
    page.gauge(
        "dondoc_job_last_success_timestamp_seconds",
        "When the job last succeeded, backfills apart.",
    );
    for job in &app.jobs {
        let at = app.store.last_success(&job.name).await?;
        page.value(&[("job", &job.name)], seconds(at));
    }
    page.gauge(
        "dondoc_job_last_run_status",
        "1 for the status of the latest run that began, backfills apart.",
    );
    for job in &app.jobs {
        let last = app.store.last_begun(&job.name).await?;
        for status in RunStatus::ALL {
            let is_it = last.as_ref().is_some_and(|run| run.status == *status);
            page.value(
                &[("job", &job.name), ("status", status.as_str())],
                i64::from(is_it),
            );
        }
    }
    Ok(())
}

async fn mails(app: &App, page: &mut Page) -> Result<(), JobError> {
    let mails: BTreeMap<MailStatus, u64> = app.store.mails_by_status().await?;
    page.gauge("dondoc_outbox_mails", "Mails in the outbox, by status.");
    for status in MailStatus::ALL {
        let count = mails.get(status).copied().unwrap_or_default();
        page.value(&[("status", status.as_str())], count.cast_signed());
    }
    let rest = app.store.rest().await?;
    page.gauge(
        "dondoc_relay_down_since_timestamp_seconds",
        "Since when the relay takes no mail; 0 while it does.",
    );
    page.value(&[], seconds(rest.map(|rest| rest.since)));
    Ok(())
}

async fn daemon(app: &App, page: &mut Page) -> Result<(), JobError> {
    let daemon = app.store.daemon().await?;
    let beat = daemon.as_ref().map(|daemon| daemon.beat_at);
    let refused = daemon.is_some_and(|daemon| daemon.refused.is_some());
    page.gauge(
        "dondoc_daemon_last_beat_timestamp_seconds",
        "The daemon's last sign of life; it gives one every 20 seconds.",
    );
    page.value(&[], seconds(beat));
    page.gauge(
        "dondoc_configuration_refused",
        "1 while the files differ from what runs because they are not valid.",
    );
    page.value(&[], i64::from(refused));
    Ok(())
}

async fn sources(app: &App, page: &mut Page) -> Result<(), JobError> {
    page.gauge(
        "dondoc_source_fresh_timestamp_seconds",
        "When the source was last read completely; the oldest of its lists.",
    );
    for health in figures::sources(app, app.clock.now()).await? {
        page.value(&[("source", &health.source)], seconds(health.fresh_at));
    }
    Ok(())
}

fn seconds(at: Option<DateTime<Utc>>) -> i64 {
    at.map_or(0, |at| at.timestamp())
}

/// Lines of the text format.
#[derive(Default)]
struct Page {
    text: String,
    name: &'static str,
}

impl Page {
    /// Begins a gauge; the values that follow are its.
    fn gauge(&mut self, name: &'static str, help: &str) {
        self.name = name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn value(&mut self, labels: Labels<'_>, value: i64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let name = self.name;
        let _ = match &labels[..] {
            [] => writeln!(self.text, "{name} {value}"),
            labels => writeln!(self.text, "{name}{{{}}} {value}", labels.join(",")),
        };
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut page = Page::default();
        page.gauge("a", "A.");
        page.value(&[("source", "x\"} 1\n\\")], 7);
        page.value(&[], -1);
        assert_eq!(
            page.text,
            "# HELP a A.\n# TYPE a gauge\na{source=\"x\\\"} 1\\n\\\\\"} 7\na -1\n"
        );
    }
}

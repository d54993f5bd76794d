//! `dondoc doctor`: tries everything the daemon depends on, and says what to do.
//!
//! Owns: the list of checks. Nothing is changed, nothing is sent.
//! Never: the checks of files (`check.rs`), which it only counts.
//! Reads next: `daemon.rs`.

use std::path::Path;
use std::process::ExitCode;

use chrono::Datelike;
use serde::Serialize;

use super::{Scope, output};
use crate::config::secret::SecretSource;
use crate::config::sources::Source;
use crate::daemon;
use crate::job::App;
use crate::job::bounces;
use crate::job::look::{self, Look};
use crate::store::StoreError;
use crate::store::outbox::MailStatus;
use crate::web::probe::{Found, probe};

/// Below this the daemon cannot be trusted to finish a pull.
const LEAST_FREE: u64 = 500 * 1024 * 1024;

#[derive(Serialize)]
struct Finding {
    check: String,
    ok: bool,
    detail: String,
}

pub async fn run(scope: &Scope) -> anyhow::Result<ExitCode> {
    let app = scope.app().await?;
    let mut findings = vec![
        files(&app),
        database(&app).await,
        relay(&app).await,
        queue(&app).await,
        calendar(&app),
        clock(&app),
        disk(&app.site),
        links(&app),
        listener(&app).await,
    ];
    findings.extend(bounces(&app));
    for source in &app.files.sources {
        findings.push(self::source(&app, source).await);
    }
    let ok = findings.iter().all(|finding| finding.ok);
    if scope.json {
        output::json(&serde_json::json!({ "ok": ok, "checks": findings }))?;
    } else {
        let text = |finding: Finding| {
            [
                if finding.ok { "ok" } else { "FAILS" }.to_owned(),
                finding.check,
                finding.detail,
            ]
        };
        output::table(["", "check", "detail"], findings.into_iter().map(text))?;
    }
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn finding<E: std::fmt::Display>(check: impl Into<String>, result: Result<String, E>) -> Finding {
    let (ok, detail) = match result {
        Ok(detail) => (true, detail),
        Err(error) => (false, error.to_string()),
    };
    Finding {
        check: check.into(),
        ok,
        detail,
    }
}

/// An invalid site does not get this far: only warnings are left to tell.
fn files(app: &App) -> Finding {
    let warnings = daemon::check_site(&app.site, app.day(app.clock.now()))
        .warnings
        .len();
    finding::<String>(
        "files",
        Ok(format!(
            "valid, {warnings} warning(s), configuration {}",
            app.files.hash
        )),
    )
}

async fn database(app: &App) -> Finding {
    let kind = app.store.kind();
    let tried = app.store.try_write().await;
    finding(
        "database",
        tried.map(|()| format!("{kind} reads and writes")),
    )
}

async fn relay(app: &App) -> Finding {
    finding("mail", app.transport.probe().await)
}

/// What waits, and whether it waits for a relay that is away.
async fn queue(app: &App) -> Finding {
    finding("queue", waiting(app).await)
}

async fn waiting(app: &App) -> Result<String, String> {
    let read = |error: StoreError| error.to_string();
    let mails = app.store.mails_by_status().await.map_err(read)?;
    let queued = mails.get(&MailStatus::Queued).copied().unwrap_or_default();
    let waits = format!("{queued} mails wait");
    let Some(rest) = app.store.rest().await.map_err(read)? else {
        return Ok(waits);
    };
    let local = |at| output::local(at, app.zone());
    Err(format!(
        "{waits}: {} has taken none since {} ({}); it is tried again at {}",
        rest.relay,
        local(rest.since),
        rest.cause,
        local(rest.until)
    ))
}

/// A notice lies unread for seconds; what lies longer is about no mail of ours.
fn bounces(app: &App) -> Option<Finding> {
    let waiting = bounces::waiting(app)?;
    let told =
        waiting.map(|unread| format!("{unread} unread messages, which are about no mail of ours"));
    Some(finding("notices of non-delivery", told))
}

fn calendar(app: &App) -> Finding {
    let year = app.day(app.clock.now()).year();
    let result = match app.files.calendar.year(year) {
        known if known.published => Ok(format!(
            "{year} is published, {} working days",
            known.working_days
        )),
        _ => Err(format!(
            "{year} is not published: dates are tentative; add the year to config/calendars/vn.toml"
        )),
    };
    finding("calendar", result)
}

fn clock(app: &App) -> Finding {
    let now = output::local(app.clock.now(), app.zone());
    let fixed = if app.files.settings.site.now.is_some() {
        ", fixed by the settings"
    } else {
        ""
    };
    finding::<String>("clock", Ok(format!("{now} in {}{fixed}", app.zone())))
}

fn disk(site: &Path) -> Finding {
    let result = match rustix::fs::statvfs(site) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let told = format!("{} MB free", free / (1024 * 1024));
            if free >= LEAST_FREE {
                Ok(told)
            } else {
                Err(told)
            }
        }
        Err(error) => Err(error.to_string()),
    };
    finding("disk", result)
}

/// Whether letters hold links; the key is made with the first one.
fn links(app: &App) -> Finding {
    let web = &app.files.settings.web;
    let result = match (&web.url, &web.key) {
        (None, _) => Ok("off: letters hold no links, `dondoc alerts` takes answers".to_owned()),
        (Some(_), SecretSource::File(file)) if !app.site.join(file).exists() => {
            Ok("on; their key is made with the first letter".to_owned())
        }
        (Some(_), key) => key.reveal(&app.site).map(|_| "on".to_owned()),
    };
    finding("links", result)
}

async fn listener(app: &App) -> Finding {
    let Some(listen) = app.files.settings.web.listen else {
        let told = "not asked for: nobody answers to letters over HTTP";
        return finding::<String>("listener", Ok(told.to_owned()));
    };
    let result = match probe(listen).await {
        Ok(Found::Daemon) => Ok(format!("a daemon answers at {listen}")),
        Ok(Found::Free) => Ok(format!("{listen} is free; no daemon answers there now")),
        Ok(Found::Taken) => Err(format!(
            "{listen} belongs to another program: set another port in web.listen"
        )),
        Err(error) => Err(format!("{listen} cannot be used: {error}")),
    };
    finding("listener", result)
}

/// Signs in, fetches one page of each list and maps it; stores nothing.
async fn source(app: &App, source: &Source) -> Finding {
    finding(
        format!("source {}", source.name),
        try_source(app, source).await,
    )
}

async fn try_source(app: &App, source: &Source) -> Result<String, String> {
    let looks = look::at(app, source, 0).await;
    let failed = looks.iter().find_map(|look| look.error.clone());
    let told = |look: &Look| format!("{}: {}", look.records, look.summary());
    failed.map_or_else(
        || Ok(looks.iter().map(told).collect::<Vec<_>>().join("; ")),
        Err,
    )
}

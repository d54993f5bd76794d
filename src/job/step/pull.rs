//! Pulls a source: page after page from where the last pull ended, each page committed with its place.
//!
//! Owns: watermarks, resuming, the next page fetched while the last is written.
//! Never: mapping (`source::mapping`), SQL.
//! Reads next: `reconcile.rs`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Context, Done};
use crate::config::sources::http::{HttpAccess, SignIn};
use crate::config::sources::{Access, Pull, Source};
use crate::job::{App, JobError};
use crate::source::http::{self, Identity};
use crate::source::mapping::{Mapped, Mapping, Place};
use crate::source::{Ask, Connection, Next, RawPage, SourceError};
use crate::store::filing::Reading;
use crate::store::pulls::{PullState, UnderWay};

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    rows: u64,
    rejected: u64,
}

/// Pulls every list of the source.
///
/// # Errors
/// When the source fails; rows stored until then stay, and the next pull goes on at the failed page.
pub async fn perform(context: &Context<'_>, name: &str) -> Result<Done, JobError> {
    let source = find(context.app, name)?;
    let _alone = context.app.gates.pass(name).await;
    let mut connection = open(context.app, source)?;
    let mut counts = serde_json::Map::new();
    for pull in &source.pulls {
        let result = pull_list(context, source, pull, &mut connection).await;
        if let Err(error) = &result {
            remember_failure(context, source, pull, error).await?;
        }
        let tally = result?;
        counts.insert(
            pull.records.clone(),
            json!({ "rows": tally.rows, "rejected": tally.rejected }),
        );
    }
    Ok(Done {
        counts: counts.into(),
    })
}

pub(super) fn find<'a>(app: &'a App, name: &str) -> Result<&'a Source, JobError> {
    let source = app.files.sources.iter().find(|source| source.name == name);
    source.ok_or_else(|| JobError::Missing(format!("there is no source `{name}`")))
}

/// Opens a connection to `source` with what the settings say about it.
///
/// # Errors
/// When the settings do not have it.
pub fn open<'a>(app: &App, source: &'a Source) -> Result<Connection<'a>, JobError> {
    let opened = match &source.access {
        Access::Http(access) => open_http(app, &source.name, access).map(Connection::Http),
    };
    opened.map_err(|cause| JobError::Source {
        name: source.name.clone(),
        cause,
    })
}

/// With the endpoint and credential of the settings.
fn open_http<'a>(
    app: &App,
    name: &'a str,
    access: &'a HttpAccess,
) -> Result<http::Connection<'a>, SourceError> {
    let missing = |what: &str, name: &str| SourceError::Settings(format!("no {what} `{name}`"));
    let settings = &app.files.settings;
    let base = settings.endpoints.get(&access.endpoint);
    let base = base.ok_or_else(|| missing("endpoint", &access.endpoint))?;
    let identity = match &access.sign_in {
        SignIn::None => None,
        SignIn::ClientCredentials { credential, .. } => {
            let found = settings.credentials.get(credential);
            let found = found.ok_or_else(|| missing("credential", credential))?;
            let secret = found.secret.reveal(&app.site);
            Some(Identity {
                name: credential.clone(),
                id: found.id.clone(),
                secret: secret.map_err(|error| SourceError::Settings(error.to_string()))?,
            })
        }
    };
    http::Connection::open(name, access, base, identity, app.zone())
}

/// What the mapping needs to know of the site, at `as_of`.
#[must_use]
pub fn place(app: &App, as_of: DateTime<Utc>) -> Place<'_> {
    Place {
        zone: app.zone(),
        due_time: app.files.settings.rules.due_time,
        units: &app.files.organisation.units,
        today: app.day(as_of),
    }
}

async fn pull_list(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    connection: &mut Connection<'_>,
) -> Result<Tally, JobError> {
    let failed = |cause| JobError::Source {
        name: source.name.clone(),
        cause,
    };
    let mut state = context
        .app
        .store
        .pull_state(&source.name, &pull.records)
        .await?;
    let resumed = state.under_way.is_some();
    let mut under_way = match state.under_way.take() {
        Some(under_way) => under_way,
        None => begin(pull, &state, context.as_of),
    };
    let mapping = Mapping::new(pull, place(context.app, context.as_of));
    let mut tally = Tally::default();
    let mut page = next_page(context, pull, &under_way, connection)
        .await
        .map_err(failed)?;
    loop {
        let mapped = mapping.map(&page.rows, page.first);
        tally.rows += page.rows.len() as u64;
        tally.rejected += mapped.rejects.len() as u64;
        context
            .watcher
            .rows(page.first + page.rows.len() as u64, page.total);
        advance(&mut state, &mut under_way, &page, &mapped, resumed);
        let seen_all = page.next == Next::End && pull.since.is_none() && !resumed;
        let stored = store_page(context, source, pull, &mapped, &state, seen_all);
        if !matches!(page.next, Next::At(_)) {
            stored.await?;
            return Ok(tally);
        }
        let (stored, next) = tokio::join!(stored, next_page(context, pull, &under_way, connection));
        stored?;
        page = next.map_err(failed)?;
    }
}

async fn next_page(
    context: &Context<'_>,
    pull: &Pull,
    under_way: &UnderWay,
    connection: &mut Connection<'_>,
) -> Result<RawPage, SourceError> {
    let ask = Ask {
        pull,
        since: under_way.since,
        position: under_way.position.as_deref(),
        now: context.app.clock.now(),
    };
    connection.page(&ask).await
}

/// Where a new pull begins: a little before the watermark, or with everything.
fn begin(pull: &Pull, state: &PullState, as_of: DateTime<Utc>) -> UnderWay {
    let overlap =
        |at: DateTime<Utc>, overlap| at - TimeDelta::from_std(overlap).unwrap_or_default();
    let since = pull
        .since
        .as_ref()
        .and_then(|since| Some(overlap(state.watermark?, since.overlap)));
    UnderWay {
        started_at: as_of,
        since,
        position: None,
        seen_until: None,
    }
}

/// The state after `page`: its place, or the end of the pull.
///
/// Rows may have moved from a page not yet read to one already read before a pull was `resumed`, or while an
/// unsettled list was read: such a pull forgets nothing and leaves the watermark, so that the next one reads the
/// same again.
fn advance(
    state: &mut PullState,
    under_way: &mut UnderWay,
    page: &RawPage,
    mapped: &Mapped,
    resumed: bool,
) {
    under_way.seen_until = under_way.seen_until.max(mapped.seen_until);
    if under_way.since.is_none() {
        state.stated_total = page.total.or(state.stated_total);
    }
    if let Next::At(position) = &page.next {
        under_way.position = Some(position.clone());
        state.under_way = Some(under_way.clone());
    } else {
        if page.next == Next::End && !resumed {
            // A row dated in the future must not hide the changes until then.
            let seen_until = under_way.seen_until.map(|at| at.min(under_way.started_at));
            state.watermark = state.watermark.max(seen_until);
        }
        state.under_way = None;
        state.completed_at = state.completed_at.max(Some(under_way.started_at));
        state.failure = None;
    }
}

/// One page in one transaction: its records, its rejects and how far the pull has come.
async fn store_page(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    mapped: &Mapped,
    state: &PullState,
    seen_all: bool,
) -> Result<(), JobError> {
    let (name, records, seen_at) = (&source.name, &pull.records, context.as_of);
    let write = context.write().await?;
    let reading = Reading {
        source: name,
        at: seen_at,
        zone: context.app.zone(),
    };
    write.file_dossiers(reading, &mapped.dossiers).await?;
    write.upsert_entries(name, &mapped.entries, seen_at).await?;
    let dossiers = mapped.dossiers.iter().map(|dossier| dossier.code.as_str());
    let codes: Vec<&str> = dossiers
        .chain(mapped.entries.iter().map(|entry| entry.code.as_str()))
        .collect();
    write.release(name, records, &codes).await?;
    write
        .quarantine(name, records, &mapped.rejects, seen_at)
        .await?;
    if seen_all {
        write.forget_unseen_entries(name, records, seen_at).await?;
        write.release_unseen(name, records, seen_at).await?;
    }
    write.save_pull_state(state).await?;
    Ok(write.commit().await?)
}

async fn remember_failure(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    error: &JobError,
) -> Result<(), JobError> {
    let mut state = context
        .app
        .store
        .pull_state(&source.name, &pull.records)
        .await?;
    state.failure = Some(error.to_string());
    let write = context.write().await?;
    write.save_pull_state(&state).await?;
    Ok(write.commit().await?)
}

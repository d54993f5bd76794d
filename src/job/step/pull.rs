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
use crate::domain::row_count::{RowCount, next_expected};
use crate::job::{App, JobError};
use crate::source::http::{self, Identity};
use crate::source::mapping::{Mapped, Mapping, Place};
use crate::source::{Ask, Connection, Next, RawPage, SourceError};
use crate::store::Write;
use crate::store::filing::Reading;
use crate::store::pulls::{FullReading, PullState, UnderWay};

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
    let left = state
        .under_way
        .take()
        .filter(|left| left.since.is_none() || !state.owes_everything());
    let resumed = left.is_some();
    let mut under_way = left.unwrap_or_else(|| begin(source, pull, &state, context.as_of));
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
        let seen_all = page.next == Next::End && under_way.since.is_none() && !resumed;
        advance(&mut state, &mut under_way, &page, &mapped, resumed);
        if seen_all {
            state.full = Some(read_everything(pull, &state, &under_way));
        }
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

/// Where a new pull begins: a little before the watermark, or with everything, if that is due.
fn begin(source: &Source, pull: &Pull, state: &PullState, as_of: DateTime<Utc>) -> UnderWay {
    let overlap =
        |at: DateTime<Utc>, overlap| at - TimeDelta::from_std(overlap).unwrap_or_default();
    let since = pull
        .since
        .as_ref()
        .filter(|_| !is_resync_due(source, state, as_of))
        .and_then(|since| Some(overlap(state.watermark?, since.overlap)));
    UnderWay {
        started_at: as_of,
        since,
        position: None,
        seen_until: None,
        rows: 0,
    }
}

/// Somebody asked for everything, or the last reading of everything is older than the source's file allows.
fn is_resync_due(source: &Source, state: &PullState, as_of: DateTime<Utc>) -> bool {
    let every = source
        .resync
        .map(|every| TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX));
    let is_old =
        every.is_some_and(|every| state.full.is_none_or(|full| as_of - full.began_at >= every));
    is_old || state.owes_everything()
}

/// The reading of everything that has just come to its end, beside what was expected of it.
fn read_everything(pull: &Pull, state: &PullState, under_way: &UnderWay) -> FullReading {
    let accepted = state.owes_everything();
    let before = state.full.map(|full| full.measure);
    let expected = before.filter(|_| !accepted);
    FullReading {
        began_at: under_way.started_at,
        count: RowCount {
            rows: under_way.rows,
            stated: state.stated_total,
            expected,
        },
        measure: next_expected(before, under_way.rows, pull.expect_change, accepted),
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
    under_way.rows += page.rows.len() as u64;
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
        write.settle(state).await?;
    }
    if state.under_way.is_none() {
        forget_texts(context, &write).await?;
    }
    write.save_pull_state(state).await?;
    Ok(write.commit().await?)
}

/// A text kept aside is needed until somebody has mended the mapping, and not for ever.
async fn forget_texts(context: &Context<'_>, write: &Write) -> Result<(), JobError> {
    let keep = TimeDelta::from_std(context.app.files.settings.rules.keep_texts);
    let then = keep
        .ok()
        .and_then(|keep| context.as_of.checked_sub_signed(keep));
    if let Some(then) = then {
        write.forget_texts(then).await?;
    }
    Ok(())
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

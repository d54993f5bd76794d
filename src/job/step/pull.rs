//! Pulls a source: page after page from where the last pull ended, each page committed with its place.
//!
//! Owns: watermarks, resuming, the next page fetched while the last is written.
//! Never: mapping (`source::mapping`), SQL.
//! Reads next: `pull/counted.rs`, `reconcile.rs`.

mod counted;

use chrono::{DateTime, TimeDelta, Utc};

use self::counted::Tally;
use super::{Context, Done};
use crate::config::sources::http::{HttpAccess, SignIn};
use crate::config::sources::{Access, Pull, Source};
use crate::job::{App, JobError, Pulls};
use crate::source::drop::{self, FileEnd};
use crate::source::http::{self, Identity};
use crate::source::mapping::{Mapped, Mapping, Place};
use crate::source::{Ask, Connection, Next, Origin, RawPage, SourceError};
use crate::store::drop_files::ReadFile;
use crate::store::pulls::{PullState, UnderWay};

/// Pulls every list of the source.
///
/// # Errors
/// When the source fails; rows stored until then stay, and the next pull goes on at the failed page. A file that is
/// bad as a whole fails the pull too, but only after the other files and lists had their turn.
pub async fn perform(context: &Context<'_>, name: &str) -> Result<Done, JobError> {
    let source = find(context.app, name)?;
    let _alone = context.app.gates.pass(name).await;
    let mut connection = open(context.app, source)?;
    if let Connection::Drop(folder) = &mut connection {
        folder.knows(context.app.store.contents_read(name).await?);
    }
    let mut counts = serde_json::Map::new();
    let mut bad_file = None;
    for pull in &source.pulls {
        let result = pull_list(context, source, pull, &mut connection).await;
        if let Err(error) = &result {
            remember_failure(context, source, pull, error).await?;
        }
        match result {
            Ok(tally) => {
                counts.insert(pull.records.clone(), tally.counts());
            }
            Err(error) if is_of_file(&error) => bad_file = bad_file.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    bad_file.map_or_else(
        || {
            Ok(Done {
                counts: counts.into(),
            })
        },
        Err,
    )
}

fn is_of_file(error: &JobError) -> bool {
    let JobError::Source { cause, .. } = error else {
        return false;
    };
    matches!(cause, SourceError::File { .. })
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
        Access::Drop(access) => {
            let folder = drop::Connection::open(access, &app.site, app.zone());
            Ok(Connection::Drop(Box::new(folder)))
        }
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
    let mut bad_file = None;
    let mut fetched = next_page(context, pull, &under_way, connection).await;
    loop {
        let page = match fetched {
            Ok(page) => page,
            Err(error @ SourceError::File { .. }) => {
                set_aside(context, source, pull, &error, connection).await?;
                bad_file = bad_file.or(Some(error));
                under_way.position = None;
                fetched = next_page(context, pull, &under_way, connection).await;
                continue;
            }
            Err(error) => return Err(failed(error)),
        };
        let mut mapped = mapping.map(&page.rows, page.first);
        counted::place(&page, &mut mapped.rejects);
        tally.add(&page, mapped.rejects.len());
        context
            .watcher
            .rows(page.first + page.rows.len() as u64, page.total);
        advance(&mut state, &mut under_way, &page, &mapped, resumed);
        let seen_since = seen_all(&page, pull, resumed).then_some(under_way.started_at);
        let stored = store_page(context, source, pull, &page, &mapped, &state, seen_since);
        if !matches!(page.next, Next::At(_)) {
            stored.await?;
            if let Some(started_at) = seen_since.filter(|_| file_end(&page).is_some()) {
                tally.vanished = context
                    .app
                    .store
                    .count_unseen_dossiers(&source.name, started_at)
                    .await?;
            }
            move_away(context, &page, connection)
                .await
                .map_err(failed)?;
            return bad_file.map_or(Ok(tally), |error| Err(failed(error)));
        }
        let (stored, next) = tokio::join!(stored, next_page(context, pull, &under_way, connection));
        stored?;
        move_away(context, &page, connection)
            .await
            .map_err(failed)?;
        fetched = next;
    }
}

/// Whether nothing of the list is missing in what was read until the end of `page`.
fn seen_all(page: &RawPage, pull: &Pull, resumed: bool) -> bool {
    match &page.origin {
        Origin::System => page.next == Next::End && pull.since.is_none() && !resumed,
        Origin::File(file) => file.ended.as_ref().is_some_and(|end| end.whole),
        Origin::Nothing => false,
    }
}

fn file_end(page: &RawPage) -> Option<&FileEnd> {
    match &page.origin {
        Origin::File(file) => file.ended.as_ref(),
        Origin::System | Origin::Nothing => None,
    }
}

/// After the rows of a page are stored: a file that is done leaves the folder. A dry run leaves all where it is.
async fn move_away(
    context: &Context<'_>,
    page: &RawPage,
    connection: &mut Connection<'_>,
) -> Result<(), SourceError> {
    match connection {
        Connection::Drop(folder) if context.app.pulls == Pulls::FromSources => {
            folder
                .committed(file_end(page), context.app.clock.now())
                .await
        }
        _ => Ok(()),
    }
}

/// A file that is bad as a whole: told first, then moved, so that nothing that happens between hides it.
async fn set_aside(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    error: &SourceError,
    connection: &mut Connection<'_>,
) -> Result<(), JobError> {
    let failure = format!("source {}: {error}", source.name);
    remember(context, source, pull, failure).await?;
    if let (Connection::Drop(folder), SourceError::File { fault, .. }) = (connection, error)
        && context.app.pulls == Pulls::FromSources
    {
        let moved = folder.set_aside(fault, context.app.clock.now()).await;
        moved.map_err(|cause| JobError::Source {
            name: source.name.clone(),
            cause,
        })?;
    }
    Ok(())
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
    }
    if let Some(known_at) = known_at(page, under_way.started_at) {
        state.completed_at = state.completed_at.max(Some(known_at));
        state.failure = None;
    }
}

/// Up to when the list is known after `page`: a system that was read to its end tells of now, a file of the day when
/// it was made, and an empty folder of nothing.
fn known_at(page: &RawPage, started_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &page.origin {
        Origin::System => (!matches!(page.next, Next::At(_))).then_some(started_at),
        Origin::File(file) => file.ended.as_ref().map(|end| end.made_at.min(started_at)),
        Origin::Nothing => None,
    }
}

/// One page in one transaction: its records, its rejects and how far the pull has come.
async fn store_page(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    page: &RawPage,
    mapped: &Mapped,
    state: &PullState,
    seen_since: Option<DateTime<Utc>>,
) -> Result<(), JobError> {
    let (name, records, seen_at) = (&source.name, &pull.records, context.as_of);
    let write = context.write().await?;
    write
        .upsert_dossiers(name, &mapped.dossiers, seen_at)
        .await?;
    write.upsert_entries(name, &mapped.entries, seen_at).await?;
    let dossiers = mapped.dossiers.iter().map(|dossier| dossier.code.as_str());
    let codes: Vec<&str> = dossiers
        .chain(mapped.entries.iter().map(|entry| entry.code.as_str()))
        .collect();
    write.release(name, records, &codes).await?;
    write
        .quarantine(name, records, &mapped.rejects, seen_at)
        .await?;
    if let Some(started_at) = seen_since {
        write
            .forget_unseen_entries(name, records, started_at)
            .await?;
        write.release_unseen(name, records, started_at).await?;
    }
    if let Some(end) = file_end(page) {
        write
            .remember_file(&read_file(name, records, end, seen_at))
            .await?;
    }
    write.save_pull_state(state).await?;
    Ok(write.commit().await?)
}

fn read_file(source: &str, records: &str, end: &FileEnd, read_at: DateTime<Utc>) -> ReadFile {
    ReadFile {
        source: source.to_owned(),
        records: records.to_owned(),
        hash: end.hash.clone(),
        name: end.name.clone(),
        rows: end.rows,
        made_at: end.made_at,
        read_at,
    }
}

async fn remember_failure(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    error: &JobError,
) -> Result<(), JobError> {
    remember(context, source, pull, error.to_string()).await
}

async fn remember(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    failure: String,
) -> Result<(), JobError> {
    let mut state = context
        .app
        .store
        .pull_state(&source.name, &pull.records)
        .await?;
    state.failure = Some(failure);
    let write = context.write().await?;
    write.save_pull_state(&state).await?;
    Ok(write.commit().await?)
}

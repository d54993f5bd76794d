//! Pulls a source, list after list.
//!
//! Owns: opening the source with what the settings say; remembering why it failed.
//! Never: mapping (`source::mapping`), SQL.
//! Reads next: `pull/list.rs`, `reconcile.rs`.

mod ahead;
mod batch;
mod everything;
mod list;
mod mapper;
mod moves;
mod placed;
mod threads;

pub use placed::say_where;

use chrono::{DateTime, Utc};

use super::{Context, Done};
use crate::config::sources::edxml::{EdxmlAccess, Reach};
use crate::config::sources::http::HttpAccess;
use crate::config::sources::{Access, Pull, Source};
use crate::domain::reject::Reject;
use crate::job::{App, JobError, Pulls};
use crate::source::drop::{self, FileEnd};
use crate::source::edxml::{self, Stamp};
use crate::source::http::{self, Identity};
use crate::source::mapping::Place;
use crate::source::{Connection, RawPage, SourceError};
use crate::store::StoreError;
use crate::store::messages::SeenMessage;

/// Pulls every list of the source.
///
/// # Errors
/// When the source fails; rows stored until then stay, and the next pull goes on at the failed page. A file that is
/// bad as a whole fails the pull too, but only after the other files and lists had their turn.
pub async fn perform(context: &Context<'_>, name: &str) -> Result<Done, JobError> {
    let source = find(context.app, name)?;
    let _alone = context.turn.wait(context.app.gates.pass(name)).await;
    let mut connection = open(context.app, source)?;
    if let Connection::Drop(folder) = &mut connection {
        folder.knows(context.app.store.contents_read(name).await?);
    }
    if let Connection::Edxml(messages) = &mut connection {
        let seen = context.app.store.messages_seen(name).await?;
        messages.knows(seen.into_iter().map(|seen| (stamp(&seen), seen.hash)));
    }
    let mut bad_file = None;
    let mut counts = serde_json::Map::new();
    for pull in &source.pulls {
        let result = list::pull(context, source, pull, &mut connection).await;
        // A database that is away says nothing of the source.
        if let Err(error @ JobError::Source { .. }) = &result {
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
    let counts = counts.into();
    bad_file.map_or_else(|| Ok(Done { counts }), Err)
}

fn stamp(seen: &SeenMessage) -> Stamp {
    Stamp {
        name: seen.name.clone(),
        size: seen.size,
        modified: seen.modified,
    }
}

/// Puts the rows of its documents into one page of messages, for a look; gives what does not fit.
///
/// # Errors
/// When the database does not answer.
pub async fn joined(
    app: &App,
    source: &Source,
    pull: &Pull,
    page: &mut RawPage,
) -> Result<Vec<Reject>, StoreError> {
    let mut threads = threads::Threads::default();
    threads.join(&app.store, source, &pull.records, page).await
}

fn is_of_file(error: &JobError) -> bool {
    let JobError::Source { cause, .. } = error else {
        return false;
    };
    matches!(cause, SourceError::File { .. })
}

/// After the rows of files are stored: they leave the folder. A dry run leaves all where it is.
async fn move_away(
    context: &Context<'_>,
    connection: &mut Connection<'_>,
    ends: &[FileEnd],
) -> Result<(), SourceError> {
    match connection {
        Connection::Drop(folder) if context.app.pulls == Pulls::FromSources => {
            folder.committed(ends, context.app.clock.now()).await
        }
        Connection::Edxml(messages) if context.app.pulls == Pulls::FromSources => {
            messages.committed(context.app.clock.now()).await
        }
        _ => Ok(()),
    }
}

/// A file that is bad as a whole: told first, then moved, so that nothing that happens between hides it.
async fn set_aside(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    connection: &mut Connection<'_>,
    error: SourceError,
) -> Result<(), JobError> {
    let failed = |cause| JobError::Source {
        name: source.name.clone(),
        cause,
    };
    let told = failed(error);
    remember_failure(context, source, pull, &told).await?;
    if let Connection::Drop(folder) = connection
        && let JobError::Source {
            cause: SourceError::File { name, fault },
            ..
        } = &told
        && context.app.pulls == Pulls::FromSources
    {
        let moved = folder.set_aside(name, fault, context.app.clock.now()).await;
        moved.map_err(failed)?;
    }
    Err(told)
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
        Access::Edxml(access) => open_messages(app, &source.name, access)
            .map(|messages| Connection::Edxml(Box::new(messages))),
    };
    opened.map_err(|cause| JobError::Source {
        name: source.name.clone(),
        cause,
    })
}

fn open_messages<'a>(
    app: &App,
    name: &'a str,
    access: &'a EdxmlAccess,
) -> Result<edxml::Connection<'a>, SourceError> {
    match &access.reach {
        Reach::Folder(folder) => Ok(edxml::Connection::in_folder(folder, &app.site, app.zone())),
        Reach::Endpoint(access) => {
            let http = open_http(app, name, access)?;
            Ok(edxml::Connection::at_endpoint(http, app.zone()))
        }
    }
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
    let identity = access.sign_in.credential().map(|credential| {
        let found = settings.credentials.get(credential);
        let found = found.ok_or_else(|| missing("credential", credential))?;
        let secret = found.secret.reveal(&app.site);
        Ok(Identity {
            name: credential.to_owned(),
            id: found.id.clone(),
            secret: secret.map_err(|error| SourceError::Settings(error.to_string()))?,
        })
    });
    let identity = identity.transpose()?;
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

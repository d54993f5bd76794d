//! Rows kept aside, mapped once more after a mapping, or the organisation, was mended.
//!
//! Owns: what becomes of each kept row: a record, another reason, or nothing, and why; how long texts are kept.
//! Never: asking a source; what a row means (`source::mapping`).
//! Reads next: `step/pull.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::step::pull::place;
use super::{App, JobError};
use crate::config::sources::{Pull, Source};
use crate::domain::dossier::Dossier;
use crate::domain::record::Entry;
use crate::domain::reject::Cause;
use crate::source::mapping::{Mapped, Mapping};
use crate::store::Write;
use crate::store::aside::Kept;
use crate::store::filing::Reading;

/// Rows of one transaction.
const PAGE: u64 = 500;

/// What trying again came to, for one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Rows that are records now.
    pub mended: u64,
    /// Rows that stay aside, and why.
    pub still: Vec<Cause>,
    /// Rows whose record has since arrived in good order: they are let go.
    pub overtaken: u64,
    /// Rows whose text is not kept any more.
    pub forgotten: u64,
    /// Rows without a place that the mapping now looks at, by that place.
    pub not_kept: BTreeMap<String, u64>,
    /// Rows of a list that the source's file does not have any more.
    pub orphaned: u64,
}

/// What becomes of one kept row.
enum Fate {
    Dossier(Box<Dossier>),
    Entry(Entry),
    StaysAside(String),
    Forgotten,
    NotKept(String),
    Orphaned,
}

/// Maps the rows of `source` that are kept aside as its file says now. A dry run says what would become of them.
///
/// 1. Map a page of rows. 2. What became a record is stored, unless a later row has been, and let go. 3. What did not
///    is given its new reason. Each page is one transaction.
///
/// # Errors
/// When the database refuses.
pub async fn retry(
    app: &App,
    source: &Source,
    now: DateTime<Utc>,
    dry_run: bool,
) -> Result<Retried, JobError> {
    let mut retried = Retried::default();
    let mut reasons: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut after = 0;
    loop {
        let rows = app
            .store
            .kept_aside(Some(&source.name), after, PAGE)
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let fates: Vec<(&Kept, Fate)> = rows
            .iter()
            .map(|row| (row, fate(app, source, row, now)))
            .collect();
        let write = app.store.write().await?;
        let settled = settle(&write, app, source, &fates).await?;
        retried.mended += settled.mended;
        retried.overtaken += settled.overtaken;
        for (row, fate) in &fates {
            match fate {
                Fate::StaysAside(reason) => {
                    *reasons
                        .entry((row.records.clone(), reason.clone()))
                        .or_default() += 1;
                }
                Fate::Forgotten => retried.forgotten += 1,
                Fate::NotKept(at) => *retried.not_kept.entry(at.clone()).or_default() += 1,
                Fate::Orphaned => retried.orphaned += 1,
                Fate::Dossier(_) | Fate::Entry(_) => {}
            }
        }
        if !dry_run {
            write.commit().await?;
        }
    }
    retried.still = causes(&source.name, reasons);
    Ok(retried)
}

/// Forgets texts that are as old as the settings let them get: they are needed until somebody has mended the mapping,
/// and not for ever.
///
/// # Errors
/// When the database refuses.
pub async fn forget_texts(app: &App, write: &Write, as_of: DateTime<Utc>) -> Result<(), JobError> {
    let keep = TimeDelta::from_std(app.files.settings.rules.keep_texts);
    let then = keep.ok().and_then(|keep| as_of.checked_sub_signed(keep));
    if let Some(then) = then {
        write.forget_texts(then).await?;
    }
    Ok(())
}

fn causes(source: &str, reasons: BTreeMap<(String, String), u64>) -> Vec<Cause> {
    let cause = |((records, reason), rows)| Cause {
        source: source.to_owned(),
        records,
        reason,
        rows,
    };
    reasons.into_iter().map(cause).collect()
}

fn fate(app: &App, source: &Source, row: &Kept, now: DateTime<Utc>) -> Fate {
    let Some(text) = row.text() else {
        return Fate::Forgotten;
    };
    let mut pulls = source.pulls.iter();
    let Some(pull) = pulls.find(|pull| pull.records == row.records) else {
        return Fate::Orphaned;
    };
    // A row that could not be read as text is kept as words about it.
    let Ok(kept @ Json::Object(_)) = serde_json::from_str(text) else {
        return Fate::StaysAside(row.reject.reason.clone());
    };
    mapped_again(app, pull, &kept, now)
}

fn mapped_again(app: &App, pull: &Pull, kept: &Json, now: DateTime<Utc>) -> Fate {
    let mapping = Mapping::of_kept(pull, place(app, now));
    let Mapped {
        mut dossiers,
        mut entries,
        mut rejects,
        ..
    } = mapping.map(std::slice::from_ref(kept), 0);
    match (dossiers.pop(), entries.pop(), rejects.pop()) {
        (None, None, Some(reject)) => mapping.not_kept(kept).map_or_else(
            || Fate::StaysAside(reject.reason),
            |at| Fate::NotKept(at.to_owned()),
        ),
        // A record made without looking everywhere would not be the one that the source tells.
        (dossier, entry, _) => match (mapping.not_kept(kept), dossier, entry) {
            (Some(at), ..) => Fate::NotKept(at.to_owned()),
            (None, Some(dossier), _) => Fate::Dossier(Box::new(dossier)),
            (None, None, Some(entry)) => Fate::Entry(entry),
            (None, None, None) => Fate::Orphaned,
        },
    }
}

#[derive(Default)]
struct Settled {
    mended: u64,
    overtaken: u64,
}

async fn settle(
    write: &Write,
    app: &App,
    source: &Source,
    fates: &[(&Kept, Fate)],
) -> Result<Settled, JobError> {
    let stored = already_stored(write, fates).await?;
    let mut settled = Settled::default();
    let mut go = Vec::new();
    for (row, fate) in fates {
        let Some(code) = fate.code() else {
            if let Fate::StaysAside(reason) = fate {
                write.give_reason(row.id, reason).await?;
            }
            continue;
        };
        go.push(row.id);
        let key = (row.records.as_str(), code);
        if stored.get(&key).is_some_and(|at| *at > row.last_seen_at) {
            settled.overtaken += 1;
            continue;
        }
        settled.mended += 1;
        store(write, app, source, row, fate).await?;
    }
    write.release_rows(&go).await?;
    Ok(settled)
}

/// When the records that kept rows became were last seen, of those that are stored.
async fn already_stored<'a>(
    write: &Write,
    fates: &'a [(&'a Kept, Fate)],
) -> Result<HashMap<(&'a str, &'a str), DateTime<Utc>>, JobError> {
    let made = || {
        let made = fates.iter();
        made.filter_map(|(row, fate)| Some((row.records.as_str(), fate.code()?)))
    };
    let lists: BTreeSet<&str> = made().map(|(records, _)| records).collect();
    let mut stored = HashMap::new();
    for records in lists {
        let own = made().filter(|(of, _)| *of == records);
        let codes: Vec<&str> = own.map(|(_, code)| code).collect();
        let seen = write.seen_at(records, &codes).await?;
        for code in codes {
            if let Some(at) = seen.get(code) {
                stored.insert((records, code), *at);
            }
        }
    }
    Ok(stored)
}

/// As the pull would have stored it when the row was last seen.
async fn store(
    write: &Write,
    app: &App,
    source: &Source,
    row: &Kept,
    fate: &Fate,
) -> Result<(), JobError> {
    let (name, at) = (source.name.as_str(), row.last_seen_at);
    match fate {
        Fate::Dossier(dossier) => {
            let reading = Reading {
                source: name,
                at,
                zone: app.zone(),
            };
            let dossier = std::slice::from_ref(&**dossier);
            write.file_dossiers(reading, dossier).await?;
        }
        Fate::Entry(entry) => {
            let entry = std::slice::from_ref(entry);
            write.upsert_entries(name, entry, at).await?;
        }
        _ => {}
    }
    Ok(())
}

impl Fate {
    /// The code of the record that the row became.
    fn code(&self) -> Option<&str> {
        match self {
            Self::Dossier(dossier) => Some(&dossier.code),
            Self::Entry(entry) => Some(&entry.code),
            _ => None,
        }
    }
}

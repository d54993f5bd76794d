//! Messages in a folder: a plain one, or a maildir.
//!
//! Owns: which files are messages, and reading no more of each than its header.
//! Never: changing a file, or its name.
//! Reads next: `sieve.rs`, `mail.rs`.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::sieve::Sieve;
use super::{Arrived, Stamp, hash, mail};
use crate::source::SourceError;

/// A file that may be a message.
#[derive(Clone, Debug)]
pub(super) struct Letterbox {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// How a folder is looked into.
pub(super) struct Look<'a> {
    pub(super) folder: &'a Path,
    pub(super) files: &'a [String],
    pub(super) settle: Duration,
    pub(super) now: DateTime<Utc>,
}

/// The messages of a folder, the oldest first. What changed a moment ago is left for the next look.
pub(super) fn messages(look: &Look<'_>) -> Result<Vec<Letterbox>, SourceError> {
    let names = patterns(look.files)?;
    let is_maildir = look.folder.join("cur").is_dir() && look.folder.join("new").is_dir();
    let mut found = if is_maildir {
        // A maildir's files are written in `tmp` and are complete when they come here; their names say nothing.
        let mut found = scan(&look.folder.join("new"), None)?;
        found.extend(scan(&look.folder.join("cur"), None)?);
        found
    } else {
        let mut found = scan(look.folder, Some(&names))?;
        found.retain(|file| {
            look.now.timestamp() - file.stamp.modified >= look.settle.as_secs().cast_signed()
        });
        found
    };
    found.sort_by(|a, b| (a.stamp.modified, &a.stamp.name).cmp(&(b.stamp.modified, &b.stamp.name)));
    Ok(found)
}

fn patterns(files: &[String]) -> Result<GlobSet, SourceError> {
    let refused = |error: globset::Error| SourceError::Settings(error.to_string());
    let mut set = GlobSetBuilder::new();
    for file in files {
        set.add(
            GlobBuilder::new(file)
                .case_insensitive(true)
                .build()
                .map_err(refused)?,
        );
    }
    set.build().map_err(refused)
}

fn scan(folder: &Path, names: Option<&GlobSet>) -> Result<Vec<Letterbox>, SourceError> {
    let failed = |cause| SourceError::Folder {
        folder: folder.display().to_string(),
        cause,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || names.is_some_and(|names| !names.is_match(&name)) {
            continue;
        }
        // A file that was taken away meanwhile is none.
        let metadata = entry.metadata().ok().filter(Metadata::is_file);
        found.extend(metadata.and_then(|metadata| letterbox(entry.path(), &name, &metadata)));
    }
    Ok(found)
}

fn letterbox(path: PathBuf, name: &str, metadata: &Metadata) -> Option<Letterbox> {
    let modified: DateTime<Utc> = metadata.modified().ok()?.into();
    // What others note behind a maildir's name changes; the message does not.
    let name = name.split_once(":2,").map_or(name, |(name, _)| name);
    Some(Letterbox {
        path,
        stamp: Stamp {
            name: name.to_owned(),
            size: metadata.len(),
            modified: modified.timestamp(),
        },
    })
}

/// Reads a message, or the messages of a mail; `None`: the file went away, or cannot be opened yet.
pub(super) fn read(file: &Letterbox, made: NaiveDateTime) -> Option<Vec<Arrived>> {
    match opened(file, made) {
        Ok(messages) => Some(messages),
        Err(error) => {
            tracing::warn!(file = file.stamp.name, %error, "cannot be read yet");
            None
        }
    }
}

fn opened(file: &Letterbox, made: NaiveDateTime) -> io::Result<Vec<Arrived>> {
    let mut from = File::open(&file.path)?;
    let mut bytes = vec![0; 64 * 1024];
    let mut read = from.read(&mut bytes)?;
    if mail::is_one(&bytes[..read]) {
        return mail::messages(file, made);
    }
    let mut sieve = Sieve::default();
    loop {
        match sieve.take(&bytes[..read]) {
            Ok(false) if read > 0 => read = from.read(&mut bytes)?,
            Ok(_) => break,
            Err(refusal) => {
                let hash = hash(&bytes[..read]);
                let message = Arrived::new(file.stamp.clone(), hash, Err(refusal), made);
                return Ok(vec![message]);
            }
        }
    }
    let (kept, ended) = sieve.finish();
    let hash = hash(&kept);
    let message = Arrived::new(file.stamp.clone(), hash, Ok((kept, ended)), made);
    Ok(vec![message])
}

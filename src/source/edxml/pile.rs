//! Messages that lie in a folder: those that were not read yet, the oldest first.
//!
//! Owns: a look into the folder at the beginning of a pull; moving messages away, where their source's file says so.
//! Never: anything else that changes where they lie.
//! Reads next: `folder.rs`, `mail.rs`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::folder::{self, Letterbox};
use super::{Arrived, Seen};
use crate::config::sources::edxml::{Done, FolderAccess};
use crate::source::{SourceError, drop};

/// Messages of one page.
const PAGE: usize = 200;

#[derive(Debug)]
pub(super) struct Pile<'a> {
    access: &'a FolderAccess,
    pub(super) folder: PathBuf,
    zone: Tz,
    queue: Option<VecDeque<Letterbox>>,
    pub(super) newest: Option<DateTime<Utc>>,
    /// Read, perhaps not stored yet.
    handed: Vec<Letterbox>,
}

impl<'a> Pile<'a> {
    pub(super) fn open(access: &'a FolderAccess, site: &Path, zone: Tz) -> Self {
        Self {
            access,
            folder: site.join(&access.folder),
            zone,
            queue: None,
            newest: None,
            handed: Vec::new(),
        }
    }

    /// The next messages, and whether there are more; `anew`: after another look into the folder.
    pub(super) async fn next(
        &mut self,
        files: &[String],
        seen: &mut Seen,
        (anew, now): (bool, DateTime<Utc>),
    ) -> Result<(Vec<Arrived>, bool), SourceError> {
        if self.queue.is_none() || anew {
            self.look(files, seen, now)?;
        }
        let mut arrived = Vec::new();
        let mut batch = self.next_batch();
        while !batch.is_empty() && arrived.is_empty() {
            arrived = self.read(batch, seen).await?;
            batch = if arrived.is_empty() {
                self.next_batch()
            } else {
                Vec::new()
            };
        }
        let goes_on = self.queue.as_ref().is_some_and(|queue| !queue.is_empty());
        Ok((arrived, goes_on))
    }

    fn look(
        &mut self,
        files: &[String],
        seen: &Seen,
        now: DateTime<Utc>,
    ) -> Result<(), SourceError> {
        let look = folder::Look {
            folder: &self.folder,
            files,
            settle: self.access.settle,
            now,
        };
        let mut found = folder::messages(&look)?;
        let newest = found.last().map(|file| file.stamp.modified);
        self.newest = newest.and_then(|at| DateTime::from_timestamp(at, 0));
        found.retain(|file| !seen.stamps.contains(&file.stamp));
        self.queue = Some(found.into());
        Ok(())
    }

    fn next_batch(&mut self) -> Vec<Letterbox> {
        let queue = self.queue.get_or_insert_default();
        queue.drain(..queue.len().min(PAGE)).collect()
    }

    /// Reads files, without messages whose header was read under another name.
    async fn read(
        &mut self,
        batch: Vec<Letterbox>,
        seen: &mut Seen,
    ) -> Result<Vec<Arrived>, SourceError> {
        let zone = self.zone;
        let read = tokio::task::spawn_blocking(move || {
            let read = |file: Letterbox| Some((folder::read(&file, file.made(zone))?, file));
            batch.into_iter().filter_map(read).collect::<Vec<_>>()
        });
        let read = read.await.map_err(|error| SourceError::Folder {
            folder: self.folder.display().to_string(),
            cause: std::io::Error::other(error),
        })?;
        let mut arrived = Vec::new();
        for (messages, file) in read {
            self.handed.push(file);
            let is_new = |message: &Arrived| seen.hashes.insert(message.hash.clone());
            arrived.extend(messages.into_iter().filter(is_new));
        }
        Ok(arrived)
    }

    /// Everything that was read is stored: it may be moved away, where the source's file says so.
    pub(super) async fn committed(&mut self, now: DateTime<Utc>) -> Result<(), SourceError> {
        let day = now.with_timezone(&self.zone).date_naive();
        for file in std::mem::take(&mut self.handed) {
            if self.access.done == Done::Move {
                drop::put_away(&self.folder, &file.path, &file.stamp.name, day).await?;
            }
        }
        Ok(())
    }
}

impl Letterbox {
    fn made(&self, zone: Tz) -> NaiveDateTime {
        let at = DateTime::from_timestamp(self.stamp.modified, 0).unwrap_or_default();
        at.with_timezone(&zone).naive_local()
    }
}

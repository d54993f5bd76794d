//! One list of a source: read page after page from where the last pull ended, stored with its place.
//!
//! Owns: watermarks, resuming, what is stored together.
//! Never: mapping (`source::mapping`), SQL.
//! Reads next: `ahead.rs`, `batch.rs`.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use super::ahead::Ahead;
use super::batch::{Batch, Page};
use super::mapper::Mapper;
use super::threads::Threads;
use super::{everything, move_away, place, set_aside};
use crate::config::sources::{DOSSIERS, Pull, Source};
use crate::job::step::Context;
use crate::job::{JobError, quarantine};
use crate::source::drop::FileEnd;
use crate::source::{Ask, Connection, Next, Origin, SourceError};
use crate::store::Write;
use crate::store::drop_files::ReadFile;
use crate::store::filing::Reading;
use crate::store::pulls::{PullState, UnderWay};

/// Rows stored in one transaction: enough that a commit is cheap beside them. The first ones are stored sooner, while
/// the next are still being read.
const BATCH: u64 = 8_000;
const FIRST_BATCH: u64 = 1_000;
/// For so long a batch that is not full waits for more pages: those of a slow source are not kept unstored.
const SOON: Duration = Duration::from_millis(100);
/// More than one dossier in so many gone at once is the source's fault rather than news.
const MOST_VANISHED: u64 = 5;

/// What became of the rows of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    rows: u64,
    rejected: u64,
    vanished: u64,
    /// Gone, but too many at once to be believed.
    unseen: u64,
    /// Of a folder: files read, and rows that are no data, such as totals.
    from_files: Option<(u64, u64)>,
}

impl Tally {
    fn count_file(&mut self, origin: &Origin) {
        let (files, left_out) = self.from_files.unwrap_or_default();
        self.from_files = match origin {
            Origin::System => None,
            Origin::Nothing => Some((files, left_out)),
            Origin::Messages(post) => {
                Some((files + post.arrived.len() as u64, left_out + post.waiting))
            }
            Origin::File(file) => Some((
                files + u64::from(file.ended.is_some()),
                left_out + file.left_out,
            )),
        };
    }

    pub fn counts(self) -> serde_json::Value {
        let mut counts = json!({ "rows": self.rows, "rejected": self.rejected });
        for (name, count) in [("vanished", self.vanished), ("unseen", self.unseen)] {
            if count > 0 {
                counts[name] = count.into();
            }
        }
        if let Some((files, left_out)) = self.from_files {
            counts["files"] = files.into();
            counts["left_out"] = left_out.into();
        }
        counts
    }
}

/// A list in the course of being pulled.
struct Course<'a> {
    context: &'a Context<'a>,
    source: &'a Source,
    pull: &'a Pull,
    state: PullState,
    under_way: UnderWay,
    /// An earlier run began it: rows may have moved since from a page not yet read to one already read.
    resumed: bool,
    tally: Tally,
    /// Files whose rows are stored to the last.
    stored: Vec<FileEnd>,
}

/// Pulls what is new in a list, or all of it.
///
/// # Errors
/// When the source fails; rows read until then are stored, and the next pull goes on at the failed page.
pub async fn pull(
    context: &Context<'_>,
    source: &Source,
    pull: &Pull,
    connection: &mut Connection<'_>,
) -> Result<Tally, JobError> {
    let mut state = context
        .app
        .store
        .pull_state(&source.name, &pull.records)
        .await?;
    let left = everything::left(&mut state);
    let resumed = left.is_some();
    let under_way = left.unwrap_or_else(|| begin(source, pull, &state, context.as_of));
    let (send, pages) = unbounded_channel();
    let read = read(context, (source, pull), under_way.clone(), connection, send);
    let mut course = Course {
        context,
        source,
        pull,
        state,
        under_way,
        resumed,
        tally: Tally::default(),
        stored: Vec::new(),
    };
    // What was read before the source failed is stored first.
    let (read, ()) = tokio::try_join!(async { Ok(read.await) }, course.store(pages))?;
    let failed = |cause| failed(source, cause);
    let (tally, stored) = (course.tally, course.stored);
    let moved = move_away(context, connection, &stored).await;
    let mut first = None;
    for error in read? {
        let told = set_aside(context, source, pull, connection, error).await;
        first = first.or(told.err());
    }
    moved.map_err(failed)?;
    first.map_or(Ok(tally), Err)
}

fn failed(source: &Source, cause: SourceError) -> JobError {
    JobError::Source {
        name: source.name.clone(),
        cause,
    }
}

/// Where a new pull begins: a little before the watermark, or with everything, if that is due.
fn begin(source: &Source, pull: &Pull, state: &PullState, as_of: DateTime<Utc>) -> UnderWay {
    let overlap =
        |at: DateTime<Utc>, overlap| at - TimeDelta::from_std(overlap).unwrap_or_default();
    let since = pull
        .since
        .as_ref()
        .filter(|_| !everything::is_due(source, state, as_of))
        .and_then(|since| Some(overlap(state.watermark?, since.overlap)));
    UnderWay {
        started_at: as_of,
        since,
        position: None,
        seen_until: None,
        rows: 0,
    }
}

/// Reads page after page, as far ahead as there is room; a page is mapped while the next one is fetched. Files that
/// are bad as a whole are passed over, and told at the end.
async fn read(
    context: &Context<'_>,
    (source, pull): (&Source, &Pull),
    mut under_way: UnderWay,
    connection: &mut Connection<'_>,
    send: UnboundedSender<Page>,
) -> Result<Vec<SourceError>, JobError> {
    let mut bad_files = Vec::new();
    let mut ahead = Ahead::begin(Mapper::begin(pull, place(context.app, context.as_of)), send);
    let mut threads = Threads::default();
    loop {
        let ask = Ask {
            pull,
            since: under_way.since,
            position: under_way.position.as_deref(),
            now: context.app.clock.now(),
        };
        let page = connection.page(&ask).await;
        // What was read before a failure is stored.
        if ahead.hand_on().await.is_none() {
            return Ok(bad_files);
        }
        let mut page = match page {
            Ok(page) => page,
            Err(error @ SourceError::File { .. }) => {
                bad_files.push(error);
                under_way.position = None;
                continue;
            }
            Err(error) => return Err(failed(source, error)),
        };
        let store = &context.app.store;
        let apart = threads
            .join(store, source, &pull.records, &mut page)
            .await?;
        let rows = page.rows.len() as u64;
        context.watcher.rows(page.first + rows, page.total);
        let leads_on = matches!(page.next, Next::At(_));
        under_way.position = position(&page.next);
        ahead.put(page, apart).await;
        if leads_on {
            continue;
        }
        match ahead.hand_on().await {
            Some(Next::At(position)) => under_way.position = Some(position),
            Some(Next::Again) => under_way.position = None,
            Some(Next::End | Next::Unsettled) | None => return Ok(bad_files),
        }
    }
}

fn position(next: &Next) -> Option<String> {
    match next {
        Next::At(position) => Some(position.clone()),
        Next::Again | Next::End | Next::Unsettled => None,
    }
}

impl Course<'_> {
    /// Stores pages as they come; those that come while others are written, or soon after one another, together.
    async fn store(&mut self, mut pages: UnboundedReceiver<Page>) -> Result<(), JobError> {
        let mut size = FIRST_BATCH;
        while let Some(page) = pages.recv().await {
            let mut batch = Batch::default();
            let mut last = self.add(&mut batch, page);
            let mut soon = pin!(sleep(SOON));
            while batch.rows < size {
                let page = tokio::select! {
                    biased;
                    page = pages.recv() => page,
                    () = &mut soon => None,
                };
                let Some(page) = page else { break };
                last = self.add(&mut batch, page);
            }
            self.store_batch(&batch, &last).await?;
            size = (size * 2).min(BATCH);
        }
        Ok(())
    }

    fn add(&mut self, batch: &mut Batch, page: Page) -> Next {
        self.tally.rows += page.rows;
        self.tally.rejected += page.mapped.rejects.len() as u64;
        self.tally.count_file(&page.origin);
        self.advance(&page);
        let next = page.next.clone();
        batch.add(page);
        next
    }

    /// The state after `page`: its place, or the end of the pull.
    ///
    /// Rows may have moved from a page not yet read to one already read before a pull was `resumed`, or while an
    /// unsettled list was read: such a pull forgets nothing and leaves the watermark, so that the next one reads the
    /// same again.
    fn advance(&mut self, page: &Page) {
        let (state, under_way) = (&mut self.state, &mut self.under_way);
        under_way.seen_until = under_way.seen_until.max(page.mapped.seen_until);
        under_way.rows = page.first + page.rows;
        if under_way.since.is_none() {
            state.stated_total = page.total.or(state.stated_total);
        }
        if let Some(known_at) = known_at(page, under_way.started_at) {
            state.completed_at = state.completed_at.max(Some(known_at));
            state.failure = None;
        }
        under_way.position = position(&page.next);
        if matches!(page.next, Next::At(_) | Next::Again) {
            state.under_way = Some(under_way.clone());
            return;
        }
        if page.next == Next::End && !self.resumed {
            // A row dated in the future must not hide the changes until then.
            let seen_until = under_way.seen_until.map(|at| at.min(under_way.started_at));
            state.watermark = state.watermark.max(seen_until);
        }
        state.under_way = None;
    }

    /// One transaction: the records, the rejects, and how far the pull has come.
    async fn store_batch(&mut self, batch: &Batch, last: &Next) -> Result<(), JobError> {
        let reading = Reading {
            source: &self.source.name,
            at: self.context.as_of,
            zone: self.context.app.zone(),
        };
        let (name, records) = (reading.source, &self.pull.records);
        let write = self.context.write().await?;
        write.file_dossiers(reading, &batch.dossiers).await?;
        write
            .upsert_entries(name, &batch.entries, reading.at)
            .await?;
        write.release(name, records, &batch.codes()).await?;
        write
            .quarantine(name, records, &batch.rejects, reading.at)
            .await?;
        if self.seen_all(batch, last) {
            self.forget_unseen(&write, reading).await?;
            let (state, under_way, unseen) = (&self.state, &self.under_way, self.tally.unseen);
            let full = everything::come_to_its_end(self.pull, state, under_way, unseen);
            write.settle(state).await?;
            self.state.full = Some(full);
        }
        if self.state.under_way.is_none() {
            quarantine::forget_texts(self.context.app, &write, reading.at).await?;
        }
        write
            .remember_messages(name, &batch.messages, reading.at)
            .await?;
        for end in &batch.files {
            write
                .remember_file(&read_file(reading, records, end))
                .await?;
        }
        write.save_pull_state(&self.state).await?;
        write.progress(self.context.run).await?;
        write.commit().await?;
        self.stored.extend(batch.files.iter().cloned());
        Ok(())
    }

    /// Whether nothing of the list is missing in what was read. A file says by itself whether it is the whole list,
    /// and is then read from its first row on, whatever happened before.
    fn seen_all(&self, batch: &Batch, last: &Next) -> bool {
        if self.tally.from_files.is_some() {
            return batch.files.iter().any(|end| end.whole);
        }
        *last == Next::End && self.under_way.since.is_none() && !self.resumed
    }

    /// What a complete reading did not see is gone; so many at once only if somebody asked for that reading.
    async fn forget_unseen(&mut self, write: &Write, reading: Reading<'_>) -> Result<(), JobError> {
        let (source, records) = (reading.source, &self.pull.records);
        write.release_unseen(source, records, reading.at).await?;
        if records != DOSSIERS {
            write
                .forget_unseen_entries(source, records, reading.at)
                .await?;
            return Ok(());
        }
        let (unseen, known) = write.count_unseen(reading).await?;
        if unseen > known / MOST_VANISHED + 1 && !self.state.owes_everything() {
            tracing::error!(
                source,
                unseen,
                known,
                "too many dossiers are gone at once: none is marked as vanished"
            );
            self.tally.unseen = unseen;
        } else if unseen > 0 {
            self.tally.vanished = write.mark_vanished(reading).await?;
        }
        Ok(())
    }
}

/// Up to when the list is known after `page`: a system that was read to its end tells of now, a file of the day when
/// it was made, and an empty folder of nothing.
fn known_at(page: &Page, started_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &page.origin {
        Origin::System => (!matches!(page.next, Next::At(_))).then_some(started_at),
        Origin::File(file) => file.ended.as_ref().map(|end| end.made_at.min(started_at)),
        Origin::Messages(post) => {
            let newest = post.newest.filter(|_| page.next == Next::End);
            newest.map(|newest| newest.min(started_at))
        }
        Origin::Nothing => None,
    }
}

fn read_file(reading: Reading<'_>, records: &str, end: &FileEnd) -> ReadFile {
    ReadFile {
        source: reading.source.to_owned(),
        records: records.to_owned(),
        hash: end.hash.clone(),
        mapping: end.mapping.clone(),
        name: end.name.clone(),
        rows: end.rows,
        made_at: end.made_at,
        read_at: reading.at,
    }
}

//! What was read of a list and is not written yet: one page being mapped, the others waiting to be stored.
//!
//! Owns: how much may wait; what comes after a page, once its rows are known.
//! Never: fetching, storing.
//! Reads next: `mapper.rs`, `moves.rs`, `batch.rs`.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::batch::Page;
use super::mapper::Mapper;
use super::moves::Moves;
use super::say_where;
use crate::domain::reject::Reject;
use crate::source::{Next, Origin, RawPage};

/// Rows read and not yet stored.
const ROOM: u32 = 18_000;

pub struct Ahead {
    mapper: Mapper,
    being_mapped: Option<Given>,
    moves: Moves,
    all: Arc<Semaphore>,
    send: UnboundedSender<Page>,
}

/// A page whose rows are being mapped.
struct Given {
    page: RawPage,
    rows: u64,
    /// What was kept apart before.
    apart: Vec<Reject>,
    room: OwnedSemaphorePermit,
}

impl Ahead {
    pub fn begin(mapper: Mapper, send: UnboundedSender<Page>) -> Self {
        Self {
            mapper,
            being_mapped: None,
            moves: Moves::default(),
            all: Arc::new(Semaphore::new(ROOM as usize)),
            send,
        }
    }

    /// Has a page mapped as soon as there is room for it. The one before was handed on.
    pub async fn put(&mut self, mut page: RawPage, apart: Vec<Reject>) {
        let rows = page.rows.len() as u64;
        let needs = u32::try_from(rows).unwrap_or(ROOM).min(ROOM);
        let Ok(room) = Arc::clone(&self.all).acquire_many_owned(needs).await else {
            return;
        };
        self.mapper
            .give(std::mem::take(&mut page.rows), page.first)
            .await;
        self.being_mapped = Some(Given {
            page,
            rows,
            apart,
            room,
        });
    }

    /// Hands the page that is being mapped on to be stored, and says what comes after it; `Next::End` where there is
    /// none. `None`: nobody stores any more, and that is the error to tell.
    pub async fn hand_on(&mut self) -> Option<Next> {
        let Some(given) = self.being_mapped.take() else {
            return Some(Next::End);
        };
        let mut mapped = self.mapper.take().await?;
        say_where(&given.page, &mut mapped.rejects);
        mapped.rejects.extend(given.apart);
        // A file does not change while it is read: only a system's rows can move.
        if given.page.first == 0 {
            self.moves.look();
        }
        let next = match &given.page.origin {
            Origin::System => self.moves.judge(given.page.next, &mapped.versions),
            Origin::File(_) | Origin::Messages(_) | Origin::Nothing => given.page.next,
        };
        let page = Page {
            mapped,
            first: given.page.first,
            rows: given.rows,
            total: given.page.total,
            next: next.clone(),
            origin: given.page.origin,
            room: given.room,
        };
        self.send.send(page).ok().map(|()| next)
    }
}

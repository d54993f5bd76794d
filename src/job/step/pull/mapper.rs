//! A thread that maps page after page, while the next one is fetched and the last ones are written.
//!
//! Owns: the order: pages come back as they were given.
//! Never: fetching, storing.
//! Reads next: `list.rs`, `../../../source/mapping.rs`.

use std::panic::resume_unwind;

use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::config::sources::Pull;
use crate::source::mapping::{Mapped, Mapping, Place};

/// Pages given and not yet taken back: no more are ever under way.
const UNDER_WAY: usize = 1;

/// Rows of a page, and the place of the first of them in the whole list.
type Rows = (Vec<Value>, u64);

#[derive(Debug)]
pub struct Mapper {
    give: Sender<Rows>,
    take: Receiver<Mapped>,
    thread: Option<JoinHandle<()>>,
}

impl Mapper {
    /// Begins a thread that ends with this.
    pub fn begin(pull: &Pull, place: Place<'_>) -> Self {
        let (give, given) = channel(UNDER_WAY);
        let (hand_back, take) = channel(UNDER_WAY);
        let (pull, units) = (pull.clone(), place.units.clone());
        let Place {
            zone,
            due_time,
            today,
            ..
        } = place;
        let thread = tokio::task::spawn_blocking(move || {
            let place = Place {
                zone,
                due_time,
                today,
                units: &units,
            };
            map_all(&Mapping::new(&pull, place), given, &hand_back);
        });
        Self {
            give,
            take,
            thread: Some(thread),
        }
    }

    /// Gives a page to be mapped. The one before was taken back.
    pub async fn give(&self, rows: Vec<Value>, first: u64) {
        // A thread that is gone is told of when its page is asked for.
        let _ = self.give.send((rows, first)).await;
    }

    /// Waits for the page that was given.
    pub async fn take(&mut self) -> Option<Mapped> {
        let mapped = self.take.recv().await;
        if mapped.is_none()
            && let Some(thread) = self.thread.take()
            && let Err(error) = thread.await
            && let Ok(panic) = error.try_into_panic()
        {
            resume_unwind(panic);
        }
        mapped
    }
}

fn map_all(mapping: &Mapping<'_>, mut given: Receiver<Rows>, hand_back: &Sender<Mapped>) {
    while let Some((rows, first)) = given.blocking_recv() {
        if hand_back.blocking_send(mapping.map(&rows, first)).is_err() {
            return;
        }
    }
}

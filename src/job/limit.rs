//! How long a run or a step may take. Its clock stands while the run waits for its turn at a source.
//!
//! Owns: what counts against a limit.
//! Never: what is done within it.
//! Reads next: `run.rs`, `step/pull.rs`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Whether a run waits for others at this moment: that is not its own doing.
#[derive(Debug, Default)]
pub struct Turn(watch::Sender<bool>);

impl Turn {
    /// Waits for `turn`; the time counts against no limit of the run.
    pub async fn wait<T>(&self, turn: impl Future<Output = T>) -> T {
        let _waits = Waits::begin(self);
        turn.await
    }

    /// Ends when the run has been at work for so long.
    async fn worked(&self, limit: Duration) {
        let mut waits = self.0.subscribe();
        let mut left = limit;
        loop {
            // The sender is this turn's own: it is there as long as one listens.
            let _ = waits.wait_for(|waits| !waits).await;
            let began = Instant::now();
            tokio::select! {
                () = sleep(left) => return,
                _ = waits.wait_for(|waits| *waits) => left = left.saturating_sub(began.elapsed()),
            }
        }
    }
}

/// Ends with the wait, also with one that is broken off.
struct Waits<'a>(&'a Turn);

impl<'a> Waits<'a> {
    fn begin(turn: &'a Turn) -> Self {
        turn.0.send_replace(true);
        Self(turn)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(false);
    }
}

/// Does `work`; `None` if it was not done within `limit`, waits for its turn left out.
pub async fn within<T>(limit: Duration, turn: &Turn, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = turn.worked(limit) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn only_work_counts_against_a_limit() {
        for (before, wait, after, is_done, why) in [
            (0, 0, 9, true, "it is quick"),
            (0, 0, 11, false, "it is slow"),
            (0, 60, 9, true, "a long wait and quick work"),
            (6, 60, 3, true, "quick work with a long wait in it"),
            (6, 60, 5, false, "the work before the wait counts too"),
        ] {
            let turn = Turn::default();
            let work = async {
                sleep(SECOND * before).await;
                turn.wait(sleep(SECOND * wait)).await;
                sleep(SECOND * after).await;
            };
            let done = within(SECOND * 10, &turn, work).await;
            assert_eq!(done.is_some(), is_done, "{why}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_broken_off_is_over() {
        let turn = Turn::default();
        let work = async {
            let _ = tokio::time::timeout(SECOND, turn.wait(sleep(SECOND * 60))).await;
            sleep(SECOND * 60).await;
        };
        assert!(within(SECOND * 10, &turn, work).await.is_none());
    }
}

//! Rows that moved within a list while it was read.
//!
//! Owns: noticing them where the list's total says nothing.
//! Never: asking.
//! Reads next: `../../../source/http/paging.rs`, which watches the total.
//!
//! In a list ordered by change, a row that changes goes to the end, and all that followed it move up by one: the first
//! row of the next page slides into the page just read, and is missed. The row that went comes twice, changed: that is
//! what gives it away.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use chrono::{DateTime, Utc};

use crate::source::Next;

/// By the hash of a code.
type ByPrint<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// What one pull has seen of a list. Codes are kept as hashes, instants as what is left of theirs: a list may have a
/// million.
#[derive(Debug, Default)]
pub struct Moves {
    seen: ByPrint<u32>,
    moved: HashSet<u64>,
    /// Those of the look before: a code that always comes twice, differently, is no move.
    before: Option<HashSet<u64>>,
}

impl Moves {
    /// What comes after a page, given the codes on it and when each last changed.
    pub fn judge(&mut self, next: Next, versions: &[(u64, DateTime<Utc>)]) -> Next {
        self.note(versions);
        match (next, &self.before) {
            (Next::End, None) if !self.moved.is_empty() => {
                self.before = Some(std::mem::take(&mut self.moved));
                self.seen.clear();
                Next::Again
            }
            (Next::End, Some(before)) if !self.moved.is_subset(before) => Next::Unsettled,
            (next, _) => next,
        }
    }

    /// Within a page a code may come twice; from page to page it is a move.
    fn note(&mut self, versions: &[(u64, DateTime<Utc>)]) {
        let mut page = ByPrint::default();
        for (code, changed_at) in versions {
            page.insert(*code, print(*changed_at));
        }
        for (code, changed_at) in page {
            let before = self.seen.insert(code, changed_at);
            if before.is_some_and(|before| before != changed_at) {
                self.moved.insert(code);
            }
        }
    }
}

/// Two changes of one row have one print no more often than once in four thousand million.
fn print(changed_at: DateTime<Utc>) -> u32 {
    let milliseconds = changed_at.timestamp_millis().cast_unsigned();
    (milliseconds.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// The hash of a number that is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, print: u64) {
        self.0 = print;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &[(&str, i64)]) -> Vec<(u64, DateTime<Utc>)> {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        rows.iter()
            .map(|(code, changed)| (u64::from(code.as_bytes()[0]), at(*changed)))
            .collect()
    }

    fn more() -> Next {
        Next::At("x".to_owned())
    }

    #[test]
    fn a_row_that_comes_again_changed_means_another_look() {
        let mut moves = Moves::default();
        assert_eq!(moves.judge(more(), &page(&[("a", 1), ("b", 2)])), more());
        assert_eq!(
            moves.judge(Next::End, &page(&[("d", 4), ("a", 5)])),
            Next::Again
        );
        assert_eq!(moves.judge(more(), &page(&[("b", 2), ("c", 3)])), more());
        assert_eq!(
            moves.judge(Next::End, &page(&[("d", 4), ("a", 5)])),
            Next::End
        );
    }

    #[test]
    fn a_row_that_comes_again_as_it_was_did_not_move() {
        let mut moves = Moves::default();
        moves.judge(more(), &page(&[("a", 1), ("b", 2)]));
        assert_eq!(
            moves.judge(Next::End, &page(&[("b", 2), ("c", 3)])),
            Next::End
        );
    }

    #[test]
    fn a_code_that_always_comes_twice_settles_and_another_move_does_not() {
        let mut moves = Moves::default();
        moves.judge(more(), &page(&[("a", 1)]));
        assert_eq!(moves.judge(Next::End, &page(&[("a", 2)])), Next::Again);
        moves.judge(more(), &page(&[("a", 1)]));
        assert_eq!(moves.judge(Next::End, &page(&[("a", 2)])), Next::End);

        let mut moves = Moves::default();
        moves.judge(more(), &page(&[("a", 1), ("b", 1)]));
        assert_eq!(moves.judge(Next::End, &page(&[("a", 2)])), Next::Again);
        moves.judge(more(), &page(&[("b", 1)]));
        assert_eq!(moves.judge(Next::End, &page(&[("b", 9)])), Next::Unsettled);
    }
}

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

/// What one pull has seen of a list.
#[derive(Debug, Default)]
pub struct Moves {
    seen: Seen,
    /// Codes that moved in the look before: one that always comes twice, differently, is no move.
    before: Option<HashSet<u64>>,
}

/// Each row in eight bytes, since a list may have millions: what is left of its code's hash beside the shelf it stands
/// on, and what is left of the instant of its last change. Two codes look alike once in 10¹⁴ pairs; that costs
/// another look.
#[derive(Debug)]
struct Seen(Vec<Vec<u64>>);

/// Shelves, by the last bits of a hash: each grows by itself.
const SHELVES: u64 = 256;
/// Bits of an instant.
const INSTANT: u32 = 24;

impl Moves {
    /// The list is read from its first row on, for whatever reason: what a row was in an earlier look is no move.
    pub fn look(&mut self) {
        self.seen = Seen::default();
    }

    /// What comes after a page, given the codes on it and when each last changed.
    pub fn judge(&mut self, next: Next, versions: &[(u64, DateTime<Utc>)]) -> Next {
        self.note(versions);
        if next != Next::End {
            return next;
        }
        let moved = std::mem::take(&mut self.seen).moved();
        match &self.before {
            None if !moved.is_empty() => {
                self.before = Some(moved);
                Next::Again
            }
            Some(before) if !moved.is_subset(before) => Next::Unsettled,
            _ => Next::End,
        }
    }

    /// Within a page a code may come twice; from page to page it is a move.
    fn note(&mut self, versions: &[(u64, DateTime<Utc>)]) {
        let mut page = ByPrint::default();
        for (code, changed_at) in versions {
            page.insert(*code, *changed_at);
        }
        for (code, changed_at) in page {
            self.seen.put(code, changed_at);
        }
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self((0..SHELVES).map(|_| Vec::new()).collect())
    }
}

impl Seen {
    fn put(&mut self, code: u64, changed_at: DateTime<Utc>) {
        let shelf = (code % SHELVES) as usize;
        if let Some(shelf) = self.0.get_mut(shelf) {
            let of_code = code >> INSTANT << INSTANT;
            shelf.push(of_code | print(changed_at));
        }
    }

    /// What is left of the codes that came with two instants.
    fn moved(self) -> HashSet<u64> {
        let mut moved = HashSet::new();
        for (shelf, mut rows) in (0_u64..).zip(self.0) {
            rows.sort_unstable();
            let twice = rows.windows(2).filter_map(|two| match two {
                [one, other] if one != other && one >> INSTANT == other >> INSTANT => Some(*one),
                _ => None,
            });
            moved.extend(twice.map(|row| row >> INSTANT << INSTANT | shelf));
        }
        moved
    }
}

/// Two changes of one row have one print no more often than once in sixteen million.
fn print(changed_at: DateTime<Utc>) -> u64 {
    let milliseconds = changed_at.timestamp_millis().cast_unsigned();
    milliseconds.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - INSTANT)
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
            .map(|(code, changed)| (hash(code), at(*changed)))
            .collect()
    }

    /// On a shelf of its own, and differing from others in its upper bits too.
    fn hash(code: &str) -> u64 {
        let byte = u64::from(code.as_bytes()[0]);
        byte << 40 | byte
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
    fn what_changed_between_two_looks_did_not_move() {
        let mut moves = Moves::default();
        moves.judge(more(), &page(&[("a", 1), ("b", 2)]));
        moves.look();
        moves.judge(more(), &page(&[("a", 5), ("b", 2)]));
        assert_eq!(moves.judge(Next::End, &page(&[("c", 3)])), Next::End);
    }

    #[test]
    fn rows_on_one_shelf_and_with_like_hashes_are_told_apart() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut moves = Moves::default();
        let like = [(1 << 24, at(1)), (2 << 24, at(2)), (1 << 24 | 1, at(3))];
        assert_eq!(moves.judge(more(), &like), more());
        assert_eq!(moves.judge(Next::End, &[(3 << 24, at(4))]), Next::End);
        moves.judge(more(), &like);
        assert_eq!(moves.judge(Next::End, &[(2 << 24, at(5))]), Next::Again);
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

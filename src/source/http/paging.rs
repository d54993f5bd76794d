//! The way through a list, page by page.
//!
//! Owns: where the next page is and when the list ends. Positions are marks, written as text.
//! Never: asking.
//! Reads next: `request.rs`.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fill::Fill;
use crate::config::sources::http::template::Slot;
use crate::config::sources::http::{HttpListing, Paging};
use crate::source::Next;

/// How often a list is gone through again because its rows moved while it was read.
const SECOND_LOOKS: u32 = 1;

/// Where a pull stands in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    /// Of the list's description: a mark that was made by another one says nothing.
    list: u64,
    /// How often the whole list was read before.
    looks: u32,
    /// Pages and rows of it read so far.
    pages: u64,
    pub(super) rows: u64,
    /// A cursor, or the path of the next page.
    pub(super) to: Option<Value>,
    total: Option<u64>,
    /// The total changed meanwhile: rows went from pages not yet read to pages already read, or came between.
    moved: bool,
    /// Of the page before: how many rows it had, its first and its last.
    print: u64,
}

/// What a page says about the way.
pub(super) struct Found<'r> {
    pub(super) rows: &'r [Value],
    pub(super) total: Option<u64>,
    pub(super) leads_to: Option<Value>,
}

/// A way that does not lead through the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    #[error(
        "the same rows on its second page as on its first, though it speaks of {0}: \
         it may not know the parameters of `paging`"
    )]
    SamePage(u64),
    #[error("a link to the next page that leads back to the same one")]
    Circle,
}

impl Mark {
    /// The place that `position` speaks of; the list's beginning where it speaks of another list.
    pub(super) fn read(position: Option<&str>, listing: &HttpListing) -> Self {
        let list = print(&format!("{listing:?}"));
        let read = position.and_then(|text| serde_json::from_str::<Self>(text).ok());
        read.filter(|mark| mark.list == list).unwrap_or(Self {
            list,
            ..Self::default()
        })
    }

    /// What comes after the page that was found here.
    pub(super) fn after(&self, paging: &Paging, found: Found<'_>) -> Result<Next, Lost> {
        let next = self.advanced(&found);
        let is_same = self.pages > 0 && next.print == self.print;
        let is_empty = found.rows.is_empty();
        match paging {
            Paging::None => Ok(Next::End),
            Paging::Next { .. } | Paging::Link => match next.to {
                None => Ok(Next::End),
                Some(_) if is_same && is_empty => Ok(Next::End),
                Some(_) if is_same || next.to == self.to => Err(Lost::Circle),
                Some(_) => Ok(next.position()),
            },
            Paging::Cursor { .. } if next.to.is_none() || is_empty || is_same => Ok(Next::End),
            Paging::Cursor { .. } => Ok(next.position()),
            Paging::Page { .. } | Paging::Offset { .. } => self.counted(&next, is_same, is_empty),
        }
    }

    fn advanced(&self, found: &Found<'_>) -> Self {
        let both = self.total.zip(found.total);
        Self {
            pages: self.pages + 1,
            rows: self.rows + found.rows.len() as u64,
            to: found.leads_to.clone(),
            total: found.total,
            moved: self.moved || both.is_some_and(|(before, now)| before != now),
            print: print(&(found.rows.len(), found.rows.first(), found.rows.last())),
            ..self.clone()
        }
    }

    /// By numbers a list ends at its total, with an empty page, or where the last page comes again. A page that is
    /// merely short ends nothing: systems cap their pages, and leave out rows that are not for everybody.
    fn counted(&self, next: &Self, is_same: bool, is_empty: bool) -> Result<Next, Lost> {
        let more = next.total.filter(|total| self.rows < *total);
        if let Some(total) = more.filter(|_| is_same && !is_empty && self.pages == 1) {
            return Err(Lost::SamePage(total));
        }
        let is_all = next.total.is_some_and(|total| next.rows >= total);
        if !(is_empty || is_same || is_all) {
            return Ok(next.position());
        }
        Ok(match next.moved {
            false => Next::End,
            true if self.looks < SECOND_LOOKS => self.second_look().position(),
            true => Next::Unsettled,
        })
    }

    fn second_look(&self) -> Self {
        Self {
            list: self.list,
            looks: self.looks + 1,
            ..Self::default()
        }
    }

    fn position(&self) -> Next {
        serde_json::to_string(self).map_or(Next::Unsettled, Next::At)
    }

    /// The parameters that ask for the page at this mark, where they are named, and what fills its places.
    pub(super) fn asks(&self, paging: &Paging) -> (Vec<(String, String)>, Fill) {
        let mut asks = Asks::default();
        match paging {
            Paging::Page {
                page,
                size,
                rows,
                first,
            } => {
                asks.say(Slot::Page, page.as_ref(), self.pages + u64::from(*first));
                asks.say(Slot::Size, size.as_ref(), *rows);
            }
            Paging::Offset {
                offset,
                limit,
                rows,
            } => {
                asks.say(Slot::Offset, offset.as_ref(), self.rows);
                asks.say(Slot::Size, limit.as_ref(), *rows);
            }
            Paging::Cursor { parameter, .. } => {
                if let Some(cursor) = &self.to {
                    asks.say(Slot::Cursor, parameter.as_ref(), cursor.clone());
                }
            }
            Paging::Next { .. } | Paging::Link | Paging::None => {}
        }
        (asks.parameters, asks.fill)
    }
}

#[derive(Default)]
struct Asks {
    parameters: Vec<(String, String)>,
    fill: Fill,
}

impl Asks {
    fn say(&mut self, slot: Slot, name: Option<&String>, value: impl Into<Value>) {
        let value = value.into();
        if let Some(name) = name {
            let text = super::fill::shown(&value);
            self.parameters.push((name.clone(), text));
        }
        self.fill.put(slot, value);
    }
}

fn print<T: Hash + ?Sized>(what: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Paging = Paging::Page {
        page: None,
        size: None,
        rows: 2,
        first: 1,
    };

    /// Goes through a list whose pages have these rows and totals; the totals read by the marks, and how it ends.
    fn walk(paging: &Paging, pages: &[(&[u32], Option<u64>)]) -> Result<(usize, Next), Lost> {
        let mut mark = Mark::default();
        for (count, (rows, total)) in pages.iter().enumerate() {
            let rows: Vec<Value> = rows.iter().map(|row| Value::from(*row)).collect();
            let found = Found {
                rows: &rows,
                total: *total,
                leads_to: None,
            };
            match mark.after(paging, found)? {
                Next::At(position) => mark = serde_json::from_str(&position).unwrap(),
                end => return Ok((count + 1, end)),
            }
        }
        Ok((pages.len(), mark.position()))
    }

    #[test]
    fn a_numbered_list_ends_where_it_says_so() {
        let walk = |pages: &[(&[u32], Option<u64>)]| walk(&PAGE, pages);
        for (pages, ends, why) in [
            (
                &[(&[1, 2][..], Some(3)), (&[3][..], Some(3))][..],
                2,
                "at its total",
            ),
            (
                &[(&[1], None), (&[2, 3], None), (&[], None)],
                3,
                "with an empty page, not with a short one",
            ),
            (
                &[(&[1, 2], None), (&[3], None), (&[3], None)],
                3,
                "where the last page comes again",
            ),
            (
                &[(&[1, 2], Some(9)), (&[], Some(9))],
                2,
                "empty, whatever the total",
            ),
        ] {
            assert_eq!(walk(pages), Ok((ends, Next::End)), "{why}");
        }
        let same = walk(&[(&[1, 2], Some(9)), (&[1, 2], Some(9))]);
        assert_eq!(same, Err(Lost::SamePage(9)), "its parameters mean nothing");
    }

    #[test]
    fn a_total_that_moves_means_one_look_more_and_then_no_certainty() {
        let moved: [(&[u32], Option<u64>); 2] = [(&[1, 2], Some(4)), (&[4], Some(3))];
        let still: [(&[u32], Option<u64>); 2] = [(&[1, 2], Some(3)), (&[3], Some(3))];
        let twice = [moved, still].concat();
        assert_eq!(walk(&PAGE, &twice), Ok((4, Next::End)));
        let never = [moved, moved].concat();
        assert_eq!(walk(&PAGE, &never), Ok((4, Next::Unsettled)));
    }
}

//! `paging = { … }` of a pull.
//!
//! Owns: its keys, by its kind.
//! Never: going from page to page (`source::http`).
//! Reads next: `../../../source/http/paging.rs`.

use super::template::Slot;
use super::{Paging, Total, read};
use crate::config::reader::{Item, Table};
use crate::config::sources::places::pointer;

#[derive(Clone, Copy)]
enum Kind {
    Page,
    Offset,
    Next,
    Link,
    Cursor,
    None,
}

const KINDS: [(&str, Kind); 6] = [
    ("page", Kind::Page),
    ("offset", Kind::Offset),
    ("next", Kind::Next),
    ("link", Kind::Link),
    ("cursor", Kind::Cursor),
    ("none", Kind::None),
];

/// Rows asked for at a time.
const ROWS: u32 = 1000;

pub fn paging(table: &Table<'_>) -> Option<(Paging, Option<Total>)> {
    let Some(kind) = table.required("kind", |item| item.word(&KINDS)) else {
        table.pass_over();
        return None;
    };
    let paging = match kind {
        Kind::Page => by_page(table),
        Kind::Offset => by_offset(table),
        Kind::Next => {
            let next = table.required("next", pointer);
            next.map(|next| Paging::Next { next })
        }
        Kind::Link => Some(Paging::Link),
        Kind::Cursor => by_cursor(table),
        Kind::None => Some(Paging::None),
    };
    let total = total(table);
    Some((paging?, total?))
}

fn by_page(table: &Table<'_>) -> Option<Paging> {
    let page = table.maybe("page", Item::text);
    let size = table.maybe("size", Item::text);
    let rows = table.or("rows", ROWS, |item| item.count(1, 100_000));
    let first = table.or("first", 1, |item| item.count(0, 1));
    Some(Paging::Page {
        page: page?,
        size: size?,
        rows: rows?,
        first: first?,
    })
}

fn by_offset(table: &Table<'_>) -> Option<Paging> {
    let offset = table.maybe("offset", Item::text);
    let limit = table.maybe("limit", Item::text);
    let rows = table.or("rows", ROWS, |item| item.count(1, 100_000));
    Some(Paging::Offset {
        offset: offset?,
        limit: limit?,
        rows: rows?,
    })
}

fn by_cursor(table: &Table<'_>) -> Option<Paging> {
    let cursor = table.required("cursor", pointer);
    let parameter = table.maybe("parameter", Item::text);
    Some(Paging::Cursor {
        cursor: cursor?,
        parameter: parameter?,
    })
}

fn total(table: &Table<'_>) -> Option<Option<Total>> {
    if table.has("total") {
        let twice = "the total stands in one place: `total` stands here too";
        let refused = table.refuse("total_header", twice, "keep one of the two");
        let field = table.maybe("total", |item| pointer(item).map(Total::Field));
        return field.filter(|_| !refused);
    }
    let header = table.maybe("total_header", |item| read::header(item).map(Total::Header));
    if matches!(header, Some(None)) {
        return table.maybe("total", |item| pointer(item).map(Total::Field));
    }
    header
}

impl Paging {
    /// What changes from page to page.
    pub(super) fn slots(&self) -> &'static [Slot] {
        match self {
            Self::Page { .. } => &[Slot::Page, Slot::Size],
            Self::Offset { .. } => &[Slot::Offset, Slot::Size],
            Self::Cursor { .. } => &[Slot::Cursor],
            Self::Next { .. } | Self::Link | Self::None => &[],
        }
    }

    /// Whether the source says where the next page is.
    #[must_use]
    pub fn follows_links(&self) -> bool {
        matches!(self, Self::Next { .. } | Self::Link)
    }

    /// What asks for another page than the first, and the key that can name its parameter, if it names none.
    pub(super) fn unnamed(&self) -> Option<(Slot, &'static str)> {
        match self {
            Self::Page { page: None, .. } => Some((Slot::Page, "page")),
            Self::Offset { offset: None, .. } => Some((Slot::Offset, "offset")),
            Self::Cursor {
                parameter: None, ..
            } => Some((Slot::Cursor, "parameter")),
            _ => None,
        }
    }
}

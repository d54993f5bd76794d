//! `config/sources/*.toml`: one remote system a file, and how its rows become records.
//!
//! Owns: the typed form of what every kind of source has: lists, fields, freshness.
//! Never: fetching or mapping (`source`); what only one kind has (`sources/http.rs`).
//! Reads next: `sources/http.rs`, `sources/read.rs`.
//!
//! A new kind is a file beside `sources/http.rs` and an arm in `Access` and `Listing`.

pub mod drop;
pub mod edxml;
mod fields;
pub mod http;
mod kinds;
mod places;
mod read;

pub use drop::{FileForm, TextEncoding};
pub use kinds::{DOSSIER_FIELDS, DOSSIERS, Marks, STATED_FIELDS};
pub use read::{FOLDER, source};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::ratio::Percent;
use crate::domain::record::Value;

/// One remote system.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's stem: `one-stop-shop`.
    pub name: String,
    pub title: String,
    /// A pull that finished longer ago than this makes the source stale.
    pub expect_within: Duration,
    /// What kind of system it is, and how it is reached.
    pub access: Access,
    pub pulls: Vec<Pull>,
    /// Totals the source states about itself, kept for reconciliation.
    pub stated: Vec<Stated>,
    /// Everything is asked for again after this long; `None`: only on demand.
    pub resync: Option<Duration>,
    /// How one dossier is asked for its applicant; `None`: it cannot be.
    pub applicant: Option<Box<http::AskApplicant>>,
}

/// How a system is reached: `kind` in its file, `http` if that says nothing.
#[derive(Clone, Debug)]
pub enum Access {
    Http(Box<http::HttpAccess>),
    Drop(drop::DropAccess),
    Edxml(edxml::EdxmlAccess),
}

impl Access {
    /// How its endpoint is asked, where it has one.
    #[must_use]
    pub fn http(&self) -> Option<&http::HttpAccess> {
        match self {
            Self::Http(access) => Some(access),
            Self::Edxml(access) => access.endpoint(),
            Self::Drop(_) => None,
        }
    }

    fn edxml(&self) -> Option<&edxml::EdxmlAccess> {
        match self {
            Self::Edxml(access) => Some(access),
            Self::Http(_) | Self::Drop(_) => None,
        }
    }
}

/// One list of records.
#[derive(Clone, Debug)]
pub struct Pull {
    /// `dossiers` or a register's name.
    pub records: String,
    /// Where the list stands in its system, and how it is read there.
    pub listing: Listing,
    /// How to ask for changed rows only; `None`: every pull reads all.
    pub since: Option<Since>,
    pub fields: BTreeMap<String, Field>,
    /// Places in the row whose values are never stored and never appear in quarantine.
    pub personal: Vec<String>,
    /// The share by which the number of rows may change from one reading of everything to the next; `None`: any.
    pub expect_change: Option<Percent>,
}

/// A list, by the kind of its source.
#[derive(Clone, Debug)]
pub enum Listing {
    Http(Box<http::HttpListing>),
    Drop(drop::DropListing),
    Edxml(edxml::EdxmlListing),
}

#[derive(Clone, Debug)]
pub struct Since {
    /// Name of the parameter; `None`: the request says `{since}` itself.
    pub parameter: Option<String>,
    /// chrono format of the moment, in the site's zone.
    pub format: String,
    /// The mapped field, a moment, that says when a row last changed: `updated_at`.
    pub field: String,
    /// Asked again, so that a row written while we read is not missed.
    pub overlap: Duration,
}

/// Where a field's value comes from and what it is.
#[derive(Clone, Debug)]
pub struct Field {
    /// Places in the row, of which the first with a value wins: JSON Pointers (`/MaHoSo`; the index `last` is an
    /// array's last element), JSON Paths (`$.a[?@.b == 1].c`), or names of columns in a kind that has columns,
    /// of headers in one that has messages.
    /// Empty: the value is always the default.
    pub from: Vec<String>,
    /// Used when the row has no value.
    pub default: Option<Value>,
    pub kind: FieldKind,
    pub required: bool,
    /// Words of the source (compared folded) to our values; a word that is not among them is a reject.
    /// Empty: the source's own value is taken.
    pub codes: BTreeMap<String, Value>,
    /// How its numbers are written.
    pub marks: Marks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    /// Kept as text with a full stop: `99.67`.
    Decimal,
    /// As a decimal; its sign is dropped.
    Percent,
    Flag,
    /// An instant; chrono formats tried in order, in the site's zone; a format without a time means
    /// `rules.due_time` for a due date and the day's start otherwise.
    Moment {
        formats: Vec<String>,
    },
    Day {
        formats: Vec<String>,
    },
    Unit,
}

/// Figures that the source states about a level in the period (form II.06), in the words of `domain::form_ii06`.
#[derive(Clone, Debug)]
pub struct Stated {
    pub report: Report,
    pub fields: BTreeMap<String, Field>,
    /// What is counted may differ by this much of what was received before it is unknown.
    pub tolerance: Percent,
}

/// A report of stated figures, by the kind of its source.
#[derive(Clone, Debug)]
pub enum Report {
    Http(http::HttpReport),
}

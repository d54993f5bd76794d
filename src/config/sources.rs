//! `config/sources/*.toml`: one remote system a file, and how its rows become records.
//!
//! Owns: the typed form of a source's file.
//! Never: fetching or mapping (`source`).
//! Reads next: `sources/read.rs`, `source/http.rs`.

mod drop;
mod fields;
mod kinds;
mod read;

pub use drop::{DropAccess, DropListing, FileForm, TextEncoding};
pub use kinds::{DOSSIER_FIELDS, DOSSIERS, Marks, STATED_FIELDS};
pub use read::{FOLDER, source};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::record::Value;

/// One remote system.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's stem: `one-stop-shop`.
    pub name: String,
    pub title: String,
    /// Name in `[endpoints]` of the settings.
    pub endpoint: String,
    pub sign_in: SignIn,
    /// A pull that finished longer ago than this makes the source stale.
    pub expect_within: Duration,
    pub timeout: Duration,
    /// Attempts for one request (connection failures, 429 and 5xx), with exponential back-off.
    pub attempts: u32,
    pub pulls: Vec<Pull>,
    /// Totals the source states about itself, kept for reconciliation.
    pub stated: Vec<Stated>,
}

#[derive(Clone, Debug)]
pub enum SignIn {
    None,
    /// OAuth 2 client credentials: `POST token_path`, Basic id:secret.
    ClientCredentials {
        token_path: String,
        credential: String,
    },
}

/// One list of records.
#[derive(Clone, Debug)]
pub struct Pull {
    /// `dossiers` or a register's name.
    pub records: String,
    /// Appended to the endpoint's address.
    pub path: String,
    /// JSON Pointer to the array of rows; empty where the body itself is the array.
    pub rows: String,
    /// A field in the body that says whether the request succeeded.
    pub success: Option<Success>,
    pub paging: Paging,
    /// How to ask for changed rows only; `None`: every pull reads all.
    pub since: Option<Since>,
    pub fields: BTreeMap<String, Field>,
    /// Source fields whose values never appear in quarantine, by JSON Pointer.
    pub personal: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Success {
    /// JSON Pointer in the body.
    pub field: String,
    pub any_of: Vec<String>,
}

/// Page names and size; `total` is a JSON Pointer to the number of rows stated by the source.
#[derive(Clone, Debug)]
pub enum Paging {
    /// 1-based page number.
    Page {
        page: String,
        size: String,
        rows: u32,
        total: Option<String>,
    },
    /// Rows to skip and rows to take.
    Offset {
        offset: String,
        limit: String,
        rows: u32,
        total: Option<String>,
    },
}

#[derive(Clone, Debug)]
pub struct Since {
    pub parameter: String,
    /// chrono format of the parameter, in the site's zone.
    pub format: String,
    /// The mapped field, a moment, that says when a row last changed: `updated_at`.
    pub field: String,
    /// Asked again, so that a row written while we read is not missed.
    pub overlap: Duration,
}

/// Where a field's value comes from and what it is.
#[derive(Clone, Debug)]
pub struct Field {
    /// JSON Pointers in the row, of which the first with a value wins; the index `last` means an array's
    /// last element. Empty: the value is always the default.
    pub from: Vec<String>,
    /// Used when the row has no value.
    pub default: Option<Value>,
    pub kind: FieldKind,
    pub required: bool,
    /// Words of the source (compared without case) to our values; a word that is not among them is a reject.
    /// Empty: the source's own value is taken.
    pub codes: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
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
    pub path: String,
    pub rows: String,
    /// Name of the parameter with the first day of the period.
    pub from: String,
    /// Name of the parameter with its last day.
    pub to: String,
    /// chrono format of both.
    pub day_format: String,
    pub fields: BTreeMap<String, Field>,
}

//! Remote systems: fetching their rows and making records of them. Sources are only read.
//!
//! Owns: the one narrow way to all kinds of source; what can go wrong there and whether trying again may help.
//! Never: storing, a clock.
//! Reads next: `http.rs`, `drop.rs`, `edxml.rs` (fetching), `mapping.rs` (rows to records).
//!
//! A new kind of system is a file here and an arm in `Connection`, beside those of `config::sources`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::config::sources::http::AskApplicant;
use crate::config::sources::{Pull, Stated};
use crate::domain::applicant::Applicant;
use crate::domain::period::Period;

pub mod drop;
pub mod edxml;
pub mod export;
pub mod http;
pub mod infer;
pub mod mapping;
mod moment;
mod spot;
mod unit;
mod value;

/// A source opened for a run.
#[derive(Debug)]
pub enum Connection<'a> {
    Http(http::Connection<'a>),
    Drop(Box<drop::Connection<'a>>),
    Edxml(Box<edxml::Connection<'a>>),
}

/// What is asked of a list: its next page.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub pull: &'a Pull,
    /// Rows changed since; `None`: all.
    pub since: Option<DateTime<Utc>>,
    /// Where the page before ended; `None`: at the beginning.
    pub position: Option<&'a str>,
    pub now: DateTime<Utc>,
}

/// Rows of one page as they came.
#[derive(Debug)]
pub struct RawPage {
    pub rows: Vec<Value>,
    /// The place of the first row in the whole list.
    pub first: u64,
    /// How many rows the source says there are.
    pub total: Option<u64>,
    pub next: Next,
    pub origin: Origin,
}

/// What a page was taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A system that was asked: it tells of now.
    System,
    /// A file: it tells of the day when it was made.
    File(drop::FileOrigin),
    /// Messages: they tell of the time until the newest of them.
    Messages(edxml::Post),
    /// No file was there: nothing is known that was not known before.
    Nothing,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another page, at this position: text that only the kind of the source understands, good for a later run too.
    At(String),
    /// The first page once more: rows moved while they were read.
    Again,
    /// Nothing: every row was read.
    End,
    /// Nothing, but rows moved while they were read: one may have been missed.
    Unsettled,
}

impl Origin {
    /// The file that ends with the page.
    #[must_use]
    pub fn file_end(&self) -> Option<&drop::FileEnd> {
        match self {
            Self::File(file) => file.ended.as_ref(),
            Self::System | Self::Messages(_) | Self::Nothing => None,
        }
    }
}

impl RawPage {
    fn nothing() -> Self {
        Self {
            rows: Vec::new(),
            first: 0,
            total: None,
            next: Next::End,
            origin: Origin::Nothing,
        }
    }
}

impl Connection<'_> {
    /// Fetches the next page of a pull.
    ///
    /// # Errors
    /// When the source cannot be read even after its attempts.
    pub async fn page(&mut self, ask: &Ask<'_>) -> Result<RawPage, SourceError> {
        match self {
            Self::Http(connection) => connection.page(ask).await,
            Self::Drop(connection) => connection.page(ask).await,
            Self::Edxml(connection) => connection.page(ask).await,
        }
    }

    /// What would be asked for, in words for people, without secrets.
    ///
    /// # Errors
    /// When the settings do not lead to a request.
    pub fn shown(&self, ask: &Ask<'_>) -> Result<String, SourceError> {
        match self {
            Self::Http(connection) => connection.shown(ask),
            Self::Drop(connection) => Ok(connection.shown(ask)),
            Self::Edxml(connection) => connection.shown(ask),
        }
    }

    /// Fetches the figures that the source states about itself for `period`.
    ///
    /// # Errors
    /// When the source cannot be read even after its attempts.
    pub async fn stated(
        &mut self,
        stated: &Stated,
        period: Period,
        now: DateTime<Utc>,
    ) -> Result<Vec<Value>, SourceError> {
        match self {
            Self::Http(connection) => connection.stated(stated, period, now).await,
            Self::Drop(_) | Self::Edxml(_) => Err(SourceError::Settings(
                "a source of this kind states no figures".to_owned(),
            )),
        }
    }
}

impl Connection<'_> {
    /// The name of whoever handed a dossier in. It is for a draft, and kept nowhere.
    ///
    /// # Errors
    /// When the source cannot be asked, or answers something else.
    pub async fn applicant(
        &mut self,
        how: &AskApplicant,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Applicant, SourceError> {
        match self {
            Self::Http(connection) => connection.applicant(how, code, now).await,
            Self::Drop(_) | Self::Edxml(_) => Err(SourceError::Settings(
                "a source of this kind cannot be asked for one dossier".to_owned(),
            )),
        }
    }
}

/// Why a source could not be read. Messages name the address, never a token or a row.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{url} cannot be reached: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("{url} answered {status}")]
    Status {
        url: String,
        status: u16,
        retry_after: Option<Duration>,
    },
    #[error("{url} refused to sign us in ({said}): check the credential `{credential}`")]
    SignIn {
        url: String,
        /// Its status, or the word for it in the body.
        said: String,
        credential: String,
    },
    #[error("{url} answered with a body of more than {limit} bytes")]
    TooLarge { url: String, limit: u64 },
    #[error("{url} answered something else than expected: {what}")]
    Body { url: String, what: String },
    #[error("{folder} cannot be used: {cause}")]
    Folder {
        folder: String,
        cause: std::io::Error,
    },
    #[error("{name}: {fault}")]
    File {
        name: String,
        fault: Box<export::ExportFault>,
    },
    #[error("{url} answered, but `{field}` says `{said}`, not success")]
    NoSuccess {
        url: String,
        field: String,
        said: String,
    },
    #[error("{url} leads to another host, `{host}`: that is not followed")]
    Elsewhere { url: String, host: String },
    #[error("{0}")]
    Settings(String),
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After this long, where the source said so.
    Later(Option<Duration>),
    Never,
}

impl SourceError {
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } | Self::Folder { .. } => Retry::Later(None),
            Self::File { fault, .. } if fault.may_pass() => Retry::Later(None),
            Self::Status {
                status: 408 | 425 | 429 | 500..=599,
                retry_after,
                ..
            } => Retry::Later(*retry_after),
            Self::Status { .. }
            | Self::SignIn { .. }
            | Self::TooLarge { .. }
            | Self::Body { .. }
            | Self::File { .. }
            | Self::NoSuccess { .. }
            | Self::Elsewhere { .. }
            | Self::Settings(_) => Retry::Never,
        }
    }
}

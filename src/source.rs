//! Remote systems: fetching their rows and making records of them. Sources are only read.
//!
//! Owns: what can go wrong at this border and whether trying again may help.
//! Never: storing, a clock.
//! Reads next: `http.rs` (fetching), `mapping.rs` (rows to records).
//!
//! A new kind of system is a file here and an arm where `config::sources` tells the kinds apart.

use std::time::Duration;

mod export;
pub mod http;
pub mod mapping;
mod moment;
mod pointer;
mod unit;
mod value;

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
    #[error("{url} refused to sign us in ({status}): check the credential `{credential}`")]
    SignIn {
        url: String,
        status: u16,
        credential: String,
    },
    #[error("{url} answered with a body of more than {limit} bytes")]
    TooLarge { url: String, limit: usize },
    #[error("{url} answered something else than expected: {what}")]
    Body { url: String, what: String },
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
            Self::Unreachable { .. } => Retry::Later(None),
            Self::Status {
                status: 408 | 425 | 429 | 500..=599,
                retry_after,
                ..
            } => Retry::Later(*retry_after),
            Self::Status { .. }
            | Self::SignIn { .. }
            | Self::TooLarge { .. }
            | Self::Body { .. }
            | Self::Settings(_) => Retry::Never,
        }
    }
}

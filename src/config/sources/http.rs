//! Sources of the kind `http`: systems that answer requests with JSON.
//!
//! Owns: the typed form of what only this kind has.
//! Never: asking (`source::http`).
//! Reads next: `http/read.rs`.

pub mod read;

use std::time::Duration;

/// How the system is reached.
#[derive(Clone, Debug)]
pub struct HttpAccess {
    /// Name in `[endpoints]` of the settings.
    pub endpoint: String,
    pub sign_in: SignIn,
    pub timeout: Duration,
    /// Attempts for one request (connection failures, 429 and 5xx), with exponential back-off.
    pub attempts: u32,
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

/// A list of rows behind a path.
#[derive(Clone, Debug)]
pub struct HttpListing {
    /// Appended to the endpoint's address.
    pub path: String,
    /// JSON Pointer to the array of rows, empty where the body itself is the array; or a JSON Path to every row.
    pub rows: String,
    /// A field in the body that says whether the request succeeded.
    pub success: Option<Success>,
    pub paging: Paging,
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

/// A report about a period.
#[derive(Clone, Debug)]
pub struct HttpReport {
    pub path: String,
    pub rows: String,
    /// Name of the parameter with the first day of the period.
    pub from: String,
    /// Name of the parameter with its last day.
    pub to: String,
    /// chrono format of both.
    pub day_format: String,
}

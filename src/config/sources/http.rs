//! Sources of the kind `http`: systems that answer requests with JSON.
//!
//! Owns: the typed form of what only this kind has.
//! Never: asking (`source::http`).
//! Reads next: `http/read.rs`, `http/template.rs`.

mod limits;
mod paging;
pub mod read;
mod request;
mod sign_in;
pub mod template;

use std::time::Duration;

use self::template::{Text, Tree};

/// How the system is reached.
#[derive(Clone, Debug)]
pub struct HttpAccess {
    /// Name in `[endpoints]` of the settings.
    pub endpoint: String,
    pub sign_in: SignIn,
    pub timeout: Duration,
    /// Attempts for one request (connection failures, 429 and 5xx), with exponential back-off.
    pub attempts: u32,
    /// The time from one request to the next, at least; `None`: no limit.
    pub pace: Option<Duration>,
    /// Bytes of an answer, unpacked: a larger one is refused.
    pub max_body: u64,
    /// Sent with every request for rows.
    pub headers: Vec<(String, Text)>,
    pub query: Vec<(String, Text)>,
}

#[derive(Clone, Debug)]
pub enum SignIn {
    None,
    Basic {
        credential: String,
    },
    /// The credential's secret is a token that does not change.
    Bearer {
        credential: String,
        /// The header that holds nothing but the token; `None`: `Authorization: Bearer`.
        header: Option<String>,
    },
    /// OAuth 2 client credentials: `POST token_path`, Basic id:secret.
    ClientCredentials {
        token_path: String,
        credential: String,
        scope: Option<String>,
    },
    /// `POST path` with id and secret gives a session, which requests send where they say `{session}`.
    Session {
        path: String,
        credential: String,
        body: Tree,
        /// Where the answer has the session.
        session: String,
        success: Option<Success>,
    },
}

impl SignIn {
    /// Its name of `[credentials]` in the settings.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic { credential }
            | Self::Bearer { credential, .. }
            | Self::ClientCredentials { credential, .. }
            | Self::Session { credential, .. } => Some(credential),
        }
    }
}

/// A list of rows behind a path.
#[derive(Clone, Debug)]
pub struct HttpListing {
    pub request: Request,
    /// JSON Pointer to the array of rows, empty where the body itself is the array; or a JSON Path to every row.
    pub rows: String,
    /// A field in the body that says whether the request succeeded.
    pub success: Option<Success>,
    pub paging: Paging,
    pub total: Option<Total>,
}

/// What is asked, with places for what changes from page to page.
#[derive(Clone, Debug)]
pub struct Request {
    /// Appended to the endpoint's address.
    pub path: String,
    pub method: Method,
    pub query: Vec<(String, Text)>,
    pub headers: Vec<(String, Text)>,
    pub body: Option<Body>,
}

/// What is asked for one thing of a list, with a place for its name.
#[derive(Clone, Debug)]
pub struct OneRequest {
    /// `/messages/{id}`, in place of the request's own.
    pub path: Text,
    pub request: Request,
}

/// How one dossier is asked for the name of whoever handed it in.
#[derive(Clone, Debug)]
pub struct AskApplicant {
    pub request: OneRequest,
    pub success: Option<Success>,
    /// Where the answer has the dossier's code: it must be the one that was asked for.
    pub code: String,
    /// Where the answer has the name.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

#[derive(Clone, Debug)]
pub enum Body {
    Json(Tree),
    Form(Vec<(String, Text)>),
}

#[derive(Clone, Debug)]
pub struct Success {
    /// JSON Pointer in the body.
    pub field: String,
    pub any_of: Vec<String>,
}

/// How one comes from page to page. A name that is `None` is not sent: the request says `{page}` and the like itself.
#[derive(Clone, Debug)]
pub enum Paging {
    /// Number of the page and its size.
    Page {
        page: Option<String>,
        size: Option<String>,
        rows: u32,
        /// Number of the first page: 0 or 1.
        first: u32,
    },
    /// Rows to skip and rows to take.
    Offset {
        offset: Option<String>,
        limit: Option<String>,
        rows: u32,
    },
    /// A field of the body has the address of the next page.
    Next { next: String },
    /// The header `Link: <…>; rel="next"` has it.
    Link,
    /// A field of the body has what to ask the next page with.
    Cursor {
        cursor: String,
        parameter: Option<String>,
    },
    /// Everything comes at once.
    None,
}

/// Where the number of all rows stands.
#[derive(Clone, Debug)]
pub enum Total {
    /// A place in the body.
    Field(String),
    Header(String),
}

/// A report about a period.
#[derive(Clone, Debug)]
pub struct HttpReport {
    pub request: Request,
    pub rows: String,
    pub success: Option<Success>,
    /// Name of the parameter with the first day of the period; `None`: the request says `{from}` itself.
    pub from: Option<String>,
    /// Name of the parameter with its last day.
    pub to: Option<String>,
    /// chrono format of both.
    pub day_format: String,
}

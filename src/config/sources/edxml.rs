//! A source of document exchange: messages in edXML.
//!
//! Owns: the typed form of its keys, and the names of what a document has.
//! Never: reading a message (`source::edxml`).
//! Reads next: `edxml/read.rs`.

pub mod read;

use std::path::PathBuf;
use std::time::Duration;

use super::http::{HttpAccess, HttpListing, OneRequest};

/// How messages are reached, and whose they are.
#[derive(Clone, Debug)]
pub struct EdxmlAccess {
    pub reach: Reach,
    /// Identifiers of our organisations, the level-1 code first; what stands below one is ours too.
    pub own: Vec<String>,
}

/// Where messages come from.
#[derive(Clone, Debug)]
pub enum Reach {
    Folder(FolderAccess),
    /// A system that lists them and gives each.
    Endpoint(Box<HttpAccess>),
}

/// Where messages lie.
#[derive(Clone, Debug)]
pub struct FolderAccess {
    /// Relative to the site's folder; a maildir where it has `cur` and `new`.
    pub folder: PathBuf,
    /// A file is complete when it has not changed for so long.
    pub settle: Duration,
    pub done: Done,
}

/// What becomes of a message that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It stays as it is: others read it too.
    Leave,
    /// To `done/DAY`, when what it says is stored.
    Move,
}

/// Which messages there are.
#[derive(Clone, Debug)]
pub enum EdxmlListing {
    /// Patterns of the names of a folder's files.
    Files(Vec<String>),
    Asked(Box<Asked>),
}

/// Messages that are asked for: which there are, and then each.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its rows name messages.
    pub list: HttpListing,
    /// Where a row has the message's name.
    pub id: String,
    pub get: Get,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Get {
    pub request: OneRequest,
    /// JSON Pointer to the message, as it is or in base64; `None`: the body is the message.
    pub content: Option<String>,
}

/// What a document has: names of the standard, and what all messages about it tell together.
pub const HEADERS: [&str; 21] = [
    "Record",
    "DocumentId",
    "Number",
    "CodeNumber",
    "CodeNotation",
    "Place",
    "PromulgationDate",
    "Type",
    "TypeName",
    "DueDate",
    "Priority",
    "SteeringType",
    "BussinessDocType",
    "From",
    "To",
    "ResponseFor",
    "Own",
    "Direction",
    "Standing",
    "StatusCode",
    "StatusAt",
];

/// How the standard writes days and times.
pub const FORMATS: [&str; 2] = ["%Y/%m/%d", "%Y/%m/%d %H:%M:%S"];

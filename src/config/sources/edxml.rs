//! A source of document exchange: messages in edXML.
//!
//! Owns: the typed form of its keys, and the names of what a document has.
//! Never: reading a message (`source::edxml`).
//! Reads next: `edxml/read.rs`.

pub mod read;

use std::path::PathBuf;
use std::time::Duration;

/// Where messages lie, and whose they are.
#[derive(Clone, Debug)]
pub struct EdxmlAccess {
    /// Relative to the site's folder; a maildir where it has `cur` and `new`.
    pub folder: PathBuf,
    /// A file is complete when it has not changed for so long.
    pub settle: Duration,
    pub done: Done,
    /// Identifiers of our organisations, the level-1 code first; what stands below one is ours too.
    pub own: Vec<String>,
}

/// What becomes of a message that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It stays as it is: others read it too.
    Leave,
    /// To `done/DAY`, when what it says is stored.
    Move,
}

/// Which files of the folder are messages.
#[derive(Clone, Debug)]
pub struct EdxmlListing {
    pub files: Vec<String>,
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

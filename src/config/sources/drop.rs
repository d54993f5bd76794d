//! A source that is a folder into which exports are dropped.
//!
//! Owns: the typed form of its keys.
//! Never: looking into the folder (`source::drop`).
//! Reads next: `drop/read.rs`.

pub mod read;

use std::path::PathBuf;
use std::time::Duration;

/// Where exports are dropped.
#[derive(Clone, Debug)]
pub struct DropAccess {
    /// Relative to the site's folder.
    pub folder: PathBuf,
    /// A file is complete when it has not changed for so long.
    pub settle: Duration,
}

/// Which files of the folder give a list, and how they are read.
#[derive(Clone, Debug)]
pub struct DropListing {
    /// Patterns of file names: `ho-so-*.xlsx`.
    pub files: Vec<String>,
    /// Each file is the whole list: what it does not hold is gone.
    pub whole: bool,
    pub form: FileForm,
}

/// What a file cannot say about itself; all of it may be left out.
#[derive(Clone, Debug, Default)]
pub struct FileForm {
    pub sheet: Option<String>,
    pub encoding: Option<TextEncoding>,
    pub separator: Option<char>,
    /// The row in which the heading begins, from 1.
    pub header: Option<u32>,
}

/// The encodings of text files met in offices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// What Excel writes as "CSV" on a Vietnamese Windows.
    Windows1258,
}

impl TextEncoding {
    pub const ALL: [(&'static str, Self); 4] = [
        ("utf-8", Self::Utf8),
        ("utf-16le", Self::Utf16Le),
        ("utf-16be", Self::Utf16Be),
        ("windows-1258", Self::Windows1258),
    ];
}

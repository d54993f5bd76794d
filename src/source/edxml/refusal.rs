//! Why a message is not read. No word of it is repeated but names of elements, days and codes.
//!
//! Owns: the words.
//! Never: deciding.
//! Reads next: `header.rs`.

use super::sieve::{MOST, TEXT};

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(
        "it has a document type declaration, which may define entities without end: that is not read"
    )]
    Doctype,
    #[error("its header is larger than {most} bytes", most = MOST)]
    TooMuch,
    #[error("a tag does not end within 16 KiB")]
    LongTag,
    #[error("the value of `{0}` is longer than {most} bytes", most = TEXT)]
    LongValue(String),
    #[error("its elements are nested more than {0} deep")]
    TooDeep(usize),
    #[error("it is a mail of more than {0} MiB: those are not opened")]
    LargeMail(u64),
    #[error("it looks like a mail, but cannot be read as one")]
    NoMail,
    #[error("it is a mail without a message: no part of it is edXML")]
    NoMessage,
    #[error("it is no JSON")]
    NotJson,
    #[error("it is no base64")]
    NotBase64,
    #[error("it is empty")]
    Empty,
    #[error("it is no XML: it begins with something else than `<`")]
    NotXml,
    #[error("it is not written in UTF-8")]
    NotUtf8,
    #[error("it is cut off: its header does not end")]
    Truncated,
    #[error("it is no XML at byte {at}: {cause}")]
    Broken { at: u64, cause: String },
    #[error("`&{0};` is an entity that XML does not know: entities are not expanded")]
    Entity(String),
    #[error(
        "it is neither a document nor a status: no `MessageHeader` and no `StatusCode` is in it"
    )]
    Neither,
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("{element} `{said}` is not a time of the form 2020/06/01 07:30:00")]
    Time { element: &'static str, said: String },
    #[error("StatusCode `{0}` is not a number of two digits")]
    StatusCode(String),
}

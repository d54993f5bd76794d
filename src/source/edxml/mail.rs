//! Messages in the parts of a mail.
//!
//! Owns: which files are mails, which parts of one are messages, and how large a mail may be.
//! Never: senders, subjects and texts of mails: they are read past.
//! Reads next: `sieve.rs`.

use std::fs;
use std::io;

use chrono::NaiveDateTime;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::folder::Letterbox;
use super::refusal::Refusal;
use super::sieve::Sieve;
use super::{Arrived, hash};

/// A mail is held whole while it is read.
const LARGEST: u64 = 64 << 20;
/// Mails within mails.
const DEEPEST: usize = 4;

/// Whether a file that begins so is a mail: its first line is a header.
pub(super) fn is_one(beginning: &[u8]) -> bool {
    let beginning = beginning.strip_prefix(b"From ").map_or(beginning, |rest| {
        // The line by which an archive of mails begins.
        let line = rest.iter().position(|byte| *byte == b'\n');
        line.map_or(rest, |end| &rest[end + 1..])
    });
    let name = beginning.split(|byte| *byte == b':').next();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let has_colon = |name: &[u8]| name.len() < beginning.len();
    name.is_some_and(|name| !name.is_empty() && has_colon(name) && name.iter().all(is_letter))
}

/// The messages of a mail, each by itself: a bad one takes none of the others with it.
pub(super) fn messages(file: &Letterbox, made: NaiveDateTime) -> io::Result<Vec<Arrived>> {
    let refused = |refusal| {
        let hash = hash(file.stamp.name.as_bytes());
        vec![Arrived::new(file.stamp.clone(), hash, Err(refusal), made)]
    };
    if file.stamp.size > LARGEST {
        return Ok(refused(Refusal::LargeMail(LARGEST >> 20)));
    }
    let bytes = fs::read(&file.path)?;
    let Some(mail) = MessageParser::default().parse(&bytes) else {
        return Ok(refused(Refusal::NoMail));
    };
    let mut parts = Vec::new();
    gather(&mail, 0, &mut parts);
    if parts.is_empty() {
        return Ok(refused(Refusal::NoMessage));
    }
    // Its name might tell of people.
    let read = (1..).zip(parts).map(|(number, bytes)| Arrived {
        part: format!("part {number}"),
        ..arrived(file, &bytes, made)
    });
    Ok(read.collect())
}

/// The parts that should be messages.
fn gather(mail: &Message<'_>, depth: usize, parts: &mut Vec<Vec<u8>>) {
    for part in &mail.parts {
        match &part.body {
            PartType::Message(inner) if depth < DEEPEST => gather(inner, depth + 1, parts),
            PartType::Multipart(_) | PartType::Message(_) => {}
            _ if is_message(part) => parts.push(part.contents().to_vec()),
            _ => {}
        }
    }
}

/// By its name or its type; where neither tells, by what it begins with.
fn is_message(part: &MessagePart<'_>) -> bool {
    let name = part.attachment_name().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let subtype = part.content_type().and_then(|kind| kind.subtype());
    let subtype = subtype.unwrap_or_default().to_ascii_lowercase();
    let is_named = [".edxml", ".xml"].iter().any(|end| name.ends_with(end));
    let is_typed =
        ["xml", "edxml", "x-edxml"].contains(&subtype.as_str()) || subtype.ends_with("+xml");
    let begins = part.contents().trim_ascii_start();
    is_named || is_typed || begins.starts_with(b"<?xml") || begins.starts_with(b"<edXML")
}

fn arrived(file: &Letterbox, bytes: &[u8], made: NaiveDateTime) -> Arrived {
    let mut sieve = Sieve::default();
    let stamp = file.stamp.clone();
    if let Err(refusal) = sieve.take(bytes) {
        return Arrived::new(stamp, hash(bytes), Err(refusal), made);
    }
    let (kept, ended) = sieve.finish();
    let hash = hash(&kept);
    Arrived::new(stamp, hash, Ok((kept, ended)), made)
}

//! A rendered mail as the bytes that travel: headers, a text part and an HTML part.
//!
//! Owns: every header of our mails; the same input gives the same bytes.
//! Never: the clock (the date is an argument), a random boundary, a line break inside a header.
//! Reads next: `transport.rs`.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest as _, Sha256};

use crate::config::organisation::Address;

use super::render::Rendered;

/// Everything about a message that is not its content.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// `Đôn đốc <dondoc@longbien.example>`
    pub from: &'a str,
    pub reply_to: Option<&'a str>,
    pub to: &'a Address,
    /// The post, shown as the recipient's name: `Chủ tịch UBND phường Ngọc Thụy`.
    pub to_title: &'a str,
    /// From [`message_id`], without angle brackets.
    pub message_id: &'a str,
    pub date: DateTime<FixedOffset>,
    pub kind: Kind,
    /// Message-ID of the mail that this one reminds of, without angle brackets.
    pub references: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Alert,
    /// A periodic letter to a list: carries List-Id and List-Unsubscribe.
    Digest,
}

/// A message that cannot be made; trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("`{0}` is not a mail address (write `Name <name@domain>`, ASCII in the address)")]
    Sender(String),
    #[error("{0} is not a mail address")]
    Recipient(Address),
    #[error("`{0}` is not a Message-ID")]
    MessageId(String),
    #[error("the message cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
}

/// The Message-ID for a dedupe key: the same key is the same mail, which relays and stores recognise.
#[must_use]
pub fn message_id(key: &str, domain: &str) -> String {
    format!("{}@{domain}", hex(key.as_bytes(), 32))
}

/// The bare address and its domain of a sender such as `Đôn đốc <dondoc@longbien.example>`.
///
/// # Errors
/// When it is not a mailbox, or its address is not ASCII.
pub fn sender(from: &str) -> Result<Address, ComposeError> {
    mailbox(from).map(|mailbox| Address::new(mailbox.email.to_string()))
}

/// The message's bytes, CRLF throughout.
///
/// # Errors
/// When an address or the Message-ID is malformed.
pub fn compose(rendered: &Rendered, envelope: &Envelope<'_>) -> Result<Vec<u8>, ComposeError> {
    let from = mailbox(envelope.from)?;
    let reply_to = envelope.reply_to.map(mailbox).transpose()?;
    let answers = reply_to.as_ref().unwrap_or(&from).email.clone();
    let mut builder = Message::builder()
        .raw_header(raw(
            "Date",
            envelope.date.format("%a, %d %b %Y %H:%M:%S %z").to_string(),
        ))
        .message_id(Some(bracketed(envelope.message_id)?))
        .to(recipient(envelope)?)
        .subject(one_line(&rendered.subject))
        .raw_header(raw("Auto-Submitted", "auto-generated".into()))
        .raw_header(raw(
            "X-Auto-Response-Suppress",
            "OOF, AutoReply, RN, NRN".into(),
        ));
    if let Some(earlier) = envelope.references {
        let earlier = bracketed(earlier)?;
        builder = builder.in_reply_to(earlier.clone()).references(earlier);
    }
    if envelope.kind == Kind::Digest {
        builder = list_headers(builder, &from, &answers);
    }
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to);
    }
    Ok(builder
        .from(from)
        .multipart(body(rendered, envelope.message_id))?
        .formatted())
}

fn list_headers(
    builder: MessageBuilder,
    from: &Mailbox,
    answers: &lettre::Address,
) -> MessageBuilder {
    builder
        .raw_header(raw("List-Id", format!("<digest.{}>", from.email.domain())))
        .raw_header(raw(
            "List-Unsubscribe",
            format!("<mailto:{answers}?subject=unsubscribe>"),
        ))
}

/// The boundary is derived, so that a message rendered twice is the same message.
fn body(rendered: &Rendered, message_id: &str) -> MultiPart {
    let boundary = hex(
        format!("{message_id}\n{}\n{}", rendered.text, rendered.html).as_bytes(),
        40,
    );
    MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary)
        .singlepart(SinglePart::plain(rendered.text.clone()))
        .singlepart(SinglePart::html(rendered.html.clone()))
}

fn recipient(envelope: &Envelope<'_>) -> Result<Mailbox, ComposeError> {
    let refused = || ComposeError::Recipient(envelope.to.clone());
    let address = ascii(envelope.to.full()).ok_or_else(refused)?;
    let title = one_line(envelope.to_title);
    Ok(Mailbox::new(
        Some(title).filter(|title| !title.is_empty()),
        address,
    ))
}

fn mailbox(text: &str) -> Result<Mailbox, ComposeError> {
    let refused = || ComposeError::Sender(one_line(text));
    let (name, address) = match text.rsplit_once('<') {
        Some((name, rest)) => (
            name.trim().trim_matches('"'),
            rest.trim_end().strip_suffix('>').ok_or_else(refused)?,
        ),
        None => ("", text.trim()),
    };
    let name = Some(one_line(name)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, ascii(address).ok_or_else(refused)?))
}

fn ascii(address: &str) -> Option<lettre::Address> {
    address.parse().ok().filter(|_| address.is_ascii())
}

fn bracketed(id: &str) -> Result<String, ComposeError> {
    let allowed = |c: char| c.is_ascii_graphic() && !"<>\"(),;:\\".contains(c);
    let valid = id.len() < 200 && id.chars().all(allowed) && id.split('@').count() == 2;
    if valid {
        Ok(format!("<{id}>"))
    } else {
        Err(ComposeError::MessageId(one_line(id)))
    }
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// White space and control characters become single spaces: a header is one line.
fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    spaced
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first `digits` hexadecimal digits of the SHA-256.
fn hex(bytes: &[u8], digits: usize) -> String {
    let mut text = Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
    text.truncate(digits);
    text
}

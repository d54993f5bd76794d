//! A rendered mail as the bytes that travel: headers, a text part and an HTML part.
//!
//! Owns: every header of our mails; the same input gives the same bytes.
//! Never: the clock (the date is an argument), a random boundary, a line break inside a header.
//! Reads next: `transport.rs`.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset};
use lettre::message::header::{ContentType, HeaderName, HeaderValue, Headers, MessageId, To};
use lettre::message::{
    Mailbox, Mailboxes, Message, MessageBuilder, MultiPart, MultiPartKind, SinglePart,
};
use sha2::{Digest as _, Sha256};

use crate::config::organisation::Address;
use crate::domain::format::Language;

use super::attachment::{self, Attachment};
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
    #[error("`{0}` is no content type (write `application/pdf`)")]
    ContentType(String),
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

/// A message with its attachments, and the same one with a note in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    pub bytes: Vec<u8>,
    /// `None`: it has no attachments.
    pub light: Option<Vec<u8>>,
}

/// As [`compose`], with `files`. Both forms have the same Message-ID: whichever a relay takes, it is the same mail.
///
/// # Errors
/// As [`compose`]; also when the type of a file is none.
pub fn compose_with(
    rendered: &Rendered,
    envelope: &Envelope<'_>,
    files: &[Attachment],
    language: Language,
) -> Result<Composed, ComposeError> {
    if files.is_empty() {
        let bytes = compose(rendered, envelope)?;
        return Ok(Composed { bytes, light: None });
    }
    let noted = attachment::noted(rendered, envelope.message_id, files, language);
    Ok(Composed {
        bytes: written(
            envelope,
            &rendered.subject,
            mixed(rendered, envelope, files)?,
        )?,
        light: Some(compose(&noted, envelope)?),
    })
}

/// The message's bytes, CRLF throughout.
///
/// # Errors
/// When an address or the Message-ID is malformed.
pub fn compose(rendered: &Rendered, envelope: &Envelope<'_>) -> Result<Vec<u8>, ComposeError> {
    written(
        envelope,
        &rendered.subject,
        body(rendered, envelope.message_id),
    )
}

fn written(
    envelope: &Envelope<'_>,
    subject: &str,
    body: MultiPart,
) -> Result<Vec<u8>, ComposeError> {
    let from = mailbox(envelope.from)?;
    let reply_to = envelope.reply_to.map(mailbox).transpose()?;
    let answers = reply_to.as_ref().unwrap_or(&from).email.clone();
    let mut builder = Message::builder()
        .date(envelope.date.into())
        .message_id(Some(bracketed(envelope.message_id)?))
        .to(titled(envelope.to, envelope.to_title)?)
        .subject(one_line(subject))
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
    let mut message = builder.from(from).multipart(body)?;
    let date = envelope.date.format("%a, %d %b %Y %H:%M:%S %z").to_string();
    message.headers_mut().insert_raw(raw("Date", date));
    Ok(message.formatted())
}

/// The same message for another recipient, under another Message-ID; everything else stays byte for byte.
///
/// # Errors
/// When the address or the Message-ID is malformed, or `bytes` is no message with a head.
pub fn readdress(
    bytes: &[u8],
    to: &Address,
    to_title: &str,
    message_id: &str,
) -> Result<Vec<u8>, ComposeError> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| ComposeError::MessageId(one_line(message_id)))?;
    let mut headers = Headers::new();
    headers.set(MessageId::from(bracketed(message_id)?));
    headers.set(To::from(Mailboxes::from(titled(to, to_title)?)));
    let ours = ["to:", "message-id:"];
    let mut head = headers.to_string();
    let before = String::from_utf8_lossy(&bytes[..end + 2]).into_owned();
    head.extend(fields(&before).filter(|field| !is_named(field, &ours)));
    Ok([head.as_bytes(), &bytes[end + 2..]].concat())
}

/// The fields of a head, each with the lines that it goes on in.
fn fields(head: &str) -> impl Iterator<Item = &str> {
    let mut rest = head;
    std::iter::from_fn(move || {
        if rest.is_empty() || rest.starts_with("\r\n") {
            return None;
        }
        let ends = rest.match_indices("\r\n").map(|(at, _)| at + 2);
        let end = ends
            .into_iter()
            .find(|end| !rest[*end..].starts_with([' ', '\t']));
        let (field, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(field)
    })
}

fn is_named(field: &str, names: &[&str]) -> bool {
    let field = field.to_lowercase();
    names.iter().any(|name| field.starts_with(name))
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

fn mixed(
    rendered: &Rendered,
    envelope: &Envelope<'_>,
    files: &[Attachment],
) -> Result<MultiPart, ComposeError> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(&file.bytes);
    }
    let boundary = hex(
        &[envelope.message_id.as_bytes(), &hash.finalize()[..]].concat(),
        40,
    );
    let letter = body(rendered, envelope.message_id);
    let mut parts = MultiPart::mixed().boundary(boundary).multipart(letter);
    for file in files {
        let content_type = ContentType::parse(&file.content_type)
            .map_err(|_| ComposeError::ContentType(one_line(&file.content_type)))?;
        let name = one_line(&file.name);
        let part = lettre::message::Attachment::new(name).body(file.bytes.clone(), content_type);
        parts = parts.singlepart(part);
    }
    Ok(parts)
}

fn titled(to: &Address, title: &str) -> Result<Mailbox, ComposeError> {
    let refused = || ComposeError::Recipient(to.clone());
    let address = ascii(to.full()).ok_or_else(refused)?;
    let title = one_line(title);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered() -> Rendered {
        Rendered {
            subject: "[Long Biên] 12 hồ sơ quá hạn, 5 sắp đến hạn - phường Ngọc Thụy".into(),
            text: "Kính gửi: Đồng chí Chủ tịch\n\n.một dòng\nFrom đây\n".repeat(30),
            html: format!("<!DOCTYPE html><p>{}</p>\n", "hồ sơ ".repeat(400)),
        }
    }

    fn envelope(to: &Address) -> Envelope<'_> {
        Envelope {
            from: "Đôn đốc quận Long Biên <dondoc@longbien.example>",
            reply_to: Some("vanphong@longbien.example"),
            to,
            to_title: "Chủ tịch UBND phường Ngọc Thụy",
            message_id: "3f2a@longbien.example",
            date: DateTime::parse_from_rfc3339("2020-06-01T07:30:00+07:00").unwrap(),
            kind: Kind::Alert,
            references: None,
        }
    }

    fn chair() -> Address {
        Address::new("chu.tich@ngocthuy.longbien.example".into())
    }

    fn composed(rendered: &Rendered, envelope: &Envelope<'_>) -> String {
        String::from_utf8(compose(rendered, envelope).unwrap()).unwrap()
    }

    fn parsed(text: &str) -> mail_parser::Message<'_> {
        mail_parser::MessageParser::default().parse(text).unwrap()
    }

    #[test]
    fn what_was_rendered_is_what_a_reader_gets() {
        let (rendered, to) = (rendered(), chair());
        let text = composed(&rendered, &envelope(&to));
        let message = parsed(&text);
        assert_eq!(message.subject(), Some(rendered.subject.as_str()));
        assert_eq!(message.message_id(), Some("3f2a@longbien.example"));
        assert_eq!(
            message.date().unwrap().to_rfc3339(),
            "2020-06-01T07:30:00+07:00"
        );
        let from = message.from().unwrap().first().unwrap();
        assert_eq!(
            (from.name(), from.address()),
            (
                Some("Đôn đốc quận Long Biên"),
                Some("dondoc@longbien.example")
            )
        );
        let recipient = message.to().unwrap().first().unwrap();
        assert_eq!(
            (recipient.name(), recipient.address()),
            (Some("Chủ tịch UBND phường Ngọc Thụy"), Some(to.full()))
        );
        assert_eq!(
            message.reply_to().unwrap().first().unwrap().address(),
            Some("vanphong@longbien.example")
        );
        assert_eq!(
            message.body_text(0).unwrap().replace("\r\n", "\n"),
            rendered.text
        );
        assert_eq!(
            message.body_html(0).unwrap().replace("\r\n", "\n"),
            rendered.html
        );
        assert_eq!(
            (
                message.text_body_count(),
                message.html_body_count(),
                message.attachment_count()
            ),
            (1, 1, 0)
        );
    }

    #[test]
    fn the_wire_form_is_plain_and_short_lined() {
        let (rendered, to) = (rendered(), chair());
        let text = composed(&rendered, &envelope(&to));
        assert!(text.is_ascii() && text.ends_with("\r\n"));
        assert!(
            !text.replace("\r\n", "").contains(['\r', '\n']),
            "CRLF throughout"
        );
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.split("\r\n").find(|line| line.len() > 200), None);
        assert_eq!(body.split("\r\n").find(|line| line.len() > 76), None);
        assert!(text.contains("Content-Type: multipart/alternative;"));
        let (plain, html) = (
            text.find("text/plain").unwrap(),
            text.find("text/html").unwrap(),
        );
        assert!(plain < html, "the part a program should prefer comes last");
    }

    #[test]
    fn the_same_input_gives_the_same_bytes_and_another_one_others() {
        let (rendered, to) = (rendered(), chair());
        let first = compose(&rendered, &envelope(&to)).unwrap();
        assert_eq!(first, compose(&rendered, &envelope(&to)).unwrap());
        let other = compose(
            &rendered,
            &Envelope {
                message_id: "4b@longbien.example",
                ..envelope(&to)
            },
        )
        .unwrap();
        let boundary = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.split("boundary=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_ne!(boundary(&first), boundary(&other));
    }

    #[test]
    fn programs_are_asked_not_to_answer_and_only_digests_are_a_list() {
        let (rendered, to) = (rendered(), chair());
        let alert = composed(&rendered, &envelope(&to));
        assert!(alert.contains("\r\nAuto-Submitted: auto-generated\r\n"));
        assert!(alert.contains("\r\nX-Auto-Response-Suppress: OOF, AutoReply, RN, NRN\r\n"));
        assert!(!alert.contains("List-") && !alert.contains("References"));
        let digest = composed(
            &rendered,
            &Envelope {
                kind: Kind::Digest,
                ..envelope(&to)
            },
        );
        assert!(digest.contains("\r\nList-Id: <digest.longbien.example>\r\n"));
        assert!(digest.contains(
            "\r\nList-Unsubscribe: <mailto:vanphong@longbien.example?subject=unsubscribe>\r\n"
        ));
        let reminder = composed(
            &rendered,
            &Envelope {
                references: Some("1@longbien.example"),
                ..envelope(&to)
            },
        );
        assert!(reminder.contains("\r\nReferences: <1@longbien.example>\r\n"));
        assert!(reminder.contains("\r\nIn-Reply-To: <1@longbien.example>\r\n"));
    }

    #[test]
    fn a_file_travels_under_its_vietnamese_name_and_the_light_form_names_its_place() {
        let (rendered, to) = (rendered(), chair());
        let file = |name: &str| Attachment {
            name: name.to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: (0..20_000).map(|n| (n % 256) as u8).collect(),
        };
        let files = [file("Phiếu xin lỗi - hồ sơ số 12, phường Ngọc Thụy.pdf")];
        let compose = || compose_with(&rendered, &envelope(&to), &files, Language::Vi).unwrap();
        let composed = compose();
        assert_eq!(composed, compose(), "the same bytes");
        let whole = String::from_utf8(composed.bytes).unwrap();
        let light = String::from_utf8(composed.light.unwrap()).unwrap();
        assert!(whole.is_ascii() && whole.contains("filename*0"), "RFC 2231");
        let (whole, light) = (parsed(&whole), parsed(&light));
        assert_eq!(whole.attachment_count(), 1);
        let attached = whole.attachment(0).unwrap();
        use mail_parser::MimeHeaders as _;
        assert_eq!(attached.attachment_name(), Some(files[0].name.as_str()));
        assert_eq!(attached.contents(), files[0].bytes);
        let text = |message: &mail_parser::Message<'_>| {
            message.body_text(0).unwrap().replace("\r\n", "\n")
        };
        assert_eq!(text(&whole), rendered.text);
        assert_eq!(
            (light.message_id(), light.attachment_count()),
            (whole.message_id(), 0)
        );
        assert!(text(&light).contains("data/attachments/3f2a@longbien.example/Phiếu xin lỗi"));
    }

    #[test]
    fn a_deputy_gets_the_same_letter_under_another_name() {
        let (rendered, to) = (rendered(), chair());
        let first = composed(&rendered, &envelope(&to));
        let deputy = Address::new("pho@ngocthuy.longbien.example".into());
        let title = "Phó Chủ tịch UBND phường Ngọc Thụy, phụ trách khi Chủ tịch vắng mặt";
        let bytes = readdress(
            first.as_bytes(),
            &deputy,
            title,
            "deputy.3f2a@longbien.example",
        );
        let second = String::from_utf8(bytes.unwrap()).unwrap();
        let (was, is) = (parsed(&first), parsed(&second));
        assert_eq!(is.message_id(), Some("deputy.3f2a@longbien.example"));
        let read = is.to().unwrap().first().unwrap();
        assert_eq!(
            (read.name(), read.address()),
            (Some(title), Some(deputy.full()))
        );
        assert_eq!(is.to().unwrap().iter().count(), 1);
        assert_eq!((is.subject(), is.date()), (was.subject(), was.date()));
        assert_eq!(
            (is.body_text(0), is.body_html(0)),
            (was.body_text(0), was.body_html(0))
        );
        assert!(!second.contains("chu.tich") && !second.contains("a@b.example"));
    }

    #[test]
    fn no_value_can_begin_a_header_of_its_own() {
        let to = chair();
        let subject = "quá hạn\r\nBcc: all@longbien.example\r\n\r\n<script>".to_owned();
        let hostile = Rendered {
            subject,
            ..rendered()
        };
        let title = "Chủ tịch\r\nBcc: all@longbien.example \"<a@b.example>\"";
        let text = composed(
            &hostile,
            &Envelope {
                to_title: title,
                ..envelope(&to)
            },
        );
        let message = parsed(&text);
        assert!(message.bcc().is_none());
        assert_eq!(message.to().unwrap().iter().count(), 1);
        assert_eq!(
            message.to().unwrap().first().unwrap().address(),
            Some(to.full())
        );
        assert_eq!(
            message.subject(),
            Some("quá hạn Bcc: all@longbien.example <script>")
        );
    }

    #[test]
    fn what_is_no_address_or_no_id_is_refused() {
        let (rendered, to) = (rendered(), chair());
        let says = |envelope: Envelope<'_>| compose(&rendered, &envelope).unwrap_err().to_string();
        for from in [
            "",
            "Đôn đốc",
            "Đôn đốc <dondoc>",
            "<đônđốc@longbien.example>",
            "a@b.example\r\nBcc: c@d.example",
        ] {
            assert!(
                says(Envelope {
                    from,
                    ..envelope(&to)
                })
                .contains("is not a mail address"),
                "{from}"
            );
        }
        for id in ["", "a", "a@b@c", "a b@c", "a@b>\r\nBcc: <c@d"] {
            assert!(
                says(Envelope {
                    message_id: id,
                    ..envelope(&to)
                })
                .ends_with("is not a Message-ID"),
                "{id}"
            );
        }
        let nobody = Address::new("chủ.tịch@longbien.example".into());
        assert_eq!(
            says(envelope(&nobody)),
            "c…@longbien.example is not a mail address"
        );
    }

    #[test]
    fn a_key_is_always_the_same_message() {
        let id = message_id("overdue/00118/2020-06-01", "longbien.example");
        assert_eq!(
            id,
            message_id("overdue/00118/2020-06-01", "longbien.example")
        );
        assert_ne!(
            id,
            message_id("overdue/00118/2020-06-02", "longbien.example")
        );
        assert_eq!(id.len(), 32 + "@longbien.example".len());
        assert_eq!(
            sender("Đôn đốc <dondoc@longbien.example>").unwrap().full(),
            "dondoc@longbien.example"
        );
    }
}

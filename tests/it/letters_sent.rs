//! Mails of the outbox as their reader has them.
//!
//! Owns: parsing; the dossier codes that a mail names.
//! Never: what a mail should say.
//! Reads next: `alerts.rs`.

use std::collections::BTreeSet;

use dondoc::store::Store;
use dondoc::store::outbox::{Mail, MailKind, MailStatus};
use mail_parser::MessageParser;

/// One mail, read.
#[derive(Clone, Debug)]
pub struct Sent {
    pub message_id: String,
    pub post: String,
    pub recipient: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub date: i64,
    pub kind: MailKind,
    pub status: MailStatus,
    pub attempts: i32,
    pub reply: String,
    pub bytes: Vec<u8>,
}

impl Sent {
    pub async fn read_all(store: &Store, mails: Vec<Mail>) -> Vec<Self> {
        let mut sent = Vec::new();
        for mail in mails {
            let body = store.mail_body(mail.id).await.expect("what it says");
            sent.push(Self::read(mail, body.whole));
        }
        sent
    }

    fn read(mail: Mail, bytes: Vec<u8>) -> Self {
        let parsed = MessageParser::default()
            .parse(&bytes)
            .expect("a mail that parses");
        let part = |found: Option<std::borrow::Cow<'_, str>>| {
            found.expect("both parts").replace('\u{a0}', " ")
        };
        Self {
            text: part(parsed.body_text(0)),
            html: part(parsed.body_html(0)),
            subject: parsed.subject().expect("a subject").to_owned(),
            date: parsed.date().expect("a date").to_timestamp(),
            message_id: mail.message_id,
            post: mail.post,
            recipient: mail.recipient,
            kind: mail.kind,
            status: mail.status,
            attempts: mail.attempts,
            reply: mail.reply.unwrap_or_default(),
            bytes,
        }
    }

    /// The dossiers that it names.
    pub fn codes(&self) -> BTreeSet<String> {
        codes(&self.text)
    }
}

/// Dossier codes in a text.
pub fn codes(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
    let is_code = |word: &&str| word.contains("H26") && word.matches('-').count() == 2;
    words
        .filter(is_code)
        .map(|word| word.trim_end_matches('.').to_owned())
        .collect()
}

//! Notices of non-delivery (RFC 3464) read: which mail, which recipient, what became of it.
//!
//! Owns: the parts of such a notice, and every name it gives the mail.
//! Never: trusting it: what it is about is matched with the outbox (`job::bounces`).
//! Reads next: `reply.rs`.

use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders, PartType};

use super::reply::masked;

/// What a mail server says became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Message-IDs that it may be about, the surest first, without angle brackets.
    pub about: Vec<String>,
    pub fates: Vec<Fate>,
}

/// What became of it for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// As we wrote it, and where it went in the end.
    pub recipients: Vec<String>,
    pub action: Action,
    /// Status and words of the server, addresses masked.
    pub said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Failed,
    /// It is tried further.
    Delayed,
    /// Delivered, relayed, expanded: nothing to do.
    Other,
}

impl Notice {
    /// The notice in a message; `None`: it is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let message = MessageParser::default().parse(bytes)?;
        let status = message.parts.iter().find_map(|part| {
            let is_status = of_type(part, "message", "delivery-status");
            is_status.then(|| text(&part.body)).flatten()
        })?;
        let groups = groups(&status);
        let (of_message, of_recipients) = groups.split_first()?;
        let envelope = field(of_message, "original-envelope-id").map(|id| xtext(id.trim()));
        let mut about: Vec<String> = envelope.into_iter().collect();
        about.extend(returned_ids(&message));
        about.extend(answered_ids(&message));
        let mut seen = std::collections::BTreeSet::new();
        about.retain(|id| !id.is_empty() && seen.insert(id.clone()));
        let fates = of_recipients.iter().filter_map(fate).collect();
        Some(Self { about, fates })
    }

    /// What it says of `recipient`; where it says it of one recipient only, that is the one, wherever its mail is
    /// passed on to.
    #[must_use]
    pub fn fate_of(&self, recipient: &str) -> Option<&Fate> {
        let named = |fate: &&Fate| {
            let mut names = fate.recipients.iter();
            names.any(|name| name.eq_ignore_ascii_case(recipient))
        };
        let only = || match &self.fates[..] {
            [only] => Some(only),
            _ => None,
        };
        self.fates.iter().find(named).or_else(only)
    }
}

type Fields = Vec<(String, String)>;

/// Groups of fields, parted by empty lines; a field goes on in lines that begin with white space.
fn groups(text: &str) -> Vec<Fields> {
    let mut groups: Vec<Fields> = vec![Vec::new()];
    for line in text.lines() {
        let last = groups.last_mut();
        match (line.trim().is_empty(), last) {
            (true, Some(group)) if !group.is_empty() => groups.push(Vec::new()),
            (false, Some(group)) if line.starts_with([' ', '\t']) => {
                if let Some((_, value)) = group.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            (false, Some(group)) => {
                if let Some((name, value)) = line.split_once(':') {
                    group.push((name.trim().to_lowercase(), value.trim().to_owned()));
                }
            }
            _ => {}
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn field<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

fn fate(fields: &Fields) -> Option<Fate> {
    let address = |name: &str| {
        let value = field(fields, name)?;
        let (_, address) = value.split_once(';')?;
        let address = address.trim().trim_matches(['<', '>']);
        (!address.is_empty()).then(|| address.to_owned())
    };
    let action = match field(fields, "action")?.to_lowercase().as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        _ => Action::Other,
    };
    let words = ["status", "diagnostic-code"].map(|name| field(fields, name).unwrap_or_default());
    Some(Fate {
        recipients: ["original-recipient", "final-recipient"]
            .into_iter()
            .filter_map(address)
            .collect(),
        action,
        said: masked(words.join(" ").trim()),
    })
}

/// The Message-ID of the message that came back, whole or its head.
fn returned_ids(message: &Message<'_>) -> Vec<String> {
    let ids = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(returned) => returned.message_id().map(str::to_owned),
        body if of_type(part, "text", "rfc822-headers")
            || of_type(part, "message", "rfc822-headers") =>
        {
            let head = text(body)?;
            let head = MessageParser::default().parse(head.as_bytes())?;
            head.message_id().map(str::to_owned)
        }
        _ => None,
    });
    ids.collect()
}

fn answered_ids(message: &Message<'_>) -> Vec<String> {
    let original = message.header_raw("Original-Message-ID");
    let original = original.map(|id| id.trim().trim_matches(['<', '>']).to_owned());
    let others = [message.in_reply_to(), message.references()];
    let others = others.into_iter().flat_map(texts);
    original.into_iter().chain(others).collect()
}

fn texts(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(texts) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn of_type(part: &mail_parser::MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case(kind)
            && found
                .subtype()
                .is_some_and(|found| found.eq_ignore_ascii_case(subtype))
    })
}

fn text(body: &PartType<'_>) -> Option<String> {
    match body {
        PartType::Text(text) | PartType::Html(text) => Some(text.to_string()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        PartType::Message(message) => {
            Some(String::from_utf8_lossy(message.raw_message()).into_owned())
        }
        PartType::Multipart(_) => None,
    }
}

/// `a+2Bb` is `a+b`.
fn xtext(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        plain.push_str(before);
        let code = after
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(code) if code.is_ascii_graphic() => {
                plain.push(char::from(code));
                rest = &after[2..];
            }
            _ => {
                plain.push('+');
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As postfix writes it.
    const POSTFIX: &str = "From: MAILER-DAEMON@relay.example (Mail Delivery System)\r\n\
Subject: Undelivered Mail Returned to Sender\r\nTo: dondoc@longbien.example\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"X/relay.example\"\r\n\
Message-Id: <20200601003000.1@relay.example>\r\n\r\n--X/relay.example\r\n\
Content-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n\
--X/relay.example\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; relay.example\r\nOriginal-Envelope-Id: 3f2a@longbien.example\r\n\
X-Postfix-Queue-ID: 4F2A\r\nArrival-Date: Mon, 1 Jun 2020 07:30:00 +0700 (+07)\r\n\r\n\
Final-Recipient: rfc822; head@longbien.example\r\nOriginal-Recipient: rfc822;head@longbien.example\r\n\
Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.longbien.example\r\n\
Diagnostic-Code: smtp; 550 5.1.1 <head@longbien.example>: Recipient address\r\n    rejected: User unknown\r\n\r\n\
--X/relay.example\r\nContent-Description: Undelivered Message Headers\r\n\
Content-Type: text/rfc822-headers\r\n\r\nFrom: dondoc@longbien.example\r\n\
Message-ID: <7b@longbien.example>\r\nSubject: x\r\n\r\n--X/relay.example--\r\n";

    #[test]
    fn a_notice_names_the_mail_in_every_way_it_can_and_says_what_became_of_it() {
        let notice = Notice::read(POSTFIX.as_bytes()).unwrap();
        assert_eq!(
            notice.about,
            ["3f2a@longbien.example", "7b@longbien.example"]
        );
        let fate = notice.fate_of("HEAD@longbien.example").unwrap();
        assert_eq!(fate.action, Action::Failed);
        assert_eq!(
            fate.said,
            "5.1.1 smtp; 550 5.1.1 <h…@longbien.example>: Recipient address rejected: User unknown"
        );
    }

    #[test]
    fn a_whole_message_that_came_back_names_itself() {
        let whole = POSTFIX
            .replace("text/rfc822-headers", "message/rfc822")
            .replace("Original-Envelope-Id: 3f2a@longbien.example\r\n", "");
        let notice = Notice::read(whole.as_bytes()).unwrap();
        assert_eq!(notice.about, ["7b@longbien.example"]);
        let answer = POSTFIX.replace(
            "MIME-Version",
            "In-Reply-To: <8c@longbien.example>\r\nMIME-Version",
        );
        let notice = Notice::read(answer.as_bytes()).unwrap();
        assert_eq!(notice.about.last().unwrap(), "8c@longbien.example");
    }

    #[test]
    fn of_several_recipients_only_the_named_one_is_meant() {
        let two = POSTFIX.replace(
            "Final-Recipient: rfc822; head@longbien.example\r\n",
            "Final-Recipient: rfc822; a@longbien.example\r\nAction: delayed\r\n\r\n\
             Final-Recipient: rfc822; head@longbien.example\r\n",
        );
        let notice = Notice::read(two.as_bytes()).unwrap();
        let action = |recipient| notice.fate_of(recipient).map(|fate| fate.action);
        assert_eq!(action("a@longbien.example"), Some(Action::Delayed));
        assert_eq!(action("head@longbien.example"), Some(Action::Failed));
        assert_eq!(action("b@longbien.example"), None);
    }

    #[test]
    fn a_letter_is_no_notice() {
        assert_eq!(Notice::read(b"Subject: x\r\n\r\nUndelivered Mail"), None);
        assert_eq!(Notice::read(b""), None);
    }

    #[test]
    fn an_envelope_id_is_written_in_hexadecimal_where_it_must_be() {
        for (written, plain) in [
            ("a@b.example", "a@b.example"),
            ("a+2Bb+3D", "a+b="),
            ("a+", "a+"),
            ("a+zz", "a+zz"),
            ("+0A", "+0A"),
        ] {
            assert_eq!(xtext(written), plain);
        }
    }
}

//! Bytes of a message on their way past: what may belong to its header is kept, the rest is let go.
//!
//! Owns: the bounds of memory. Whatever a message holds, no more than [`MOST`] bytes of it are kept.
//! Never: what an element means (`header.rs`).
//! Reads next: `header.rs`.
//!
//! Reading ends with the header: attachments, which come after it, are not even read. Where they come before it,
//! each is cut to the first bytes of its text.

use super::refusal::Refusal;

/// Bytes of one text that are kept: the first beyond is kept too, so that a cut is seen.
pub(super) const TEXT: usize = 16 << 10;
/// Bytes of one tag.
const TAG: usize = 16 << 10;
/// Bytes that are kept of a message.
pub(super) const MOST: usize = 1 << 20;

const HEADER_END: &[u8] = b"edXMLHeader";
const DATA: &[u8] = b"<![CDATA[";
const COMMENT: &[u8] = b"<!--";

#[derive(Debug, Default)]
pub(super) struct Sieve {
    kept: Vec<u8>,
    state: State,
    /// Where the text or tag that is being read begins in `kept`.
    begins: usize,
    ended: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After `<`, and inside a quoted value where there is a quote.
    Tag(Option<u8>),
    /// Until this; the bytes of it that were met.
    Until(&'static [u8], usize),
}

impl Sieve {
    /// Takes the next bytes; `true`: the header has ended, and nothing more is needed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<bool, Refusal> {
        let mut rest = bytes;
        while !self.ended && !rest.is_empty() {
            let used = match self.state {
                State::Text => self.text(rest),
                State::Tag(quote) => self.tag(rest[0], quote)?,
                State::Until(end, met) => self.until(rest[0], end, met),
            };
            rest = &rest[used..];
            if self.kept.len() > MOST {
                return Err(Refusal::TooMuch);
            }
        }
        Ok(self.ended)
    }

    /// What was kept, and whether the header's end is in it.
    pub(super) fn finish(self) -> (Vec<u8>, bool) {
        (self.kept, self.ended)
    }

    fn text(&mut self, bytes: &[u8]) -> usize {
        let length = bytes
            .iter()
            .position(|byte| *byte == b'<')
            .unwrap_or(bytes.len());
        self.keep_text(&bytes[..length]);
        if length == bytes.len() {
            return length;
        }
        self.begins = self.kept.len();
        self.kept.push(b'<');
        self.state = State::Tag(None);
        length + 1
    }

    fn keep_text(&mut self, bytes: &[u8]) {
        let room = (self.begins + TEXT + 1).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            self.mend_cut();
        }
    }

    /// A letter that was cut in two would be no text: signs stand for it.
    fn mend_cut(&mut self) {
        let is_inner = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
        let inner = self.kept.iter().rev().take_while(is_inner).count();
        let begins = self.kept.len().saturating_sub(inner + 1);
        if self.kept[begins] >= 0b1100_0000 {
            self.kept[begins..].fill(b'?');
        }
    }

    fn tag(&mut self, byte: u8, quote: Option<u8>) -> Result<usize, Refusal> {
        self.kept.push(byte);
        let tag = &self.kept[self.begins..];
        if tag.len() > TAG {
            return Err(Refusal::LongTag);
        }
        self.state = match (quote, byte) {
            (None, _) if tag == DATA => State::Until(b"]]>", 0),
            (None, _) if tag == COMMENT => State::Until(b"-->", 0),
            (None, _) if is_declaration(tag) => return Err(Refusal::Doctype),
            (None, b'"' | b'\'') => State::Tag(Some(byte)),
            (Some(quote), _) if byte == quote => State::Tag(None),
            (None, b'>') => {
                self.ended = closes_header(tag);
                State::Text
            }
            (quote, _) => State::Tag(quote),
        };
        if self.state == State::Text {
            self.begins = self.kept.len();
        }
        Ok(1)
    }

    fn until(&mut self, byte: u8, end: &'static [u8], met: usize) -> usize {
        self.keep_text(&[byte]);
        let met = match byte {
            _ if byte == end[met] => met + 1,
            // `]]]>` ends too.
            _ if met == 2 && byte == end[0] => 2,
            _ => usize::from(byte == end[0]),
        };
        self.state = State::Until(end, met);
        if met == end.len() {
            self.close(end);
        }
        1
    }

    /// The end of what was cut is kept.
    fn close(&mut self, end: &[u8]) {
        if !self.kept.ends_with(end) {
            self.kept.extend_from_slice(end);
        }
        self.begins = self.kept.len();
        self.state = State::Text;
    }
}

/// `<!DOCTYPE` and its like; what may still become data or a comment is none yet.
fn is_declaration(tag: &[u8]) -> bool {
    tag.starts_with(b"<!") && !DATA.starts_with(tag) && !COMMENT.starts_with(tag)
}

/// `</edXML:edXMLHeader >`, whatever its prefix.
fn closes_header(tag: &[u8]) -> bool {
    let name = tag
        .strip_prefix(b"</")
        .and_then(|rest| rest.strip_suffix(b">"));
    name.is_some_and(|name| {
        name.trim_ascii().rsplit(|byte| *byte == b':').next() == Some(HEADER_END)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> (String, bool) {
        let mut whole = Sieve::default();
        whole.take(text.as_bytes()).unwrap();
        let mut piecemeal = Sieve::default();
        for byte in text.as_bytes() {
            piecemeal.take(&[*byte]).unwrap();
        }
        let (bytes, ended) = whole.finish();
        assert_eq!(
            piecemeal.finish(),
            (bytes.clone(), ended),
            "in one piece and byte by byte"
        );
        (String::from_utf8(bytes).unwrap(), ended)
    }

    #[test]
    fn what_comes_after_the_header_is_not_read() {
        for (text, expected, ended, why) in [
            (
                "<e><x:edXMLHeader>a</x:edXMLHeader><b>",
                "<e><x:edXMLHeader>a</x:edXMLHeader>",
                true,
                "a prefix",
            ),
            (
                "<edXMLHeader></edXMLHeader >rest",
                "<edXMLHeader></edXMLHeader >",
                true,
                "a space in the tag",
            ),
            (
                "<a x='</edXMLHeader>'>b",
                "<a x='</edXMLHeader>'>b",
                false,
                "within a value",
            ),
            (
                "<!-- </edXMLHeader> --><a/>",
                "<!-- </edXMLHeader> --><a/>",
                false,
                "within a comment",
            ),
            (
                "<![CDATA[</edXMLHeader>]]]><a/>",
                "<![CDATA[</edXMLHeader>]]]><a/>",
                false,
                "within data",
            ),
        ] {
            assert_eq!(kept(text), (expected.to_owned(), ended), "{why}");
        }
    }

    #[test]
    fn three_hundred_megabytes_before_the_header_are_let_go() {
        let mut sieve = Sieve::default();
        sieve
            .take(b"<edXML><AttachmentEncoded><Attachment>")
            .unwrap();
        let chunk = vec![b'A'; 1 << 20];
        let mut most = 0;
        for _ in 0..300 {
            sieve.take(&chunk).unwrap();
            most = most.max(sieve.kept.len());
        }
        sieve.take(b"</Attachment><![CDATA[").unwrap();
        sieve.take(&vec![b'B'; 100_000]).unwrap();
        sieve
            .take(b"]]></AttachmentEncoded><edXMLHeader><a>1</a></edXMLHeader>")
            .unwrap();
        assert!(most < TEXT + 100, "{most} bytes were held");
        let (bytes, ended) = sieve.finish();
        assert!(
            ended && bytes.ends_with(b"]]></AttachmentEncoded><edXMLHeader><a>1</a></edXMLHeader>")
        );
        assert!(bytes.len() < 3 * TEXT, "{} bytes are kept", bytes.len());
    }

    #[test]
    fn a_cut_leaves_no_half_letter() {
        for shift in 0..4 {
            let text = format!("<a>{}{}</a>", "x".repeat(shift), "ộ".repeat(TEXT));
            assert!(kept(&text).0.len() < TEXT + 20);
        }
    }

    #[test]
    fn bombs_are_refused_at_their_first_bytes() {
        let refused = |text: &[u8]| Sieve::default().take(text).unwrap_err();
        assert!(matches!(
            refused(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
            Refusal::Doctype
        ));
        assert!(matches!(
            refused(&[b"<".as_slice(), &[b'a'; TAG + 1]].concat()),
            Refusal::LongTag
        ));
        let many = "<a>b</a>".repeat(MOST / 8 + 1);
        assert!(matches!(refused(many.as_bytes()), Refusal::TooMuch));
    }
}

//! The header of a message as elements and their texts, by local name.
//!
//! Owns: what is XML and what is not; that entities are never expanded.
//! Never: which elements a document has (`message.rs`).
//! Reads next: `message.rs`.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::refusal::Refusal;
use super::sieve::TEXT;
use crate::source::value::text;

const DEEPEST: usize = 32;

/// An element with what stands in it. Attributes say nothing that is asked for.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads what a [`super::sieve::Sieve`] kept; `whole`: it ends where the header ends.
    pub(super) fn read(bytes: &[u8], whole: bool) -> Result<Self, Refusal> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            None => return Err(Refusal::Empty),
            // The mark of UTF-16.
            Some(0xff | 0xfe) => return Err(Refusal::NotUtf8),
            Some(b'<') => {}
            Some(_) => return Err(Refusal::NotXml),
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotUtf8)?;
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            let event = match reader.read_event() {
                // What is left open at the end of the text.
                Err(quick_xml::Error::Syntax(_)) if !whole => return Err(Refusal::Truncated),
                Err(error) => return Err(broken(&reader, &error)),
                Ok(event) => event,
            };
            match event {
                Event::Eof if whole || open.len() == 1 => return Ok(closed(open)),
                Event::Eof => return Err(Refusal::Truncated),
                event => take(&mut open, event)?,
            }
        }
    }

    /// The first element of that name, at any depth.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        let here = self.children.iter().find(|child| child.name == name);
        here.or_else(|| self.children.iter().find_map(|child| child.find(name)))
    }

    /// The elements of that name directly in it.
    pub(super) fn each<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text at a path of names; empty where there is none.
    pub(super) fn text(&self, path: &[&str]) -> String {
        let found = path
            .iter()
            .try_fold(self, |element, name| element.each(name).next());
        found
            .map(|element| text::tidy(&element.text).into_owned())
            .unwrap_or_default()
    }
}

fn broken(reader: &Reader<&[u8]>, error: &quick_xml::Error) -> Refusal {
    Refusal::Broken {
        at: reader.error_position(),
        cause: error.to_string(),
    }
}

fn take(open: &mut Vec<Element>, event: Event<'_>) -> Result<(), Refusal> {
    match event {
        Event::Start(start) => begin(open, &start)?,
        Event::Empty(start) => {
            begin(open, &start)?;
            end(open);
        }
        Event::End(_) => end(open),
        Event::Text(said) => add(open, &said)?,
        Event::CData(said) => add(open, &said)?,
        Event::GeneralRef(reference) => {
            let c = character(&reference)?;
            add(open, c.encode_utf8(&mut [0; 4]))?;
        }
        Event::DocType(_) => return Err(Refusal::Doctype),
        Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => {}
    }
    Ok(())
}

fn begin(open: &mut Vec<Element>, start: &BytesStart<'_>) -> Result<(), Refusal> {
    if open.len() > DEEPEST {
        return Err(Refusal::TooDeep(DEEPEST));
    }
    let name = start.local_name().into_inner().to_owned();
    open.push(Element {
        name,
        ..Element::default()
    });
    Ok(())
}

fn end(open: &mut Vec<Element>) {
    if open.len() > 1
        && let Some(child) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(child);
    }
}

/// Attachments before the header are cut, and nobody asks for them; a cut value of the header is refused.
fn add(open: &mut [Element], said: &str) -> Result<(), Refusal> {
    let in_header = open.iter().any(|element| element.name == "edXMLHeader");
    let Some(element) = open.last_mut() else {
        return Ok(());
    };
    element.text.push_str(said);
    if element.text.len() > TEXT {
        if in_header {
            return Err(Refusal::LongValue(element.name.clone()));
        }
        element.text.clear();
    }
    Ok(())
}

/// `&amp;`, `&#7841;`: a single character, or nothing that is read.
fn character(reference: &BytesRef<'_>) -> Result<char, Refusal> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(Refusal::Entity(other.to_owned())),
    }
}

/// The root with everything in it; what is still open after a header's end is closed.
fn closed(mut open: Vec<Element>) -> Element {
    while open.len() > 1 {
        end(&mut open);
    }
    open.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_known_by_their_local_name() {
        let root = Element::read(
            "\u{feff}<?xml version=\"1.0\"?><e:edXML xmlns:e=\"x\"><e:edXMLHeader><a:Place>H&#224; N&#7897;i &amp; \
             <![CDATA[<ngoại thành>]]></a:Place><To/><To/></e:edXMLHeader>"
                .as_bytes(),
            true,
        )
        .unwrap();
        let header = root.find("edXMLHeader").unwrap();
        assert_eq!(header.text(&["Place"]), "Hà Nội & <ngoại thành>");
        assert_eq!(header.each("To").count(), 2);
        assert_eq!(header.text(&["Place", "Nowhere"]), "");
    }

    #[test]
    fn what_is_no_header_says_why() {
        let long = format!(
            "<edXMLHeader><Subject>{}</Subject></edXMLHeader>",
            "x".repeat(TEXT + 1)
        );
        let deep = "<a>".repeat(40);
        for (text, expected) in [
            ("", "it is empty"),
            (
                "From: a@b.example\n\n<a/>",
                "it is no XML: it begins with something else than `<`",
            ),
            (
                "<edXML><edXMLHeader><From>",
                "it is cut off: its header does not end",
            ),
            (
                "<a>&bomb;</a>",
                "`&bomb;` is an entity that XML does not know: entities are not expanded",
            ),
            (&long, "the value of `Subject` is longer than 16384 bytes"),
            (&deep, "its elements are nested more than 32 deep"),
        ] {
            assert_eq!(
                Element::read(text.as_bytes(), false)
                    .unwrap_err()
                    .to_string(),
                expected
            );
        }
        let broken = Element::read(b"<a></b>", false).unwrap_err().to_string();
        assert!(broken.starts_with("it is no XML at byte"), "{broken}");
        for other in [b"<a>\xff</a>".as_slice(), b"\xff\xfe<\0a\0"] {
            assert!(matches!(Element::read(other, false), Err(Refusal::NotUtf8)));
        }
    }
}

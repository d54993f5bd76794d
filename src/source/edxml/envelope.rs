//! A message on its way here: as it is, or as a text within JSON.
//!
//! Owns: finding that text while bytes go by, and taking base64 off it. No more is held than a name and a few signs.
//! Never: whether what stands round the text is good JSON: what is found must be a message all the same.
//! Reads next: `sieve.rs`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::refusal::Refusal;
use super::sieve::Sieve;

/// Bytes of a member's name: a longer one is none that a file of ours says.
const NAME: usize = 1 << 10;
const DEEPEST: usize = 64;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) enum Envelope {
    Bare(Sieve),
    Wrapped(Box<Wrapped>),
}

impl Envelope {
    /// `content`: the JSON Pointer to the text; `None`: the message comes as it is.
    pub(super) fn new(content: Option<&str>) -> Self {
        match content {
            None => Self::Bare(Sieve::default()),
            Some(pointer) => Self::Wrapped(Box::new(Wrapped::new(pointer))),
        }
    }

    /// Takes the next bytes; `true`: nothing more is needed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<bool, Refusal> {
        match self {
            Self::Bare(sieve) => sieve.take(bytes),
            Self::Wrapped(wrapped) => wrapped.take(bytes),
        }
    }

    /// What was kept, and whether the header's end is in it; `None`: there was no such text.
    pub(super) fn finish(self) -> Option<(Vec<u8>, bool)> {
        match self {
            Self::Bare(sieve) => Some(sieve.finish()),
            Self::Wrapped(wrapped) => wrapped.content.map(|content| content.sieve.finish()),
        }
    }
}

/// JSON going by.
pub(super) struct Wrapped {
    /// Names and places that lead to the text.
    way: Vec<String>,
    open: Vec<Level>,
    within: Within,
    content: Option<Content>,
    has_ended: bool,
}

/// An object or array that is open.
struct Level {
    is_array: bool,
    place: u64,
    /// Whether a string is a name, not a value.
    names: bool,
    /// The name before the value.
    name: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Text(Role, Escape),
}

/// What a text is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Name,
    Content,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    No,
    Begun,
    /// `\u`: how many of its digits were read, and what they say.
    Digits(u8, u32),
}

impl Wrapped {
    fn new(pointer: &str) -> Self {
        let token = |token: &str| token.replace("~1", "/").replace("~0", "~");
        Self {
            way: pointer.split('/').skip(1).map(token).collect(),
            open: Vec::new(),
            within: Within::Nothing,
            content: None,
            has_ended: false,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<bool, Refusal> {
        let mut rest = bytes;
        while !self.has_ended && !rest.is_empty() {
            let used = match self.within {
                Within::Nothing => self.outside(rest[0])?,
                Within::Text(role, Escape::No) => self.plain(rest, role)?,
                Within::Text(role, escape) => self.escaped(rest[0], role, escape)?,
            };
            rest = &rest[used..];
        }
        Ok(self.has_ended)
    }

    fn outside(&mut self, byte: u8) -> Result<usize, Refusal> {
        match byte {
            b'{' | b'[' => self.begin(byte == b'[')?,
            b'}' | b']' => drop(self.open.pop()),
            b':' => self.each_level(|level| level.names = false),
            b',' => self.each_level(|level| {
                level.place += 1;
                level.names = !level.is_array;
            }),
            b'"' => self.begin_text(),
            _ if self.open.is_empty() && !byte.is_ascii_whitespace() && byte < 0x80 => {
                return Err(Refusal::NotJson);
            }
            _ => {}
        }
        Ok(1)
    }

    fn each_level(&mut self, change: impl FnOnce(&mut Level)) {
        if let Some(level) = self.open.last_mut() {
            change(level);
        }
    }

    fn begin(&mut self, is_array: bool) -> Result<(), Refusal> {
        if self.open.len() >= DEEPEST {
            return Err(Refusal::TooDeep(DEEPEST));
        }
        self.open.push(Level {
            is_array,
            place: 0,
            names: !is_array,
            name: Vec::new(),
        });
        Ok(())
    }

    fn begin_text(&mut self) {
        let is_name = self.open.last().is_some_and(|level| level.names);
        let role = match is_name {
            true => Role::Name,
            false if self.is_there() && self.content.is_none() => Role::Content,
            false => Role::Other,
        };
        match role {
            Role::Name => self.each_level(|level| level.name.clear()),
            Role::Content => self.content = Some(Content::default()),
            Role::Other => {}
        }
        self.within = Within::Text(role, Escape::No);
    }

    /// Whether the value that comes now is the one looked for.
    fn is_there(&self) -> bool {
        let fits = |(level, step): (&Level, &String)| match level.is_array {
            true => level.place.to_string() == *step,
            false => level.name == step.as_bytes(),
        };
        self.open.len() == self.way.len() && self.open.iter().zip(&self.way).all(fits)
    }

    /// What stands in a text until its end or the next escape.
    fn plain(&mut self, bytes: &[u8], role: Role) -> Result<usize, Refusal> {
        let is_sign = |byte: &u8| matches!(byte, b'"' | b'\\');
        let length = bytes.iter().position(is_sign).unwrap_or(bytes.len());
        if length > 0 {
            self.say(role, &bytes[..length])?;
            return Ok(length);
        }
        self.within = match bytes[0] {
            b'"' => Within::Nothing,
            _ => Within::Text(role, Escape::Begun),
        };
        if self.within == Within::Nothing && role == Role::Content {
            self.has_ended = true;
            if let Some(content) = &mut self.content {
                content.end()?;
            }
        }
        Ok(1)
    }

    fn escaped(&mut self, byte: u8, role: Role, escape: Escape) -> Result<usize, Refusal> {
        let mut next = Escape::No;
        match (escape, byte) {
            (Escape::Digits(read, said), byte) => {
                let digit = char::from(byte).to_digit(16).ok_or(Refusal::NotJson)?;
                let said = said * 16 + digit;
                match read {
                    3 => self.say_char(role, said)?,
                    _ => next = Escape::Digits(read + 1, said),
                }
            }
            (_, b'u') => next = Escape::Digits(0, 0),
            (_, byte) => self.say(role, &[unescaped(byte)])?,
        }
        self.within = Within::Text(role, next);
        Ok(1)
    }

    /// Half of a pair says nothing that is looked for: a sign stands for it.
    fn say_char(&mut self, role: Role, said: u32) -> Result<(), Refusal> {
        let c = char::from_u32(said).unwrap_or('?');
        self.say(role, c.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn say(&mut self, role: Role, bytes: &[u8]) -> Result<(), Refusal> {
        match (role, self.open.last_mut(), &mut self.content) {
            (Role::Name, Some(level), _) if level.name.len() < NAME => {
                level.name.extend_from_slice(bytes);
            }
            (Role::Content, _, Some(content)) => self.has_ended = content.take(bytes)?,
            _ => {}
        }
        Ok(())
    }
}

fn unescaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' | b'f' => b' ',
        other => other,
    }
}

/// The text, which is a message or one in base64: its first sign tells.
#[derive(Default)]
struct Content {
    sieve: Sieve,
    is_bare: Option<bool>,
    /// Not passed on yet.
    held: Vec<u8>,
}

/// Bytes that are passed on together.
const HELD: usize = 16 << 10;

impl Content {
    fn take(&mut self, bytes: &[u8]) -> Result<bool, Refusal> {
        let bytes = match self.is_bare {
            None => bytes.trim_ascii_start(),
            Some(_) => bytes,
        };
        let Some(first) = bytes.first() else {
            return Ok(false);
        };
        match *self.is_bare.get_or_insert(*first == b'<' || *first >= 0x80) {
            true => self.held.extend_from_slice(bytes),
            false => self.held.extend(bytes.iter().filter_map(sign)),
        }
        if self.held.len() < HELD {
            return Ok(false);
        }
        // Four signs are three bytes: the rest waits.
        self.pass_on(self.held.len() / 4 * 4)
    }

    fn end(&mut self) -> Result<bool, Refusal> {
        self.pass_on(self.held.len())
    }

    fn pass_on(&mut self, length: usize) -> Result<bool, Refusal> {
        let signs: Vec<u8> = self.held.drain(..length).collect();
        if self.is_bare == Some(true) {
            return self.sieve.take(&signs);
        }
        let bytes = BASE64.decode(&signs).map_err(|_| Refusal::NotBase64)?;
        self.sieve.take(&bytes)
    }
}

/// Of both alphabets; line ends and the signs that fill up say nothing.
fn sign(byte: &u8) -> Option<u8> {
    match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'=' => None,
        byte if byte.is_ascii_whitespace() => None,
        byte => Some(*byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "<edXML><edXMLHeader><Place>Hà Nội</Place></edXMLHeader></edXML>";
    const KEPT: &str = "<edXML><edXMLHeader><Place>Hà Nội</Place></edXMLHeader>";

    /// What is kept, in one piece and byte by byte.
    fn kept(pointer: &str, json: &str) -> Result<Option<String>, String> {
        let of = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let mut envelope = Envelope::new(Some(pointer));
            for piece in pieces {
                if envelope
                    .take(piece)
                    .map_err(|refusal| refusal.to_string())?
                {
                    break;
                }
            }
            let kept = envelope.finish();
            Ok(kept.map(|(bytes, _)| String::from_utf8(bytes).unwrap()))
        };
        let whole = of(&mut std::iter::once(json.as_bytes()));
        assert_eq!(of(&mut json.as_bytes().chunks(1)), whole);
        whole
    }

    #[test]
    fn a_message_is_found_within_json() {
        let coded = BASE64.encode(MESSAGE);
        let escaped = coded.replace('/', "\\/").replace('=', "\\u003d");
        let in_lines = format!("{}\\r\\n{}", &coded[..7], &coded[7..]);
        let for_paths = coded.replace('+', "-").replace('/', "_");
        let bare = MESSAGE.replace('à', "\\u00e0");
        for (pointer, json, why) in [
            ("/data", format!(r#"{{"data":"{coded}"}}"#), "alone"),
            (
                "/a/b/1",
                format!(r#"{{"x":{{"b":"?"}},"a":{{"c":[1,"b"],"b":["no","{coded}"]}}}}"#),
                "deep within",
            ),
            (
                "/0/d~1e",
                format!(r#"[{{"d/e" : "{escaped}"}}]"#),
                "with escapes",
            ),
            (
                "/d",
                format!(r#"{{"name":"\"d\":","d":"{in_lines}"}}"#),
                "in lines, after what looks like it",
            ),
            (
                "/d",
                format!(r#"{{"d":"{for_paths}"}}"#),
                "in the other alphabet",
            ),
            ("/d", format!(r#"{{"d":"{bare}"}}"#), "as it is"),
        ] {
            assert_eq!(kept(pointer, &json), Ok(Some(KEPT.to_owned())), "{why}");
        }
    }

    #[test]
    fn what_holds_no_message_says_why() {
        assert_eq!(
            kept("/data", r#"{"error":"none","x":{"data":"A"}}"#),
            Ok(None)
        );
        assert_eq!(kept("/data", r#"{"data":null}"#), Ok(None));
        let refused = |json: &str| kept("/d", json).unwrap_err();
        assert_eq!(refused("<html>"), "it is no JSON");
        assert_eq!(refused(r#"{"d":"%%%%"}"#), "it is no base64");
        assert!(refused(&"[".repeat(100)).starts_with("its elements are nested"));
    }

    #[test]
    fn two_hundred_megabytes_before_the_header_are_let_go() {
        let mut envelope = Wrapped::new("/d");
        envelope.take(br#"{"other":""#).unwrap();
        let chunk = vec![b'A'; 1 << 20];
        for _ in 0..100 {
            envelope.take(&chunk).unwrap();
        }
        envelope.take(br#"","d":""#).unwrap();
        let attachment =
            BASE64.encode(format!("<edXML><Attachment>{}", "B".repeat((3 << 18) - 19)));
        envelope
            .take(attachment.trim_end_matches('=').as_bytes())
            .unwrap();
        let chunk = BASE64.encode(vec![b'C'; 3 << 18]);
        for _ in 0..100 {
            envelope.take(chunk.as_bytes()).unwrap();
            let content = envelope.content.as_ref().unwrap();
            assert!(
                content.held.capacity() < 4 << 20,
                "{} bytes are held",
                content.held.capacity()
            );
        }
        let rest = BASE64.encode(format!("</Attachment>{}", &MESSAGE[7..]));
        assert!(envelope.take(format!("{rest}\"").as_bytes()).unwrap());
        let (kept, ended) = envelope.content.unwrap().sieve.finish();
        assert!(
            ended && kept.len() < 40_000,
            "{} bytes are kept",
            kept.len()
        );
    }
}

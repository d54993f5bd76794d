//! The encoding of a text file: marked, stated, or told by its bytes; doubt is an error.
//!
//! Owns: that UTF-8 is UTF-8 from the first byte to the last, and what Vietnamese in windows-1258 looks like.
//! Never: a replacement character where a letter was.
//! Reads next: `delimited.rs`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1258};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::ExportFault;
use crate::config::sources::TextEncoding;
use crate::source::value::text;

/// A text file as UTF-8.
pub(super) type Decoded = DecodeReaderBytes<BufReader<File>, Vec<u8>>;

pub(super) fn open(path: &Path, stated: Option<TextEncoding>) -> Result<Decoded, ExportFault> {
    let encoding = of_file(path, stated)?;
    let file = BufReader::new(File::open(path)?);
    Ok(DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .build(file))
}

fn of_file(path: &Path, stated: Option<TextEncoding>) -> Result<&'static Encoding, ExportFault> {
    let mut head = Vec::new();
    File::open(path)?.take(1024).read_to_end(&mut head)?;
    if let Some((marked, _)) = Encoding::for_bom(&head) {
        return checked(path, marked);
    }
    match stated {
        Some(stated) => checked(path, named(stated)),
        None if head.contains(&0) => Err(doubtful(
            "it looks like UTF-16, but no byte-order mark says which",
        )),
        None => told_by_bytes(path),
    }
}

fn named(encoding: TextEncoding) -> &'static Encoding {
    match encoding {
        TextEncoding::Utf8 => UTF_8,
        TextEncoding::Utf16Le => UTF_16LE,
        TextEncoding::Utf16Be => UTF_16BE,
        TextEncoding::Windows1258 => WINDOWS_1258,
    }
}

fn told_by_bytes(path: &Path) -> Result<&'static Encoding, ExportFault> {
    if is_all(path, UTF_8)? {
        return Ok(UTF_8);
    }
    if looks(path)?.vietnamese() {
        return Ok(WINDOWS_1258);
    }
    Err(doubtful(
        "it is neither UTF-8 nor Vietnamese in windows-1258, perhaps TCVN3 or VNI",
    ))
}

/// What is marked or stated must also be true.
fn checked(path: &Path, encoding: &'static Encoding) -> Result<&'static Encoding, ExportFault> {
    if encoding == WINDOWS_1258 {
        let looks = looks(path)?;
        let fits = looks.letters == 0 || looks.vietnamese();
        return if fits {
            Ok(encoding)
        } else {
            Err(not_what_it_says(encoding))
        };
    }
    if is_all(path, encoding)? {
        Ok(encoding)
    } else {
        Err(not_what_it_says(encoding))
    }
}

fn not_what_it_says(encoding: &'static Encoding) -> ExportFault {
    ExportFault::Encoding(format!(
        "it is said to be {}, and is not",
        encoding.name().to_lowercase()
    ))
}

fn doubtful(why: &str) -> ExportFault {
    ExportFault::Encoding(why.to_owned())
}

/// Whether the file is this encoding from its first byte to its last.
fn is_all(path: &Path, encoding: &'static Encoding) -> Result<bool, ExportFault> {
    let mut whole = true;
    decode(path, encoding.new_decoder(), |_, malformed| {
        whole &= !malformed
    })?;
    Ok(whole)
}

/// What windows-1258 makes of the file.
#[derive(Default)]
struct Looks {
    /// Letters outside ASCII.
    letters: u32,
    /// Tones on vowels, and letters that only Vietnamese has.
    native: u32,
    /// Tones on nothing, letters and signs that Vietnamese has not.
    strange: u32,
    last: char,
}

impl Looks {
    fn see(&mut self, c: char) {
        if !c.is_ascii() {
            self.letters += 1;
        }
        if text::is_tone(c) {
            let on_vowel = text::is_vowel(self.last);
            self.native += u32::from(on_vowel);
            self.strange += u32::from(!on_vowel);
        } else if text::is_vietnamese_only(c) {
            self.native += 1;
        } else if text::is_strange(c) || matches!(c, '\u{80}'..='\u{9f}') {
            self.strange += 1;
        }
        self.last = c;
    }

    fn vietnamese(&self) -> bool {
        self.native > 0 && self.strange * 50 <= self.letters
    }
}

fn looks(path: &Path) -> Result<Looks, ExportFault> {
    let mut looks = Looks::default();
    decode(
        path,
        WINDOWS_1258.new_decoder_without_bom_handling(),
        |text, _| {
            text.chars().for_each(|c| looks.see(c));
        },
    )?;
    Ok(looks)
}

/// Decodes the file piece by piece; `see` gets each piece, and whether a malformed sequence follows it.
fn decode(
    path: &Path,
    mut decoder: Decoder,
    mut see: impl FnMut(&str, bool),
) -> Result<(), ExportFault> {
    let mut file = File::open(path)?;
    let mut bytes = vec![0; 64 * 1024];
    let mut text = String::with_capacity(256 * 1024);
    loop {
        let read = file.read(&mut bytes)?;
        let mut rest = &bytes[..read];
        loop {
            text.clear();
            let (result, used) =
                decoder.decode_to_string_without_replacement(rest, &mut text, read == 0);
            rest = &rest[used..];
            see(&text, matches!(result, DecoderResult::Malformed(..)));
            if matches!(result, DecoderResult::InputEmpty) {
                break;
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], stated: Option<TextEncoding>) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut text = String::new();
        let mut decoded = open(file.path(), stated).map_err(|fault| fault.to_string())?;
        decoded.read_to_string(&mut text).unwrap();
        Ok(text::tidy(&text).into_owned())
    }

    #[test]
    fn an_encoding_is_marked_stated_or_told_by_its_bytes() {
        let utf_16: Vec<u8> = "\u{feff}Phường"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let utf_16_big: Vec<u8> = "\u{feff}Phường"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for (bytes, stated, expected, why) in [
            ("Phường".as_bytes(), None, "Phường", "UTF-8"),
            (
                "\u{feff}Phường".as_bytes(),
                None,
                "Phường",
                "UTF-8 with a mark",
            ),
            (&utf_16, None, "Phường", "UTF-16 as Windows writes it"),
            (&utf_16_big, None, "Phường", "UTF-16 the other way"),
            (
                &utf_16[2..],
                Some(TextEncoding::Utf16Le),
                "Phường",
                "stated, without a mark",
            ),
            (
                b"Ph\xfd\xf5\xcc" as &[u8],
                None,
                "Phườ",
                "windows-1258: base letters with a tone after",
            ),
            (
                b"Ma\xcc; h\xf4\xcc s\xf5",
                Some(TextEncoding::Windows1258),
                "Mà; hồ sơ",
                "stated",
            ),
            (
                b"plain",
                Some(TextEncoding::Windows1258),
                "plain",
                "nothing to see",
            ),
        ] {
            assert_eq!(read(bytes, stated).as_deref(), Ok(expected), "{why}");
        }
    }

    #[test]
    fn doubt_is_an_error() {
        for (bytes, stated, word, why) in [
            (
                &b"H\xe5 s\xac ti\xd5p nh\xcbn"[..],
                None,
                "TCVN3",
                "the old encoding",
            ),
            (b"Caf\xe9 cr\xe8me", None, "neither", "French"),
            (b"a\0b\0", None, "UTF-16", "no mark"),
            (
                b"Ph\xfd\xf5\xcc",
                Some(TextEncoding::Utf8),
                "utf-8",
                "stated wrongly",
            ),
            (b"\xef\xbb\xbfPh\xfd", None, "utf-8", "marked wrongly"),
            (
                "Phường".as_bytes(),
                Some(TextEncoding::Windows1258),
                "windows-1258",
                "UTF-8 in truth",
            ),
        ] {
            let said = read(bytes, stated).unwrap_err();
            assert!(said.contains(word), "{why}: {said}");
        }
    }
}

//! What a file is, told by its first bytes: names lie, and many an "Excel" file is a web page.
//!
//! Owns: the shapes of files and the marks by which they are known.
//! Never: trusting a file's extension.
//! Reads next: `workbook.rs`, `html.rs`, `delimited.rs`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::ExportFault;
use super::zipped::{self, Packed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Shape {
    Xlsx,
    Ods,
    Xls,
    Html,
    /// CSV and its like.
    Text,
}

/// Enough to see past a byte-order mark, a declaration and a comment.
const HEAD: u64 = 4096;

pub(in crate::source) fn shape(path: &Path) -> Result<Shape, ExportFault> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    match head.as_slice() {
        [] => Err(ExportFault::Empty),
        [b'P', b'K', 3, 4, ..] => match zipped::packed(path)? {
            Packed::Xlsx => Ok(Shape::Xlsx),
            Packed::Ods => Ok(Shape::Ods),
            Packed::Other => Err(ExportFault::NotATable {
                what: "a ZIP archive",
            }),
        },
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Ok(Shape::Xls),
        [b'%', b'P', b'D', b'F', ..] => Err(ExportFault::NotATable {
            what: "a PDF document",
        }),
        [b'{', b'\\', b'r', b't', b'f', ..] => Err(ExportFault::NotATable {
            what: "an RTF document",
        }),
        text => of_text(text),
    }
}

fn of_text(head: &[u8]) -> Result<Shape, ExportFault> {
    // UTF-16 shows as letters with zeros between: those are no part of a mark.
    let letters: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&letters).to_lowercase();
    let begins = |word: &str| {
        text.trim_start_matches(|c: char| !c.is_ascii() || c.is_whitespace())
            .starts_with(word)
    };
    let page = [
        "<html",
        "<!doctype html",
        "<table",
        "<head",
        "<body",
        "<meta",
        "<div",
        "<style",
    ];
    if page.iter().any(|word| begins(word)) || (begins("<") && text.contains("<table")) {
        return Ok(Shape::Html);
    }
    if begins("<?xml") || begins("<") {
        return Err(ExportFault::NotATable {
            what: "an XML document",
        });
    }
    if begins("{") || begins("[{") {
        return Err(ExportFault::NotATable {
            what: "a JSON document",
        });
    }
    Ok(Shape::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(bytes: &[u8]) -> Result<Shape, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        shape(file.path()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_file_is_what_it_holds() {
        for (bytes, expected, why) in [
            (
                &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..],
                Shape::Xls,
                "the old binary workbook",
            ),
            (b"<html><body><table>", Shape::Html, "a page"),
            (
                b"\xef\xbb\xbf\r\n <TABLE border=1>",
                Shape::Html,
                "a bare table after a mark",
            ),
            (
                b"<?xml version='1.0'?><html><table>",
                Shape::Html,
                "a page declared as XML",
            ),
            (b"M\xe3 h\xf4\xcc so;Ng\xe0y", Shape::Text, "neither: text"),
            (b"\xff\xfeM\0\xe3\0", Shape::Text, "UTF-16"),
        ] {
            assert_eq!(shape_of(bytes), Ok(expected), "{why}");
        }
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version='1.0'?><edXML/>", "XML"),
            (b"{\"a\":1}", "JSON"),
        ] {
            let said = shape_of(bytes).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
    }
}

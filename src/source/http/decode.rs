//! Bytes to JSON.
//!
//! Owns: charsets, and what an answer is called that is no JSON. Nothing of it is repeated but the title of a page.
//! Never: what the JSON says.
//! Reads next: `answer.rs`.

use std::borrow::Cow;
use std::panic::resume_unwind;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1258};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::task::spawn_blocking;
use unicode_normalization::UnicodeNormalization;

use super::answer::Answer;
use super::client::limited;
use crate::source::SourceError;

/// Letters of a page's title that are shown.
const TITLE: usize = 80;

/// Reads the whole of an answer of at most `limit` bytes.
pub(super) async fn answer(
    response: Response,
    shown: &str,
    limit: u64,
) -> Result<Answer, SourceError> {
    let url = response.url().clone();
    let headers = response.headers().clone();
    let body = limited(response, shown, limit).await?;
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    Ok(Answer {
        shown: shown.to_owned(),
        url,
        body: json_apart(body, content_type, shown.to_owned()).await?,
        headers,
    })
}

/// On a thread that may be busy for a while: a large page keeps nobody waiting.
async fn json_apart(
    body: Vec<u8>,
    content_type: String,
    shown: String,
) -> Result<Value, SourceError> {
    let read = spawn_blocking(move || json(&body, &content_type, &shown)).await;
    read.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        // The program is being stopped.
        Err(_) => Err(SourceError::Settings("reading was broken off".to_owned())),
    })
}

/// Reads a body as JSON; `content_type` is the header.
pub(super) fn json(body: &[u8], content_type: &str, shown: &str) -> Result<Value, SourceError> {
    let refused = |what: String| SourceError::Body {
        url: shown.to_owned(),
        what,
    };
    let text = text(body, content_type).map_err(refused)?;
    if text.trim_start().starts_with('<') {
        return Err(refused(page(&text)));
    }
    serde_json::from_str(&text).map_err(|error| match error.is_eof() {
        true if text.trim().is_empty() => refused("nothing at all".to_owned()),
        true => SourceError::Unreachable {
            url: shown.to_owned(),
            cause: "the answer breaks off".to_owned(),
        },
        false => {
            let place = format!("line {}, column {}", error.line(), error.column());
            refused(format!("not JSON ({place})"))
        }
    })
}

/// JSON is UTF-8; what is not must say what it is, and that must be able to write Vietnamese.
fn text<'b>(body: &'b [u8], content_type: &str) -> Result<Cow<'b, str>, String> {
    if let Some((marked, length)) = Encoding::for_bom(body) {
        return decoded(&body[length..], marked, "its first bytes say");
    }
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok(Cow::Borrowed(text));
    }
    let Some(label) = charset(content_type) else {
        return Err("text that is not UTF-8, and no charset says what it is".to_owned());
    };
    let known = Encoding::for_label(label.as_bytes());
    let known = known.filter(|known| [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1258].contains(known));
    let Some(known) = known else {
        return Err(format!("text in `{label}`, which cannot write Vietnamese"));
    };
    decoded(body, known, "its header says")
}

fn decoded<'b>(
    body: &'b [u8],
    encoding: &'static Encoding,
    who: &str,
) -> Result<Cow<'b, str>, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    let text = text.ok_or_else(|| format!("text that is not {}, as {who}", encoding.name()))?;
    // This one writes a letter and its tone apart.
    Ok(if encoding == WINDOWS_1258 {
        Cow::Owned(text.nfc().collect())
    } else {
        text
    })
}

/// The charset of `application/json; charset=utf-8`.
fn charset(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1);
    let of = |parameter: &'_ str| {
        parameter
            .trim()
            .to_ascii_lowercase()
            .starts_with("charset=")
    };
    let found = parameters.find(|parameter| of(parameter))?;
    let (_, label) = found.split_once('=')?;
    Some(label.trim().trim_matches('"'))
}

/// A page where rows should be, most often that of a sign-in.
fn page(text: &str) -> String {
    match title(text) {
        Some(title) => format!("a web page, not JSON: `{title}`"),
        None => "a web page or XML, not JSON".to_owned(),
    }
}

fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: Vec<&str> = text[start..end].split_whitespace().collect();
    let title: String = words.join(" ").chars().take(TITLE).collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &[u8], content_type: &str) -> Result<Value, String> {
        json(body, content_type, "u").map_err(|error| error.to_string())
    }

    #[test]
    fn text_is_read_as_it_was_written() {
        let utf_16: Vec<u8> = "\u{feff}\"Hồ sơ\""
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let (windows, ..) = WINDOWS_1258.encode("\"Hô\u{300} s\u{1a1}\"");
        for (body, content_type, why) in [
            ("\"Hồ sơ\"".as_bytes(), "application/json", "UTF-8"),
            ("\u{feff}\"Hồ sơ\"".as_bytes(), "", "UTF-8 that says so"),
            (
                "\"Hồ sơ\"".as_bytes(),
                "application/json; charset=windows-1252",
                "UTF-8, whatever it says",
            ),
            (&utf_16, "application/json", "UTF-16 that says so"),
            (
                &windows,
                "application/json; Charset=\"windows-1258\"",
                "the Vietnamese charset",
            ),
        ] {
            assert_eq!(read(body, content_type), Ok(json!("Hồ sơ")), "{why}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_and_never_guessed() {
        let latin = b"\"H\xf4 so\"";
        for (body, content_type, told) in [
            (
                &latin[..],
                "application/json",
                "text that is not UTF-8, and no charset says what it is",
            ),
            (
                latin,
                "text/json; charset=utf-8",
                "text that is not UTF-8, as its header says",
            ),
            (
                latin,
                "text/json; charset=iso-8859-1",
                "text in `iso-8859-1`, which cannot write Vietnamese",
            ),
            (
                latin,
                "text/json; charset=tcvn3",
                "text in `tcvn3`, which cannot write Vietnamese",
            ),
            (
                b"<html><TITLE lang=\"vi\">\n \xc4\x90\xc4\x83ng nh\xe1\xba\xadp </TITLE><p>secret",
                "text/html",
                "a web page, not JSON: `Đăng nhập`",
            ),
            (b"<a/>", "", "a web page or XML, not JSON"),
            (b"{} x", "", "not JSON (line 1, column 4)"),
            (b" ", "", "nothing at all"),
        ] {
            let expected = format!("u answered something else than expected: {told}");
            assert_eq!(read(body, content_type), Err(expected));
        }
        let broken = read(b"{\"a\": [1, 2", "").unwrap_err();
        assert_eq!(broken, "u cannot be reached: the answer breaks off");
    }
}

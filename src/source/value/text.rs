//! Text: composed, without stray spaces; what was broken on its way is told apart.
//!
//! Owns: signs of a wrong or an old encoding (TCVN3, VNI) and of a spreadsheet's error in a cell.
//! Never: repairing: a guess at what was meant would be stored as fact.
//! Reads next: `folded.rs`.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// NFC, one space where there were several or unusual ones, no control characters (PostgreSQL takes no NUL).
pub(in crate::source) fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_tidy(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    let visible = trimmed.chars().filter(|c| !is_invisible(*c));
    let spaced: String = visible
        .map(|c| {
            if c.is_whitespace() || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    Cow::Owned(if is_nfc(&joined) {
        joined
    } else {
        joined.nfc().collect()
    })
}

/// Nothing but single spaces and characters that are composed and seen, as nearly all texts are.
fn is_tidy(text: &str) -> bool {
    let mut before = 'x';
    text.chars().all(|c| {
        let is_gap = c == ' ' && before == ' ';
        before = c;
        // Printable ASCII, and the letters of Vietnamese.
        !is_gap && matches!(c, ' '..='~' | '\u{c0}'..='\u{1b0}' | '\u{1ea0}'..='\u{1ef9}')
    })
}

/// Characters that take no room: a byte-order mark inside a text, joiners, a soft hyphen between words.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

/// Why a text cannot be what was meant; `None` for all that is in order. Takes the text as it came.
pub(in crate::source) fn broken(text: &str) -> Option<&'static str> {
    if text.is_ascii() {
        return is_cell_error(text).then_some("is an error of the spreadsheet, not a value");
    }
    if text.contains('\u{fffd}') {
        return Some("has characters that were lost when the text was converted");
    }
    // Neither windows-1252 nor an old encoding has such a letter.
    if text.chars().any(is_vietnamese_only) {
        return None;
    }
    if is_utf8_read_as_latin(text) {
        return Some("was read in a wrong encoding on its way: it is UTF-8 taken for windows-1252");
    }
    is_legacy(text).then_some(
        "looks like the old TCVN3 or VNI encoding: convert it to Unicode (UniKey: Ctrl+Shift+F6)",
    )
}

fn is_cell_error(text: &str) -> bool {
    [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!",
    ]
    .contains(&text)
}

/// `PhÆ°á»ng` is `Phường`: every character is one byte of windows-1252, and together they are UTF-8.
fn is_utf8_read_as_latin(text: &str) -> bool {
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    !unmappable && std::str::from_utf8(&bytes).is_ok_and(|read| !read.is_ascii())
}

/// Two letters or signs that Vietnamese has not, in a text without one letter that only Vietnamese has.
fn is_legacy(text: &str) -> bool {
    let mut strange = 0;
    let mut after_letter = false;
    for c in text.chars() {
        if is_vietnamese_only(c) || is_tone(c) {
            return false;
        }
        strange += u32::from(is_strange(c) && (c.is_alphabetic() || after_letter));
        after_letter = c.is_alphabetic() || is_strange(c);
    }
    strange >= 2
}

/// Grave, acute, tilde, hook above, dot below, standing by themselves.
pub(in crate::source) fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

pub(in crate::source) fn is_vowel(c: char) -> bool {
    let plain = c.to_lowercase().next().unwrap_or(c);
    matches!(
        plain,
        'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y'
    )
}

/// A letter that no other language in Latin-1 has.
pub(in crate::source) fn is_vietnamese_only(c: char) -> bool {
    matches!(
        c,
        'ă' | 'Ă' | 'đ' | 'Đ' | 'ĩ' | 'Ĩ' | 'ũ' | 'Ũ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'
            ..='\u{1ef9}' | '\u{302}' | '\u{306}' | '\u{31b}'
    )
}

/// A letter of Latin-1 that Vietnamese has not, or a sign that stands in no word.
pub(in crate::source) fn is_strange(c: char) -> bool {
    matches!(
        c,
        'ä' | 'å' | 'æ' | 'ç' | 'ë' | 'î' | 'ï' | 'ñ' | 'ö' | 'ø' | 'û' | 'ü' | 'þ' | 'ß' | 'ÿ'
            | 'Ä' | 'Å' | 'Æ' | 'Ç' | 'Ë' | 'Î' | 'Ï' | 'Ñ' | 'Ö' | 'Ø' | 'Û' | 'Ü' | 'Þ' | '×' | '÷'
            | '\u{a8}'..='\u{ae}' | '\u{b5}'..='\u{b9}' | '\u{bb}'..='\u{be}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_composed_and_its_spaces_are_plain() {
        for (text, expected, why) in [
            ("Thu\u{323}y", "Thụy", "decomposed, as Apple writes it"),
            (
                "\u{a0}Ngọc\u{a0}\u{a0}Thụy ",
                "Ngọc Thụy",
                "spaces that do not break",
            ),
            ("Ngày\r\nhẹn trả", "Ngày hẹn trả", "two lines in a cell"),
            ("\u{feff}Mã hồ sơ", "Mã hồ sơ", "a byte-order mark"),
            ("a\0b", "a b", "a NUL"),
            (
                "H26.23.12-200615-0004",
                "H26.23.12-200615-0004",
                "nothing to do",
            ),
        ] {
            assert_eq!(tidy(text), expected, "{why}");
        }
    }

    #[test]
    fn what_was_broken_on_its_way_is_told() {
        for (text, word) in [
            ("PhÆ°á»\u{9d}ng Ngá»\u{8d}c Thá»¥y", "UTF-8 taken"),
            ("Ph\u{ad}êng Ngäc Thôy", "TCVN3"),
            ("Hå s¬ ®\u{b7} nhËn", "TCVN3"),
            ("Phöôøng Ngoïc Thuïy", "VNI"),
            ("Ph\u{fffd}ng", "lost"),
            ("#N/A", "spreadsheet"),
        ] {
            let said = broken(text).unwrap_or_else(|| panic!("{text} passed"));
            assert!(said.contains(word), "{text}: {said}");
        }
        for text in [
            "Phường Ngọc Thụy",
            "Thu\u{323}y",
            "hoà, oái, uê",
            "Đà Nẵng × Hội An ÷ 2 «tên»",
            "Citroën",
            "5 m² × 3",
            "Nguyễn Müller Weiß",
        ] {
            assert_eq!(broken(text), None, "{text}");
        }
    }
}

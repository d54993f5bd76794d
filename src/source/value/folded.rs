//! The key by which words of a source are compared with words of a file.
//!
//! Owns: what does not matter in a comparison: case, composition, where the tone mark stands, punctuation.
//! Never: dropping an accent: `Cự Khối` and `Cu Khoi` are two words.
//! Reads next: `text.rs`.

use unicode_normalization::UnicodeNormalization;

/// `Thụy` and `THUỴ`, `hòa` and `hoà`, `Ngày / hẹn trả` and `ngày hẹn trả` have the same key.
pub(in crate::source) fn key(text: &str) -> String {
    fold(text, |_| false)
}

/// As [`key`], but `>5` and `<5` are two words: the codes of a source may be nothing but signs.
pub(in crate::source) fn word(text: &str) -> String {
    fold(text, |c| !c.is_whitespace())
}

fn fold(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return text.to_ascii_lowercase();
    }
    let mut key = String::with_capacity(text.len() + 8);
    let mut tones = String::new();
    for c in text.nfd().flat_map(char::to_lowercase) {
        if is_tone(c) {
            tones.push(c);
        } else if c.is_alphanumeric() || is_vowel_mark(c) {
            key.push(c);
        } else if is_kept(c) {
            key.push_str(&tones);
            tones.clear();
            key.push(c);
        } else {
            end_word(&mut key, &mut tones);
        }
    }
    end_word(&mut key, &mut tones);
    key.truncate(key.trim_end().len());
    key
}

/// A tone belongs to the syllable, not to one of its letters: it goes to the end.
fn end_word(key: &mut String, tones: &mut String) {
    key.push_str(tones);
    tones.clear();
    if !key.is_empty() && !key.ends_with(' ') {
        key.push(' ');
    }
}

/// Grave, acute, tilde, hook above, dot below.
fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

/// Circumflex, breve, horn: they make another letter.
fn is_vowel_mark(c: char) -> bool {
    matches!(c, '\u{302}' | '\u{306}' | '\u{31b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_folded_away() {
        for (one, other, why) in [
            ("Thụy", "Thuỵ", "two places for the tone"),
            ("HÒA", "hoà", "case, and two places for the tone"),
            ("Thu\u{323}y", "Thụy", "composition"),
            ("Ngày / hẹn trả", "ngày  hẹn trả", "punctuation and spaces"),
            ("Ngày hẹn trả (*)", "Ngày hẹn trả", "a footnote's star"),
            ("Quy trình", "QUY TRÌNH", "capital letters"),
        ] {
            assert_eq!(key(one), key(other), "{why}");
        }
        for (one, other, why) in [
            (
                "Cự Khối",
                "Cu Khoi",
                "without accents it may be another name",
            ),
            ("hỏa", "hòa", "another tone"),
            ("Đồng", "Dồng", "another letter"),
            ("so sơ", "sơ so", "the order of words"),
        ] {
            assert_ne!(key(one), key(other), "{why}");
        }
        assert_ne!(word("<5"), word(">5"), "signs are words");
        assert_eq!(word(" CÓ "), word("có"));
    }
}

//! The status of a dossier, from a code or from what the national portal calls it.
//!
//! Owns: reading its names, however they are composed and wherever their tone marks stand.
//! Never: what a status means (`domain::dossier`); a guess: a word that is not known stays unknown.
//! Reads next: `record.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::dossier::Status;
use crate::source::value::folded;

static NAMES: LazyLock<HashMap<String, Status>> = LazyLock::new(|| {
    let named = Status::NAMES.into_iter();
    named
        .map(|(name, status)| (folded::word(name), status))
        .collect()
});

/// The status that a source writes as a code, or by its name.
pub(in crate::source) fn status(said: &str) -> Option<Status> {
    let code = said.parse().ok().map(Status);
    code.or_else(|| NAMES.get(&folded::word(said)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_code_or_its_name() {
        for (said, expected, why) in [
            ("4", Some(4), "a code"),
            ("17", Some(17), "a code of a local system"),
            ("Đang xử lý", Some(4), "its name"),
            ("ĐANG XỬ LÝ", Some(4), "in capital letters"),
            ("Đang xử\u{a0}li\u{301}", None, "another word"),
            (
                "Đang xư\u{309} ly\u{301}",
                Some(4),
                "letters and marks apart",
            ),
            (
                "Đã trả kết qủa",
                Some(10),
                "the tone mark on the other letter",
            ),
            ("Công dân yêu cầu rút hồ sơ", Some(7), "a long one"),
            (
                "Da tra ket qua",
                None,
                "without accents it may be another word",
            ),
            ("Chờ ký duyệt", None, "a word of a local system"),
            ("", None, "nothing"),
        ] {
            assert_eq!(status(said), expected.map(Status), "{why}");
        }
        assert_eq!(
            NAMES.len(),
            Status::NAMES.len(),
            "no two names are the same word"
        );
    }
}

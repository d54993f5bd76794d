//! The name of whoever handed a dossier in.
//!
//! Owns: that it prints masked, and is told in one way only.
//! Never: storing it, or where it comes from.
//! Reads next: `apology.rs`.

use std::fmt;

/// Letters of a name that a form has room for.
const LONGEST: usize = 200;

/// A name as it may stand in a draft and nowhere else. Prints as `•••`.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant(String);

impl Applicant {
    /// A name in one line; `None` where there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let name: String = words.join(" ").chars().take(LONGEST).collect();
        (!name.is_empty()).then_some(Self(name))
    }

    /// The name itself.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Applicant(•••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_prints_masked() {
        let name = Applicant::parse("  Người\tThử\r\nNghiệm ").unwrap();
        assert_eq!(name.full(), "Người Thử Nghiệm");
        assert_eq!(format!("{name:?}"), "Applicant(•••)");
        assert_eq!(Applicant::parse(" \n"), None);
        let endless = Applicant::parse(&"ă".repeat(5_000)).unwrap();
        assert_eq!(endless.full().chars().count(), LONGEST);
    }
}

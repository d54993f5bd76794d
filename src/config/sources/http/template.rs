//! Requests with places in them: `{page}`, `{since}`, `{session}`.
//!
//! Owns: which places there are, and how they are written.
//! Never: filling them (`source::http`).
//! Reads next: `request.rs`.

use std::fmt;

use crate::domain::record::Value;

/// Something that changes from request to request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Page,
    Size,
    Offset,
    Cursor,
    Since,
    Session,
    From,
    To,
    Id,
    Secret,
}

impl Slot {
    const WORDS: [(&str, Self); 10] = [
        ("page", Self::Page),
        ("size", Self::Size),
        ("offset", Self::Offset),
        ("cursor", Self::Cursor),
        ("since", Self::Since),
        ("session", Self::Session),
        ("from", Self::From),
        ("to", Self::To),
        ("id", Self::Id),
        ("secret", Self::Secret),
    ];

    /// As it stands between braces.
    #[must_use]
    pub fn word(self) -> &'static str {
        let of = |(_, slot): &&(&'static str, Self)| *slot == self;
        Self::WORDS.iter().find(of).map_or("", |(word, _)| word)
    }

    fn parse(word: &str) -> Option<Self> {
        let of = |(known, _): &&(&str, Self)| *known == word;
        Self::WORDS.iter().find(of).map(|(_, slot)| *slot)
    }
}

/// Text with places in it. One that is nothing but a place keeps the kind of its value: `"{page}"` is a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Fixed(String),
    Slot {
        slot: Slot,
        /// `{page:text}`: text, even where it stands alone.
        as_text: bool,
    },
}

/// The body of a request: JSON with places in its texts.
#[derive(Clone, Debug)]
pub enum Tree {
    Text(Text),
    Value(Value),
    List(Vec<Tree>),
    Table(Vec<(String, Tree)>),
}

/// A place that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Byte in the text.
    pub at: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Unknown(String),
    NotClosed,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "`{{{word}}}` is not a place that a request has here"),
            Self::NotClosed => write!(f, "`{{` begins a place that does not end"),
        }
    }
}

impl Text {
    /// Reads `text`, in which the places `known` may stand; `{{` and `}}` are braces.
    ///
    /// # Errors
    /// With the first place that is not known or does not end.
    pub fn parse(text: &str, known: &[Slot]) -> Result<Self, Misplaced> {
        let mut parts = Vec::new();
        let mut fixed = String::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let at = text.len() - rest.len() + brace;
            fixed.push_str(&rest[..brace]);
            let from = &rest[brace..];
            let first = &from[..1];
            if from.starts_with("{{") || from.starts_with("}}") || first == "}" {
                fixed.push_str(first);
                rest = from
                    .get(2..)
                    .filter(|_| !is_lone_end(from))
                    .unwrap_or(&from[1..]);
                continue;
            }
            let end = from.find('}').ok_or(Misplaced {
                at,
                what: What::NotClosed,
            })?;
            if !fixed.is_empty() {
                parts.push(Part::Fixed(std::mem::take(&mut fixed)));
            }
            parts.push(part(&from[1..end], known).ok_or_else(|| Misplaced {
                at,
                what: What::Unknown(from[1..end].to_owned()),
            })?);
            rest = &from[end + 1..];
        }
        fixed.push_str(rest);
        if !fixed.is_empty() || parts.is_empty() {
            parts.push(Part::Fixed(fixed));
        }
        Ok(Self(parts))
    }

    #[must_use]
    pub fn has(&self, wanted: Slot) -> bool {
        let is = |part: &Part| matches!(part, Part::Slot { slot, .. } if *slot == wanted);
        self.0.iter().any(is)
    }
}

/// A `}` that stands alone is a brace like any other letter.
fn is_lone_end(from: &str) -> bool {
    from.starts_with('}') && !from.starts_with("}}")
}

fn part(between: &str, known: &[Slot]) -> Option<Part> {
    let (word, as_text) = between
        .strip_suffix(":text")
        .map_or((between, false), |word| (word, true));
    let slot = Slot::parse(word).filter(|slot| known.contains(slot))?;
    Some(Part::Slot { slot, as_text })
}

impl Tree {
    #[must_use]
    pub fn has(&self, wanted: Slot) -> bool {
        match self {
            Self::Text(text) => text.has(wanted),
            Self::Value(_) => false,
            Self::List(elements) => elements.iter().any(|element| element.has(wanted)),
            Self::Table(members) => members.iter().any(|(_, member)| member.has(wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> Part {
        Part::Fixed(text.to_owned())
    }

    fn slot(slot: Slot, as_text: bool) -> Part {
        Part::Slot { slot, as_text }
    }

    #[test]
    fn places_stand_between_braces() {
        let known = [Slot::Page, Slot::Since];
        for (text, parts, why) in [
            ("", vec![fixed("")], "nothing"),
            ("abc", vec![fixed("abc")], "no place"),
            ("{page}", vec![slot(Slot::Page, false)], "a place alone"),
            ("{page:text}", vec![slot(Slot::Page, true)], "as text"),
            (
                "từ {since} trở đi",
                vec![fixed("từ "), slot(Slot::Since, false), fixed(" trở đi")],
                "within text",
            ),
            (
                "{page}{since}",
                vec![slot(Slot::Page, false), slot(Slot::Since, false)],
                "two",
            ),
            ("{{page}}", vec![fixed("{page}")], "braces, doubled"),
            ("a}b", vec![fixed("a}b")], "a brace that ends nothing"),
        ] {
            assert_eq!(Text::parse(text, &known), Ok(Text(parts)), "{why}");
        }
    }

    #[test]
    fn a_place_that_means_nothing_is_told_where_it_stands() {
        for (text, at, what) in [
            (
                "từ {pages}",
                5,
                "`{pages}` is not a place that a request has here",
            ),
            (
                "{session}",
                0,
                "`{session}` is not a place that a request has here",
            ),
            ("{}", 0, "`{}` is not a place that a request has here"),
            ("{page", 0, "`{` begins a place that does not end"),
        ] {
            let told = Text::parse(text, &[Slot::Page]).unwrap_err();
            assert_eq!((told.at, told.what.to_string().as_str()), (at, what));
        }
    }
}

//! The words of one language, as an administrator edits them in `templates/words/*.toml`.
//!
//! Owns: placeholders such as `{count}`, singular and plural, the checks on both.
//! Never: which words there are (`catalogue.rs`), numbers and dates (`domain::format`).
//! Reads next: `catalogue.rs`.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use crate::config::problem::{closest, quoted};
use crate::config::reader::Item;
use crate::domain::format::{self, Language};
use crate::domain::ratio::Share;
use crate::domain::target::TargetLevel;

pub use super::catalogue::Words;

/// One word, phrase or sentence with its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where the first number that fills it is one; Vietnamese needs none.
    one: Option<String>,
    other: String,
}

/// What fills a placeholder. A number knows whether it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    text: String,
    is_one: Option<bool>,
}

impl From<String> for Filling {
    fn from(text: String) -> Self {
        Self { text, is_one: None }
    }
}

impl From<&str> for Filling {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Filling {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl Word {
    /// `"…"`, or `{ one = "…", other = "…" }`. Every one of `slots` must stand in it (a singular may
    /// leave its number out), and no other: an edit can neither lose a number nor invent one.
    pub(super) fn read(item: &Item<'_>, slots: &[&str]) -> Option<Self> {
        if !item.is_table() {
            let other = text(item, slots, Needed::All)?;
            return Some(Self { one: None, other });
        }
        let table = item.table()?;
        let one = table.required("one", |one| text(one, slots, Needed::Some));
        let other = table.required("other", |other| text(other, slots, Needed::All));
        Some(Self {
            one: Some(one?),
            other: other?,
        })
    }

    /// The sentence with its placeholders filled; what is filled in is not looked at again.
    pub(super) fn fill(&self, fillings: &[(&str, Filling)]) -> String {
        let is_one = fillings
            .iter()
            .find_map(|(_, filling)| filling.is_one)
            .unwrap_or(false);
        let pattern = self.one.as_ref().filter(|_| is_one).unwrap_or(&self.other);
        let mut sentence = String::with_capacity(pattern.len() * 2);
        for piece in pieces(pattern) {
            match piece {
                Piece::Text(text) => sentence.push_str(text),
                Piece::Slot { name, .. } => {
                    let filling = fillings.iter().find(|(slot, _)| *slot == name);
                    sentence.push_str(filling.map_or("", |(_, filling)| &filling.text));
                }
            }
        }
        sentence
    }

    /// A word without placeholders.
    pub(super) fn plain(&self) -> &str {
        &self.other
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    All,
    Some,
}

enum Piece<'a> {
    Text(&'a str),
    /// `at` is the byte of the opening brace.
    Slot {
        name: &'a str,
        at: usize,
    },
}

/// A pattern as text and placeholders, in order. A brace that never closes is text.
fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((open, close)) = next_slot(pattern, at) {
        all.push(Piece::Text(&pattern[at..open]));
        all.push(Piece::Slot {
            name: &pattern[open + 1..close],
            at: open,
        });
        at = close + 1;
    }
    all.push(Piece::Text(&pattern[at..]));
    all
}

fn next_slot(pattern: &str, from: usize) -> Option<(usize, usize)> {
    let open = from + pattern.get(from..)?.find('{')?;
    let close = open + pattern.get(open..)?.find('}')?;
    Some((open, close))
}

fn text(item: &Item<'_>, slots: &[&str], needed: Needed) -> Option<String> {
    let pattern = item.text()?;
    let found: Vec<(&str, usize)> = pieces(&pattern)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Slot { name, at } => Some((name, at)),
            Piece::Text(_) => None,
        })
        .collect();
    let mut good = true;
    for (name, at) in found.iter().filter(|(name, _)| !slots.contains(name)) {
        item.problem_inside(
            *at,
            format!("nothing fills `{{{name}}}` here"),
            help(name, slots),
        );
        good = false;
    }
    for slot in slots
        .iter()
        .filter(|slot| needed == Needed::All && found.iter().all(|(name, _)| name != *slot))
    {
        item.problem(
            format!("`{{{slot}}}` is missing"),
            format!("write `{{{slot}}}` where it belongs"),
        );
        good = false;
    }
    good.then_some(pattern)
}

fn help(name: &str, slots: &[&str]) -> String {
    match closest(name, slots.iter().copied()) {
        Some(slot) => format!("did you mean `{{{slot}}}`?"),
        None if slots.is_empty() => "write it without braces".to_owned(),
        None => format!("between braces can stand {}", quoted(slots.iter().copied())),
    }
}

/// Numbers and dates in this language.
impl Words {
    #[must_use]
    pub fn number(&self, value: u64) -> Filling {
        Filling {
            text: format::count(value, self.language),
            is_one: Some(value == 1),
        }
    }

    #[must_use]
    pub fn figure(&self, value: u64) -> String {
        format::count(value, self.language)
    }

    /// `+12`, `−3`: a change, with a real minus sign.
    #[must_use]
    pub fn difference(&self, before: u64, now: u64) -> String {
        let sign = if now >= before { "+" } else { "−" };
        format!("{sign}{}", self.figure(now.abs_diff(before)))
    }

    /// `373/373`
    #[must_use]
    pub fn fraction(&self, share: Share) -> String {
        format!(
            "{}/{}",
            self.figure(share.numerator),
            self.figure(share.denominator)
        )
    }

    /// A printed decimal as a percentage; a dash where there is none.
    #[must_use]
    pub fn percent(&self, printed: Option<String>) -> String {
        printed.map_or_else(
            || "–".to_owned(),
            |printed| format::percent(&printed, self.language),
        )
    }

    /// A printed decimal with the language's comma or point.
    #[must_use]
    pub fn decimal(&self, printed: &str) -> String {
        format::decimal(printed, self.language)
    }

    #[must_use]
    pub fn day(&self, day: NaiveDate) -> String {
        format::date(day, self.language)
    }

    #[must_use]
    pub fn moment(&self, at: NaiveDateTime) -> String {
        format::date_time(at, self.language)
    }

    /// `A, B và C`, at most `most` of them named; `counted` says how many more there are: `3 phường`.
    #[must_use]
    pub fn list(
        &self,
        names: &[String],
        most: usize,
        counted: impl Fn(Filling) -> String,
    ) -> String {
        let (shown, hidden) = names.split_at(names.len().min(most));
        match (shown, hidden.len()) {
            ([], _) => String::new(),
            ([one], 0) => one.clone(),
            ([first @ .., last], 0) => self.phrase.and(first.join(", "), last),
            (shown, more) => self
                .phrase
                .and_more(shown.join(", "), counted(self.number(more as u64))),
        }
    }

    /// The sentence that says how fresh the data is.
    #[must_use]
    pub fn read_at(&self, fresh_at: Option<DateTime<FixedOffset>>) -> Option<String> {
        fresh_at.map(|at| self.phrase.read_at(self.moment(at.naive_local())))
    }

    /// The word for a level as the board names it.
    #[must_use]
    pub fn level(&self, level: &str) -> String {
        let known = TargetLevel::ALL
            .into_iter()
            .find(|known| known.as_str() == level);
        match known {
            Some(TargetLevel::All) => self.phrase.all_levels(),
            Some(TargetLevel::District) => self.phrase.district(),
            Some(TargetLevel::Ward) => self.phrase.ward_level(),
            Some(TargetLevel::DistrictWard) => self.phrase.district_ward(),
            None => level.to_owned(),
        }
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.language {
            Language::Vi => "vi",
            Language::En => "en",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::document::Document;

    /// The shipped words.
    pub(crate) fn words(language: Language) -> Words {
        let text = match language {
            Language::Vi => include_str!("../../templates/words/vi.toml"),
            Language::En => include_str!("../../templates/words/en.toml"),
        };
        Words::read(&Document::new("words.toml", text), language).unwrap()
    }

    #[test]
    fn one_and_many_differ_where_the_language_says_so() {
        let (vietnamese, english) = (words(Language::Vi), words(Language::En));
        for (count, in_vietnamese, in_english) in [
            (0, "0 hồ sơ", "0 dossiers"),
            (1, "1 hồ sơ", "1 dossier"),
            (1_234, "1.234 hồ sơ", "1,234 dossiers"),
        ] {
            let told = |words: &Words| words.phrase.dossiers(words.number(count));
            assert_eq!(
                (told(&vietnamese).as_str(), told(&english).as_str()),
                (in_vietnamese, in_english)
            );
        }
    }

    #[test]
    fn what_fills_a_placeholder_is_not_filled_again() {
        let words = words(Language::Vi);
        assert_eq!(words.phrase.and("{last}", "{first"), "{last} và {first");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let words = words(Language::Vi);
        let names: Vec<String> = ["Bồ Đề", "Gia Thụy", "Sài Đồng", "Cự Khối"]
            .map(str::to_owned)
            .to_vec();
        let list = |count: usize| words.list(&names[..count], 3, |n| words.phrase.wards(n));
        assert_eq!(list(0), "");
        assert_eq!(list(1), "Bồ Đề");
        assert_eq!(list(3), "Bồ Đề, Gia Thụy và Sài Đồng");
        assert_eq!(list(4), "Bồ Đề, Gia Thụy, Sài Đồng và 1 phường khác");
    }

    #[test]
    fn a_change_has_a_sign() {
        let words = words(Language::Vi);
        assert_eq!(words.difference(155, 167), "+12");
        assert_eq!(words.difference(1_167, 155), "−1.012");
    }
}

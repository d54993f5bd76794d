//! What every letter has in common: subject, greeting, headline, footer.
//!
//! Owns: the context that a template sees.
//! Never: the body of one letter.
//! Reads next: `mail/render.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;

use super::digest::{self, Digest};
use super::notice::{self, Notice};
use super::overdue::{self, Overdue};
use super::ward_lag::{self, WardLag};
use super::words::Words;
use crate::domain::answer::AnswerKind;

/// A letter with all it says, in no language yet.
#[derive(Clone, Debug)]
pub enum Letter {
    Overdue(Overdue),
    WardLag(WardLag),
    Digest(Box<Digest>),
    Notice(Notice),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Overdue,
    WardLag,
    Digest,
    Notice,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Overdue, Self::WardLag, Self::Digest, Self::Notice];

    /// The word in job files, and the folder of its templates.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::WardLag => "ward-lag",
            Self::Digest => "digest",
            Self::Notice => "notice",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Letter {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Overdue(_) => Kind::Overdue,
            Self::WardLag(_) => Kind::WardLag,
            Self::Digest(_) => Kind::Digest,
            Self::Notice(_) => Kind::Notice,
        }
    }
}

/// Everything a template can print.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub language: &'static str,
    /// `Long Biên`, for the subject's bracket.
    pub tag: String,
    pub site: String,
    pub title: String,
    /// The result in one line: the subject says it, the headline repeats it.
    pub result: String,
    pub greeting: String,
    pub as_of: String,
    /// Shown beside the subject in a list of mails.
    pub preview: String,
    pub labels: BTreeMap<String, String>,
    pub footer: Vec<String>,
    /// A site that is tried out says where the mail would have gone.
    pub has_banner: bool,
    pub banner: String,
    pub has_answers: bool,
    pub answers: Answers,
    pub letter: Body,
}

/// Where the reader of a letter answers, and until which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Signed for this reader and this letter.
    pub url: String,
    pub until: NaiveDate,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Answers {
    pub ask: String,
    pub links: Vec<AnswerLink>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AnswerLink {
    pub word: String,
    pub url: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Body {
    Overdue(Box<overdue::View>),
    WardLag(ward_lag::View),
    Digest(Box<digest::View>),
    Notice(notice::View),
}

/// What one letter adds to a page.
pub(super) struct Parts {
    pub title: String,
    pub result: String,
    pub preview: String,
    pub notes: Vec<String>,
    pub answering: Option<Answering>,
    pub body: Body,
}

/// The letter in the language of `words`.
#[must_use]
pub fn page(letter: &Letter, words: &Words) -> Page {
    match letter {
        Letter::Overdue(it) => frame(
            &it.site,
            &it.recipient,
            it.as_of,
            overdue::parts(it, words),
            words,
        ),
        Letter::WardLag(it) => frame(
            &it.site,
            &it.recipient,
            it.as_of,
            ward_lag::parts(it, words),
            words,
        ),
        Letter::Digest(it) => frame(
            &it.site,
            &it.recipient,
            it.board.as_of,
            digest::parts(it, words),
            words,
        ),
        Letter::Notice(it) => Page {
            as_of: notice::written(it, words),
            ..frame(
                &it.site,
                &it.recipient,
                it.as_of,
                notice::parts(it, words),
                words,
            )
        },
    }
}

fn frame(
    site: &str,
    recipient: &str,
    as_of: DateTime<FixedOffset>,
    parts: Parts,
    words: &Words,
) -> Page {
    let mut footer = parts.notes;
    footer.push(words.phrase.automatic(site));
    Page {
        language: words.code(),
        tag: short(site).to_owned(),
        site: site.to_owned(),
        title: parts.title,
        result: parts.result,
        greeting: words.phrase.greeting(recipient),
        as_of: words.phrase.as_of(words.moment(as_of.naive_local())),
        preview: parts.preview,
        labels: words
            .labels
            .all()
            .into_iter()
            .map(|(name, word)| (name.to_owned(), word.to_owned()))
            .collect(),
        footer,
        has_banner: false,
        banner: String::new(),
        has_answers: parts.answering.is_some(),
        answers: parts
            .answering
            .map_or_else(Answers::default, |it| answers(&it, words)),
        letter: parts.body,
    }
}

fn answers(answering: &Answering, words: &Words) -> Answers {
    let link = |kind: AnswerKind, word: String| AnswerLink {
        word,
        url: format!("{}?answer={kind}", answering.url),
    };
    Answers {
        ask: words.answers.ask(words.day(answering.until)),
        links: vec![
            link(AnswerKind::Seen, words.answers.seen()),
            link(AnswerKind::Promised, words.answers.promised()),
            link(AnswerKind::NotMine, words.answers.not_mine()),
            link(AnswerKind::Silenced, words.answers.silenced()),
        ],
    }
}

/// The page of a letter that goes to whoever tries the site out, instead of to `title`.
#[must_use]
pub fn on_trial(page: Page, title: &str, words: &Words) -> Page {
    Page {
        has_banner: true,
        banner: words.trial.banner(title),
        ..page
    }
}

/// `UBND quận Long Biên` → `Long Biên`.
fn short(site: &str) -> &str {
    const PREFIXES: [&str; 10] = [
        "Ủy ban nhân dân ",
        "Uỷ ban nhân dân ",
        "UBND ",
        "quận ",
        "huyện ",
        "thị xã ",
        "thành phố ",
        "phường ",
        "xã ",
        "People's Committee of ",
    ];
    PREFIXES.iter().fold(site, |name, prefix| {
        name.strip_prefix(prefix).unwrap_or(name)
    })
}

/// The name without the word for its kind: `Phường Ngọc Thụy` → `Ngọc Thụy`.
pub(super) fn bare(ward: &str) -> &str {
    ward.strip_prefix("Phường ")
        .or_else(|| ward.strip_prefix("phường "))
        .unwrap_or(ward)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_of_a_subject_is_short() {
        for (site, tag) in [
            ("UBND quận Long Biên", "Long Biên"),
            ("Ủy ban nhân dân phường Bồ Đề", "Bồ Đề"),
            ("Long Biên", "Long Biên"),
            ("Trung tâm hành chính công", "Trung tâm hành chính công"),
        ] {
            assert_eq!(short(site), tag);
        }
    }

    #[test]
    fn a_kind_is_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("apology"), None);
    }
}

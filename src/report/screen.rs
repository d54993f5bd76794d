//! The pages on which letters are answered: what they say, with every word and day already decided.
//!
//! Owns: the question, the confirmation, the refusals, their samples.
//! Never: markup (`templates/pages`), who may see them (`web`). No name or address of a person has a place here.
//! Reads next: `screen/ask.rs`, `screen/noted.rs`, `screen/refused.rs`.

pub mod ask;
pub mod noted;
pub mod refused;
mod samples;

use serde::Serialize;
use serde_json::Value;

pub use ask::{Ask, Item, PostPart, Subject};
pub use noted::Noted;
pub use refused::Refusal;
pub use samples::samples;

use super::words::Words;

/// A page with all it says, in no language yet.
#[derive(Clone, Debug)]
pub struct Screen {
    pub site: String,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Ask(Box<Ask>),
    Noted(Noted),
    Refused(Refusal),
}

/// A page and what it is a sample of.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: &'static str,
    pub screen: Screen,
}

/// The page's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Ask,
    Noted,
    Refused,
}

impl Name {
    pub const ALL: [Self; 3] = [Self::Ask, Self::Noted, Self::Refused];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Noted => "noted",
            Self::Refused => "refused",
        }
    }
}

/// Everything that a page's template can print.
#[derive(Clone, Debug, Serialize)]
struct View<T> {
    language: &'static str,
    site: String,
    title: String,
    #[serde(flatten)]
    page: T,
}

impl Screen {
    #[must_use]
    pub fn name(&self) -> Name {
        match self.what {
            What::Ask(_) => Name::Ask,
            What::Noted(_) => Name::Noted,
            What::Refused(_) => Name::Refused,
        }
    }

    /// What its template prints, in the language of `words`.
    ///
    /// # Errors
    /// When it cannot be made into JSON.
    pub fn view(&self, words: &Words) -> Result<Value, serde_json::Error> {
        match &self.what {
            What::Ask(ask) => self.framed(words.page.title(), ask::view(ask, words), words),
            What::Noted(noted) => self.framed(words.page.noted(), noted::view(noted, words), words),
            What::Refused(why) => {
                let (title, help) = refused::words(*why, words);
                self.framed(title, refused::View { help }, words)
            }
        }
    }

    fn framed(
        &self,
        title: String,
        page: impl Serialize,
        words: &Words,
    ) -> Result<Value, serde_json::Error> {
        serde_json::to_value(View {
            language: words.code(),
            site: self.site.clone(),
            title,
            page,
        })
    }
}

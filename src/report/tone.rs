//! How good or bad something is: a word and a symbol first, a colour only besides.
//!
//! Owns: the colours of mails (contrast at least 4.5 : 1 on their background).
//! Never: deciding a status (`domain::assess`).
//! Reads next: `dossier.rs`.

use serde::Serialize;

use super::words::Words;
use crate::domain::board::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warn,
    Bad,
    Quiet,
}

impl Tone {
    /// Text colour.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Self::Good => "#14613a",
            Self::Warn => "#8a4b00",
            Self::Bad => "#a51d1d",
            Self::Quiet => "#4a5563",
        }
    }

    /// Background behind that text.
    #[must_use]
    pub fn background(self) -> &'static str {
        match self {
            Self::Good => "#e3f3ea",
            Self::Warn => "#fdf0d9",
            Self::Bad => "#fce6e4",
            Self::Quiet => "#eceff3",
        }
    }
}

/// A status as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Badge {
    pub symbol: &'static str,
    pub word: String,
    pub colour: &'static str,
    pub background: &'static str,
}

impl Badge {
    #[must_use]
    pub fn new(symbol: &'static str, word: String, tone: Tone) -> Self {
        Self {
            symbol,
            word,
            colour: tone.colour(),
            background: tone.background(),
        }
    }

    #[must_use]
    pub fn of(status: Status, words: &Words) -> Self {
        let words = &words.status;
        match status {
            Status::Met => Self::new("✓", words.met(), Tone::Good),
            Status::Missed => Self::new("✗", words.missed(), Tone::Bad),
            Status::NotVerifiable => Self::new("–", words.not_verifiable(), Tone::Quiet),
            Status::Unknown => Self::new("?", words.unknown(), Tone::Warn),
            Status::Watch => Self::new("!", words.watch(), Tone::Warn),
            Status::Lagging => Self::new("▼", words.lagging(), Tone::Bad),
        }
    }
}

//! The text of a cron schedule, checked field by field.
//!
//! Owns: what each field may hold, and where in the text a problem stands.
//! Never: when a schedule runs.
//! Reads next: `field.rs`.

use std::ops::Range;

use super::field::Field;

/// Why a text is not a schedule. `Display` says what is wrong; `help` what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// `None` where the text as a whole is wrong.
    pub field: Option<Field>,
    /// Bytes of the text that are wrong.
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

/// A checked text.
#[derive(Debug)]
pub(super) struct Expression {
    /// Six fields in the narrower grammar that croner reads as we mean it.
    pub pattern: String,
    /// Day of month and day of week must both match. Debian: so they must where either begins with `*`.
    pub both_days: bool,
    /// The minute or the hour begins with `*`: it runs by intervals, not at fixed times.
    pub interval: bool,
    /// Bytes of the text that choose the day: day of month to day of week, or the whole nickname.
    pub days: Range<usize>,
}

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Reads five fields, six with seconds first, or a nickname; of several wrong fields the first is told.
pub(super) fn read(text: &str) -> Result<Expression, CronError> {
    match words(text)? {
        Words::Nickname(word) => nickname(word),
        Words::Fields(words) => six(words),
    }
}

/// What is wrong with each field.
pub(super) fn problems(text: &str) -> Vec<CronError> {
    match words(text) {
        Err(error) => vec![error],
        Ok(Words::Nickname(word)) => nickname(word).err().into_iter().collect(),
        Ok(Words::Fields(words)) => Field::ALL
            .into_iter()
            .zip(words)
            .filter_map(|(field, word)| field.read(word?).err())
            .collect(),
    }
}

enum Words<'a> {
    Nickname(Piece<'a>),
    /// Without a text for the seconds they are 0.
    Fields([Option<Piece<'a>>; 6]),
}

fn words(text: &str) -> Result<Words<'_>, CronError> {
    let blank = |letter: char| letter.is_ascii_whitespace();
    let words = Piece { text, start: 0 }.split(blank);
    let words: Vec<Piece<'_>> = words.filter(|word| !word.text.is_empty()).collect();
    match words[..] {
        [word] if word.text.starts_with('@') => Ok(Words::Nickname(word)),
        [minute, hour, day, month, weekday] => Ok(Words::Fields([
            None,
            Some(minute),
            Some(hour),
            Some(day),
            Some(month),
            Some(weekday),
        ])),
        [second, minute, hour, day, month, weekday] => Ok(Words::Fields(
            [second, minute, hour, day, month, weekday].map(Some),
        )),
        _ => Err(wrong_count(text, words.len())),
    }
}

fn six(words: [Option<Piece<'_>>; 6]) -> Result<Expression, CronError> {
    let read = |(field, word): (Field, Option<Piece<'_>>)| {
        word.map_or(Ok("0".to_owned()), |word| field.read(word))
    };
    let pattern: Vec<String> = Field::ALL
        .into_iter()
        .zip(words)
        .map(read)
        .collect::<Result<_, _>>()?;
    let begins_with_star =
        |place: usize| words[place].is_some_and(|word| word.text.starts_with(['*', '?']));
    let [_, _, _, day, _, weekday] = words;
    Ok(Expression {
        both_days: begins_with_star(3) || begins_with_star(5),
        interval: begins_with_star(1) || begins_with_star(2),
        days: day.map_or(0, |word| word.start)..weekday.map_or(0, |word| word.span().end),
        pattern: pattern.join(" "),
    })
}

fn nickname(word: Piece<'_>) -> Result<Expression, CronError> {
    let name = word.text.to_ascii_lowercase();
    match NICKNAMES.into_iter().find(|(known, _)| *known == name) {
        Some((_, fields)) => Ok(Expression {
            days: word.span(),
            ..read(fields)?
        }),
        None => Err(CronError {
            field: None,
            span: word.span(),
            message: format!("`{}` is not a schedule", word.text),
            help: format!(
                "write one of {}, or five fields",
                NICKNAMES.map(|(name, _)| name).join(", ")
            ),
        }),
    }
}

fn wrong_count(text: &str, count: usize) -> CronError {
    let start = text.len() - text.trim_start().len();
    CronError {
        field: None,
        span: start..start + text.trim().len(),
        message: match count {
            0 => "the schedule is empty".to_owned(),
            1 => "1 field instead of five".to_owned(),
            count => format!("{count} fields instead of five"),
        },
        help: "write minute, hour, day of month, month and day of week (with seconds first if you need them), \
               such as `30 7 * * MON-FRI`"
            .to_owned(),
    }
}

/// A piece of the text and the byte at which it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl<'a> Piece<'a> {
    pub(super) fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The parts between separators of one byte.
    pub(super) fn split(self, separates: impl Fn(char) -> bool) -> impl Iterator<Item = Piece<'a>> {
        let mut start = self.start;
        self.text.split(separates).map(move |text| {
            let piece = Piece { text, start };
            start += text.len() + 1;
            piece
        })
    }

    /// Before and after the first `separator`, a byte.
    pub(super) fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(separator)?;
        Some((
            Piece { text: left, ..self },
            Piece {
                text: right,
                start: self.start + left.len() + 1,
            },
        ))
    }

    /// Without a last letter, in either case.
    pub(super) fn strip_suffix(self, letter: char) -> Option<Self> {
        let text = self
            .text
            .strip_suffix(|last: char| last.eq_ignore_ascii_case(&letter))?;
        Some(Piece { text, ..self })
    }
}

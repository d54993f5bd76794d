//! A problem in a file: where it is, what is wrong, what to write instead.
//!
//! Owns: positions and the wording shared by all files.
//! Never: deciding what is wrong.
//! Reads next: `problem/report.rs`, `document.rs`, `reader.rs`.

mod report;

use std::fmt;
use std::path::{Path, PathBuf};

pub use report::{Look, Severity, report};

/// One problem. `line` and `column` count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Problem {
    /// Relative to the site's folder; `environment` for a value of an environment variable.
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub help: String,
}

impl Problem {
    /// A problem of a file as a whole: missing, unreadable.
    pub fn of_file(
        file: impl AsRef<Path>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            file: file.as_ref().to_owned(),
            line: 1,
            column: 1,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// One line: `config/targets.toml:3:9: … (help: …)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            help,
        } = self;
        write!(f, "{}:{line}:{column}: {message}", file.display())?;
        if help.is_empty() {
            Ok(())
        } else {
            write!(f, " (help: {help})")
        }
    }
}

/// Sorts by file and position, and drops what was said twice.
#[must_use]
pub fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}

/// The closest of `known` to `word`, if it is close enough to be a slip of the hand.
#[must_use]
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let score = |name: &str| strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase());
    known
        .into_iter()
        .map(|name| (score(name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// What to write instead of `word`: the closest known one, or all of them.
#[must_use]
pub fn instead<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match closest(word, known.iter().copied()) {
        Some(name) => did_you_mean(name),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None if known.len() == 1 => format!("only {} is known", quoted(known)),
        None => format!("write one of {}", quoted(known)),
    }
}

#[must_use]
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// `` `a`, `b`, `c` ``
#[must_use]
pub fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        Problem {
            file: "jobs/a.toml".into(),
            line: 2,
            column: 9,
            message: "`Hà Nội` is not a time zone".to_owned(),
            help: "write `Asia/Ho_Chi_Minh`".to_owned(),
        }
    }

    #[test]
    fn one_line_names_place_fault_and_remedy() {
        assert_eq!(
            problem().to_string(),
            "jobs/a.toml:2:9: `Hà Nội` is not a time zone (help: write `Asia/Ho_Chi_Minh`)"
        );
    }

    #[test]
    fn a_slip_of_the_hand_is_recognised() {
        assert_eq!(
            instead("overdeu", ["overdue", "digest"]),
            "did you mean `overdue`?"
        );
        assert_eq!(
            instead("xyz", ["overdue", "digest"]),
            "write one of `overdue`, `digest`"
        );
    }
}

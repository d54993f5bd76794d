//! A problem in a file: where it is, what is wrong, what to write instead.
//!
//! Owns: positions and the wording shared by all files.
//! Never: deciding what is wrong.
//! Reads next: `document.rs`, `reader.rs`.

use std::fmt;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, NamedSource, SourceSpan};

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

/// The problem with its line of `text` and a mark under the place, for a terminal.
#[must_use]
pub fn report(problem: &Problem, text: &str) -> miette::Report {
    let start = offset(text, problem.line, problem.column);
    let length = word_length(text.get(start..).unwrap_or_default());
    miette::Report::new(Shown {
        message: problem.message.clone(),
        help: Some(problem.help.clone()).filter(|help| !help.is_empty()),
        text: NamedSource::new(problem.file.display().to_string(), text.to_owned()),
        place: (start, length).into(),
    })
}

#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
struct Shown {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    place: SourceSpan,
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
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None => format!("write one of {}", quoted(known)),
    }
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

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = text.get(start..).unwrap_or_default();
    start
        + rest
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum::<usize>()
}

/// Bytes of the word or quoted text at the start of `rest`.
fn word_length(rest: &str) -> usize {
    let line = rest.lines().next().unwrap_or_default();
    let end = if line.starts_with('"') {
        line.get(1..)
            .and_then(|inner| inner.find('"'))
            .map(|at| at + 2)
    } else {
        line.find([' ', ',', '=', '}'])
    };
    end.unwrap_or(line.len()).max(1).min(rest.len())
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
    fn a_report_shows_the_line_and_marks_the_value() {
        let text = "title = \"Cảnh báo\"\nzone  = \"Hà Nội\"\n";
        let report = report(&problem(), text);
        let mut shown = String::new();
        miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none())
            .render_report(&mut shown, report.as_ref())
            .unwrap();
        assert!(shown.contains("[jobs/a.toml:2:9]"), "{shown}");
        assert!(shown.contains("zone  = \"Hà Nội\""), "{shown}");
        assert!(shown.contains("help: write `Asia/Ho_Chi_Minh`"), "{shown}");
    }

    #[test]
    fn a_place_beyond_the_text_is_still_shown() {
        let beyond = Problem {
            line: 9,
            column: 9,
            ..problem()
        };
        assert!(format!("{:?}", report(&beyond, "a = 1\n")).contains("not a time zone"));
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

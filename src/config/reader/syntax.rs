//! Mistakes by which a text is not TOML: each told once, not what follows from it.
//!
//! Owns: telling a mistake from its consequences. After the first mistake its statement is blanked out and the
//! text read again: whatever is still wrong then is a mistake of its own.
//! Never: what a key means.
//! Reads next: `syntax/scan.rs`, `syntax/wording.rs`.

mod scan;
mod wording;

use std::ops::Range;

use toml::de::{DeTable, Error};

use self::scan::Scan;
use super::super::document::Document;
use super::super::problem::{Problem, sorted};

/// Whoever has made this many mistakes mends some of them first.
const MOST: usize = 10;

/// A mistake, and what to leave out to find the next one.
struct Mistake {
    at: usize,
    message: String,
    help: String,
    /// Bytes to blank out.
    statement: Range<usize>,
}

/// Every mistake in the text, in its order; none where it is TOML.
#[must_use]
pub fn mistakes(document: &Document) -> Vec<Problem> {
    let mut text = document.text.clone();
    let mut problems: Vec<Problem> = Vec::new();
    while let Some(error) = first_error(&text)
        && problems.len() < MOST
    {
        let mistake = mistake(&text, &error);
        let problem = document.problem_at(mistake.at, mistake.message, mistake.help);
        let stuck = problems.contains(&problem);
        text = without(&text, &mistake.statement);
        problems.push(problem);
        if stuck {
            break;
        }
    }
    sorted(problems)
}

fn first_error(text: &str) -> Option<Error> {
    let (_, errors) = DeTable::parse_recoverable(text);
    errors.into_iter().min_by_key(start_of)
}

fn start_of(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn mistake(text: &str, error: &Error) -> Mistake {
    let scan = Scan::until(text, start_of(error));
    if !is_of_meaning(error)
        && let Some((open, bracket)) = scan.unclosed()
    {
        let close = scan::closing(bracket);
        let help = if scan.header() == Some(open) {
            format!("write `{close}` at the end of the line")
        } else {
            format!("write `{close}` where it ends, and a comma between the values")
        };
        return Mistake {
            at: open,
            message: format!("this `{bracket}` is not closed"),
            help,
            statement: scan.statement.start..scan.break_off(),
        };
    }
    let (at, message, help) = wording::of(text, error, &scan);
    Mistake {
        at,
        message,
        help,
        statement: scan.statement.clone(),
    }
}

/// What is wrong is a whole key or value, whatever stands around it.
fn is_of_meaning(error: &Error) -> bool {
    let kinds = ["duplicate key", "cannot extend", "invalid date"];
    kinds.iter().any(|kind| error.message().starts_with(kind))
}

/// The text with spaces for what stands at `range`, so that every other byte stays where it is. The header of a
/// table that stands twice gets another name instead: its keys are no mistake.
fn without(text: &str, range: &Range<usize>) -> String {
    let is_header = text[range.clone()].trim_start().starts_with('[');
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let header = text[range.clone()].trim();
    let whole = is_header && (header.ends_with(']') || header.contains("] "));
    let blank = |(at, byte): (usize, u8)| match byte {
        _ if !range.contains(&at) => byte,
        b'\n' | b'\r' => byte,
        _ if !whole => b' ',
        other if is_name(other) => b'_',
        other => other,
    };
    let bytes = text.bytes().enumerate().map(blank).collect();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let problems = mistakes(&Document::new("a.toml", text));
        problems
            .iter()
            .map(|problem| {
                format!(
                    "{}:{} {} | {}",
                    problem.line, problem.column, problem.message, problem.help
                )
            })
            .collect()
    }

    #[test]
    fn every_usual_mistake_is_told_in_plain_words() {
        let cases = [
            (
                "a code without quotes",
                "code = 00118 # Ngọc Thụy\n",
                "1:8 `00118` is not a value | write it between quotes: `\"00118\"`",
            ),
            (
                "text without quotes",
                "title = Họp tuần # ghi chú\n",
                "1:9 `Họp tuần` is not a value | write it between quotes: `\"Họp tuần\"`",
            ),
            (
                "a length of time without quotes",
                "timeout = 10m\n",
                "1:11 `10m` is not a value | write it between quotes: `\"10m\"`",
            ),
            (
                "quotes of a word processor",
                "title = “Họp”\n",
                "1:9 these are not the quotes of a keyboard | write `\"Họp\"`",
            ),
            (
                "a flag in capitals",
                "by_ward = True\n",
                "1:11 `True` is not a value | write `true`, or text between quotes: `\"True\"`",
            ),
            (
                "a flag in words",
                "by_ward = yes\n",
                "1:11 `yes` is not a value | write `true`, or text between quotes: `\"yes\"`",
            ),
            (
                "no value",
                "title = \nrows = 1\n",
                "1:9 `title` has no value | write `title = …`",
            ),
            (
                "no value, but a remark",
                "title = # ghi chú\n",
                "1:9 `title` has no value | write `title = …`",
            ),
            (
                "a colon",
                "title: \"Họp\"\n",
                "1:1 `=` is missing after `title` | write `title = …`",
            ),
            (
                "a key alone",
                "title\n",
                "1:1 `=` is missing after `title` | write `title = …`",
            ),
            (
                "no key",
                "= 1\n",
                "1:1 a key is missing before `=` | write `key = value`",
            ),
            (
                "two equals signs",
                "a == 1\n",
                "1:4 one `=` too many | write `key = value`",
            ),
            (
                "text without its end",
                "a = 1\ntitle = \"Họp\nrows = 1\n",
                "2:9 this text has no closing quote | write `\"` at its end, on the same line",
            ),
            (
                "a path of Windows",
                "trust = \"C:\\path\"\n",
                "1:12 `\\p` means nothing in text between double quotes | double the backslash: `\\\\p`",
            ),
            (
                "a decimal comma",
                "at_least = 97,5\n",
                "1:14 only a remark can follow a value | begin it with `#`, or give it a line of its own; \
                 a number with decimals is written `\"97.5\"`",
            ),
            (
                "two on one line",
                "a = \"x\" b = 2\n",
                "1:9 only a remark can follow a value | begin it with `#`, or give it a line of its own",
            ),
            (
                "a remark of another language",
                "// ghi chú\na = 1\n",
                "1:1 a remark begins with `#`, not with `//` | write `# …`",
            ),
            (
                "a header without its end",
                "[site\nname = \"x\"\n",
                "1:1 this `[` is not closed | write `]` at the end of the line",
            ),
            (
                "a key with accents",
                "tiêu = 1\n",
                "1:1 `tiêu` is not a key | keys have letters without accents, digits, `-` and `_`",
            ),
            (
                "an invisible space",
                "\u{a0}a = 1\n",
                "1:1 an invisible character (U+00A0) stands here | remove it",
            ),
            (
                "a month too many",
                "day = 2020-13-01\n",
                "1:7 `2020-13-01` is not a date | write it as `2020-06-01`: month between 01 and 12",
            ),
            (
                "a day too many",
                "day = 2020-02-30\n",
                "1:7 `2020-02-30` is not a date | write it as `2020-06-01`: day between 01 and 29",
            ),
            (
                "a key twice",
                "a = 1\n\n# b\na = 2\n",
                "4:1 `a` stands twice | keep one of them; the first is on line 1",
            ),
            (
                "a table twice",
                "[s]\na = 1\n[t]\n[s]\nb = 1\n",
                "4:2 `s` stands twice | put its keys under the first, on line 1",
            ),
            (
                "a list without its end",
                "to = [\"head\", \"chair\"  # ghi chú ]\nmail = \"x\"\n",
                "1:6 this `[` is not closed | write `]` where it ends, and a comma between the values",
            ),
            (
                "an inner table without its end",
                "count = { electronic = true\nby_ward = true\n",
                "1:9 this `{` is not closed | write `}` where it ends, and a comma between the values",
            ),
            (
                "a bracket that closes another",
                "ladder = [{ late = 0, to = \"head\" ]\n",
                "1:11 this `{` is not closed | write `}` where it ends, and a comma between the values",
            ),
            (
                "a comma forgotten in a list",
                "off = [\n  \"2020-01-01\"\n  \"2020-01-02\",\n]\n",
                "3:3 a comma is missing before this | put `,` between the values",
            ),
            (
                "a comma forgotten in a table",
                "a = { x = \"1\" y = \"2\" }\n",
                "1:15 a comma is missing before this | put `,` between the values",
            ),
            (
                "a bracket too many",
                "a = }\n",
                "1:5 `}` closes nothing | remove it, or write `{` where it begins",
            ),
            (
                "a merge left undone",
                "<<<<<<< HEAD\na = 1\n",
                "1:1 a merge was left undone here | keep one of the two versions, and remove the marks",
            ),
        ];
        for (what, text, expected) in cases {
            assert_eq!(told(text), [expected], "{what}");
        }
    }

    #[test]
    fn mistakes_are_told_and_not_what_follows_from_them() {
        let text =
            "a = { b = 1\nc = 2\nd = \"x\ne = 1\ne = 2\n[s]\n[t]\nf = yes\n[s]\ng = [1,\nh = 3\n";
        let places: Vec<String> = told(text)
            .iter()
            .map(|line| line.split_once(' ').unwrap().0.to_owned())
            .collect();
        assert_eq!(places, ["1:5", "3:5", "5:1", "8:5", "9:2", "10:5"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_cut_out_or_put_in_is_told_and_breaks_nothing(
            from in 0_usize..400,
            length in 0_usize..6,
            put in "[\\[\\]{}\"'=,#\\\\\\n\\r \u{a0}ếa1.]{0,4}",
        ) {
            let shipped = include_str!("../../../jobs/overdue-alerts.toml");
            let letters: Vec<char> = shipped.chars().skip(300).collect();
            let kept = letters.iter().take(from).chain(letters.iter().skip(from + length));
            let mut text: String = kept.collect();
            let at = text.char_indices().nth(from).map_or(text.len(), |(at, _)| at);
            text.insert_str(at, &put);
            let is_toml = DeTable::parse_recoverable(&text).1.is_empty();
            let document = Document::new("a.toml", text.as_str());
            let problems = mistakes(&document);
            proptest::prop_assert_eq!(problems.is_empty(), is_toml);
            proptest::prop_assert!(problems.len() <= 4, "{problems:?}\n{text}");
            for problem in problems {
                let shown = crate::config::problem::report(
                    &problem,
                    &text,
                    crate::config::problem::Severity::Problem,
                    crate::config::problem::Look::PLAIN,
                );
                proptest::prop_assert!(!shown.is_empty());
            }
        }
    }

    #[test]
    fn a_file_that_is_something_else_is_told_in_a_few_lines() {
        let page =
            "<!DOCTYPE html>\n<html>\n".to_owned() + &"<p>Không có gì ở đây</p>\n".repeat(500);
        assert!(told(&page).len() <= MOST);
    }

    #[test]
    fn a_text_that_is_toml_has_no_mistakes() {
        assert_eq!(
            told("a = \"\"\"\n[ { \" x\n\"\"\"\nb = ['{', \"]\"] # [\n"),
            [] as [&str; 0]
        );
    }
}

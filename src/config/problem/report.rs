//! A problem as people read it: the line of the file, a mark under the place, what to write instead.
//!
//! Owns: the look, which is that of rustc; in plain ASCII, so that a pipe, a log and a mail show it too.
//! Never: colours where nobody asked for them: the caller knows what it prints to.
//! Reads next: `../document.rs`.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Problem,
    Warning,
}

/// What the text is printed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colours: bool,
    /// Columns; a longer line of the file is shown in part.
    pub width: usize,
}

impl Look {
    /// For a pipe, a log or a mail.
    pub const PLAIN: Self = Self {
        colours: false,
        width: 140,
    };
}

/// The problem with its line of `text`, which is empty where the file could not be read.
#[must_use]
pub fn report(problem: &Problem, text: &str, severity: Severity, look: Look) -> String {
    let level = match severity {
        Severity::Problem => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let file = problem.file.display().to_string();
    let group = level.primary_title(problem.message.as_str());
    let group = match place(problem, text) {
        Some(place) => group.element(snippet(text, place).path(file)),
        None => group.element(origin(problem, file)),
    };
    let group = with_help(group, &problem.help);
    let renderer = if look.colours {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(look.width).render(&[group])
}

fn with_help<'a>(group: Group<'a>, help: &'a str) -> Group<'a> {
    if help.is_empty() {
        group
    } else {
        group.element(Level::HELP.message(help))
    }
}

fn origin<'a>(problem: &Problem, file: String) -> Origin<'a> {
    let origin = Origin::path(file);
    match (problem.line, problem.column) {
        (1, 1) => origin,
        (line, column) => origin.line(line).char_column(column),
    }
}

/// The line with the place, under the header of its table.
fn snippet(text: &str, place: Range<usize>) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let header = header_above(text, place.start).map(|at| AnnotationKind::Visible.span(at));
    Snippet::source(text)
        .annotation(AnnotationKind::Primary.span(place))
        .annotations(header)
}

/// `[[step]]` above a line of that table.
fn header_above(text: &str, at: usize) -> Option<Range<usize>> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let begins = |line: &str| {
        let name = line.trim_start_matches('[');
        name.len() < line.len() && name.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let mut end = line;
    for above in text[..line].split_inclusive('\n').rev() {
        let start = end - above.len();
        if begins(above) {
            return Some(start..start + above.trim_end().len());
        }
        end = start;
    }
    None
}

/// The bytes to mark; `None` where the problem is one of the file as a whole, which has no such place.
fn place(problem: &Problem, text: &str) -> Option<Range<usize>> {
    let lines = text.split_inclusive('\n').map(str::len);
    let start: usize = lines.take(problem.line.saturating_sub(1)).sum();
    let line = text.get(start..).filter(|rest| !rest.is_empty())?;
    let line = line.lines().next().unwrap_or_default();
    let before = line.chars().take(problem.column.saturating_sub(1));
    let from = before.map(char::len_utf8).sum::<usize>().min(line.len());
    let rest = &line[from..];
    let whole =
        (problem.line, problem.column) == (1, 1) && (rest.is_empty() || rest.starts_with('#'));
    (!whole).then(|| start + from..start + from + marked(rest))
}

/// Bytes of the value, word or header at the start of `rest`.
fn marked(rest: &str) -> usize {
    let length = match rest.chars().next() {
        Some('"') if rest.starts_with("\"\"\"") => between_long_quotes(rest, "\"\"\""),
        Some('\'') if rest.starts_with("\'\'\'") => between_long_quotes(rest, "\'\'\'"),
        Some(mark @ ('"' | '\'')) => between_quotes(rest, mark),
        Some('[' | '{') => between_brackets(rest),
        _ => {
            let ends = |c: char| c.is_whitespace() || ",=]}\"'".contains(c);
            rest.find(ends).unwrap_or(rest.len())
        }
    };
    let first = rest.chars().next().map_or(0, char::len_utf8);
    length.max(first)
}

/// Text that may go on in the next line.
fn between_long_quotes(rest: &str, mark: &str) -> usize {
    let inner = &rest[mark.len()..];
    let end = inner.find(mark).map(|end| end + 2 * mark.len());
    end.unwrap_or(rest.trim_end().len())
}

fn between_quotes(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if mark == '"' => escaped = true,
            _ if letter == mark => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// To the bracket that closes the first one on this line, or to the last value on it.
fn between_brackets(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut skip = 0;
    for (at, letter) in rest.char_indices() {
        match letter {
            _ if at < skip => {}
            '"' | '\'' => skip = at + between_quotes(&rest[at..], letter),
            '[' | '{' => depth += 1,
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            '#' => return rest[..at].trim_end().len(),
            _ => {}
        }
    }
    rest.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize, column: usize) -> Problem {
        Problem {
            file: "jobs/a.toml".into(),
            line,
            column,
            message: "`Hà Nội` is not a time zone".to_owned(),
            help: "write `Asia/Ho_Chi_Minh`".to_owned(),
        }
    }

    fn shown(text: &str, line: usize, column: usize) -> String {
        report(&problem(line, column), text, Severity::Problem, Look::PLAIN)
    }

    #[test]
    fn a_report_shows_the_line_under_its_table_and_marks_the_value() {
        let text =
            "title = \"Cảnh báo\"\n\n[schedule]\ncron = \"@daily\"\nzone = \"Hà Nội\" # ở đây\n";
        assert_eq!(
            shown(text, 5, 8),
            "\
error: `Hà Nội` is not a time zone
 --> jobs/a.toml:5:8
  |
3 | [schedule]
4 | cron = \"@daily\"
5 | zone = \"Hà Nội\" # ở đây
  |        ^^^^^^^^
  |
  = help: write `Asia/Ho_Chi_Minh`"
        );
    }

    #[test]
    fn the_mark_stands_under_its_place_whatever_stands_before_it() {
        let marks = |text: &str, column: usize| {
            let shown = shown(text, 1, column);
            let lines: Vec<&str> = shown.lines().collect();
            let width = |text: &str| unicode_width(text);
            let line = lines.iter().find(|line| line.starts_with("1 |")).unwrap();
            let mark = lines.iter().find(|line| line.contains('^')).unwrap();
            let at = mark.find('^').unwrap();
            let word = line.find("\"x\"").unwrap();
            (at, width(&line[..word]), mark.matches('^').count())
        };
        let decomposed = "Ca\u{309}nh ba\u{301}o ho\u{302}\u{300} so\u{31b}";
        let cases = [
            (
                "composed",
                "a = { b = \"Cảnh báo hồ sơ\", c = \"x\" }".to_owned(),
            ),
            (
                "decomposed",
                format!("a = {{ b = \"{decomposed}\", c = \"x\" }}"),
            ),
            ("wide", "a = { b = \"今週\", c = \"x\" }".to_owned()),
            ("tabs", "a\t=\t\"x\"".to_owned()),
        ];
        for (what, text) in cases {
            let byte = text.find("\"x\"").unwrap();
            let (at, under, length) = marks(&text, text[..byte].chars().count() + 1);
            assert_eq!((at, length), (under, 3), "{what}");
        }
    }

    /// Columns on a terminal: combining marks have none, ideographs two.
    fn unicode_width(text: &str) -> usize {
        let columns = |letter: char| match letter {
            '\u{300}'..='\u{36f}' => 0,
            '\u{4e00}'..='\u{9fff}' => 2,
            _ => 1,
        };
        text.chars().map(columns).sum()
    }

    #[test]
    fn what_is_marked_is_the_whole_value() {
        let cases = [
            ("\"a \\\" b\" # c", "\"a \\\" b\""),
            ("'C:\\' # c", "'C:\\'"),
            ("\"\"\"a", "\"\"\"a"),
            ("\"\"\"a\"\"\" # c", "\"\"\"a\"\"\""),
            ("'''a", "'''a"),
            ("[1, \"]\", 2] # c", "[1, \"]\", 2]"),
            ("{ a = [1] }, 2", "{ a = [1] }"),
            ("[", "["),
            ("[ # c", "["),
            ("MÓN\", zone", "MÓN"),
            ("10, b", "10"),
            ("key = 1", "key"),
            ("[[step]]", "[[step]]"),
            (", x", ","),
        ];
        for (rest, expected) in cases {
            assert_eq!(&rest[..marked(rest)], expected);
        }
    }

    #[test]
    fn a_problem_of_a_whole_file_shows_no_line() {
        for text in ["", "# ghi chú\na = 1\n"] {
            let shown = shown(text, 1, 1);
            assert!(shown.contains("--> jobs/a.toml\n"), "{shown}");
            assert!(!shown.contains("ghi chú"), "{shown}");
        }
    }

    #[test]
    fn a_place_beyond_the_text_is_still_told() {
        assert!(shown("a = 1\n", 9, 9).contains("--> jobs/a.toml:9:9"));
        assert!(shown("a = 1\n", 1, 99).contains("not a time zone"));
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let days: Vec<String> = (1..=31)
            .map(|day| format!("\"2020-01-{day:02}\""))
            .collect();
        let text = format!("off = [{}]\n", days.join(", "));
        let column = text.find("\"2020-01-20\"").unwrap() + 1;
        let narrow = Look {
            width: 80,
            ..Look::PLAIN
        };
        let shown = report(&problem(1, column), &text, Severity::Problem, narrow);
        assert!(shown.contains("\"2020-01-20\""), "{shown}");
        assert!(
            shown.lines().all(|line| line.chars().count() <= 90),
            "{shown}"
        );
    }

    #[test]
    fn a_file_cannot_write_to_the_terminal() {
        let text = "a = \"\u{1b}[31mred\u{202e}\"\n";
        let told = Problem {
            message: "unknown key `\u{1b}[31m`".to_owned(),
            ..problem(1, 5)
        };
        let shown = report(&told, text, Severity::Warning, Look::PLAIN);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
}

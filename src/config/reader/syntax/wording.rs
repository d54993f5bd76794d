//! Mistakes in the words of people who have never heard of TOML.
//!
//! Owns: what is said about each message of the parser; one that it does not know is repeated as it is.
//! Never: which mistakes are told (`../syntax.rs`).
//! Reads next: `../item.rs`.

use toml::de::Error;

use super::scan::Scan;

/// Where, what is wrong, what to write.
type Said = (usize, String, String);

const OPENING: [char; 4] = ['“', '”', '‘', '’'];

pub fn of(text: &str, error: &Error, scan: &Scan<'_>) -> Said {
    let message = error.message();
    let starts = |words: &str| message.starts_with(words);
    if let Some(said) = left_over(scan) {
        return said;
    }
    let range = error.span().unwrap_or(scan.at..scan.at);
    let token = text.get(range).unwrap_or_default();
    if starts("string values must be quoted")
        || starts("unexpected leading zero")
        || starts("invalid boolean")
    {
        value(scan)
    } else if starts("key with no value") {
        key_alone(scan)
    } else if starts("unquoted keys cannot be empty") {
        let help = "write `key = value`".to_owned();
        (scan.at, "a key is missing before `=`".to_owned(), help)
    } else if starts("extra `=`") {
        (
            scan.at,
            "one `=` too many".to_owned(),
            "write `key = value`".to_owned(),
        )
    } else if starts("invalid unquoted key") {
        key(scan, token)
    } else if starts("duplicate key") {
        twice(scan, token)
    } else if starts("missing escaped value") || starts("invalid escape") {
        escape(scan)
    } else if scan.quote.is_some() {
        quoted(scan, message)
    } else if starts("unexpected key or value") {
        after_value(scan)
    } else if starts("missing comma") || starts("extra assignment") {
        let help = "put `,` between the values".to_owned();
        (
            first_of_line_or(scan),
            "a comma is missing before this".to_owned(),
            help,
        )
    } else if starts("missing inline table opening") || starts("missing array opening") {
        let here = scan.text[scan.at..].chars().next().unwrap_or('}');
        let open = if here == '}' { '{' } else { '[' };
        let help = format!("remove it, or write `{open}` where it begins");
        (scan.at, format!("`{here}` closes nothing"), help)
    } else if let Some(expected) = message.strip_prefix("invalid date, expected ") {
        let help = format!("write it as `2020-06-01`: {expected}");
        (scan.at, format!("`{token}` is not a date"), help)
    } else {
        let help = "write `key = value`, one to a line, text between quotes".to_owned();
        (scan.at, format!("this is not TOML: {message}"), help)
    }
}

/// What other programs and languages leave in a file.
fn left_over(scan: &Scan<'_>) -> Option<Said> {
    let start = scan.line_start(scan.at);
    let line = &scan.text[start..scan.line_end(scan.at)];
    let first = start + line.len() - line.trim_start().len();
    if ["<<<<<<<", "=======", ">>>>>>>"]
        .iter()
        .any(|mark| line.starts_with(mark))
    {
        let help = "keep one of the two versions, and remove the marks".to_owned();
        return Some((start, "a merge was left undone here".to_owned(), help));
    }
    if line.trim_start().starts_with("//") {
        let message = "a remark begins with `#`, not with `//`".to_owned();
        return Some((first, message, "write `# …`".to_owned()));
    }
    None
}

/// A value that is none.
fn value(scan: &Scan<'_>) -> Said {
    let start = value_start(scan);
    let rest = &scan.text[start..scan.line_end(start)];
    let ends: &[char] = if scan.within_brackets() {
        &['#', ',', ']', '}']
    } else {
        &['#']
    };
    let word = rest.split(ends).next().unwrap_or_default().trim();
    if word.is_empty() {
        let name = key_before(scan, start);
        return (
            start,
            format!("`{name}` has no value"),
            format!("write `{name} = …`"),
        );
    }
    if word.starts_with(OPENING) {
        let bare = word.trim_matches(OPENING);
        let message = "these are not the quotes of a keyboard".to_owned();
        return (start, message, format!("write `\"{bare}\"`"));
    }
    let said = format!("`{word}` is not a value");
    let flag = match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "có" | "đúng" => Some("true"),
        "false" | "no" | "off" | "không" | "sai" => Some("false"),
        _ => None,
    };
    match flag {
        Some(flag) => (
            start,
            said,
            format!("write `{flag}`, or text between quotes: `\"{word}\"`"),
        ),
        None => (
            start,
            said,
            format!("write it between quotes: `\"{word}\"`"),
        ),
    }
}

/// The first letter after the last `=`, `,` or bracket before this place.
fn value_start(scan: &Scan<'_>) -> usize {
    let line = scan.line_start(scan.at);
    let before = scan.text[line..scan.at].rfind(['=', ',', '[', '{']);
    let from = before.map_or(line, |at| line + at + 1);
    let rest = &scan.text[from..scan.line_end(from)];
    from + rest.len() - rest.trim_start().len()
}

fn key_before<'t>(scan: &Scan<'t>, value: usize) -> &'t str {
    let line = &scan.text[scan.line_start(value)..value];
    let key = line.rsplit_once('=').map_or(line, |(key, _)| key);
    key.rsplit([',', '{']).next().unwrap_or(key).trim()
}

fn key_alone(scan: &Scan<'_>) -> Said {
    let line = scan.line_start(scan.at);
    let before = &scan.text[line..scan.at];
    let start = line + before.len() - before.trim_start().len();
    key_alone_as(start, before.trim())
}

fn key_alone_as(start: usize, name: &str) -> Said {
    let message = format!("`=` is missing after `{name}`");
    (start, message, format!("write `{name} = …`"))
}

fn key(scan: &Scan<'_>, token: &str) -> Said {
    let line = scan.line_start(scan.at);
    let invisible = |c: &char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    if let Some(letter) = token.chars().find(invisible) {
        let message = format!(
            "an invisible character (U+{:04X}) stands here",
            u32::from(letter)
        );
        return (scan.at, message, "remove it".to_owned());
    }
    let rest = &scan.text[line..scan.line_end(line)];
    let start = line + rest.len() - rest.trim_start().len();
    let name = rest
        .trim_start()
        .split([' ', '=', '.', ':'])
        .next()
        .unwrap_or_default();
    if token.ends_with(':') {
        return key_alone_as(start, name);
    }
    let help = "keys have letters without accents, digits, `-` and `_`".to_owned();
    (start, format!("`{name}` is not a key"), help)
}

/// The key or header that stands a second time here.
fn twice(scan: &Scan<'_>, token: &str) -> Said {
    let line = scan.line_start(scan.at);
    let this = scan.text[line..scan.line_end(line)].trim();
    let is_header = this.starts_with('[');
    let name = this.trim_matches(['[', ']']).trim();
    let name = if is_header { name } else { token };
    let lines: Vec<&str> = scan.text[..line].lines().map(str::trim).collect();
    let table = lines.iter().rposition(|line| line.starts_with('['));
    let same = |line: &&str| match is_header {
        true => line.split(']').next() == this.split(']').next(),
        false => line
            .split_once('=')
            .is_some_and(|(key, _)| key.trim() == name),
    };
    let from = if is_header {
        0
    } else {
        table.map_or(0, |at| at + 1)
    };
    let first = lines[from..].iter().position(same).map(|at| from + at + 1);
    let message = format!("`{name}` stands twice");
    let help = match (first, is_header) {
        (Some(first), true) => format!("put its keys under the first, on line {first}"),
        (Some(first), false) => format!("keep one of them; the first is on line {first}"),
        (None, _) => "keep one of them".to_owned(),
    };
    (scan.at, message, help)
}

fn escape(scan: &Scan<'_>) -> Said {
    let slash = scan.text[..scan.at].rfind('\\').unwrap_or(scan.at);
    let letter = scan.text[slash..].chars().nth(1).unwrap_or('\\');
    let message = format!("`\\{letter}` means nothing in text between double quotes");
    (
        slash,
        message,
        format!("double the backslash: `\\\\{letter}`"),
    )
}

/// Something wrong inside text between quotes, or its missing end.
fn quoted(scan: &Scan<'_>, message: &str) -> Said {
    let open = scan.quote.unwrap_or(scan.at);
    let mark = &scan.text[open..=open];
    match scan.text[scan.at..].chars().next() {
        Some(letter) if letter.is_control() && letter != '\n' && letter != '\r' => {
            let message = format!(
                "an invisible character (U+{:04X}) stands here",
                u32::from(letter)
            );
            (scan.at, message, "remove it".to_owned())
        }
        _ if message.contains("multi-line") => {
            let help = format!("write `{}` at its end", mark.repeat(3));
            (open, "this text has no closing quotes".to_owned(), help)
        }
        _ => {
            let help = format!("write `{mark}` at its end, on the same line");
            (open, "this text has no closing quote".to_owned(), help)
        }
    }
}

/// Something stands behind a value.
fn after_value(scan: &Scan<'_>) -> Said {
    let start = value_start(scan);
    let rest = scan.text[start..scan.line_end(start)].trim();
    let line = scan.line_start(scan.at);
    let whole = scan.text[line..scan.line_end(line)]
        .split_once('=')
        .map_or("", |(_, value)| value.trim());
    let decimal = whole.split_once(',').filter(|(units, decimals)| {
        let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        digits(units) && digits(decimals)
    });
    let message = "only a remark can follow a value".to_owned();
    let help = "begin it with `#`, or give it a line of its own";
    match decimal {
        Some((units, decimals)) => {
            let help =
                format!("{help}; a number with decimals is written `\"{units}.{decimals}\"`");
            (scan.at, message, help)
        }
        None if rest.is_empty() => (scan.at, message, help.to_owned()),
        None => (scan.at, message, help.to_owned()),
    }
}

/// The first letter that is not blank from this place on.
fn first_of_line_or(scan: &Scan<'_>) -> usize {
    let rest = &scan.text[scan.at..];
    scan.at + rest.len() - rest.trim_start().len()
}

//! Plain text for people: aligned columns and lines of a readable width.
//!
//! Owns: how the text part of a mail is laid out.
//! Never: words.
//! Reads next: `page.rs`.

/// Columns of a text part (RFC 5322 recommends 78).
pub const WIDTH: usize = 78;

/// Rows as lines: the first column flush left, the others flush right, two spaces between.
#[must_use]
pub fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|column| widest(rows, column)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn widest(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter()
        .filter_map(|row| row.get(column))
        .map(|cell| width(cell))
        .max()
        .unwrap_or(0)
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (index, (cell, widest)) in row.iter().zip(widths).enumerate() {
        let gap = " ".repeat(widest.saturating_sub(width(cell)));
        match index {
            0 => text.extend([cell.as_str(), &gap]),
            _ => text.extend(["  ", &gap, cell]),
        }
    }
    text.trim_end().to_owned()
}

/// Characters on the screen; our text is composed (NFC), so a letter with its marks is one.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text with lines longer than `WIDTH` broken at spaces and the rest indented as the line's own
/// text is (after a number or a dash). A word longer than a line stays whole.
#[must_use]
pub fn wrapped(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| wrapped_line(line.trim_end()))
        .collect();
    let mut joined = lines.join("\n").trim_matches('\n').to_owned();
    while joined.contains("\n\n\n") {
        joined = joined.replace("\n\n\n", "\n\n");
    }
    joined + "\n"
}

fn wrapped_line(line: &str) -> String {
    if width(line) <= WIDTH {
        return line.to_owned();
    }
    let indent = hanging(line);
    let start: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut lines = vec![start];
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let last = lines.last().map_or(0, |last| width(last));
        let blank = lines.last().is_none_or(|last| last.trim().is_empty());
        if !blank && last + 1 + width(word) > WIDTH {
            lines.push(" ".repeat(indent));
        }
        if let Some(last) = lines.last_mut() {
            if !last.trim().is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

/// Where the text of a line begins after its marker: `12. `, `- `, `✓ `.
fn hanging(line: &str) -> usize {
    let start = line.chars().take_while(|c| *c == ' ').count();
    let rest = line.trim_start();
    let marker: String = rest.chars().take_while(|c| *c != ' ').collect();
    let is_marker = marker.trim_end_matches('.').parse::<u32>().is_ok() && marker.ends_with('.')
        || (width(&marker) == 1 && !marker.chars().all(char::is_alphanumeric));
    let gap = rest
        .chars()
        .skip(width(&marker))
        .take_while(|c| *c == ' ')
        .count();
    if is_marker {
        start + width(&marker) + gap
    } else {
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_each_other() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let lines = aligned(&[
            row(["Phường", "Nhận", "Quá hạn"]),
            row(["Ngọc Thụy", "2.211", "9"]),
            row(["Bồ Đề", "12", ""]),
        ]);
        assert_eq!(
            lines,
            [
                "Phường      Nhận  Quá hạn",
                "Ngọc Thụy  2.211        9",
                "Bồ Đề         12"
            ]
        );
    }

    #[test]
    fn a_long_line_goes_on_under_its_own_text() {
        let long = format!("  12. {}", "hồ sơ ".repeat(20).trim_end());
        let text = wrapped(&long);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("  12. hồ sơ") && lines[1].starts_with("      hồ"),
            "{text}"
        );
        assert!(lines.iter().all(|line| width(line) <= WIDTH));
    }

    #[test]
    fn short_lines_and_one_blank_line_stay_and_long_words_stay_whole() {
        assert_eq!(wrapped("\n\na\n\n\n\nb  c\n"), "a\n\nb  c\n");
        let word = "x".repeat(100);
        assert_eq!(wrapped(&format!("- a {word}")), format!("- a\n  {word}\n"));
    }
}

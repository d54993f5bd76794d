//! Numbers: `2.211`, `99,67%`, `1.234,5`, `1,234.5`.
//!
//! Owns: which mark parts thousands and which parts decimals; the rules stand in docs/rules.md.
//! Never: a float for what is written in decimals.
//! Reads next: `../value.rs`.

use std::fmt;

use serde_json::Number;

use crate::config::sources::Marks;

/// A number as it is written: 99.67 is 9967 with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) struct Decimal {
    digits: i64,
    decimals: u32,
}

/// What a column holds: a full stop before three digits parts thousands in a count, and is doubtful elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Counts,
    Decimals,
}

/// A count: `2211`, `2.211`, `1,234,567`, `12,0`.
pub(in crate::source) fn whole(text: &str, marks: Marks) -> Result<i64, String> {
    let number = parse(text, marks, Column::Counts)?;
    number
        .whole()
        .ok_or_else(|| format!("`{text}` is not a whole number"))
}

/// A number with decimals: `1.234,5`, `1,234.5`, `0,125`.
pub(in crate::source) fn decimal(text: &str, marks: Marks) -> Result<Decimal, String> {
    parse(text, marks, Column::Decimals)
}

/// A percentage, with or without its sign: `99,67%`.
pub(in crate::source) fn percent(text: &str, marks: Marks) -> Result<Decimal, String> {
    let bare = text.strip_suffix('%').map_or(text, str::trim_end);
    parse(bare, marks, Column::Decimals)
}

/// A count that came as a number, where a full stop can only part decimals.
pub(in crate::source) fn typed_whole(number: &Number) -> Result<i64, String> {
    if let Some(whole) = number.as_i64() {
        return Ok(whole);
    }
    typed_decimal(number)?
        .whole()
        .ok_or_else(|| format!("`{number}` is not a whole number"))
}

pub(in crate::source) fn typed_decimal(number: &Number) -> Result<Decimal, String> {
    let written = match number.as_f64() {
        // Binary fractions come with a tail that nobody wrote: 0.30000000000000004.
        Some(float) if number.is_f64() && float.abs() < 1e6 => format!("{float:.9}"),
        Some(float) if number.is_f64() => format!("{float}"),
        _ => number.to_string(),
    };
    parse(&written, Marks::English, Column::Decimals)
}

/// A percentage that came as a number. Spreadsheets keep 99,67% as 0.9967: up to 1 nobody can tell.
pub(in crate::source) fn typed_percent(number: &Number) -> Result<Decimal, String> {
    let percent = typed_decimal(number)?;
    let above_one = percent.digits.unsigned_abs() > 10u64.pow(percent.decimals);
    if above_one || percent.digits == 0 {
        return Ok(percent);
    }
    let said = percent.to_string();
    let moved = percent.hundredfold();
    Err(format!(
        "`{said}` may be {said} % or {moved} %: export the column with its percent sign"
    ))
}

impl Decimal {
    fn new(digits: i64, decimals: u32) -> Self {
        let (mut digits, mut decimals) = (digits, decimals);
        while decimals > 0 && digits % 10 == 0 {
            digits /= 10;
            decimals -= 1;
        }
        Self { digits, decimals }
    }

    fn whole(self) -> Option<i64> {
        (self.decimals == 0).then_some(self.digits)
    }

    fn hundredfold(self) -> Self {
        match self.decimals {
            0 => Self::new(self.digits.saturating_mul(100), 0),
            1 => Self::new(self.digits.saturating_mul(10), 0),
            more => Self::new(self.digits, more - 2),
        }
    }
}

/// With a full stop, whatever the source's marks: `99.67`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let scale = 10u64.pow(self.decimals);
        let digits = self.digits.unsigned_abs();
        write!(f, "{sign}{}", digits / scale)?;
        if self.decimals > 0 {
            let width = self.decimals as usize;
            write!(f, ".{:0width$}", digits % scale)?;
        }
        Ok(())
    }
}

fn parse(text: &str, marks: Marks, column: Column) -> Result<Decimal, String> {
    let not_a_number = || format!("`{text}` is not a number");
    let (negative, unsigned) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let of_a_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ');
    if unsigned.is_empty() || !unsigned.chars().all(of_a_number) {
        return Err(not_a_number());
    }
    let decimal_mark = decimal_mark(unsigned, marks, column).map_err(|Doubtful| doubtful(text))?;
    let (integer, fraction) = match decimal_mark.and_then(|mark| unsigned.rsplit_once(mark)) {
        Some((integer, fraction)) if is_digits(fraction) => (integer, fraction),
        Some(_) => return Err(not_a_number()),
        None => (unsigned, ""),
    };
    let integer = ungrouped(integer, decimal_mark).ok_or_else(not_a_number)?;
    let fraction = fraction.trim_end_matches('0');
    let digits: i64 = format!("{integer}{fraction}")
        .parse()
        .map_err(|_| format!("`{text}` has more digits than a number here can have"))?;
    let decimals = u32::try_from(fraction.len()).map_err(|_| not_a_number())?;
    Ok(Decimal::new(
        if negative { -digits } else { digits },
        decimals,
    ))
}

struct Doubtful;

fn doubtful(text: &str) -> String {
    let thousands = text.replace(['.', ','], "");
    let decimals = text.replace(',', ".");
    format!(
        "`{text}` may be {thousands} or {decimals}: add `marks = \"vi\"` to the field if the source \
         writes 1.234,5, or `marks = \"en\"` if it writes 1,234.5"
    )
}

/// The mark before the decimals; `None` where there are none.
fn decimal_mark(text: &str, marks: Marks, column: Column) -> Result<Option<char>, Doubtful> {
    match marks {
        Marks::Vietnamese => Ok(Some(',')),
        Marks::English => Ok(Some('.')),
        Marks::Unstated => seen_mark(text, column),
    }
}

/// What the marks themselves tell: the last of two different ones parts decimals, one that occurs twice
/// parts thousands, and a single one parts decimals unless exactly three digits follow it.
fn seen_mark(text: &str, column: Column) -> Result<Option<char>, Doubtful> {
    let (stops, commas) = (text.matches('.').count(), text.matches(',').count());
    let mark = if stops > 0 { '.' } else { ',' };
    match (stops, commas) {
        (1.., 1..) => Ok(text.chars().rev().find(|c| matches!(c, '.' | ','))),
        (1, 0) | (0, 1) if can_part_thousands(text, mark) => match (column, mark) {
            (Column::Counts, '.') => Ok(None),
            _ => Err(Doubtful),
        },
        (1, 0) | (0, 1) => Ok(Some(mark)),
        _ => Ok(None),
    }
}

fn can_part_thousands(text: &str, mark: char) -> bool {
    text.split_once(mark).is_some_and(|(before, after)| {
        after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of `1.234.567`, `1 234` or `1234`; `None` where the groups are not thousands.
fn ungrouped(integer: &str, decimal_mark: Option<char>) -> Option<String> {
    let Some(mark) = integer.chars().find(|c| !c.is_ascii_digit()) else {
        return is_digits(integer).then(|| integer.to_owned());
    };
    if Some(mark) == decimal_mark {
        return None;
    }
    let groups: Vec<&str> = integer.split(mark).collect();
    let first = groups[0].len();
    let in_threes = (1..=3).contains(&first) && groups[1..].iter().all(|group| group.len() == 3);
    (in_threes && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(value: &serde_json::Value) -> Number {
        value.as_number().unwrap().clone()
    }

    #[test]
    fn a_count_is_read_where_it_can_be_only_one_number() {
        for (text, expected, why) in [
            ("2211", 2211, "plain"),
            (
                "2.211",
                2211,
                "a count has no decimals, and a full stop parts thousands here",
            ),
            ("1.234.567", 1_234_567, "two groups"),
            ("1,234,567", 1_234_567, "two groups of an English writer"),
            ("1 234", 1234, "groups parted by spaces"),
            ("12,0", 12, "nothing after the decimal mark"),
            ("2.211,00", 2211, "both marks: the last parts decimals"),
            ("2,211.00", 2211, "both marks of an English writer"),
            ("-5", -5, "below zero"),
            ("0012", 12, "zeros before"),
        ] {
            assert_eq!(whole(text, Marks::Unstated), Ok(expected), "{text}: {why}");
        }
        for (text, why) in [
            ("1,234", "1234 to some, 1.234 to others"),
            ("12,5", "not whole"),
            ("1.23.456", "not in threes"),
            ("1.234,5,6", "two decimal marks"),
            ("5.", "nothing after the mark"),
            ("", "nothing"),
            ("1e3", "nobody writes so"),
            ("12 hồ sơ", "words"),
            ("99%", "a percentage is no count"),
            ("99999999999999999999", "too long"),
        ] {
            assert!(whole(text, Marks::Unstated).is_err(), "{text}: {why}");
        }
    }

    #[test]
    fn a_number_with_decimals_is_refused_where_it_can_be_two() {
        for (text, expected, why) in [
            ("99,67", "99.67", "two digits follow"),
            ("99.67", "99.67", "of an English writer"),
            ("1.234,5", "1234.5", "both marks"),
            ("1,234.5", "1234.5", "both marks of an English writer"),
            ("0,125", "0.125", "no thousands begin with zero"),
            ("1234.567", "1234.567", "four digits are no group"),
            ("1.234.567,5", "1234567.5", "two groups"),
            ("100", "100", "no mark"),
            ("-0,50", "-0.5", "below zero, zeros after"),
        ] {
            let read = decimal(text, Marks::Unstated).map(|number| number.to_string());
            assert_eq!(read, Ok(expected.to_owned()), "{text}: {why}");
        }
        for text in ["2.211", "1,234", "12.500"] {
            let said = decimal(text, Marks::Unstated).unwrap_err();
            assert!(said.contains("may be"), "{said}");
        }
        assert_eq!(
            decimal("2.211", Marks::Unstated),
            Err(
                "`2.211` may be 2211 or 2.211: add `marks = \"vi\"` to the field if the source \
                 writes 1.234,5, or `marks = \"en\"` if it writes 1,234.5"
                    .to_owned()
            )
        );
    }

    #[test]
    fn stated_marks_leave_no_doubt() {
        for (text, marks, expected) in [
            ("2.211", Marks::Vietnamese, "2211"),
            ("2.211", Marks::English, "2.211"),
            ("1,234", Marks::Vietnamese, "1.234"),
            ("1,234", Marks::English, "1234"),
        ] {
            assert_eq!(
                decimal(text, marks).unwrap().to_string(),
                expected,
                "{text}"
            );
        }
        assert!(
            decimal("1,234.5", Marks::Vietnamese).is_err(),
            "written otherwise"
        );
    }

    #[test]
    fn a_percentage_may_carry_its_sign() {
        for (text, expected) in [("99,67%", "99.67"), ("99.67 %", "99.67"), ("100", "100")] {
            let read = percent(text, Marks::Unstated).unwrap().to_string();
            assert_eq!(read, expected, "{text}");
        }
        assert!(
            percent("2.211", Marks::Unstated).is_err(),
            "2211 % or 2.211 %"
        );
        assert!(
            percent("%", Marks::Unstated).is_err(),
            "nothing but the sign"
        );
    }

    #[test]
    fn what_came_as_a_number_has_its_decimals_after_the_full_stop() {
        assert_eq!(typed_whole(&typed(&json!(2211))), Ok(2211));
        assert_eq!(typed_whole(&typed(&json!(2211.0))), Ok(2211));
        assert!(
            typed_whole(&typed(&json!(2.211))).is_err(),
            "2.211 is not 2211"
        );
        let sum = typed_decimal(&typed(&json!(0.1 + 0.2))).unwrap();
        assert_eq!(sum.to_string(), "0.3", "no binary tail");
        let percent = typed_percent(&typed(&json!(99.67))).unwrap();
        assert_eq!(percent.to_string(), "99.67");
        assert_eq!(
            typed_percent(&typed(&json!(0.9967))),
            Err(
                "`0.9967` may be 0.9967 % or 99.67 %: export the column with its percent sign"
                    .to_owned()
            )
        );
        assert!(typed_percent(&typed(&json!(1))).is_err(), "1 % or 100 %");
    }
}

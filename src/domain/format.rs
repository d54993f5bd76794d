//! Numbers, dates and weekdays as a Vietnamese or an English reader expects them.
//!
//! Owns: separators, the space before a per cent sign, the order of a date.
//! Never: rounding (`ratio.rs`), sentences (templates).
//! Reads next: `board.rs`.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};
use serde::{Deserialize, Serialize};

/// The language of mails and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Vi,
    En,
}

impl Language {
    fn thousands(self) -> char {
        match self {
            Self::Vi => '.',
            Self::En => ',',
        }
    }

    fn decimal_point(self) -> &'static str {
        match self {
            Self::Vi => ",",
            Self::En => ".",
        }
    }
}

/// `2.211` in Vietnamese, `2,211` in English.
#[must_use]
pub fn number(value: i64, language: Language) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!(
        "{sign}{}",
        grouped(&value.unsigned_abs().to_string(), language)
    )
}

/// A count of records: as [`number`].
#[must_use]
pub fn count(value: u64, language: Language) -> String {
    grouped(&value.to_string(), language)
}

fn grouped(digits: &str, language: Language) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(language.thousands());
        }
        text.push(digit);
    }
    text
}

/// A printed decimal (`99.67`, from [`super::ratio::Share::printed`]) with the language's decimal point.
#[must_use]
pub fn decimal(printed: &str, language: Language) -> String {
    printed.replacen('.', language.decimal_point(), 1)
}

/// A printed decimal in per cent: `99,67 %` with a no-break space in Vietnamese, `99.67%` in English.
#[must_use]
pub fn percent(printed: &str, language: Language) -> String {
    let value = decimal(printed, language);
    match language {
        Language::Vi => format!("{value}\u{a0}%"),
        Language::En => format!("{value}%"),
    }
}

/// `01/06/2020` in Vietnamese, `1 June 2020` in English.
#[must_use]
pub fn date(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Vi => day.format("%d/%m/%Y").to_string(),
        Language::En => day.format("%-d %B %Y").to_string(),
    }
}

/// A wall time: `07:30 ngày 01/06/2020` in Vietnamese, `07:30 on 1 June 2020` in English.
#[must_use]
pub fn date_time(at: NaiveDateTime, language: Language) -> String {
    let word = match language {
        Language::Vi => "ngày",
        Language::En => "on",
    };
    format!(
        "{} {word} {}",
        at.format("%H:%M"),
        date(at.date(), language)
    )
}

/// A day as an official paper writes it: `ngày 05 tháng 6 năm 2020` (NĐ 30/2020: a nought before days under ten and
/// before January and February).
#[must_use]
pub fn official_date(day: NaiveDate) -> String {
    let month = day.month();
    let nought = if month < 3 { "0" } else { "" };
    format!(
        "ngày {:02} tháng {nought}{month} năm {}",
        day.day(),
        day.year()
    )
}

/// The day's name as it stands inside a sentence: `thứ Hai`, `Chủ nhật` (NĐ 30/2020, appendix II); `Monday`.
#[must_use]
pub fn weekday(day: NaiveDate, language: Language) -> &'static str {
    let (vietnamese, english) = match day.weekday() {
        Weekday::Mon => ("thứ Hai", "Monday"),
        Weekday::Tue => ("thứ Ba", "Tuesday"),
        Weekday::Wed => ("thứ Tư", "Wednesday"),
        Weekday::Thu => ("thứ Năm", "Thursday"),
        Weekday::Fri => ("thứ Sáu", "Friday"),
        Weekday::Sat => ("thứ Bảy", "Saturday"),
        Weekday::Sun => ("Chủ nhật", "Sunday"),
    };
    match language {
        Language::Vi => vietnamese,
        Language::En => english,
    }
}

/// The text with its first letter in upper case, for the beginning of a line.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next()
        .map(|first| first.to_uppercase().chain(rest).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Language::{En, Vi};
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (value, vietnamese, english) in [
            (0, "0", "0"),
            (12, "12", "12"),
            (999, "999", "999"),
            (2_211, "2.211", "2,211"),
            (26_631, "26.631", "26,631"),
            (1_234_567, "1.234.567", "1,234,567"),
            (-1_000, "-1.000", "-1,000"),
            (
                i64::MIN,
                "-9.223.372.036.854.775.808",
                "-9,223,372,036,854,775,808",
            ),
        ] {
            assert_eq!(
                (number(value, Vi).as_str(), number(value, En).as_str()),
                (vietnamese, english)
            );
        }
        assert_eq!(count(3_602, Vi), "3.602");
        assert_eq!(count(u64::MAX, En), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_percentage_keeps_its_decimals() {
        assert_eq!(percent("99.67", Vi), "99,67\u{a0}%");
        assert_eq!(percent("99.67", En), "99.67%");
        assert_eq!(percent("100", Vi), "100\u{a0}%");
        assert_eq!(decimal("97.50", Vi), "97,50");
    }

    #[test]
    fn days_and_times_read_as_they_are_written_there() {
        let day = NaiveDate::from_ymd_opt(2020, 6, 1).unwrap();
        let at = day.and_hms_opt(7, 30, 59).unwrap();
        assert_eq!(date(day, Vi), "01/06/2020");
        assert_eq!(date(day, En), "1 June 2020");
        assert_eq!(date_time(at, Vi), "07:30 ngày 01/06/2020");
        assert_eq!(date_time(at, En), "07:30 on 1 June 2020");
    }

    #[test]
    fn an_official_paper_writes_its_days_out() {
        for (day, written) in [
            ("2020-06-05", "ngày 05 tháng 6 năm 2020"),
            ("2020-02-28", "ngày 28 tháng 02 năm 2020"),
            ("2020-12-01", "ngày 01 tháng 12 năm 2020"),
        ] {
            assert_eq!(official_date(day.parse().unwrap()), written);
        }
    }

    #[test]
    fn the_week_has_its_names() {
        let monday = NaiveDate::from_ymd_opt(2020, 6, 1).unwrap();
        let week = |language| {
            monday
                .iter_days()
                .take(7)
                .map(move |day| weekday(day, language))
        };
        assert_eq!(
            week(Vi).collect::<Vec<_>>(),
            [
                "thứ Hai",
                "thứ Ba",
                "thứ Tư",
                "thứ Năm",
                "thứ Sáu",
                "thứ Bảy",
                "Chủ nhật"
            ]
        );
        assert_eq!(week(En).nth(6), Some("Sunday"));
        assert_eq!(capitalised("thứ Hai"), "Thứ Hai");
        assert_eq!(capitalised("đôn đốc"), "Đôn đốc");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn the_language_is_written_in_lower_case_in_files() {
        assert_eq!(serde_json::to_string(&Vi).unwrap(), "\"vi\"");
        assert_eq!(serde_json::from_str::<Language>("\"en\"").unwrap(), En);
    }
}

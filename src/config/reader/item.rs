//! One value of a TOML document, read as what it must be.
//!
//! Owns: the kinds of value that files use, and the wording where a value is of another.
//! Never: the keys of a table (`reader.rs`).
//! Reads next: `../targets.rs`, the shortest file read this way.

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;

use chrono::NaiveDate;
use toml::de::DeValue;
use unicode_normalization::UnicodeNormalization;

use super::{Notes, Table};
use crate::config::problem::instead;
use crate::domain::record::Value;

/// One value and the key under which it stands.
pub struct Item<'d> {
    pub(super) notes: &'d Notes<'d>,
    pub(super) value: &'d DeValue<'d>,
    pub(super) at: usize,
    /// The keys that lead to it: `target.level`.
    pub(super) path: String,
    pub(super) key: String,
    pub(super) key_at: usize,
}

impl<'d> Item<'d> {
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(self.at, message.into(), help.into());
    }

    /// Where this value stands, for [`Table::problem_at`].
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// A problem with the key itself.
    pub fn problem_at_key(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(self.key_at, message.into(), help.into());
    }

    /// A problem at a byte inside a text value, such as a field of a cron expression.
    pub fn problem_inside(&self, byte: usize, message: impl Into<String>, help: impl Into<String>) {
        self.notes
            .note(self.at + 1 + byte, message.into(), help.into());
    }

    fn wrong_kind<T>(&self, wanted: &str, example: &str) -> Option<T> {
        let found = kind_of(self.value);
        self.problem(
            format!("`{}` must be {wanted}, not {found}", self.key),
            format!("write {example}"),
        );
        None
    }

    /// The value as text: `"10"` for `10`.
    fn between_quotes(&self) -> String {
        let said = match self.value {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => return format!("`{} = \"…\"`", self.key),
        };
        format!("`\"{said}\"`, between quotes")
    }

    #[must_use]
    pub fn is_text(&self) -> bool {
        self.value.is_str()
    }

    #[must_use]
    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    #[must_use]
    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Text that says something, in Unicode's composed form.
    pub fn text(&self) -> Option<String> {
        let Some(text) = self.value.as_str() else {
            return self.wrong_kind("text", &self.between_quotes());
        };
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            self.problem(
                format!("`{}` must be one line of text that is not empty", self.key),
                format!(
                    "write `{} = \"…\"`, or leave the key out if it is optional",
                    self.key
                ),
            );
            return None;
        }
        Some(text.nfc().collect())
    }

    /// Text that may be empty, in Unicode's composed form.
    pub fn any_text(&self) -> Option<String> {
        match self.value.as_str() {
            Some(text) => Some(text.nfc().collect()),
            None => self.wrong_kind("text", &self.between_quotes()),
        }
    }

    /// A number with decimals, as it is written.
    #[must_use]
    pub fn decimal(&self) -> Option<&str> {
        self.value.as_float().map(|number| number.as_str())
    }

    pub fn flag(&self) -> Option<bool> {
        let example = match self.value.as_str() {
            Some(word @ ("true" | "false")) => format!("`{word}`, without quotes"),
            _ => "`true` or `false`, without quotes".to_owned(),
        };
        self.value
            .as_bool()
            .or_else(|| self.wrong_kind("true or false", &example))
    }

    pub fn number(&self) -> Option<i64> {
        let integer = self.value.as_integer();
        let number =
            integer.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        let said = self
            .value
            .as_str()
            .and_then(|text| text.parse::<i64>().ok());
        let example = match said {
            Some(number) => format!("`{number}`, without quotes"),
            None => "a whole number without quotes".to_owned(),
        };
        number.or_else(|| self.wrong_kind("a whole number", &example))
    }

    /// A whole number from `least` to `most`.
    pub fn count(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.number()?;
        let count = u32::try_from(number)
            .ok()
            .filter(|count| (least..=most).contains(count));
        if count.is_none() {
            self.problem(
                format!("`{}` is {number}", self.key),
                format!("write a number from {least} to {most}"),
            );
        }
        count
    }

    /// A date, with or without quotes.
    pub fn day(&self) -> Option<NaiveDate> {
        let text = match self.value {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => return self.wrong_kind("a date", "the date as `2020-06-01`"),
        };
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        if day.is_none() {
            self.problem(
                format!("`{text}` is not a date"),
                "write the date as `2020-06-01`",
            );
        }
        day
    }

    /// A date with its time and offset, without quotes.
    pub fn moment(&self) -> Option<String> {
        match self.value {
            DeValue::Datetime(moment) => Some(moment.to_string()),
            _ => self.wrong_kind("an instant", "the instant as `2020-06-01T07:30:00+07:00`"),
        }
    }

    /// A length of time that is not zero: `30s`, `10m`, `26h`, `8 days`.
    pub fn duration(&self) -> Option<Duration> {
        if !self.is_text() {
            let example =
                "a number and a unit between quotes, as in `\"30s\"`, `\"10m\"` or `\"26h\"`";
            return self.wrong_kind("a length of time", example);
        }
        let text = self.text()?;
        let duration = humantime::parse_duration(&text)
            .ok()
            .filter(|duration| !duration.is_zero());
        if duration.is_none() {
            self.problem(
                format!("`{text}` is not a length of time"),
                "write a number and a unit, as in `30s`, `10m`, `26h` or `8days`",
            );
        }
        duration
    }

    /// One of `words`.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let help = instead(&text, words.iter().map(|(word, _)| *word));
            self.problem(
                format!("`{text}` is not a known value of `{}`", self.key),
                help,
            );
        }
        found
    }

    /// Text that `parse` turns into something; its error is the message.
    pub fn parsed<T, E: Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<T> {
        let text = self.text()?;
        parse(&text)
            .map_err(|error| self.problem(error.to_string(), help))
            .ok()
    }

    /// A flag, a number or text.
    pub fn value(&self) -> Option<Value> {
        match self.value {
            DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
            DeValue::Integer(_) => self.number().map(Value::Number),
            DeValue::String(_) => self.text().map(Value::Text),
            _ => self.wrong_kind("text, a number or a flag", "`\"…\"`, `3` or `true`"),
        }
    }

    pub fn table(&self) -> Option<Table<'d>> {
        let DeValue::Table(entries) = self.value else {
            return self.wrong_kind("a table", &format!("`{} = {{ … }}`", self.key));
        };
        Some(Table {
            notes: self.notes,
            entries,
            at: self.at,
            path: self.path.clone(),
            asked: RefCell::default(),
            missing: RefCell::default(),
        })
    }

    /// Every element of a list, read; `None` if one could not be, after all were tried.
    pub fn each<T>(&self, read: impl Fn(&Item<'d>) -> Option<T>) -> Option<Vec<T>> {
        let DeValue::Array(array) = self.value else {
            return self.wrong_kind("a list", "the values between `[` and `]`");
        };
        let elements = array.iter().map(|element| Item {
            notes: self.notes,
            value: element.get_ref(),
            at: element.span().start,
            path: self.path.clone(),
            key: self.key.clone(),
            key_at: self.key_at,
        });
        let read: Vec<Option<T>> = elements.map(|element| read(&element)).collect();
        read.into_iter().collect()
    }

    /// One value, or a list of at least one.
    pub fn one_or_more<T>(&self, read: impl Fn(&Item<'d>) -> Option<T>) -> Option<Vec<T>> {
        if !self.is_list() {
            return read(self).map(|one| vec![one]);
        }
        let all = self.each(read)?;
        if all.is_empty() {
            self.problem(
                format!("`{}` is empty", self.key),
                "write at least one value between `[` and `]`",
            );
            return None;
        }
        Some(all)
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

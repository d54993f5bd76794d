//! Reads a TOML document key by key and notes every problem with its place, not just the first.
//!
//! Owns: the wording of problems that any file can have: syntax, missing and unknown keys, wrong kinds of value.
//! Never: the keys of one particular file.
//! Reads next: `targets.rs`, the shortest file read this way.

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};
use unicode_normalization::UnicodeNormalization;

use super::document::Document;
use super::problem::{Problem, instead, sorted};
use crate::domain::record::Value;

/// Reads `document` by `shape`, which asks its root table for every key it knows.
///
/// # Errors
/// With every problem noted on the way; with the syntax errors alone where the text is not TOML.
pub fn read<T>(
    document: &Document,
    shape: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    match read_partly(document, shape) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (_, problems) => Err(problems),
    }
}

/// As [`read`], but gives what could be read beside the problems; nothing where the text is not TOML.
pub fn read_partly<T>(
    document: &Document,
    shape: impl FnOnce(&Table<'_>) -> Option<T>,
) -> (Option<T>, Vec<Problem>) {
    let (root, errors) = DeTable::parse_recoverable(&document.text);
    if !errors.is_empty() {
        return (None, syntax(document, &errors));
    }
    let notes = Notes {
        document,
        problems: RefCell::default(),
    };
    let table = Table {
        notes: &notes,
        entries: root.get_ref(),
        at: 0,
        name: String::new(),
        asked: RefCell::default(),
    };
    let value = shape(&table);
    drop(table);
    (value, sorted(notes.problems.into_inner()))
}

/// The first error of every line: those after it on the same line follow from it.
fn syntax(document: &Document, errors: &[toml::de::Error]) -> Vec<Problem> {
    let problem = |error: &toml::de::Error| {
        document.problem_at(
            error.span().map_or(0, |span| span.start),
            format!("this is not TOML: {}", error.message()),
            "write `key = value`, one to a line, text between quotes",
        )
    };
    let mut problems = sorted(errors.iter().map(problem).collect());
    problems.dedup_by_key(|problem| problem.line);
    problems
}

struct Notes<'d> {
    document: &'d Document,
    problems: RefCell<Vec<Problem>>,
}

impl Notes<'_> {
    fn note(&self, at: usize, message: String, help: String) {
        self.problems
            .borrow_mut()
            .push(self.document.problem_at(at, message, help));
    }
}

/// One table. A key that nobody asked for until the table is dropped is unknown, and noted.
pub struct Table<'d> {
    notes: &'d Notes<'d>,
    entries: &'d DeTable<'d>,
    at: usize,
    name: String,
    asked: RefCell<Vec<String>>,
}

/// One value and the key under which it stands.
pub struct Item<'d> {
    notes: &'d Notes<'d>,
    value: &'d DeValue<'d>,
    at: usize,
    key: String,
    key_at: usize,
}

impl<'d> Table<'d> {
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(self.at, message.into(), help.into());
    }

    /// Where this table stands, for [`Table::problem_at`].
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn problem_at(&self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.notes.note(at, message.into(), help.into());
    }

    /// The value of `key`, if it stands here.
    pub fn get(&self, key: &str) -> Option<Item<'d>> {
        self.asked.borrow_mut().push(key.to_owned());
        self.entries
            .get_key_value(key)
            .map(|(key, value)| self.item(key, value))
    }

    /// The value of a key that must stand here.
    pub fn required<T>(&self, key: &str, read: impl FnOnce(&Item<'d>) -> Option<T>) -> Option<T> {
        let item = self.get(key);
        if item.is_none() {
            self.problem(
                format!("`{key}` is missing{}", self.place()),
                format!("add `{key} = …`"),
            );
        }
        read(&item?)
    }

    /// The value of a key, or `default` where it does not stand here.
    pub fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Item<'d>) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(item) => read(&item),
            None => Some(default),
        }
    }

    /// The value of a key that may be left out; the outer `None` is a problem.
    pub fn maybe<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Item<'d>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.or(key, None, |item| read(item).map(Some))
    }

    /// The tables of `[[key]]`, in order; none where it does not stand here.
    pub fn tables<T>(&self, key: &str, read: impl Fn(&Table<'d>) -> Option<T>) -> Option<Vec<T>> {
        self.or(key, Vec::new(), |item| {
            item.each(|element| read(&element.table()?))
        })
    }

    /// Every key with its value, where the keys are names that the administrator chooses.
    pub fn all(&self) -> Vec<(String, Item<'d>)> {
        self.entries
            .iter()
            .map(|(key, value)| {
                self.asked.borrow_mut().push(key.get_ref().to_string());
                (key.get_ref().to_string(), self.item(key, value))
            })
            .collect()
    }

    /// Notes a key that is known but not allowed here, with a better reason than "unknown".
    pub fn refuse(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        if let Some((key, _)) = self.entries.get_key_value(key) {
            self.asked.borrow_mut().push(key.get_ref().to_string());
            self.notes
                .note(key.span().start, message.into(), help.into());
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Lets unknown keys pass: what the table is about is wrong, so its other keys say nothing.
    pub fn pass_over(&self) {
        self.all();
    }

    fn item(&self, key: &Spanned<DeString<'d>>, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        Item {
            notes: self.notes,
            value: value.get_ref(),
            at: value.span().start,
            key: key.get_ref().to_string(),
            key_at: key.span().start,
        }
    }

    fn place(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.name)
        }
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        for key in self
            .entries
            .keys()
            .filter(|key| !asked.iter().any(|known| known == key.get_ref().as_ref()))
        {
            let message = format!("unknown key `{}`{}", key.get_ref(), self.place());
            let help = instead(key.get_ref(), asked.iter().map(String::as_str));
            self.notes.note(key.span().start, message, help);
        }
    }
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
            return self.wrong_kind("text", &format!("`{} = \"…\"`", self.key));
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

    pub fn flag(&self) -> Option<bool> {
        self.value
            .as_bool()
            .or_else(|| self.wrong_kind("true or false", "`true` or `false`, without quotes"))
    }

    pub fn number(&self) -> Option<i64> {
        let integer = self.value.as_integer();
        let number =
            integer.and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        number.or_else(|| self.wrong_kind("a whole number", "a whole number without quotes"))
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
        let asked = RefCell::default();
        Some(Table {
            notes: self.notes,
            entries,
            at: self.at,
            name: self.key.clone(),
            asked,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, shape: impl FnOnce(&Table<'_>) -> Option<()>) -> Vec<String> {
        let document = Document::new("a.toml", text);
        let found = read(&document, shape).expect_err("problems");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_of_a_file_is_told_in_the_order_of_the_file() {
        let text = "titel = \"Họp\"\nrows = \"7\"\nsince = \"2020-13-01\"\n[paging]\nsize = 0\n";
        let found = problems(text, |table| {
            let title = table.required("title", Item::text);
            let rows = table.required("rows", Item::number);
            let since = table.maybe("since", Item::day);
            let size = table.required("paging", |item| {
                item.table()?.required("size", |size| size.count(1, 10))
            });
            (title.is_some() && rows.is_some() && since.is_some() && size.is_some()).then_some(())
        });
        assert_eq!(
            found,
            [
                "a.toml:1:1: `title` is missing (help: add `title = …`)",
                "a.toml:1:1: unknown key `titel` (help: did you mean `title`?)",
                "a.toml:2:8: `rows` must be a whole number, not text (help: write a whole number without quotes)",
                "a.toml:3:9: `2020-13-01` is not a date (help: write the date as `2020-06-01`)",
                "a.toml:5:8: `size` is 0 (help: write a number from 1 to 10)",
            ]
        );
    }

    #[test]
    fn all_syntax_errors_are_told_and_nothing_else() {
        let found = problems("a = \nb = 1\nc == 2\n", |table| {
            table.required("z", Item::number).map(|_| ())
        });
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("a.toml:1:5: this is not TOML:"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("a.toml:3:4: this is not TOML:"),
            "{found:?}"
        );
    }

    #[test]
    fn text_is_composed() {
        let document = Document::new("a.toml", "name = \"Thu\u{323}y\"\n");
        let name = read(&document, |table| table.required("name", Item::text)).unwrap();
        assert_eq!(name, "Thụy");
    }
}

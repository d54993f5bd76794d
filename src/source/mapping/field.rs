//! One field of a row: found, and read as what it must be.
//!
//! Owns: text, codes, numbers, flags and dates as sources write them.
//! Never: which fields a record has (`record.rs`).
//! Reads next: `../moment.rs`, `../spot.rs`.

use chrono_tz::Tz;
use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization;

use crate::config::sources::{Field, FieldKind};
use crate::domain::record::Value;
use crate::source::moment::{Formats, Written};
use crate::source::spot::Spot;

#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) field: &'a Field,
    pub(super) spots: Vec<Spot>,
    formats: Formats,
}

impl<'a> Reader<'a> {
    pub(super) fn new(field: &'a Field) -> Self {
        Self::with(field, Spot::new)
    }

    /// Reads a row that was kept aside.
    pub(super) fn of_kept(field: &'a Field) -> Self {
        Self::with(field, Spot::kept)
    }

    fn with(field: &'a Field, spot: impl Fn(&str) -> Spot) -> Self {
        let formats = match &field.kind {
            FieldKind::Moment { formats } | FieldKind::Day { formats } => formats.as_slice(),
            _ => &[],
        };
        Self {
            field,
            spots: field.from.iter().map(|at| spot(at)).collect(),
            formats: Formats::new(formats),
        }
    }

    /// The first non-empty value among the field's places, as text.
    fn raw(&self, row: &Json) -> Result<Option<String>, String> {
        for spot in &self.spots {
            let text = match spot.find(row) {
                None | Some(Json::Null) => continue,
                Some(Json::String(text)) => tidy(text),
                Some(Json::Bool(flag)) => flag.to_string(),
                Some(Json::Number(number)) => number.to_string(),
                Some(Json::Array(_) | Json::Object(_)) => {
                    return Err(format!("{} is not a plain value", spot.as_str()));
                }
            };
            if !text.is_empty() {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// The value as text, after the field's codes and default.
    pub(super) fn text(&self, row: &Json) -> Result<Option<String>, String> {
        let Some(raw) = self.raw(row)? else {
            return Ok(self.field.default.as_ref().map(spelt));
        };
        if self.field.codes.is_empty() {
            return Ok(Some(raw));
        }
        let folded = raw.to_lowercase();
        let known = self
            .field
            .codes
            .iter()
            .find(|(word, _)| word.to_lowercase() == folded);
        known
            .map(|(_, value)| Some(spelt(value)))
            .ok_or_else(|| format!("`{raw}` is not one of its codes"))
    }

    pub(super) fn moment(&self, row: &Json, zone: Tz) -> Result<Option<Written>, String> {
        let raw = self
            .raw(row)?
            .filter(|text| !text.starts_with("0001-01-01"));
        raw.map(|text| self.formats.read(&text, zone)).transpose()
    }

    /// The value by the field's kind.
    pub(super) fn value(&self, row: &Json) -> Result<Option<Value>, String> {
        let Some(text) = self.text(row)? else {
            return if self.field.required {
                Err("is missing".to_owned())
            } else {
                Ok(None)
            };
        };
        match self.field.kind {
            FieldKind::Number => whole_number(&text)
                .map(|number| Some(Value::Number(number)))
                .ok_or_else(|| format!("`{text}` is not a whole number")),
            FieldKind::Flag => match text.as_str() {
                "true" | "1" => Ok(Some(Value::Flag(true))),
                "false" | "0" => Ok(Some(Value::Flag(false))),
                _ => Err(format!("`{text}` is neither true nor false")),
            },
            FieldKind::Text
            | FieldKind::Unit
            | FieldKind::Moment { .. }
            | FieldKind::Day { .. } => Ok(Some(Value::Text(text))),
        }
    }
}

/// NFC, without space around and without control characters: PostgreSQL takes no NUL in a text.
fn tidy(text: &str) -> String {
    let is_control = |c: char| c.is_control();
    if text.contains(is_control) {
        return tidy(&text.replace(is_control, " "));
    }
    let trimmed = text.trim();
    if trimmed.is_ascii() {
        trimmed.to_owned()
    } else {
        trimmed.nfc().collect()
    }
}

fn spelt(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

/// `2211`, `2.211` (Vietnamese) and `2,211`: in a field of whole numbers, groups of three are thousands.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    for mark in ['.', ','] {
        if digits.contains(mark) {
            return grouped(digits, mark).map(|number| sign * number);
        }
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse::<i64>().ok().map(|n| sign * n)
    } else {
        None
    }
}

fn grouped(digits: &str, mark: char) -> Option<i64> {
    let groups: Vec<&str> = digits.split(mark).collect();
    let all_digits = groups
        .iter()
        .all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let in_threes = groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    if all_digits && in_threes {
        groups.concat().parse().ok()
    } else {
        None
    }
}

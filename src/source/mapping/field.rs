//! One field of a row: found, and read as what it must be.
//!
//! Owns: text, codes, numbers, flags and dates as sources write them.
//! Never: which fields a record has (`record.rs`).
//! Reads next: `../moment.rs`, `../spot.rs`.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono_tz::Tz;
use serde_json::{Number, Value as Json};

use crate::config::sources::{Field, FieldKind};
use crate::domain::record::Value;
use crate::source::moment::{Formats, Written, says_none};
use crate::source::spot::Spot;
use crate::source::value::{folded, number, text};

#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) field: &'a Field,
    pub(super) spots: Vec<Spot>,
    formats: Formats,
    /// Our values by the source's words, as the file has them.
    written: HashMap<&'a str, &'a Value>,
    /// The same, folded.
    codes: HashMap<String, &'a Value>,
}

/// A value as it came.
enum Raw<'r> {
    Text(Cow<'r, str>),
    Number(&'r Number),
    Flag(bool),
}

/// A value after the field's codes and default.
enum Found<'r> {
    Ours(&'r Value),
    Theirs(Raw<'r>),
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
        let codes = field
            .codes
            .iter()
            .map(|(word, value)| (folded::word(word), value));
        Self {
            field,
            spots: field.from.iter().map(|at| spot(at)).collect(),
            formats: Formats::new(formats),
            written: field
                .codes
                .iter()
                .map(|(word, value)| (word.as_str(), value))
                .collect(),
            codes: codes.collect(),
        }
    }

    /// The first non-empty value among the field's places.
    fn raw<'r>(&self, row: &'r Json) -> Result<Option<Raw<'r>>, String> {
        for spot in &self.spots {
            match spot.find(row) {
                None | Some(Json::Null) => {}
                Some(Json::String(said)) => {
                    if let Some(said) = whole(said)? {
                        return Ok(Some(Raw::Text(said)));
                    }
                }
                Some(Json::Bool(flag)) => return Ok(Some(Raw::Flag(*flag))),
                Some(Json::Number(number)) => return Ok(Some(Raw::Number(number))),
                Some(Json::Array(_) | Json::Object(_)) => {
                    return Err(format!("{} is not a plain value", spot.as_str()));
                }
            }
        }
        Ok(None)
    }

    /// The value after the field's codes and default; one that no code fits stays as it came.
    fn any<'r>(&'r self, row: &'r Json) -> Result<Option<Found<'r>>, String> {
        let Some(raw) = self.raw(row)? else {
            return Ok(self.field.default.as_ref().map(Found::Ours));
        };
        if self.codes.is_empty() {
            return Ok(Some(Found::Theirs(raw)));
        }
        let raw = raw.text();
        let known = self.written.get(&*raw).copied();
        let known = known.or_else(|| self.codes.get(&folded::word(&raw)).copied());
        Ok(Some(
            known.map_or(Found::Theirs(Raw::Text(raw)), Found::Ours),
        ))
    }

    fn found<'r>(&'r self, row: &'r Json) -> Result<Option<Found<'r>>, String> {
        match self.any(row)? {
            Some(Found::Theirs(raw)) if !self.codes.is_empty() => {
                Err(format!("`{}` is not one of its codes", raw.text()))
            }
            found => Ok(found),
        }
    }

    /// The value as text, by the field's codes where one fits.
    pub(super) fn ours_or_theirs<'r>(
        &'r self,
        row: &'r Json,
    ) -> Result<Option<Cow<'r, str>>, String> {
        Ok(self.any(row)?.map(Found::text))
    }

    /// The value as text, after the field's codes and default.
    pub(super) fn text<'r>(&'r self, row: &'r Json) -> Result<Option<Cow<'r, str>>, String> {
        Ok(self.found(row)?.map(Found::text))
    }

    pub(super) fn moment(&self, row: &Json, zone: Tz) -> Result<Option<Written>, String> {
        let raw = self
            .raw(row)?
            .map(Raw::text)
            .filter(|text| !says_none(text));
        raw.map(|text| self.formats.read(&text, zone)).transpose()
    }

    /// The value by the field's kind.
    pub(super) fn value(&self, row: &Json) -> Result<Option<Value>, String> {
        match self.found(row)? {
            None if self.field.required => Err("is missing".to_owned()),
            None => Ok(None),
            Some(Found::Ours(value)) => Ok(Some(value.clone())),
            Some(Found::Theirs(raw)) => self.typed(raw).map(Some),
        }
    }

    fn typed(&self, raw: Raw<'_>) -> Result<Value, String> {
        let marks = self.field.marks;
        let decimal = |number: number::Decimal| Value::Text(number.to_string());
        match (&self.field.kind, raw) {
            (FieldKind::Number, Raw::Number(said)) => number::typed_whole(said).map(Value::Number),
            (FieldKind::Number, raw) => number::whole(&raw.text(), marks).map(Value::Number),
            (FieldKind::Decimal, Raw::Number(said)) => number::typed_decimal(said).map(decimal),
            (FieldKind::Decimal, raw) => number::decimal(&raw.text(), marks).map(decimal),
            (FieldKind::Percent, Raw::Number(said)) => number::typed_percent(said).map(decimal),
            (FieldKind::Percent, raw) => number::percent(&raw.text(), marks).map(decimal),
            (FieldKind::Flag, raw) => flag(&raw.text()).map(Value::Flag),
            (_, raw) => Ok(Value::Text(raw.text().into_owned())),
        }
    }
}

impl<'r> Found<'r> {
    fn text(self) -> Cow<'r, str> {
        match self {
            Self::Ours(Value::Text(text)) => Cow::Borrowed(text.as_str()),
            Self::Ours(value) => Cow::Owned(value.to_string()),
            Self::Theirs(raw) => raw.text(),
        }
    }
}

impl<'r> Raw<'r> {
    fn text(self) -> Cow<'r, str> {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(true) => Cow::Borrowed("true"),
            Self::Flag(false) => Cow::Borrowed("false"),
        }
    }
}

/// Text in order; `None` where there is none.
fn whole(said: &str) -> Result<Option<Cow<'_, str>>, String> {
    if let Some(why) = text::broken(said) {
        return Err(format!("`{}` {why}", text::tidy(said)));
    }
    Ok(Some(text::tidy(said)).filter(|text| !text.is_empty()))
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

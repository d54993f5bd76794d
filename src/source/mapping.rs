//! Rows to records, as the source's file says; what does not fit becomes a reject with its reason.
//!
//! Owns: reading fields, personal data stopped at the border.
//! Never: I/O. A pure function of rows, mapping and organisation.
//! Reads next: `job/step/pull.rs`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::moment::{Formats, Written};
use super::pointer::Pointer;
use crate::config::sources::{Field, FieldKind, Pull};
use crate::domain::dossier::{Channel, Dossier, Status, StatusGroup, day_of};
use crate::domain::record::{Entry, Value};
use crate::domain::reject::Reject;
use crate::domain::unit::{Level, UnitCode, Units};

/// What the mapping needs to know of the site.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub zone: Tz,
    /// The due moment of a due date without a time.
    pub due_time: NaiveTime,
    pub units: &'a Units,
    /// On which day the unit of an undated entry must exist.
    pub today: NaiveDate,
}

/// Records of one page. A code that occurs twice is there once, as it came last.
#[derive(Debug, Default)]
pub struct Mapped {
    pub dossiers: Vec<Dossier>,
    pub entries: Vec<Entry>,
    pub rejects: Vec<Reject>,
    /// The latest change among all rows that could say so, rejected ones too.
    pub seen_until: Option<DateTime<Utc>>,
}

/// A pull's mapping, compiled once for all its pages.
#[derive(Debug)]
pub struct Mapping<'a> {
    pull: &'a Pull,
    place: Place<'a>,
    fields: BTreeMap<&'a str, Reader<'a>>,
    personal: Vec<&'a str>,
}

#[derive(Debug)]
struct Reader<'a> {
    field: &'a Field,
    pointers: Vec<Pointer>,
    formats: Formats,
}

/// A reject before it is dressed: which field, what is wrong.
struct Fault {
    field: &'static str,
    what: String,
}

impl Fault {
    fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self {
            field,
            what: what.into(),
        }
    }
}

impl<'a> Mapping<'a> {
    #[must_use]
    pub fn new(pull: &'a Pull, place: Place<'a>) -> Self {
        let fields = pull
            .fields
            .iter()
            .map(|(name, field)| (name.as_str(), Reader::new(field)));
        Self {
            pull,
            place,
            fields: fields.collect(),
            personal: pull.personal.iter().map(String::as_str).collect(),
        }
    }

    /// Maps the rows of one page; `first` is the place of its first row in the whole list.
    #[must_use]
    pub fn map(&self, rows: &[Json], first: u64) -> Mapped {
        let mut mapped = Mapped::default();
        let mut dossiers = Distinct::default();
        let mut entries = Distinct::default();
        for (row, position) in rows.iter().zip(first..) {
            mapped.seen_until = mapped.seen_until.max(self.changed_at(row));
            if self.pull.records == crate::config::sources::DOSSIERS {
                match self.dossier(row) {
                    Ok(dossier) => dossiers.put(dossier.code.clone(), dossier),
                    Err(fault) => mapped.rejects.push(self.reject(row, position, &fault)),
                }
            } else {
                match self.entry(row) {
                    Ok(entry) => entries.put(entry.code.clone(), entry),
                    Err(fault) => mapped.rejects.push(self.reject(row, position, &fault)),
                }
            }
        }
        mapped.dossiers = dossiers.items;
        mapped.entries = entries.items;
        mapped
    }

    /// Maps one row of stated figures: the words of form II.06 to numbers, and the level they speak of.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn stated(
        fields: &'a BTreeMap<String, Field>,
        row: &Json,
    ) -> Result<(Level, BTreeMap<String, u64>), String> {
        let mut level = None;
        let mut figures = BTreeMap::new();
        for (name, field) in fields {
            let value = Reader::new(field)
                .text(row)
                .map_err(|what| format!("{name}: {what}"))?;
            let Some(value) = value else { continue };
            if name == "level" {
                level = Level::parse(&value);
            } else {
                let number = whole_number(&value).and_then(|n| u64::try_from(n).ok());
                let number = number.ok_or_else(|| format!("{name}: `{value}` is not a count"))?;
                figures.insert(name.clone(), number);
            }
        }
        level
            .map(|level| (level, figures))
            .ok_or_else(|| "level: missing or unknown".to_owned())
    }

    fn changed_at(&self, row: &Json) -> Option<DateTime<Utc>> {
        let name = &self.pull.since.as_ref()?.field;
        let written = self
            .fields
            .get(name.as_str())?
            .moment(row, self.place.zone)
            .ok()??;
        written.instant(NaiveTime::MIN, self.place.zone)
    }

    fn dossier(&self, row: &Json) -> Result<Dossier, Fault> {
        let code = self.required_text(row, "code")?;
        let received_at = self.required_moment(row, "received_at", NaiveTime::MIN)?;
        let due_at = self.required_moment(row, "due_at", self.place.due_time)?;
        let unit = self.unit(row, day_of(received_at, self.place.zone))?;
        let (unit, level) = unit.ok_or_else(|| Fault::new("unit", "is missing"))?;
        let channel = self.required_text(row, "channel")?;
        let status = self.required_text(row, "status")?;
        let dossier =
            Dossier {
                procedure: self.required_text(row, "procedure")?,
                procedure_name: self.text(row, "procedure_name")?.unwrap_or_default(),
                field: self.text(row, "field")?.unwrap_or_default(),
                channel: Channel::parse(&channel).ok_or_else(|| {
                    Fault::new(
                        "channel",
                        format!("`{channel}` is not direct, online or postal"),
                    )
                })?,
                status: Status(status.parse().map_err(|_| {
                    Fault::new("status", format!("`{status}` is not a status code"))
                })?),
                original_due_at: self.moment(row, "original_due_at", self.place.due_time)?,
                finished_at: self.moment(row, "finished_at", NaiveTime::MIN)?,
                stopped_at: self.moment(row, "stopped_at", NaiveTime::MIN)?,
                code,
                unit,
                level,
                received_at,
                due_at,
            };
        self.consistent(dossier)
    }

    /// Dates that contradict each other would become a wrong number.
    fn consistent(&self, dossier: Dossier) -> Result<Dossier, Fault> {
        let day = |at| day_of(at, self.place.zone);
        if day(dossier.due_at) < day(dossier.received_at) {
            return Err(Fault::new("due_at", "lies before the day of reception"));
        }
        if dossier
            .finished_at
            .is_some_and(|at| at < dossier.received_at)
        {
            return Err(Fault::new("finished_at", "lies before reception"));
        }
        let ended = matches!(
            dossier.status.group(),
            StatusGroup::Resolved | StatusGroup::Withdrawn
        );
        if ended && dossier.finished_at.is_none() {
            let what = format!(
                "is missing, though status {} says that it ended",
                dossier.status.0
            );
            return Err(Fault::new("finished_at", what));
        }
        Ok(dossier)
    }

    fn entry(&self, row: &Json) -> Result<Entry, Fault> {
        let code = self.required_text(row, "code")?;
        let day = self.day(row)?;
        let unit = self.unit(row, day.unwrap_or(self.place.today))?;
        let level =
            match self.text(row, "level")? {
                Some(word) => Some(Level::parse(&word).ok_or_else(|| {
                    Fault::new("level", format!("`{word}` is not district or ward"))
                })?),
                None => unit.as_ref().map(|(_, level)| *level),
            };
        let unit = unit.map(|(code, _)| code);
        Ok(Entry {
            records: self.pull.records.clone(),
            code,
            unit,
            level,
            day,
            attributes: self.attributes(row)?,
        })
    }

    fn attributes(&self, row: &Json) -> Result<BTreeMap<String, Value>, Fault> {
        let own = ["code", "unit", "level", "day", "updated_at"];
        let mut attributes = BTreeMap::new();
        for (name, reader) in self.fields.iter().filter(|(name, _)| !own.contains(name)) {
            let value = reader
                .value(row)
                .map_err(|what| Fault::new("attribute", format!("{name} {what}")))?;
            if let Some(value) = value {
                attributes.insert((*name).to_owned(), value);
            }
        }
        Ok(attributes)
    }

    fn unit(&self, row: &Json, on: NaiveDate) -> Result<Option<(UnitCode, Level)>, Fault> {
        let Some(text) = self.text(row, "unit")? else {
            return Ok(None);
        };
        let code = UnitCode::parse(&text).map_err(|error| Fault::new("unit", error.to_string()))?;
        match self.place.units.find(&code, on) {
            Some(unit) => Ok(Some((code, unit.kind.level()))),
            None => Err(Fault::new(
                "unit",
                format!("`{code}` is no unit of organisation.toml on {on}"),
            )),
        }
    }

    fn text(&self, row: &Json, name: &'static str) -> Result<Option<String>, Fault> {
        let Some(reader) = self.fields.get(name) else {
            return Ok(None);
        };
        let value = reader.text(row).map_err(|what| Fault::new(name, what))?;
        if value.is_none() && reader.field.required {
            return Err(Fault::new(name, "is missing"));
        }
        Ok(value)
    }

    fn required_text(&self, row: &Json, name: &'static str) -> Result<String, Fault> {
        self.text(row, name)?
            .ok_or_else(|| Fault::new(name, "is missing"))
    }

    fn moment(
        &self,
        row: &Json,
        name: &'static str,
        time: NaiveTime,
    ) -> Result<Option<DateTime<Utc>>, Fault> {
        let Some(reader) = self.fields.get(name) else {
            return Ok(None);
        };
        let written = reader
            .moment(row, self.place.zone)
            .map_err(|what| Fault::new(name, what))?;
        let Some(written) = written else {
            return Ok(None);
        };
        let at = written.instant(time, self.place.zone);
        at.map(Some)
            .ok_or_else(|| Fault::new(name, "does not exist in the site's time zone"))
    }

    fn required_moment(
        &self,
        row: &Json,
        name: &'static str,
        time: NaiveTime,
    ) -> Result<DateTime<Utc>, Fault> {
        self.moment(row, name, time)?
            .ok_or_else(|| Fault::new(name, "is missing"))
    }

    fn day(&self, row: &Json) -> Result<Option<NaiveDate>, Fault> {
        let Some(reader) = self.fields.get("day") else {
            return Ok(None);
        };
        let written = reader
            .moment(row, self.place.zone)
            .map_err(|what| Fault::new("day", what))?;
        if written.is_none() && reader.field.required {
            return Err(Fault::new("day", "is missing"));
        }
        Ok(written.map(|written| written.day(self.place.zone)))
    }

    fn reject(&self, row: &Json, position: u64, fault: &Fault) -> Reject {
        Reject {
            position,
            code: self
                .fields
                .get("code")
                .and_then(|reader| reader.text(row).ok().flatten()),
            reason: format!("{} {}", fault.field, fault.what),
            raw: self.masked(row),
            hash: hash(row),
        }
    }

    /// The mapped fields as they came; everything else of the row stays outside.
    fn masked(&self, row: &Json) -> String {
        let pointers = self.fields.values().flat_map(|reader| &reader.pointers);
        let mut kept = Map::new();
        for pointer in pointers {
            let Some(value) = pointer.find(row) else {
                continue;
            };
            let shown = if self.is_personal(pointer.as_str()) {
                Json::from("•••")
            } else {
                value.clone()
            };
            kept.insert(pointer.as_str().to_owned(), shown);
        }
        Json::Object(kept).to_string()
    }

    fn is_personal(&self, pointer: &str) -> bool {
        let within = |personal: &&&str| {
            pointer == **personal || pointer.starts_with(&format!("{personal}/"))
        };
        self.personal.iter().any(|personal| within(&personal))
    }
}

impl<'a> Reader<'a> {
    fn new(field: &'a Field) -> Self {
        let formats = match &field.kind {
            FieldKind::Moment { formats } | FieldKind::Day { formats } => formats.as_slice(),
            _ => &[],
        };
        Self {
            field,
            pointers: field.from.iter().map(|p| Pointer::new(p)).collect(),
            formats: Formats::new(formats),
        }
    }

    /// The first non-empty value among the field's pointers, as text.
    fn raw(&self, row: &Json) -> Result<Option<String>, String> {
        for pointer in &self.pointers {
            let text = match pointer.find(row) {
                None | Some(Json::Null) => continue,
                Some(Json::String(text)) => tidy(text),
                Some(Json::Bool(flag)) => flag.to_string(),
                Some(Json::Number(number)) => number.to_string(),
                Some(Json::Array(_) | Json::Object(_)) => {
                    return Err(format!("{} is not a plain value", pointer.as_str()));
                }
            };
            if !text.is_empty() {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// The value as text, after the field's codes and default.
    fn text(&self, row: &Json) -> Result<Option<String>, String> {
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

    fn moment(&self, row: &Json, zone: Tz) -> Result<Option<Written>, String> {
        let raw = self
            .raw(row)?
            .filter(|text| !text.starts_with("0001-01-01"));
        raw.map(|text| self.formats.read(&text, zone)).transpose()
    }

    /// The value by the field's kind.
    fn value(&self, row: &Json) -> Result<Option<Value>, String> {
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

/// Items by key, in the order of their first appearance; a later one replaces an earlier one.
struct Distinct<T> {
    items: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T> Distinct<T> {
    fn put(&mut self, key: String, item: T) {
        match self.places.get(&key) {
            Some(place) => self.items[*place] = item,
            None => {
                self.places.insert(key, self.items.len());
                self.items.push(item);
            }
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
fn whole_number(text: &str) -> Option<i64> {
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

fn hash(row: &Json) -> String {
    let digest = Sha256::digest(row.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

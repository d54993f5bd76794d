//! One row, as it came beside what becomes of it: for the person who writes the source's file.
//!
//! Owns: what of a row may be shown: all but what is personal.
//! Never: storing.
//! Reads next: `record.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value as Json;

use super::Mapping;
use crate::domain::dossier::Dossier;
use crate::domain::record::{Entry, Value};

/// A row and its record.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The row as it came, personal fields masked.
    pub raw: Json,
    pub fields: Vec<Shown>,
    /// What of the row no field takes.
    pub unused: BTreeMap<String, Json>,
    /// Why it becomes no record.
    pub reject: Option<String>,
}

/// A field of the record: where it comes from, and what it becomes.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub field: String,
    pub from: Option<String>,
    pub raw: Option<Json>,
    pub mapped: Option<String>,
}

impl Mapping<'_> {
    /// The row beside its record.
    #[must_use]
    pub fn sample(&self, row: &Json) -> Sample {
        let mapped = self.map(std::slice::from_ref(row), 0);
        let zone = self.place.zone;
        let values = match (mapped.dossiers.first(), mapped.entries.first()) {
            (Some(dossier), _) => of_dossier(dossier, zone),
            (_, Some(entry)) => of_entry(entry),
            _ => BTreeMap::new(),
        };
        let raw = self.masked(row);
        let fields: Vec<Shown> = self.shown(&raw, &values);
        let unused = unused(&raw, &fields);
        Sample {
            fields,
            unused,
            raw,
            reject: mapped
                .rejects
                .into_iter()
                .next()
                .map(|reject| reject.reason),
        }
    }

    fn shown(&self, raw: &Json, values: &BTreeMap<&str, String>) -> Vec<Shown> {
        let shown = |(name, reader): (&&str, &super::Reader<'_>)| {
            let found = reader
                .spots
                .iter()
                .find_map(|spot| Some((spot, spot.find(raw)?)));
            let (from, value) = found.unzip();
            let from = from.or(reader.spots.first());
            Shown {
                field: (*name).to_owned(),
                from: from.map(|spot| spot.as_str().to_owned()),
                raw: value.cloned(),
                mapped: values.get(name).cloned(),
            }
        };
        self.fields.iter().map(shown).collect()
    }
}

/// The plain values of a row that stand at none of the fields' places.
fn unused(raw: &Json, fields: &[Shown]) -> BTreeMap<String, Json> {
    let mut leaves = BTreeMap::new();
    gather(raw, String::new(), &mut leaves);
    // A column is written by its name alone.
    let is_place = |from: &String, at: &str| from == at || at.strip_prefix('/') == Some(from);
    let is_taken = |at: &String| {
        let mut places = fields.iter().filter_map(|field| field.from.as_ref());
        places.any(|from| is_place(from, at))
    };
    leaves.retain(|at, _| !is_taken(at));
    leaves
}

fn gather(value: &Json, at: String, leaves: &mut BTreeMap<String, Json>) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                gather(member, format!("{at}/{name}"), leaves);
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                gather(element, format!("{at}/{index}"), leaves);
            }
        }
        plain => drop(leaves.insert(at, plain.clone())),
    }
}

fn of_dossier(dossier: &Dossier, zone: Tz) -> BTreeMap<&'static str, String> {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let said = [
        ("code", Some(dossier.code.clone())),
        ("procedure", Some(dossier.procedure.clone())),
        ("procedure_name", Some(dossier.procedure_name.clone())),
        ("field", Some(dossier.field.clone())),
        ("unit", Some(dossier.unit.to_string())),
        ("channel", Some(dossier.channel.as_str().to_owned())),
        ("status", Some(dossier.status.0.to_string())),
        ("received_at", Some(local(dossier.received_at))),
        ("due_at", Some(local(dossier.due_at))),
        ("original_due_at", dossier.original_due_at.map(local)),
        ("finished_at", dossier.finished_at.map(local)),
        ("stopped_at", dossier.stopped_at.map(local)),
    ];
    let said = said
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    said.filter(|(_, value)| !value.is_empty()).collect()
}

fn of_entry(entry: &Entry) -> BTreeMap<&str, String> {
    let own = [
        ("code", Some(entry.code.clone())),
        ("unit", entry.unit.as_ref().map(ToString::to_string)),
        ("level", entry.level.map(|level| level.as_str().to_owned())),
        ("day", entry.day.map(|day| day.to_string())),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let attributes = entry.attributes.iter().map(|(name, value)| {
        let text = match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
        };
        (name.as_str(), text)
    });
    own.chain(attributes).collect()
}

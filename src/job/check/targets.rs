//! Targets against the sources: whether their records, fields and words exist.
//!
//! Owns: which fields a condition may name and which values they can have.
//! Never: evaluating a condition (`domain::target`).
//! Reads next: `organisation.rs`.

use std::collections::BTreeMap;

use super::Notes;
use crate::config::problem::{instead, quoted};
use crate::config::sources::{DOSSIERS, Field, FieldKind};
use crate::config::targets::FILE;
use crate::domain::dossier::{Channel, State};
use crate::domain::record::Value;
use crate::domain::target::{Condition, Target, Test};
use crate::domain::unit::Level;

/// What a condition may ask of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// Any text.
    Text,
    /// One of these words.
    Words(Vec<String>),
    Number,
    Flag,
}

/// The fields of one kind of record that conditions may name.
type Fields = BTreeMap<String, Asked>;

pub fn check(notes: &mut Notes<'_>) {
    // A source that cannot be read might have had the fields.
    if notes.site.sources.len() < notes.site.source_names.len() {
        return;
    }
    let mut registers = registers(notes);
    if let Some(organisation) = &notes.site.organisation {
        let codes = organisation
            .units
            .all()
            .iter()
            .map(|unit| unit.code.to_string());
        let units = Asked::Words(codes.collect());
        for asked in registers
            .values_mut()
            .filter_map(|fields| fields.get_mut("unit"))
        {
            *asked = units.clone();
        }
    }
    for (index, target) in notes.site.targets.iter().flatten().enumerate() {
        let place = format!("target/{index}");
        match registers.get(&target.records) {
            Some(fields) => target_on(notes, &place, target, fields),
            None => {
                let help = instead(&target.records, registers.keys().map(String::as_str));
                notes.problem(
                    FILE,
                    &format!("{place}/records"),
                    format!("no source gives `{}`", target.records),
                    help,
                );
            }
        }
    }
}

/// Every kind of record that a source gives, with the fields that all its sources map.
fn registers(notes: &Notes<'_>) -> BTreeMap<String, Fields> {
    let mut registers: BTreeMap<String, Fields> = BTreeMap::new();
    for pull in notes.site.sources.iter().flat_map(|source| &source.pulls) {
        let fields = if pull.records == DOSSIERS {
            dossier_fields()
        } else {
            entry_fields(&pull.fields)
        };
        match registers.get_mut(&pull.records) {
            Some(known) => known.retain(|name, _| fields.contains_key(name)),
            None => {
                registers.insert(pull.records.clone(), fields);
            }
        }
    }
    registers
}

fn dossier_fields() -> Fields {
    let words =
        |words: &[&str]| Asked::Words(words.iter().map(|word| (*word).to_owned()).collect());
    [
        ("state", words(&State::ALL.map(State::as_str))),
        ("channel", words(&Channel::ALL.map(Channel::as_str))),
        ("level", words(&Level::ALL.map(Level::as_str))),
        ("procedure", Asked::Text),
        ("field", Asked::Text),
        ("unit", Asked::Text),
        ("status", Asked::Number),
    ]
    .into_iter()
    .map(|(name, asked)| (name.to_owned(), asked))
    .collect()
}

fn entry_fields(fields: &BTreeMap<String, Field>) -> Fields {
    let asked = |(name, field): (&String, &Field)| {
        let asked = match &field.kind {
            FieldKind::Text if name == "level" => {
                Asked::Words(Level::ALL.map(|level| level.as_str().to_owned()).to_vec())
            }
            FieldKind::Text if !field.codes.is_empty() => Asked::Words(words_of(field)),
            FieldKind::Text | FieldKind::Unit => Asked::Text,
            FieldKind::Number => Asked::Number,
            FieldKind::Flag => Asked::Flag,
            // A decimal is text, and two texts can be one number: none can be asked for by equality.
            FieldKind::Decimal
            | FieldKind::Percent
            | FieldKind::Moment { .. }
            | FieldKind::Day { .. } => return None,
        };
        Some((name.clone(), asked))
    };
    fields.iter().filter_map(asked).collect()
}

fn words_of(field: &Field) -> Vec<String> {
    let mut words: Vec<String> = field
        .codes
        .values()
        .chain(&field.default)
        .filter_map(text)
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

fn target_on(notes: &mut Notes<'_>, place: &str, target: &Target, fields: &Fields) {
    condition(notes, &format!("{place}/among"), &target.among, fields);
    condition(notes, &format!("{place}/count"), &target.count, fields);
    if target.by_ward && !fields.contains_key("unit") {
        let message = format!(
            "`{}` have no `unit`, so no ward can be judged",
            target.records
        );
        notes.problem(
            FILE,
            &format!("{place}/by_ward"),
            message,
            "map `unit` in the source, or write `by_ward = false`",
        );
    }
    for (index, promise) in target.promises.iter().enumerate() {
        let place = format!("{place}/level/{index}");
        condition(notes, &format!("{place}/only"), &promise.only, fields);
        // A record that names no level has the one of its unit.
        let has_level = fields.contains_key("level") || fields.contains_key("unit");
        if promise.level.of_records().is_some() && !has_level {
            let message = format!(
                "`{}` have no `level`, so none counts as {}",
                target.records,
                promise.level.as_str()
            );
            notes.problem(
                FILE,
                &format!("{place}/level"),
                message,
                "map `level` in the source, or promise it for `all`",
            );
        }
    }
}

fn condition(notes: &mut Notes<'_>, place: &str, condition: &Condition, fields: &Fields) {
    for (name, test) in &condition.0 {
        let place = format!("{place}/{name}");
        match fields.get(name) {
            None => {
                let help = instead(name, fields.keys().map(String::as_str));
                notes.problem(
                    FILE,
                    &place,
                    format!("the records have no field `{name}` to ask for"),
                    help,
                );
            }
            Some(asked) => {
                for (message, help) in faults(name, test, asked) {
                    notes.problem(FILE, &place, message, help);
                }
            }
        }
    }
}

/// What keeps a test from ever holding.
fn faults(name: &str, test: &Test, asked: &Asked) -> Vec<(String, String)> {
    let Test::OneOf(values) = test else {
        let help = format!("compare it with a value: `{name} = …`");
        let number = *asked == Asked::Number;
        return if number {
            Vec::new()
        } else {
            vec![(format!("`{name}` is not a number to compare"), help)]
        };
    };
    values
        .iter()
        .filter_map(|value| fault(name, value, asked))
        .collect()
}

fn fault(name: &str, value: &Value, asked: &Asked) -> Option<(String, String)> {
    let help = match (asked, value) {
        (Asked::Text, Value::Text(_))
        | (Asked::Number, Value::Number(_))
        | (Asked::Flag, Value::Flag(_)) => return None,
        (Asked::Words(words), Value::Text(word)) if words.contains(word) => return None,
        (Asked::Words(words), Value::Text(word)) => instead(word, words.iter().map(String::as_str)),
        (Asked::Words(words), _) => {
            format!("write one of {}", quoted(words.iter().map(String::as_str)))
        }
        (Asked::Text, _) => "write text between quotes".to_owned(),
        (Asked::Number, _) => "write a whole number without quotes".to_owned(),
        (Asked::Flag, _) => "write `true` or `false`, without quotes".to_owned(),
    };
    let shown = match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    Some((format!("`{name}` is never `{shown}`"), help))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Flag(_) | Value::Number(_) => None,
    }
}

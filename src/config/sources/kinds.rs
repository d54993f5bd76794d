//! The fields that records have, and the kinds of value in them.
//!
//! Owns: which fields a dossier and a stated report have, and of what kind they are.
//! Never: where a value comes from (`fields.rs`).
//! Reads next: `fields.rs`.

use crate::domain::record::Value;

/// The `records` of a pull that gives dossiers.
pub const DOSSIERS: &str = "dossiers";

/// The fields of a dossier; `true`: it cannot be read without.
pub const DOSSIER_FIELDS: [(&str, Kind, bool); 13] = [
    ("code", Kind::Text, true),
    ("procedure", Kind::Text, true),
    ("unit", Kind::Unit, true),
    ("channel", Kind::Text, true),
    ("status", Kind::Number, true),
    ("received_at", Kind::Moment, true),
    ("due_at", Kind::Moment, true),
    ("procedure_name", Kind::Text, false),
    ("field", Kind::Text, false),
    ("original_due_at", Kind::Moment, false),
    ("finished_at", Kind::Moment, false),
    ("stopped_at", Kind::Moment, false),
    ("updated_at", Kind::Moment, false),
];

/// The fields of every register; others are attributes that targets may name.
pub const ENTRY_FIELDS: [(&str, Kind); 5] = [
    ("code", Kind::Text),
    ("unit", Kind::Unit),
    ("level", Kind::Text),
    ("day", Kind::Day),
    ("updated_at", Kind::Moment),
];

/// What a source may state about a level (columns of form II.06).
pub const STATED_FIELDS: [&str; 13] = [
    "level",
    "unit",
    "received",
    "received_online",
    "direct",
    "carried_over",
    "resolved",
    "early",
    "on_time",
    "late",
    "open",
    "in_time",
    "overdue",
];

/// What an attribute can be.
pub const KINDS: [(&str, Kind); 6] = [
    ("text", Kind::Text),
    ("number", Kind::Number),
    ("flag", Kind::Flag),
    ("decimal", Kind::Decimal),
    ("percent", Kind::Percent),
    ("day", Kind::Day),
];

/// How a field says which marks its numbers have.
pub const MARKS: [(&str, Marks); 2] = [("vi", Marks::Vietnamese), ("en", Marks::English)];

/// The kind of a field, without its formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Flag,
    Moment,
    Day,
    Unit,
    Decimal,
    Percent,
}

/// The kind of an attribute that states none: that of our values for its words, else text.
pub fn kind_of<'a>(mut values: impl Iterator<Item = &'a Value>) -> Kind {
    match values.next() {
        Some(Value::Flag(_)) => Kind::Flag,
        Some(Value::Number(_)) => Kind::Number,
        Some(Value::Text(_)) | None => Kind::Text,
    }
}

pub fn fits(kind: Kind, value: &Value) -> bool {
    match value {
        Value::Flag(_) => kind == Kind::Flag,
        Value::Number(_) => kind == Kind::Number,
        Value::Text(_) => !matches!(kind, Kind::Flag | Kind::Number),
    }
}

pub fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::Moment => "moment",
        Kind::Day => "day",
        Kind::Unit => "unit",
        Kind::Decimal => "decimal",
        Kind::Percent => "percent",
    }
}

pub fn shown(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

/// Which mark parts thousands and which parts decimals in a source's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marks {
    /// Whatever the number itself can tell; what it cannot is a reject.
    #[default]
    Unstated,
    /// `1.234,5`
    Vietnamese,
    /// `1,234.5`
    English,
}

//! The fields of a pull: where each value comes from and what it is.
//!
//! Owns: the forms in which a field is written, and their agreement with its kind.
//! Never: converting a value (`source`).
//! Reads next: `source/http.rs`.

use std::collections::BTreeMap;

use super::edxml::FORMATS;
use super::kinds::{
    DOSSIER_FIELDS, ENTRY_FIELDS, KINDS, Kind, MARKS, STATED_FIELDS, fits, kind_of, shown, word,
};
use super::places::{Places, place, written_date};
use super::{Field, FieldKind, Marks};
use crate::config::problem::{instead, quoted};
use crate::config::reader::{Item, Table};
use crate::domain::dossier::Channel;
use crate::domain::record::Value;
use crate::domain::unit::{Level, UnitCode};

/// What the pull around the fields says about them.
pub struct Rules<'a> {
    pub dossiers: bool,
    pub places: Places,
    /// Formats of moments and days that name none of their own.
    pub formats: &'a [String],
    pub personal: &'a [String],
}

type Fields = BTreeMap<String, Field>;

/// `[pull.fields]`
pub fn of_pull(table: &Table<'_>, rules: &Rules<'_>) -> Option<Fields> {
    let fields: Vec<_> = table
        .all()
        .iter()
        .map(|(name, item)| Some((name.clone(), field(name, item, rules)?)))
        .collect();
    let wanted: Vec<&str> = if rules.dossiers {
        DOSSIER_FIELDS
            .iter()
            .filter(|(_, _, required)| *required)
            .map(|(name, _, _)| *name)
            .collect()
    } else {
        vec!["code"]
    };
    missing(table, &wanted, rules.places);
    fields.into_iter().collect()
}

/// `[stated.fields]`
pub fn of_stated(table: &Table<'_>, places: Places) -> Option<Fields> {
    let stated = |name: &str, item: &Item<'_>| {
        if !STATED_FIELDS.contains(&name) {
            item.problem_at_key(
                format!("`{name}` is not a figure of form II.06"),
                instead(name, STATED_FIELDS),
            );
            return None;
        }
        let kind = match name {
            "level" => Kind::Text,
            "unit" => Kind::Unit,
            _ => Kind::Number,
        };
        read(
            name,
            item,
            Some(kind),
            &Rules {
                dossiers: false,
                places,
                formats: &[],
                personal: &[],
            },
        )
    };
    let fields: Vec<_> = table
        .all()
        .iter()
        .map(|(name, item)| Some((name.clone(), stated(name, item)?)))
        .collect();
    missing(table, &["level"], places);
    fields.into_iter().collect()
}

fn missing(table: &Table<'_>, wanted: &[&str], places: Places) {
    let (example, meaning) = places.example();
    let mapped: Vec<String> = table.all().into_iter().map(|(name, _)| name).collect();
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !mapped.iter().any(|mapped| mapped == name))
        .collect();
    for name in missing {
        table.problem(
            format!("the field `{name}` is not mapped"),
            format!("add `{name} = \"{example}\"`, {meaning}"),
        );
    }
}

fn field(name: &str, item: &Item<'_>, rules: &Rules<'_>) -> Option<Field> {
    if !rules.dossiers {
        let known = ENTRY_FIELDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind);
        return read(name, item, known, rules);
    }
    let known = DOSSIER_FIELDS.iter().find(|(known, _, _)| *known == name);
    if known.is_none() {
        let help = instead(name, DOSSIER_FIELDS.map(|(known, _, _)| known));
        item.problem_at_key(format!("`{name}` is not a field of a dossier"), help);
    }
    let (_, kind, required) = known?;
    let mut field = read(name, item, Some(*kind), rules)?;
    field.required = *required;
    Some(field)
}

/// `"/pointer"`, `["/first", "/second"]`, or a table that says more.
fn read(name: &str, item: &Item<'_>, known: Option<Kind>, rules: &Rules<'_>) -> Option<Field> {
    let field = if item.is_table() {
        long(name, &item.table()?, known, rules)?
    } else {
        let from = item.one_or_more(|item| place(item, rules.places))?;
        let kind = with_formats(
            item,
            known.unwrap_or(Kind::Text),
            rules.formats.to_vec(),
            rules.places,
        )?;
        Field {
            from,
            default: None,
            kind,
            required: true,
            codes: BTreeMap::new(),
            marks: Marks::Unstated,
        }
    };
    for personal in field
        .from
        .iter()
        .filter(|from| is_personal(from, rules.personal))
    {
        let help = "leave one of them out: personal data are never stored";
        item.problem(
            format!("`{personal}` is listed under `personal` and mapped to `{name}`"),
            help,
        );
    }
    Some(field)
}

/// Whether a place is personal, or within one that is.
fn is_personal(from: &str, personal: &[String]) -> bool {
    personal.iter().any(|personal| {
        let rest = from.strip_prefix(personal.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn long(name: &str, table: &Table<'_>, known: Option<Kind>, rules: &Rules<'_>) -> Option<Field> {
    let from = table.or("from", Vec::new(), |item| {
        item.one_or_more(|item| place(item, rules.places))
    });
    let default = table.maybe("default", Item::value);
    let codes = table.or("codes", BTreeMap::new(), |item| {
        codes(name, &item.table()?, known)
    });
    let formats = table.or("formats", rules.formats.to_vec(), |item| {
        item.one_or_more(written_date)
    });
    let required = table.or("required", true, Item::flag);
    let marks = table.or("marks", Marks::Unstated, |item| item.word(&MARKS));
    let stated = table.maybe("kind", |item| item.word(&KINDS));
    let (from, default, codes) = (from?, default?, codes?);
    if from.is_empty() && default.is_none() {
        table.problem(
            format!("nothing says where `{name}` comes from"),
            format!(
                "add `from = \"{}\"` or `default = …`",
                rules.places.example().0
            ),
        );
        return None;
    }
    let stated = stated?;
    if let Some((stated, known)) = stated.zip(known).filter(|(stated, known)| stated != known) {
        let message = format!(
            "the kind of `{name}` is {}, not {}",
            word(known),
            word(stated)
        );
        table.problem(message, "leave `kind` out: it is known");
    }
    let kind = known
        .or(stated)
        .unwrap_or_else(|| kind_of(codes.values().chain(&default)));
    for value in codes
        .values()
        .chain(&default)
        .filter(|value| !fits(kind, value))
    {
        let help = "write flags as `true` and `false`, numbers without quotes, text between quotes";
        table.problem(
            format!(
                "`{}` does not fit `{name}`, whose kind is {}",
                shown(value),
                word(kind)
            ),
            help,
        );
    }
    let kind = with_formats(table, kind, formats?, rules.places)?;
    Some(Field {
        from,
        default,
        kind,
        required: required?,
        codes,
        marks: marks?,
    })
}

/// The national list of a dossier's statuses.
const STATUSES: std::ops::RangeInclusive<i64> = 1..=10;

/// The source's words with our values; those of a channel, a level and a unit are fixed words.
fn codes(name: &str, table: &Table<'_>, known: Option<Kind>) -> Option<BTreeMap<String, Value>> {
    let allowed: Option<Vec<&str>> = match name {
        "channel" => Some(Channel::ALL.map(Channel::as_str).to_vec()),
        "level" => Some(Level::ALL.map(Level::as_str).to_vec()),
        _ => None,
    };
    let read = |item: &Item<'_>| {
        let value = item.value()?;
        let text = shown(&value);
        if let Some(allowed) = allowed
            .as_ref()
            .filter(|allowed| !allowed.contains(&text.as_str()))
        {
            item.problem(
                format!("`{text}` is not a {name}"),
                format!("write one of {}", quoted(allowed.iter().copied())),
            );
        } else if name == "status"
            && known == Some(Kind::Number)
            && text
                .parse()
                .is_ok_and(|code: i64| !STATUSES.contains(&code))
        {
            item.problem(
                format!("`{text}` is not a status"),
                "write a number from 1 to 10, as in the national list; 10 is \"returned\"",
            );
        } else if known == Some(Kind::Unit) && UnitCode::parse(&text).is_err() {
            item.problem(
                format!("`{text}` is not a unit code"),
                "write a code of organisation.toml",
            );
        }
        Some(value)
    };
    let codes: Vec<_> = table
        .all()
        .iter()
        .map(|(word, item)| Some((word.clone(), read(item)?)))
        .collect();
    codes.into_iter().collect()
}

/// Somewhere a problem can be told: at a table or at a value.
trait Tell {
    fn tell(&self, message: &str, help: &str);
}

impl Tell for Table<'_> {
    fn tell(&self, message: &str, help: &str) {
        self.problem(message, help);
    }
}

impl Tell for Item<'_> {
    fn tell(&self, message: &str, help: &str) {
        self.problem(message, help);
    }
}

fn with_formats(
    place: &impl Tell,
    kind: Kind,
    mut formats: Vec<String>,
    places: Places,
) -> Option<FieldKind> {
    // A cell that is a date arrives as ISO text, however the sheet shows it.
    if places == Places::Columns && !formats.iter().any(|format| format == "iso") {
        formats.push("iso".to_owned());
    }
    if places == Places::Headers && formats.is_empty() {
        formats = FORMATS.map(str::to_owned).to_vec();
    }
    if matches!(kind, Kind::Moment | Kind::Day) && formats.is_empty() {
        place.tell(
            "nothing says how this date is written",
            "add `formats = [\"%Y%m%d%H%M%S\"]` to the pull or to the field",
        );
        return None;
    }
    Some(match kind {
        Kind::Text => FieldKind::Text,
        Kind::Number => FieldKind::Number,
        Kind::Flag => FieldKind::Flag,
        Kind::Moment => FieldKind::Moment { formats },
        Kind::Day => FieldKind::Day { formats },
        Kind::Unit => FieldKind::Unit,
        Kind::Decimal => FieldKind::Decimal,
        Kind::Percent => FieldKind::Percent,
    })
}

//! Rows to records, as the source's file says; what does not fit becomes a reject with its reason.
//!
//! Owns: a page of rows made into records and rejects.
//! Never: I/O. A pure function of rows, mapping and organisation.
//! Reads next: `mapping/record.rs`.

mod field;
mod record;
mod reject;
pub mod sample;
mod status;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::Value as Json;

pub(super) use self::status::status;

use self::field::Reader;
use super::spot::Spot;
use super::unit::UnitIndex;
use crate::config::sources::{DOSSIERS, Field, Pull};
use crate::domain::dossier::Dossier;
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
    /// When each row last changed, by a hash of its code, where the list can be asked for changes.
    pub versions: Vec<(u64, DateTime<Utc>)>,
    /// The latest change among all rows that could say so, rejected ones too.
    pub seen_until: Option<DateTime<Utc>>,
}

/// What a source states about a level, or about one unit of it.
#[derive(Debug)]
pub struct StatedRow {
    pub level: Level,
    pub unit: Option<UnitCode>,
    /// By the words of form II.06.
    pub figures: BTreeMap<String, u64>,
}

/// A pull's mapping, compiled once for all its pages.
#[derive(Debug)]
pub struct Mapping<'a> {
    pull: &'a Pull,
    place: Place<'a>,
    units: UnitIndex<'a>,
    fields: BTreeMap<&'a str, Reader<'a>>,
    personal: Vec<Spot>,
    /// A path may lead anywhere: what is personal is hidden before one is followed.
    hides_first: bool,
}

impl<'a> Mapping<'a> {
    #[must_use]
    pub fn new(pull: &'a Pull, place: Place<'a>) -> Self {
        let fields = pull
            .fields
            .iter()
            .map(|(name, field)| (name.as_str(), Reader::new(field)));
        let fields: BTreeMap<_, _> = fields.collect();
        let mut spots = fields.values().flat_map(|reader| &reader.spots);
        Self {
            hides_first: !pull.personal.is_empty() && spots.any(Spot::is_path),
            pull,
            place,
            units: UnitIndex::new(place.units),
            fields,
            personal: pull.personal.iter().map(|at| Spot::new(at)).collect(),
        }
    }

    /// The mapping for rows that were kept aside: their values stand under the names of their places, and what is
    /// personal in them is hidden already.
    #[must_use]
    pub fn of_kept(pull: &'a Pull, place: Place<'a>) -> Self {
        let fields = pull
            .fields
            .iter()
            .map(|(name, field)| (name.as_str(), Reader::of_kept(field)));
        Self {
            pull,
            place,
            units: UnitIndex::new(place.units),
            fields: fields.collect(),
            personal: Vec::new(),
            hides_first: false,
        }
    }

    /// The first place that the mapping looks at and a kept row does not have: it was not mapped when the row came.
    #[must_use]
    pub fn not_kept(&self, row: &Json) -> Option<&str> {
        let mut spots = self.fields.values().flat_map(|reader| &reader.spots);
        spots
            .find(|spot| row.get(spot.as_str()).is_none())
            .map(Spot::as_str)
    }

    /// Maps the rows of one page; `first` is the place of its first row in the whole list.
    #[must_use]
    pub fn map(&self, rows: &[Json], first: u64) -> Mapped {
        let mut mapped = Mapped::default();
        for (row, position) in rows.iter().zip(first..) {
            let row = &*self.without_personal(row);
            let result = if self.pull.records == DOSSIERS {
                self.dossier(row)
                    .map(|dossier| mapped.dossiers.push(dossier))
            } else {
                self.entry(row).map(|entry| mapped.entries.push(entry))
            };
            if let Err(fault) = result {
                mapped.rejects.push(self.reject(row, position, &fault));
            }
            if let Some(changed_at) = self.changed_at(row) {
                mapped.seen_until = mapped.seen_until.max(Some(changed_at));
                mapped
                    .versions
                    .extend(self.code(row).map(|code| (print(&code), changed_at)));
            }
        }
        mapped.dossiers = as_came_last(mapped.dossiers, |dossier| &dossier.code);
        mapped.entries = as_came_last(mapped.entries, |entry| &entry.code);
        mapped
    }

    /// Maps one row of stated figures: the words of form II.06 to numbers, and the level or unit they speak of.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn stated(fields: &'a BTreeMap<String, Field>, row: &Json) -> Result<StatedRow, String> {
        let mut level = None;
        let mut unit = None;
        let mut figures = BTreeMap::new();
        for (name, field) in fields {
            let reader = Reader::new(field);
            let told = |what| format!("{name}: {what}");
            match name.as_str() {
                "level" => {
                    let word = reader.text(row).map_err(told)?;
                    level = word.and_then(|word| Level::parse(&word));
                }
                // A row without one speaks of the whole level.
                "unit" => {
                    let code = reader.text(row).map_err(told)?;
                    let code = code.map(|code| UnitCode::parse(&code)).transpose();
                    unit = code.map_err(|error| told(error.to_string()))?;
                }
                _ => {
                    if let Some(count) = reader.value(row).map_err(told)? {
                        figures.insert(name.clone(), whole_count(&count).map_err(told)?);
                    }
                }
            }
        }
        let level = level.ok_or_else(|| "level: missing or unknown".to_owned())?;
        Ok(StatedRow {
            level,
            unit,
            figures,
        })
    }

    fn without_personal<'r>(&self, row: &'r Json) -> Cow<'r, Json> {
        if self.hides_first {
            Cow::Owned(self.masked(row))
        } else {
            Cow::Borrowed(row)
        }
    }

    fn code<'r>(&'r self, row: &'r Json) -> Option<Cow<'r, str>> {
        self.fields.get("code")?.text(row).ok().flatten()
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
}

/// Items in the order in which their codes first came; of several of one code the last.
fn as_came_last<T>(items: Vec<T>, code: impl Fn(&T) -> &String) -> Vec<T> {
    let codes = items.iter().map(&code).collect::<HashSet<_>>().len();
    if codes == items.len() {
        return items;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut distinct: Vec<T> = Vec::with_capacity(codes);
    for item in items {
        let place = *places.entry(code(&item).clone()).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some(known) => *known = item,
            None => distinct.push(item),
        }
    }
    distinct
}

fn print(code: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    code.hash(&mut hasher);
    hasher.finish()
}

fn whole_count(value: &Value) -> Result<u64, String> {
    let count = match value {
        Value::Number(number) => u64::try_from(*number).ok(),
        Value::Flag(_) | Value::Text(_) => None,
    };
    count.ok_or_else(|| format!("`{value}` is not a count"))
}

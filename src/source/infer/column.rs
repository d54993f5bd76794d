//! One column of a sample, or one place in its rows, with its values.
//!
//! Owns: which column is which field, and what kind of values it has.
//! Never: printing a value of a person: such columns have none.
//! Reads next: `words.rs`, `dates.rs`.

use std::collections::BTreeMap;

use super::words::{DOSSIER, is_personal, plain};
use super::{Hints, dates};
use crate::config::sources::Marks;
use crate::source::unit::UnitIndex;
use crate::source::value::number;

#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As the file names it: a pointer, or a column.
    pub(super) place: String,
    /// Its last word.
    pub(super) name: String,
    /// Those that say something; none of a person.
    pub(super) values: Vec<String>,
    pub(super) personal: bool,
    /// Rows in which it says nothing.
    pub(super) empty: usize,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    None,
    Dates,
    Flags,
    Numbers,
    Percents,
    Decimals,
    Texts,
}

impl Column {
    pub(super) fn new(place: String, name: String) -> Self {
        let personal = is_personal(&name);
        Self {
            place,
            name,
            values: Vec::new(),
            personal,
            empty: 0,
        }
    }

    pub(super) fn add(&mut self, said: Option<String>) {
        match said.filter(|said| !said.trim().is_empty()) {
            Some(_) if self.personal => {}
            Some(said) => self.values.push(said.trim().to_owned()),
            None => self.empty += 1,
        }
    }

    /// Its different values with their counts.
    pub(super) fn counted(&self) -> BTreeMap<&str, usize> {
        let mut counted = BTreeMap::new();
        for value in &self.values {
            *counted.entry(value.as_str()).or_default() += 1;
        }
        counted
    }

    pub(super) fn is_distinct(&self) -> bool {
        self.empty == 0 && !self.values.is_empty() && self.counted().len() == self.values.len()
    }

    pub(super) fn kind(&self, hints: &Hints<'_>) -> Values {
        let all = |fits: &dyn Fn(&String) -> bool| self.values.iter().all(fits);
        if self.values.is_empty() {
            Values::None
        } else if all(&|value| ["true", "false"].contains(&value.as_str())) {
            Values::Flags
        } else if dates::are_dates(&self.values, hints.zone) {
            Values::Dates
        } else if all(&|value| {
            value.ends_with('%') && number::percent(value, Marks::Unstated).is_ok()
        }) {
            Values::Percents
        } else if all(&|value| is_count(value)) {
            Values::Numbers
        } else if all(&|value| number::decimal(value, Marks::Unstated).is_ok()) {
            Values::Decimals
        } else {
            Values::Texts
        }
    }

    /// How many of its values mean a unit of the site.
    pub(super) fn units(&self, hints: &Hints<'_>) -> usize {
        let index = UnitIndex::new(hints.units);
        self.values
            .iter()
            .filter(|value| index.find(value, hints.today).is_ok())
            .count()
    }
}

/// A number, and not a code that begins with zeros.
fn is_count(value: &str) -> bool {
    let is_code = value.len() > 1 && value.starts_with('0');
    !is_code && number::whole(value, Marks::Unstated).is_ok()
}

/// The columns of each field of a dossier, by the names they are known by.
pub(super) fn of_dossier(columns: &[Column]) -> BTreeMap<&'static str, Vec<&Column>> {
    let mut fields = BTreeMap::new();
    for (field, names) in DOSSIER.iter().filter(|(field, _)| !field.is_empty()) {
        let named = |name: &&str| {
            columns
                .iter()
                .filter(|column| plain(&column.name) == plain(name))
                .collect::<Vec<_>>()
        };
        let found: Vec<&Column> = names.iter().flat_map(named).collect();
        if !found.is_empty() {
            fields.insert(*field, found);
        }
    }
    fields
}

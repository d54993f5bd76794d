//! Which unit a record belongs to, for units whose codes were used twice.
//!
//! Owns: a place (index) for every unit of the site and for every code that nobody knows.
//! Never: totals.
//! Reads next: `selection.rs`.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::domain::dossier::day_of;
use crate::domain::unit::{Unit, UnitCode, UnitKind, Units};

/// A code that was used twice is told apart by the day, so that a series never runs on silently into
/// the unit that took the code over.
#[derive(Debug)]
pub struct Roster<'a> {
    units: &'a [Unit],
    unknown: Vec<&'a UnitCode>,
    places: HashMap<&'a str, Vec<usize>>,
    zone: Tz,
    /// The day on which a code is read where the record's own day says nothing.
    today: NaiveDate,
}

impl<'a> Roster<'a> {
    #[must_use]
    pub fn new(units: &'a Units, today: NaiveDate, zone: Tz) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, unit) in units.all().iter().enumerate() {
            places.entry(unit.code.as_str()).or_default().push(place);
        }
        Self {
            units: units.all(),
            unknown: Vec::new(),
            places,
            zone,
            today,
        }
    }

    /// The place of the unit that `code` meant at that instant; an unknown code gets a place of its own.
    pub fn place(&mut self, code: &'a UnitCode, at: DateTime<Utc>) -> usize {
        if let Some(place) = self.find(code, at) {
            return place;
        }
        let place = self.len();
        self.unknown.push(code);
        self.places.insert(code.as_str(), vec![place]);
        place
    }

    /// As [`Roster::place`], without making one.
    #[must_use]
    pub fn find(&self, code: &UnitCode, at: DateTime<Utc>) -> Option<usize> {
        match self.places.get(code.as_str())?.as_slice() {
            [only] => Some(*only),
            several => self
                .on(several, day_of(at, self.zone))
                .or_else(|| self.now(several)),
        }
    }

    /// The place of the unit that `code` means today, else the one it meant last.
    #[must_use]
    pub fn current(&self, code: &UnitCode) -> Option<usize> {
        self.places
            .get(code.as_str())
            .and_then(|places| self.now(places))
    }

    fn now(&self, places: &[usize]) -> Option<usize> {
        self.on(places, self.today)
            .or_else(|| places.last().copied())
    }

    fn on(&self, places: &[usize], day: NaiveDate) -> Option<usize> {
        let exists = |place: &&usize| {
            self.units
                .get(**place)
                .is_some_and(|unit| unit.exists_on(day))
        };
        places.iter().find(exists).copied()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len() + self.unknown.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The unit at a place; `None` for a code that nobody knows.
    #[must_use]
    pub fn unit(&self, place: usize) -> Option<&'a Unit> {
        self.units.get(place)
    }

    /// Code and name; an unknown code is its own name.
    #[must_use]
    pub fn named(&self, place: usize) -> Option<(&'a UnitCode, &'a str)> {
        match self.units.get(place) {
            Some(unit) => Some((&unit.code, unit.name.as_str())),
            None => self
                .unknown
                .get(place - self.units.len())
                .map(|code| (*code, code.as_str())),
        }
    }

    #[must_use]
    pub fn is_ward(&self, place: usize) -> bool {
        self.unit(place)
            .is_some_and(|unit| unit.kind == UnitKind::Ward)
    }

    /// Wards and departments that exist today, which a board names even with nothing to count.
    #[must_use]
    pub fn is_listed(&self, place: usize) -> bool {
        self.unit(place)
            .is_some_and(|unit| unit.kind != UnitKind::District && unit.exists_on(self.today))
    }

    /// All places: listed ones and then the others in the order of the file, unknown codes last, by code.
    #[must_use]
    pub fn in_order(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.len()).collect();
        let unknown = |place: usize| {
            self.unit(place)
                .is_none()
                .then(|| self.named(place).map(|(code, _)| code))
        };
        places.sort_by_key(|place| (unknown(*place), !self.is_listed(*place), *place));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{self, ZONE, at, code, day};

    #[test]
    fn a_code_used_twice_is_read_by_the_day() {
        let units = sample::units();
        let ward = code("00118");
        let mut roster = Roster::new(&units, day("2025-12-31"), ZONE);
        for (received, name) in [
            ("2025-06-30 23:59", "Ngọc Thụy"),
            ("2025-07-01 00:00", "Bồ Đề"),
            ("2026-02-01 08:00", "Bồ Đề"),
        ] {
            let place = roster.place(&ward, at(received));
            assert_eq!(
                roster.named(place).map(|(_, name)| name),
                Some(name),
                "{received}"
            );
        }
        let current = roster.current(&ward).unwrap();
        assert_eq!(roster.named(current).unwrap().1, "Bồ Đề");
        assert_eq!(roster.current(&code("99999")), None);
    }

    #[test]
    fn a_code_that_nobody_knows_keeps_its_name_and_stands_last() {
        let units = sample::units();
        let (zebra, ant) = (code("ZZ"), code("AA"));
        let mut roster = Roster::new(&units, day("2020-06-01"), ZONE);
        let place = roster.place(&zebra, at("2020-06-01 08:00"));
        roster.place(&ant, at("2020-06-01 08:00"));
        assert_eq!(roster.place(&zebra, at("2020-06-02 08:00")), place);
        let names: Vec<&str> = roster
            .in_order()
            .into_iter()
            .filter_map(|place| roster.named(place))
            .map(|(_, name)| name)
            .collect();
        assert_eq!(
            names,
            [
                "Phòng Tài nguyên và Môi trường",
                "Ngọc Thụy",
                "Thượng Thanh",
                "Quận Long Biên",
                "Bồ Đề",
                "AA",
                "ZZ"
            ]
        );
    }
}

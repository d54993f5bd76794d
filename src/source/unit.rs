//! Which unit a source means: by code, by identifier, by name.
//!
//! Owns: the names by which a unit is known, and that a doubtful one is told and not guessed.
//! Never: a unit that did not exist on the day.
//! Reads next: `mapping.rs`.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::value::folded;
use crate::domain::organ_id::OrganId;
use crate::domain::reject::NO_UNIT;
use crate::domain::unit::{Unit, UnitCode, UnitKind, Units};

/// How offices write a ward in front of its name.
const WARD_WORDS: [&str; 4] = ["phường", "xã", "thị trấn", "p"];
const COMMITTEE: [&str; 2] = ["ubnd", "ủy ban nhân dân"];

/// Every unit by every word that can mean it.
#[derive(Debug)]
pub(super) struct UnitIndex<'a> {
    units: &'a Units,
    by_name: HashMap<String, Vec<&'a Unit>>,
    by_id: HashMap<&'a OrganId, Vec<&'a Unit>>,
}

impl<'a> UnitIndex<'a> {
    pub(super) fn new(units: &'a Units) -> Self {
        let mut by_name: HashMap<String, Vec<&Unit>> = HashMap::new();
        let mut by_id: HashMap<&OrganId, Vec<&Unit>> = HashMap::new();
        for unit in units.all() {
            for name in names(unit) {
                by_name.entry(name).or_default().push(unit);
            }
            for id in &unit.ids {
                by_id.entry(id).or_default().push(unit);
            }
        }
        Self {
            units,
            by_name,
            by_id,
        }
    }

    /// The one unit that `text` means on that day.
    pub(super) fn find(&self, text: &str, on: NaiveDate) -> Result<&'a Unit, String> {
        let code = UnitCode::parse(text).ok();
        if let Some(unit) = code.and_then(|code| self.units.find(&code, on)) {
            return Ok(unit);
        }
        let by_id = OrganId::parse(text).ok().and_then(|id| self.by_id.get(&id));
        let known = by_id.or_else(|| self.by_name.get(&folded::key(text)));
        let mut there: Vec<&Unit> = known.into_iter().flatten().copied().collect();
        there.retain(|unit| unit.exists_on(on));
        match there.as_slice() {
            [unit] => Ok(unit),
            [] => Err(format!("`{text}` {NO_UNIT} on {on}")),
            several => {
                let codes: Vec<String> = several.iter().map(|unit| unit.code.to_string()).collect();
                Err(format!(
                    "`{text}` may be any of the units {} on {on}",
                    codes.join(", ")
                ))
            }
        }
    }
}

/// The folded names of a unit, each once.
fn names(unit: &Unit) -> Vec<String> {
    let own = folded::key(&unit.name);
    let mut names = vec![own.clone()];
    if unit.kind == UnitKind::Ward {
        for ward in WARD_WORDS {
            names.push(folded::key(&format!("{ward} {own}")));
            names.extend(
                COMMITTEE.map(|committee| folded::key(&format!("{committee} {ward} {own}"))),
            );
        }
    }
    let [short, long] = COMMITTEE.map(folded::key);
    if let Some(rest) = own.strip_prefix(&short) {
        names.push(format!("{long}{rest}"));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn unit(code: &str, name: &str, kind: UnitKind, ids: &[&str]) -> Unit {
        Unit {
            code: UnitCode::parse(code).unwrap(),
            name: name.to_owned(),
            kind,
            ids: ids.iter().map(|id| OrganId::parse(id).unwrap()).collect(),
            valid_from: None,
            valid_to: Some(day("2025-06-30")),
            successor: None,
        }
    }

    fn units() -> Units {
        let later = Unit {
            valid_from: Some(day("2025-07-01")),
            valid_to: None,
            successor: None,
            ..unit("00118", "Bồ Đề", UnitKind::Ward, &["H26.40"])
        };
        Units::new(vec![
            unit(
                "004",
                "UBND quận Long Biên",
                UnitKind::District,
                &["H26.23"],
            ),
            unit("00118", "Ngọc Thụy", UnitKind::Ward, &["H26.23.12"]),
            unit("00145", "Long Biên", UnitKind::Ward, &[]),
            unit("00139", "Bồ Đề", UnitKind::Ward, &[]),
            unit("A1", "Trung tâm", UnitKind::Department, &[]),
            unit("A2", "Trung Tâm", UnitKind::Department, &[]),
            later,
        ])
    }

    #[test]
    fn a_unit_is_known_by_code_identifier_and_name() {
        let units = units();
        let index = UnitIndex::new(&units);
        for (text, expected, why) in [
            ("00118", "00118", "its code"),
            ("H26.23.12", "00118", "its identifier"),
            ("000.12.23.H26", "00118", "the same in the older order"),
            (
                "Phường Ngọc Thuỵ",
                "00118",
                "its name with the tone mark elsewhere",
            ),
            ("UBND PHƯỜNG NGỌC THỤY", "00118", "as its committee"),
            ("Long Biên", "00145", "the ward of the district's name"),
            ("Ủy ban nhân dân quận Long Biên", "004", "in full"),
            ("UBND quận Long Biên", "004", "as it stands in the file"),
        ] {
            let found = index.find(text, day("2020-06-01")).unwrap();
            assert_eq!(found.code.as_str(), expected, "{text}: {why}");
        }
    }

    #[test]
    fn the_day_decides_and_what_is_doubtful_or_unknown_is_told() {
        let units = units();
        let index = UnitIndex::new(&units);
        let found = index.find("Bồ Đề", day("2020-06-01")).unwrap();
        assert_eq!(found.code.as_str(), "00139", "the ward of that time");
        let found = index.find("Phường Bồ Đề", day("2026-01-05")).unwrap();
        assert_eq!(found.code.as_str(), "00118", "its successor");
        assert_eq!(
            index.find("trung tâm", day("2020-06-01")).unwrap_err(),
            "`trung tâm` may be any of the units A1, A2 on 2020-06-01"
        );
        assert_eq!(
            index.find("Ngoc Thuy", day("2020-06-01")).unwrap_err(),
            "`Ngoc Thuy` is no unit of organisation.toml on 2020-06-01"
        );
        assert!(
            index.find("H26.23.12", day("2026-01-05")).is_err(),
            "it is gone"
        );
    }
}

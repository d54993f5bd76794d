//! The catalogue of procedures (thủ tục hành chính): 229 of the district, 144 of the wards.
//!
//! Owns: codes, online levels in the published numbers, drawing a procedure for a dossier.
//! Never: the words themselves (`catalogue_words.rs`).
//! Reads next: `stories.rs`.

use serde_json::{Value, json};

use super::catalogue_words::{DISTRICT, Family, WARD};
use super::chance::Chance;
use super::figures::Figures;
use crate::domain::unit::Level;

pub struct Procedure {
    /// `1.004959`
    pub code: String,
    pub name: String,
    pub field: &'static str,
    pub field_name: &'static str,
    pub level: Level,
    /// 2 information only, 3 and 4 online.
    pub online_level: u8,
    /// Working days allowed; 0: the same day.
    pub days: usize,
}

pub struct Catalogue {
    pub procedures: Vec<Procedure>,
    /// Each family with the numbers of its procedures.
    families: Vec<(&'static Family, std::ops::Range<usize>)>,
}

impl Catalogue {
    pub fn new(figures: &Figures, chance: &mut Chance) -> Self {
        let mut catalogue = Self {
            procedures: Vec::new(),
            families: Vec::new(),
        };
        for (level, families) in [(Level::District, DISTRICT), (Level::Ward, WARD)] {
            let start = catalogue.procedures.len();
            for family in families {
                catalogue.add(family, level);
            }
            let online = figures.level("procedures-online", level.as_str());
            let levels = [vec![3; online.level_3], vec![4; online.level_4]].concat();
            catalogue.put_online(start, levels, chance);
        }
        catalogue
    }

    fn add(&mut self, family: &'static Family, level: Level) {
        let start = self.procedures.len();
        let names = family
            .subjects
            .iter()
            .flat_map(|subject| family.verbs.iter().map(move |verb| (verb, subject)));
        for (place, (verb, subject)) in names.enumerate() {
            self.procedures.push(Procedure {
                code: code(start + place),
                name: format!("{verb} {subject}"),
                field: family.field,
                field_name: family.field_name,
                level,
                online_level: 2,
                days: family.days[place % family.days.len()],
            });
        }
        self.families.push((family, start..self.procedures.len()));
    }

    /// Gives the procedures from `start` on the online `levels`, in random order.
    fn put_online(&mut self, start: usize, mut levels: Vec<u8>, chance: &mut Chance) {
        levels.resize(self.procedures.len() - start, 2);
        chance.shuffle(&mut levels);
        for (procedure, level) in self.procedures[start..].iter_mut().zip(levels) {
            procedure.online_level = level;
        }
    }

    /// A procedure of `owner` (a department's code, or empty for a ward) that takes at least `days`.
    pub fn draw(&self, owner: &str, days: usize, chance: &mut Chance) -> usize {
        let families: Vec<_> = self
            .families
            .iter()
            .filter(|(family, _)| family.owner == owner)
            .collect();
        let total = families.iter().map(|(family, _)| family.weight).sum();
        let tries = (0..100).map(|_| {
            let mut left = chance.below(total);
            let family = families.iter().find(|(family, _)| {
                let hit = left < family.weight;
                left = left.saturating_sub(family.weight);
                hit
            });
            family.map_or(0, |(_, numbers)| {
                numbers.start + skewed(numbers.len(), chance)
            })
        });
        let fits = |number: &usize| self.procedures[*number].days >= days;
        tries
            .into_iter()
            .find(fits)
            .unwrap_or_else(|| self.longest(owner))
    }

    fn longest(&self, owner: &str) -> usize {
        let numbers = self
            .families
            .iter()
            .filter(|(family, _)| family.owner == owner);
        let numbers = numbers.flat_map(|(_, numbers)| numbers.clone());
        numbers
            .max_by_key(|number| self.procedures[*number].days)
            .unwrap_or_default()
    }

    /// Rows of `/one-stop-shop/procedures`.
    pub fn rows(&self) -> Vec<Value> {
        self.procedures.iter().map(Procedure::row).collect()
    }
}

/// In `0..count`, the first ones more often.
fn skewed(count: usize, chance: &mut Chance) -> usize {
    chance.below(count).min(chance.below(count))
}

fn code(number: usize) -> String {
    let series = if number.is_multiple_of(5) { 2 } else { 1 };
    format!("{series}.{:06}", 1004 + number * 37)
}

impl Procedure {
    fn row(&self) -> Value {
        json!({
            "MaTTHC": self.code,
            "TenTTHC": self.name,
            "MaLinhVuc": self.field,
            "TenLinhVuc": self.field_name,
            "CapThucHien": match self.level { Level::District => "H", Level::Ward => "X" },
            "MucDo": self.online_level.to_string(),
            "TinHocHoa": "1",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::figures::figures;
    use super::super::units::DEPARTMENTS;
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::new(&figures(), &mut Chance::new(1))
    }

    #[test]
    fn each_level_has_the_published_number_of_procedures_and_online_levels() {
        let (catalogue, figures) = (catalogue(), figures());
        for level in Level::ALL {
            let of_level: Vec<_> = catalogue
                .procedures
                .iter()
                .filter(|one| one.level == level)
                .collect();
            assert_eq!(of_level.len(), figures.dossiers(level).procedures);
            let online = figures.level("procedures-online", level.as_str());
            assert_eq!(
                of_level.iter().filter(|one| one.online_level == 3).count(),
                online.level_3
            );
            assert_eq!(
                of_level.iter().filter(|one| one.online_level == 4).count(),
                online.level_4
            );
        }
    }

    #[test]
    fn codes_differ_and_names_differ_within_a_level() {
        let catalogue = catalogue();
        let codes: HashSet<_> = catalogue.procedures.iter().map(|one| &one.code).collect();
        let names: HashSet<_> = catalogue
            .procedures
            .iter()
            .map(|one| (one.level, &one.name))
            .collect();
        assert_eq!((codes.len(), names.len()), (373, 373));
    }

    #[test]
    fn every_department_with_dossiers_has_a_procedure_of_five_days_or_more() {
        let catalogue = catalogue();
        let owners = DEPARTMENTS
            .iter()
            .filter(|unit| unit.received > 0)
            .map(|unit| unit.code)
            .chain([""]);
        for owner in owners {
            let number = catalogue.draw(owner, 5, &mut Chance::new(7));
            assert!(catalogue.procedures[number].days >= 5, "{owner}");
        }
    }
}

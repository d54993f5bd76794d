//! Dossier codes in the two styles of the city, numbered by unit and day.
//!
//! Owns: sub-codes of the units (invented: Long Biên's own are not known), sequences, their oddities.
//! Never: two dossiers with one code.
//! Reads next: `story.rs`.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::chance::Chance;
use super::story::Story;
use super::units::{DEPARTMENTS, WARDS};
use crate::domain::dossier::Channel;

/// By post the numbers have five digits.
const POSTAL: usize = 10_000;

/// Numbers the dossiers of each unit and day in their order. Once in a while the number was drawn
/// online on the day before.
pub fn give_codes(stories: &mut [Story], chance: &mut Chance) {
    let mut drawn: HashMap<(&str, NaiveDate), usize> = HashMap::new();
    for story in stories {
        let mut date = story.received.date();
        if story.channel == Channel::Online && chance.one_in(600) {
            date = date.pred_opt().unwrap_or(date);
        }
        let number = drawn.entry((story.unit, date)).or_default();
        *number += 1;
        let long = if story.channel == Channel::Postal {
            POSTAL
        } else {
            0
        };
        story.code = code(story, date, *number + long);
    }
}

/// Both styles are in use: the older one, level-1 code last, at the counters of every third unit.
fn code(story: &Story, date: NaiveDate, number: usize) -> String {
    let units = DEPARTMENTS.iter().chain(&WARDS);
    let unit = 1 + units.take_while(|unit| unit.code != story.unit).count();
    let old = story.channel == Channel::Direct && unit.is_multiple_of(3);
    let prefix = if old {
        format!("000.{unit:02}.23.H26")
    } else {
        format!("H26.23.{unit:02}")
    };
    format!("{prefix}-{}-{number:04}", date.format("%y%m%d"))
}

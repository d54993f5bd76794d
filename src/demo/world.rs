//! Everything the city knows, and what it shows on a given day.
//!
//! Owns: the generated records, the order in which changed dossiers are listed.
//! Never: HTTP (`routes.rs`).
//! Reads next: `routes.rs`.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde_json::Value;

use super::catalogue::Catalogue;
use super::chance::Chance;
use super::documents::{Document, documents};
use super::figures::figures;
use super::malformed;
use super::registers::{self, Dated};
use super::row::{Row, row};
use super::stories::Writer;
use super::story::Story;
use super::workdays::Workdays;

/// The story that is told: another number, another city.
const SEED: u64 = 2020;

pub struct World {
    pub catalogue: Catalogue,
    pub stories: Vec<Story>,
    broken: Vec<(NaiveDateTime, Row)>,
    pub documents: Vec<Document>,
    pub broken_documents: Vec<Value>,
    pub meetings: Vec<Dated>,
    pub work_items: Vec<Dated>,
    pub processes: Vec<Dated>,
    pub staff: Vec<Dated>,
    pub schools: Vec<Dated>,
}

/// A dossier in the list of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    Story(usize),
    Broken(usize),
}

/// The city at one instant: dossiers by last change, then code.
pub struct Today {
    pub now: NaiveDateTime,
    changes: Vec<(NaiveDateTime, Listed)>,
}

impl World {
    pub fn generate() -> Self {
        let figures = figures();
        let days = Workdays::until(figures.as_of_dossiers);
        let mut chance = Chance::new(SEED);
        let catalogue = Catalogue::new(&figures, &mut chance);
        let stories = Writer {
            figures: &figures,
            catalogue: &catalogue,
            days: &days,
            chance,
        }
        .write();
        let example = catalogue.draw("", 5, &mut Chance::new(SEED));
        Self {
            broken: malformed::dossiers(&catalogue.procedures[example], &days),
            documents: documents(&figures, &days),
            broken_documents: malformed::documents(),
            meetings: registers::meetings(&days),
            work_items: registers::work_items(&days),
            processes: registers::processes(&figures),
            staff: registers::staff(),
            schools: registers::schools(&figures),
            stories,
            catalogue,
        }
    }

    pub fn today(&self, now: DateTime<Utc>) -> Today {
        let now = now.with_timezone(&Ho_Chi_Minh).naive_local();
        let stories = self.stories.iter().enumerate();
        let shown = stories
            .filter_map(|(place, story)| Some((story.at(now)?.changed, Listed::Story(place))));
        let broken = self
            .broken
            .iter()
            .enumerate()
            .filter(|(_, (changed, _))| *changed <= now);
        let broken = broken.map(|(place, (changed, _))| (*changed, Listed::Broken(place)));
        let mut changes: Vec<_> = shown.chain(broken).collect();
        changes.sort_by(|one, other| (one.0, self.code(one.1)).cmp(&(other.0, self.code(other.1))));
        Today { now, changes }
    }

    fn code(&self, listed: Listed) -> &str {
        match listed {
            Listed::Story(place) => &self.stories[place].code,
            Listed::Broken(place) => &self.broken[place].1.ma_ho_so,
        }
    }

    fn row(&self, listed: Listed, now: NaiveDateTime) -> Option<Row> {
        match listed {
            Listed::Broken(place) => Some(self.broken[place].1.clone()),
            Listed::Story(place) => {
                let story = &self.stories[place];
                Some(row(
                    story,
                    &story.at(now)?,
                    &self.catalogue.procedures[story.procedure],
                    place + 1,
                ))
            }
        }
    }

    /// One page of the dossiers changed at or after `since`, and how many there are. The last of
    /// several pages begins with the row that ended the page before it, as rows that move do.
    pub fn dossiers(
        &self,
        today: &Today,
        since: Option<NaiveDateTime>,
        page: usize,
        size: usize,
    ) -> (usize, Vec<Row>) {
        let start = today
            .changes
            .partition_point(|(changed, _)| since.is_some_and(|since| *changed < since));
        let changes = &today.changes[start..];
        let from = page.saturating_sub(1).saturating_mul(size);
        let to = from.saturating_add(size).min(changes.len());
        let repeats = page > 1 && from < changes.len() && to == changes.len();
        let shown = changes
            .get(from - usize::from(repeats)..to)
            .unwrap_or_default();
        (
            changes.len(),
            shown
                .iter()
                .filter_map(|(_, listed)| self.row(*listed, today.now))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests;

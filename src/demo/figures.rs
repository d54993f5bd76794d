//! The published figures of 2020, typed.
//!
//! Owns: `long-bien-2020.toml`, compiled in.
//! Never: recomputing a figure.
//! Reads next: `plan.rs`.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::unit::Level;

/// Everything that was published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub as_of_dossiers: NaiveDate,
    pub as_of_targets: NaiveDate,
    pub targets_met_as_published: usize,
    pub targets_total: usize,
    #[serde(rename = "target")]
    pub targets: Vec<TargetFigures>,
    pub dossiers: DossierLevels,
    pub documents: Vec<DocumentFigures>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFigures {
    pub id: String,
    pub group: String,
    pub title: String,
    #[serde(rename = "level")]
    pub levels: Vec<LevelFigures>,
}

/// One target at one level: `all`, `district`, `ward` or `district-ward`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelFigures {
    pub level: String,
    /// Per cent.
    pub at_least: u32,
    pub numerator: Option<usize>,
    pub denominator: Option<usize>,
    /// The percentage as printed, with its decimals.
    pub printed: Option<String>,
    pub verifiable: bool,
    pub online_meetings_all_levels: Option<usize>,
    #[serde(default)]
    pub level_3: usize,
    #[serde(default)]
    pub level_4: usize,
    #[serde(default)]
    pub kindergartens: usize,
    #[serde(default)]
    pub primary: usize,
    #[serde(default)]
    pub lower_secondary: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierLevels {
    pub district: DossierFigures,
    pub ward: DossierFigures,
}

/// Counts of dossiers at one level, 1 January to `as_of_dossiers`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierFigures {
    pub procedures: usize,
    pub received: usize,
    pub received_online: usize,
    pub resolved: usize,
    /// Resolved over received, as printed.
    pub resolved_printed: String,
    /// Open and not overdue, stopped ones included.
    pub in_time: usize,
    /// On time over resolved, as printed.
    pub on_time_printed: String,
    /// Part of `resolved`.
    pub late: usize,
    /// Received, but neither resolved nor in time.
    pub unaccounted: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFigures {
    pub body: String,
    pub received: usize,
    pub sent: usize,
    /// Why the pair is doubtful, where it is.
    pub suspect: Option<String>,
}

impl Figures {
    /// One target at one level; all zero where nothing was published.
    #[must_use]
    pub fn level(&self, target: &str, level: &str) -> LevelFigures {
        let levels = self
            .targets
            .iter()
            .filter(|one| one.id == target)
            .flat_map(|one| &one.levels);
        levels
            .into_iter()
            .find(|one| one.level == level)
            .cloned()
            .unwrap_or_default()
    }

    #[must_use]
    pub fn dossiers(&self, level: Level) -> &DossierFigures {
        match level {
            Level::District => &self.dossiers.district,
            Level::Ward => &self.dossiers.ward,
        }
    }
}

/// The published figures.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the text is compiled in and a test reads it"
)]
pub fn figures() -> Figures {
    toml::from_str(include_str!("long-bien-2020.toml"))
        .expect("the embedded figures are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_figures_agree_with_themselves() {
        let figures = figures();
        assert_eq!(figures.targets.len(), figures.targets_total);
        for level in Level::ALL {
            let dossiers = figures.dossiers(level);
            assert_eq!(
                dossiers.received,
                dossiers.resolved + dossiers.in_time + dossiers.unaccounted
            );
            let online = figures.level("procedures-online", level.as_str());
            assert_eq!(online.denominator, Some(dossiers.procedures));
            assert_eq!(online.numerator, Some(online.level_3 + online.level_4));
        }
    }
}

//! The board: targets, dossiers, documents, sources and data quality at one instant.
//!
//! Owns: the figures that every command, mail and page shows, computed once from records.
//! Never: loading records (`store`), words and layout (`report`).
//! Reads next: `assess.rs`.

mod build;
mod count;
mod quality;
mod roster;
mod selection;

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::assess::{Health, SourceHealth};
use super::dossier::{Dossier, end_of};
use super::finding::Finding;
use super::period::Period;
use super::record::Entry;
use super::target::{Target, TargetLevel};
use super::unit::{UnitCode, Units};
use super::wilson::Confidence;
use crate::word_enum;

pub use build::build;
pub(crate) use build::row_of;
pub use roster::Roster;
pub use selection::{Selected, SelectedDossier, Selection};

/// What a board is computed from. The order of dossiers and entries changes nothing.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    pub as_of: DateTime<Utc>,
    pub zone: Tz,
    pub period: Period,
    pub units: &'a Units,
    pub dossiers: &'a [Dossier],
    pub entries: &'a [Entry],
    pub targets: &'a [Target],
    pub sources: &'a [SourceHealth],
    /// What is known about the data beforehand: rows kept aside, stated totals, rows that are missing.
    pub findings: Vec<Finding>,
    pub confidence: Confidence,
    /// The sources are simulated: a share that was published without its figures is marked so.
    pub simulated: bool,
}

impl Inputs<'_> {
    /// The instant at which states are taken: `as_of`, or the period's end where that is earlier.
    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        self.as_of.min(end_of(self.period.to, self.zone))
    }

    /// Whether figures over `records` at `level`, or of one unit there, can be relied on: their sources are in good
    /// health, and no finding makes them unknown.
    pub(crate) fn health(
        &self,
        records: &str,
        level: TargetLevel,
        unit: Option<&UnitCode>,
    ) -> Health {
        let health = Health::of(records, self.sources, self.zone);
        let findings = self.findings.iter();
        let doubts = findings.filter_map(|finding| finding.doubts(records, level, unit));
        health.doubted(doubts.collect())
    }

    pub(crate) fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.zone).fixed_offset()
    }
}

/// Everything `dondoc board --json` prints; the keys are fixed.
#[derive(Clone, Debug, Serialize)]
pub struct Board {
    pub as_of: DateTime<FixedOffset>,
    pub period: Period,
    pub targets: Vec<TargetRow>,
    pub dossiers: DossierTable,
    pub documents: Vec<DocumentRow>,
    pub sources: Vec<SourceRow>,
    pub quality: Vec<Finding>,
}

word_enum! {
    /// A target compared with the data.
    pub enum Status {
        Met = "met",
        Missed = "missed",
        /// No denominator in the data.
        NotVerifiable = "not-verifiable",
        /// A source is stale, failing or has never been read.
        Unknown = "unknown",
        /// A ward below the target but inside its interval.
        Watch = "watch",
        /// A ward whose whole interval lies below the target.
        Lagging = "lagging",
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct TargetRow {
    pub id: String,
    pub title: String,
    pub level: &'static str,
    /// `None` for a level's total.
    pub unit: Option<UnitCode>,
    pub numerator: u64,
    pub denominator: u64,
    /// `None` without a denominator.
    pub percent: Option<f64>,
    /// Rounded half up with the target's decimals, decimal point.
    pub printed: Option<String>,
    pub decimals: u32,
    pub at_least: f64,
    pub status: Status,
    pub reason: String,
    pub simulated: bool,
}

/// Counts of form II.06 (TT 01/2020/TT-VPCP), with its four identities.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DossierCounts {
    pub received: u64,
    pub received_online: u64,
    /// Direct and postal.
    pub direct: u64,
    pub carried_over: u64,
    pub resolved: u64,
    pub early: u64,
    pub on_time: u64,
    pub late: u64,
    pub open: u64,
    pub in_time: u64,
    pub overdue: u64,
    /// A part of `in_time`.
    pub stopped: u64,
    /// A part of `resolved` and `on_time`.
    pub withdrawn: u64,
    /// (early + on time) of resolved, in per cent, two decimals half up; `None` if none is resolved.
    pub on_time_percent: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DossierTable {
    pub district: DossierCounts,
    pub ward: DossierCounts,
    pub units: Vec<UnitRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct UnitRow {
    pub unit: UnitCode,
    pub name: String,
    pub assessments: Vec<UnitAssessment>,
    #[serde(flatten)]
    pub counts: DossierCounts,
}

/// One unit judged by one target; `low` and `high` bound its rate (Wilson), in per cent.
#[derive(Clone, Debug, Serialize)]
pub struct UnitAssessment {
    pub target: String,
    pub numerator: u64,
    pub denominator: u64,
    pub low: f64,
    pub high: f64,
    pub at_least: f64,
    pub status: Status,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct DocumentRow {
    pub body: String,
    pub received: u64,
    pub sent: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    pub source: String,
    pub fresh_at: Option<DateTime<FixedOffset>>,
    pub stale: bool,
}

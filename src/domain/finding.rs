//! What somebody must know about the data before trusting a number.
//!
//! Owns: the codes of findings (one list), what a finding speaks of, and whether figures are unknown while it stands.
//! Never: finding anything (`board/quality.rs`, `form_ii06.rs`, `row_count.rs`, `legal_due.rs`); words for readers of mails.
//! Reads next: `form_ii06.rs`.

use serde::{Deserialize, Serialize};

use super::target::TargetLevel;
use super::unit::{Level, UnitCode};
use crate::word_enum;

word_enum! {
    /// The kinds of finding.
    pub enum Code {
        /// A source is stale, fails or was never read.
        StaleSource = "stale-source",
        /// A source states another total than is stored.
        StatedTotal = "stated-total",
        /// Stated figures that do not add up, with the name of what is left over.
        Residual = "residual",
        /// A reading of everything brought fewer rows than the source said it has.
        RowsMissing = "rows-missing",
        /// A reading of everything brought many more or many fewer rows than the one before.
        RowsChanged = "rows-changed",
        /// Dossiers that a reading of everything did not bring, too many to be taken for vanished.
        NotSeen = "not-seen",
        /// Dossiers that two sources give.
        Duplicate = "duplicate",
        /// Rows that could not be read.
        Quarantined = "quarantined",
        /// Rows, or dossiers, of units that the organisation does not know.
        UnknownUnit = "unknown-unit",
        UnknownStatus = "unknown-status",
        CodeDateDiffers = "code-date-differs",
        /// A due date that is not the one its procedure's statutory time gives.
        LegalDue = "legal-due",
        Rescheduled = "rescheduled",
        FinishNotDated = "finish-not-dated",
        FinishedButOpen = "finished-but-open",
        FinishedBeforeReceived = "finished-before-received",
        PublishedNotVerifiable = "published-not-verifiable",
        PublishedMismatch = "published-mismatch",
        /// The same pair of figures in two places.
        SamePair = "same-pair",
        IncompleteDocument = "incomplete-document",
    }
}

/// Something about the data that a reader must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub source: String,
    #[serde(rename = "kind")]
    pub code: Code,
    /// An English sentence without a full stop.
    pub message: String,
    /// How many rows, or figures, it is about.
    pub count: u64,
    /// Codes of the rows behind it, sorted, the first [`Finding::ROWS`]; `count` knows them all.
    pub rows: Vec<String>,
    #[serde(flatten)]
    pub about: About,
    /// While it stands, what is counted from what it is about is unknown.
    pub makes_unknown: bool,
}

/// Which records a finding speaks of; `None`: whichever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub records: Option<String>,
    pub level: Option<Level>,
    pub unit: Option<UnitCode>,
}

impl Finding {
    /// Rows that a finding names.
    pub const ROWS: usize = 20;

    #[must_use]
    pub fn new(source: &str, code: Code, message: impl Into<String>, count: u64) -> Self {
        Self {
            source: source.to_owned(),
            code,
            message: message.into(),
            count,
            rows: Vec::new(),
            about: About::default(),
            makes_unknown: false,
        }
    }

    #[must_use]
    pub fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    /// With the first of the rows behind it.
    #[must_use]
    pub fn with_rows<'r>(self, rows: impl IntoIterator<Item = &'r str>) -> Self {
        let rows = rows.into_iter().take(Self::ROWS).map(str::to_owned);
        let rows = rows.collect();
        Self { rows, ..self }
    }

    #[must_use]
    pub fn making_unknown(self, makes_unknown: bool) -> Self {
        Self {
            makes_unknown,
            ..self
        }
    }

    /// Why figures over `records` at `level`, or of one unit there, are unknown; `None`: not because of this.
    ///
    /// What is wrong with one unit leaves the others and the level's total alone: that has a finding of its own where
    /// it matters. What is wrong with a level touches each of its units, for nobody knows which.
    #[must_use]
    pub fn doubts(
        &self,
        records: &str,
        level: TargetLevel,
        unit: Option<&UnitCode>,
    ) -> Option<String> {
        let About {
            records: of,
            level: at,
            unit: only,
        } = &self.about;
        let concerns = self.makes_unknown
            && of.as_deref().is_none_or(|of| of == records)
            && only.as_ref().is_none_or(|only| unit == Some(only))
            && at.is_none_or(|at| level.of_records().is_none_or(|level| level == at));
        concerns.then(|| format!("source {}: {}", self.source, self.message))
    }
}

impl About {
    #[must_use]
    pub fn records(records: &str) -> Self {
        Self {
            records: Some(records.to_owned()),
            ..Self::default()
        }
    }

    /// `ward`, `ward, unit 00118`, as messages begin.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let level = self.level?.as_str();
        Some(match &self.unit {
            Some(unit) => format!("{level}, unit {unit}"),
            None => level.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::code;

    #[test]
    fn a_finding_makes_unknown_what_it_is_about_and_nothing_else() {
        let about = |records: Option<&str>, level, unit: Option<&str>| About {
            records: records.map(str::to_owned),
            level,
            unit: unit.map(code),
        };
        let ward = Some(Level::Ward);
        let bo_de = code("00139");
        for (about, level, unit, doubted, why) in [
            (
                about(None, None, None),
                TargetLevel::All,
                None,
                true,
                "it is about everything",
            ),
            (
                about(Some("schools"), None, None),
                TargetLevel::All,
                None,
                false,
                "it is about other records",
            ),
            (
                about(Some("dossiers"), ward, None),
                TargetLevel::Ward,
                None,
                true,
                "it is about this level",
            ),
            (
                about(Some("dossiers"), ward, None),
                TargetLevel::District,
                None,
                false,
                "it is about the other level",
            ),
            (
                about(Some("dossiers"), ward, None),
                TargetLevel::All,
                None,
                true,
                "the total counts wards too",
            ),
            (
                about(Some("dossiers"), ward, None),
                TargetLevel::Ward,
                Some(&bo_de),
                true,
                "which ward is not known",
            ),
            (
                about(Some("dossiers"), ward, Some("00139")),
                TargetLevel::Ward,
                Some(&bo_de),
                true,
                "it is this ward",
            ),
            (
                about(Some("dossiers"), ward, Some("00118")),
                TargetLevel::Ward,
                Some(&bo_de),
                false,
                "another ward",
            ),
            (
                about(Some("dossiers"), ward, Some("00118")),
                TargetLevel::Ward,
                None,
                false,
                "one ward is not the level",
            ),
        ] {
            let finding = Finding::new("city", Code::StatedTotal, "x", 1).about(about);
            let loud = finding.clone().making_unknown(true);
            assert_eq!(
                loud.doubts("dossiers", level, unit).is_some(),
                doubted,
                "{why}"
            );
            assert_eq!(
                finding.doubts("dossiers", level, unit),
                None,
                "a remark only, though {why}"
            );
        }
    }

    #[test]
    fn a_finding_names_its_first_rows_and_counts_them_all() {
        let codes: Vec<String> = (0..50).map(|n| format!("D{n:02}")).collect();
        let rows = codes.iter().map(String::as_str);
        let finding = Finding::new("city", Code::Rescheduled, "x", 50).with_rows(rows);
        assert_eq!((finding.rows.len(), finding.count), (Finding::ROWS, 50));
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["kind"], "rescheduled");
    }

    #[test]
    fn every_code_is_a_word_of_its_own() {
        for code in Code::ALL {
            let word = code.as_str();
            assert!(
                word.chars().all(|c| c == '-' || c.is_ascii_lowercase()),
                "{word}"
            );
            assert_eq!(Code::parse(word), Some(*code));
        }
    }
}

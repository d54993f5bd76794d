//! Organisational units: the district, its departments, its wards.
//!
//! Owns: unit codes and which unit a code means on a day.
//! Never: posts, holders and addresses (`config::organisation`).
//! Reads next: `dossier.rs`.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::organ_id::OrganId;

/// A unit's code: the statistical office's for a ward (`00118`), the site's own for a department (`TNMT`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitCode(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a unit code: use letters, digits, `.` and `-`")]
pub struct NotAUnitCode(String);

impl UnitCode {
    /// # Errors
    /// When the text is empty or holds anything but letters, digits, `.` and `-`.
    pub fn parse(text: &str) -> Result<Self, NotAUnitCode> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if text.is_empty() || !text.chars().all(allowed) {
            return Err(NotAUnitCode(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UnitCode {
    type Error = NotAUnitCode;
    fn try_from(text: String) -> Result<Self, NotAUnitCode> {
        Self::parse(&text)
    }
}

impl From<UnitCode> for String {
    fn from(code: UnitCode) -> Self {
        code.0
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    District,
    Department,
    Ward,
}

/// The two levels at which a district administration handles procedures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    District,
    Ward,
}

impl Level {
    pub const ALL: [Self; 2] = [Self::District, Self::Ward];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Ward => "ward",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

impl UnitKind {
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::District | Self::Department => Level::District,
            Self::Ward => Level::Ward,
        }
    }
}

/// One unit between its first and last day. A code may be used again for another unit later
/// (00118 meant Ngọc Thụy until 2025-06-30 and means Bồ Đề since), so look units up by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub code: UnitCode,
    pub name: String,
    pub kind: UnitKind,
    /// What it is called in document exchange and in dossier codes.
    pub ids: Vec<OrganId>,
    /// First day, inclusive; `None`: as far back as the data goes.
    pub valid_from: Option<NaiveDate>,
    /// Last day, inclusive; `None`: still exists.
    pub valid_to: Option<NaiveDate>,
    /// Who answers afterwards for what it left unfinished; `None`: nobody does as a matter of course.
    pub successor: Option<UnitCode>,
}

impl Unit {
    #[must_use]
    pub fn exists_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Every unit that the site knows, in the order of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(Vec<Unit>);

impl Units {
    #[must_use]
    pub fn new(units: Vec<Unit>) -> Self {
        Self(units)
    }

    #[must_use]
    pub fn find(&self, code: &UnitCode, on: NaiveDate) -> Option<&Unit> {
        self.0
            .iter()
            .find(|unit| unit.code == *code && unit.exists_on(on))
    }

    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Unit> {
        self.0.iter().filter(move |unit| unit.exists_on(day))
    }

    #[must_use]
    pub fn all(&self) -> &[Unit] {
        &self.0
    }
}

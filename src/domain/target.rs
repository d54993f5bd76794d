//! Targets (chỉ tiêu): which records, which of them count, of which, at least how much.
//!
//! Owns: the declarative form of `targets.toml` and its evaluation on records.
//! Never: reading the file (`config::targets`).
//! Reads next: `assess.rs`.

use super::ratio::Percent;
use super::record::Value;
use super::unit::Level;

/// One test on one field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    OneOf(Vec<Value>),
    AtLeast(i64),
    AtMost(i64),
}

/// Every test must hold; no test at all holds for every record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition(pub Vec<(String, Test)>);

/// At which level a target is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetLevel {
    All,
    District,
    Ward,
    DistrictWard,
}

/// A share that was published, kept with its decimals and compared with the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// As printed, decimal point: `66.76`.
    pub printed: Option<String>,
    pub numerator: Option<u64>,
    pub denominator: Option<u64>,
}

/// What was promised at one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    pub level: TargetLevel,
    pub at_least: Percent,
    /// Decimals with which the share is printed.
    pub decimals: u32,
    /// Narrows the records beyond the level's own.
    pub only: Condition,
    pub published: Option<Published>,
}

/// A target: met only if it is met at all its levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    pub group: String,
    pub title: String,
    pub title_en: String,
    /// `dossiers` or a register's name.
    pub records: String,
    /// The denominator's records.
    pub among: Condition,
    /// The numerator's records, out of those.
    pub count: Condition,
    /// Judge every ward with records of its own by the level's promise.
    pub by_ward: bool,
    pub promises: Vec<Promise>,
}

impl TargetLevel {
    pub const ALL: [Self; 4] = [Self::All, Self::District, Self::Ward, Self::DistrictWard];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::District => "district",
            Self::Ward => "ward",
            Self::DistrictWard => "district-ward",
        }
    }

    /// The level a record must have; `None` where the records of both count.
    #[must_use]
    pub fn of_records(self) -> Option<Level> {
        match self {
            Self::District => Some(Level::District),
            Self::Ward => Some(Level::Ward),
            Self::All | Self::DistrictWard => None,
        }
    }
}

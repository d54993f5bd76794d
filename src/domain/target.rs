//! Targets (chỉ tiêu): which records, which of them count, of which, at least how much.
//!
//! Owns: the declarative form of `targets.toml` and its evaluation on records.
//! Never: reading the file (`config::targets`).
//! Reads next: `assess.rs`.

use std::fmt;

use super::ratio::Percent;
use super::record::{Field, Record, Value};
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

impl Test {
    /// A value of another type satisfies no test (`check` refuses such a test where it can know).
    #[must_use]
    pub fn holds(&self, field: Field<'_>) -> bool {
        match (self, field) {
            (Self::OneOf(values), _) => values.iter().any(|value| value.as_field() == field),
            (Self::AtLeast(bound), Field::Number(number)) => number >= *bound,
            (Self::AtMost(bound), Field::Number(number)) => number <= *bound,
            (Self::AtLeast(_) | Self::AtMost(_), Field::Text(_) | Field::Flag(_)) => false,
        }
    }
}

impl Condition {
    /// A field that the record lacks satisfies no test.
    #[must_use]
    pub fn holds(&self, record: &Record<'_>) -> bool {
        self.0
            .iter()
            .all(|(name, test)| record.field(name).is_some_and(|field| test.holds(field)))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(values) => {
                let words: Vec<String> = values.iter().map(Value::to_string).collect();
                let verb = if words.len() == 1 { "is" } else { "is one of" };
                write!(f, "{verb} {}", words.join(", "))
            }
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
        }
    }
}

/// `state is one of early, on-time; online_level at least 3`
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("every record");
        }
        for (index, (field, test)) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{field} {test}")?;
        }
        Ok(())
    }
}

impl Promise {
    /// Whether a record belongs to the denominator as far as the promise says: its level, and `only`.
    #[must_use]
    pub fn covers(&self, record: &Record<'_>) -> bool {
        let level = self.level.of_records();
        level.is_none_or(|level| record.level() == Some(level)) && self.only.holds(record)
    }
}

impl Promise {
    /// A share was published, but not what it is a share of.
    #[must_use]
    pub fn published_without_figures(&self) -> bool {
        self.published
            .as_ref()
            .is_some_and(|published| published.denominator.is_none())
    }
}

impl Target {
    /// `None`: outside the denominator of `promise`; `Some(true)`: also in its numerator.
    #[must_use]
    pub fn counts(&self, promise: &Promise, record: &Record<'_>) -> Option<bool> {
        (promise.covers(record) && self.among.holds(record)).then(|| self.count.holds(record))
    }

    /// The promise by which a single unit of `level` is judged: the one made for that level, else one that
    /// speaks of all.
    #[must_use]
    pub fn promise_for(&self, level: Level) -> Option<&Promise> {
        let made = |wanted: Option<Level>| {
            self.promises
                .iter()
                .find(move |promise| promise.level.of_records() == wanted)
        };
        made(Some(level)).or_else(|| made(None))
    }

    /// The target in words: `dossiers where state is early, of those where state is one of early, late`.
    #[must_use]
    pub fn formula(&self) -> String {
        let records = &self.records;
        match (self.count.is_empty(), self.among.is_empty()) {
            (false, false) => format!(
                "{records} where {}, of those where {}",
                self.count, self.among
            ),
            (false, true) => format!("{records} where {}, of all {records}", self.count),
            (true, false) => format!("{records} where {}, all of which count", self.among),
            (true, true) => format!("{records}, all of which count"),
        }
    }
}

impl fmt::Display for TargetLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dossier::State;
    use crate::domain::sample;

    fn text(word: &str) -> Value {
        Value::Text(word.to_owned())
    }

    fn one(field: &str, test: Test) -> Condition {
        Condition(vec![(field.to_owned(), test)])
    }

    #[test]
    fn a_condition_holds_when_all_its_tests_do() {
        let mut procedure = sample::entry("procedures", "1.004959");
        procedure
            .attributes
            .insert("online_level".into(), Value::Number(3));
        procedure
            .attributes
            .insert("computerised".into(), Value::Flag(true));
        let record = Record::Entry(&procedure);
        for (condition, holds, why) in [
            (Condition::default(), true, "no test holds for every record"),
            (
                one("online_level", Test::AtLeast(3)),
                true,
                "the bound itself is reached",
            ),
            (
                one("online_level", Test::AtLeast(4)),
                false,
                "below the bound",
            ),
            (
                one("online_level", Test::AtMost(3)),
                true,
                "the bound itself is not exceeded",
            ),
            (
                one("online_level", Test::AtMost(2)),
                false,
                "above the bound",
            ),
            (
                one(
                    "online_level",
                    Test::OneOf(vec![Value::Number(4), Value::Number(3)]),
                ),
                true,
                "one of them",
            ),
            (
                one("online_level", Test::OneOf(vec![text("3")])),
                false,
                "a text is not a number",
            ),
            (
                one("computerised", Test::OneOf(vec![Value::Flag(true)])),
                true,
                "a flag",
            ),
            (
                one("computerised", Test::AtLeast(1)),
                false,
                "a flag is not a number",
            ),
            (
                one("computerised", Test::OneOf(vec![])),
                false,
                "none of nothing",
            ),
            (
                one("signed", Test::OneOf(vec![Value::Flag(false)])),
                false,
                "a missing field is not false",
            ),
            (
                one("signed", Test::AtMost(9)),
                false,
                "a missing field is not small",
            ),
        ] {
            assert_eq!(condition.holds(&record), holds, "{why}");
        }
        let both = Condition(vec![
            ("online_level".into(), Test::AtLeast(3)),
            ("computerised".into(), Test::OneOf(vec![Value::Flag(false)])),
        ]);
        assert!(!both.holds(&record), "one failing test is enough");
    }

    #[test]
    fn conditions_and_formulas_read_as_words() {
        let condition = Condition(vec![
            (
                "state".into(),
                Test::OneOf(vec![text("early"), text("on-time")]),
            ),
            ("online_level".into(), Test::AtLeast(3)),
        ]);
        assert_eq!(
            condition.to_string(),
            "state is one of early, on-time; online_level at least 3"
        );
        assert_eq!(
            one("level", Test::OneOf(vec![text("ward")])).to_string(),
            "level is ward"
        );
        assert_eq!(Condition::default().to_string(), "every record");
        assert_eq!(
            sample::ward_on_time().formula(),
            "dossiers where state is one of early, on-time, withdrawn, of those where state is one of early, \
             on-time, withdrawn, late, overdue"
        );
    }

    #[test]
    fn a_promise_takes_the_records_of_its_level() {
        let target = sample::ward_on_time();
        let promise = &target.promises[0];
        let ward = sample::dossier("W");
        let district = crate::domain::dossier::Dossier {
            level: Level::District,
            ..sample::dossier("D")
        };
        for (dossier, state, counted, why) in [
            (&ward, State::Early, Some(true), "early counts"),
            (
                &ward,
                State::Overdue,
                Some(false),
                "overdue weighs in the denominator",
            ),
            (&ward, State::InTime, None, "in time is neither"),
            (&district, State::Early, None, "of another level"),
        ] {
            assert_eq!(
                target.counts(promise, &Record::Dossier(dossier, state)),
                counted,
                "{why}"
            );
        }
    }

    #[test]
    fn a_ward_is_judged_by_the_promise_made_for_wards_else_by_the_one_for_all() {
        let promise = |level| Promise {
            level,
            ..sample::ward_on_time().promises[0].clone()
        };
        for (levels, judged_by) in [
            (
                vec![TargetLevel::District, TargetLevel::Ward, TargetLevel::All],
                Some(TargetLevel::Ward),
            ),
            (
                vec![TargetLevel::District, TargetLevel::All],
                Some(TargetLevel::All),
            ),
            (
                vec![TargetLevel::DistrictWard],
                Some(TargetLevel::DistrictWard),
            ),
            (vec![TargetLevel::District], None),
        ] {
            let promises = levels.into_iter().map(promise).collect();
            let target = Target {
                promises,
                ..sample::ward_on_time()
            };
            assert_eq!(
                target.promise_for(Level::Ward).map(|promise| promise.level),
                judged_by
            );
        }
    }
}

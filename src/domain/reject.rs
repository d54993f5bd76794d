//! A row that cannot become a record: kept aside with its reason, never dropped.
//!
//! Owns: what quarantine holds of a row; rows told together that fail in the same way.
//! Never: unmasked personal data.
//! Reads next: `source/mapping.rs`.

use std::collections::BTreeMap;

/// What a reason says of a unit that nobody knows; the code stands before it.
pub const NO_UNIT: &str = "is no unit of organisation.toml";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Place of the row in its page's list, from 0.
    pub position: u64,
    /// The record's code, where the row has a readable one.
    pub code: Option<String>,
    /// What is wrong with which field, in English.
    pub reason: String,
    /// The mapped fields as the source sent them, personal ones masked.
    pub raw: String,
    /// SHA-256 of the whole row in hex: the same row is kept once.
    pub hash: String,
}

/// How many rows are kept aside for the same reason, to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub source: String,
    pub records: String,
    pub reason: String,
    pub rows: u64,
}

/// Different reasons of the same kind that are still told one by one.
const ONE_BY_ONE: usize = 5;

#[must_use]
pub fn is_unknown_unit(reason: &str) -> bool {
    reason.contains(NO_UNIT)
}

/// Causes told together, the most frequent first. Those that differ in their dates only are one, with `…` for the
/// date; where many differ only in what stands between backquotes they are one too, with `…` there and an example.
#[must_use]
pub fn grouped(causes: &[Cause]) -> Vec<Cause> {
    let by_value = together(
        causes,
        1,
        |reason| masked(reason, false),
        |pattern, _| pattern.to_owned(),
    );
    let example = |pattern: &str, first: &Cause| format!("{pattern}, such as: {}", first.reason);
    let mut groups = together(
        &by_value,
        ONE_BY_ONE,
        |reason| masked(reason, true),
        example,
    );
    groups.sort_by_key(|cause| std::cmp::Reverse(cause.rows));
    groups
}

/// One cause for more than `most` with the same pattern.
fn together(
    causes: &[Cause],
    most: usize,
    pattern: impl Fn(&str) -> String,
    reason: impl Fn(&str, &Cause) -> String,
) -> Vec<Cause> {
    let mut kinds: BTreeMap<(&str, &str, String), Vec<&Cause>> = BTreeMap::new();
    for cause in causes {
        let key = (
            cause.source.as_str(),
            cause.records.as_str(),
            pattern(&cause.reason),
        );
        kinds.entry(key).or_default().push(cause);
    }
    let mut groups = Vec::new();
    for ((source, records, pattern), causes) in kinds {
        match causes.as_slice() {
            [first, ..] if causes.len() > most => groups.push(Cause {
                source: source.to_owned(),
                records: records.to_owned(),
                reason: reason(&pattern, first),
                rows: causes.iter().map(|cause| cause.rows).sum(),
            }),
            few => groups.extend(few.iter().map(|cause| (*cause).clone())),
        }
    }
    groups
}

/// The reason with `…` for its dates, and between its backquotes if `values` are to go.
fn masked(reason: &str, values: bool) -> String {
    let mut pattern = String::with_capacity(reason.len());
    for (index, piece) in reason.split('`').enumerate() {
        match (index % 2 == 1, values) {
            (true, true) => pattern.push_str("`…`"),
            (true, false) => pattern.extend(["`", piece, "`"]),
            (false, _) => {
                let words = piece.split(' ');
                let words: Vec<&str> = words
                    .map(|word| if is_day(word) { "…" } else { word })
                    .collect();
                pattern.push_str(&words.join(" "));
            }
        }
    }
    pattern
}

fn is_day(word: &str) -> bool {
    word.parse::<chrono::NaiveDate>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(reason: &str, rows: u64) -> Cause {
        Cause {
            source: "city".to_owned(),
            records: "dossiers".to_owned(),
            reason: reason.to_owned(),
            rows,
        }
    }

    #[test]
    fn few_reasons_are_told_as_they_are_and_many_alike_as_one() {
        let few = [
            cause("channel `3` is not one of its codes", 312),
            cause("channel `7` is not one of its codes", 2),
            cause("code is missing", 5),
        ];
        let told: Vec<_> = grouped(&few)
            .into_iter()
            .map(|cause| (cause.reason, cause.rows))
            .collect();
        assert_eq!(
            told,
            [
                ("channel `3` is not one of its codes".to_owned(), 312),
                ("code is missing".to_owned(), 5),
                ("channel `7` is not one of its codes".to_owned(), 2),
            ],
            "the most frequent first"
        );
        let many: Vec<Cause> = (1..=9)
            .map(|day| {
                cause(
                    &format!("unit `0099{day}` is no unit of organisation.toml on 2020-05-0{day}"),
                    2,
                )
            })
            .collect();
        let told: Vec<_> = grouped(&many)
            .into_iter()
            .map(|cause| (cause.reason, cause.rows))
            .collect();
        assert_eq!(
            told,
            [(
                "unit `…` is no unit of organisation.toml on …, such as: unit `00991` is no unit of organisation.toml \
                 on 2020-05-01"
                    .to_owned(),
                18
            )]
        );
    }

    #[test]
    fn dates_alone_make_no_difference() {
        let days = [1, 2].map(|day| cause(&format!("unit `00999` {NO_UNIT} on 2020-05-0{day}"), 3));
        let told = grouped(&days);
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].reason.as_str(), told[0].rows),
            ("unit `00999` is no unit of organisation.toml on …", 6)
        );
    }

    #[test]
    fn lists_are_never_told_together() {
        let other = Cause {
            records: "schools".to_owned(),
            ..cause("code is missing", 1)
        };
        assert_eq!(grouped(&[cause("code is missing", 1), other]).len(), 2);
    }
}

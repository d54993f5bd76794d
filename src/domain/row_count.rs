//! How many rows a reading of everything brought: as many as the source says it has, and about as many as before?
//!
//! Owns: rows that are missing, counts that drop or jump, which count the next reading is compared with.
//! Never: reading (`source`), the words for it in mails.
//! Reads next: `finding.rs`.

use super::finding::{About, Code, Finding};
use super::ratio::{Percent, Share};

/// What a source states may differ by this much from what is stored before figures are unknown: it goes on working
/// while it is read.
pub const MATERIAL: Percent = Percent { units: 1, scale: 0 };

/// What the last complete reading of everything brought, and what it is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCount {
    /// Rows that came, those kept aside too.
    pub rows: u64,
    /// Rows that the source said it has.
    pub stated: Option<u64>,
    /// Rows that were to be expected, from the readings before.
    pub expected: Option<u64>,
    /// Dossiers that are stored and did not come: too many to be taken for vanished.
    pub unseen: u64,
}

impl RowCount {
    /// `expect_change` is the share by which the number of rows may differ from one reading to the next.
    #[must_use]
    pub fn findings(
        &self,
        source: &str,
        records: &str,
        expect_change: Option<Percent>,
    ) -> Vec<Finding> {
        let missing = self.missing(source, records);
        let changed = self.changed(source, records, expect_change);
        let unseen = self.unseen(source, records);
        let all = missing.into_iter().chain(changed).chain(unseen);
        all.collect()
    }

    fn unseen(&self, source: &str, records: &str) -> Option<Finding> {
        let unseen = self.unseen;
        let message = format!(
            "{unseen} stored {records} did not come when everything was read, too many to be taken for vanished: they \
             still count; if they are gone, `dondoc source resync {source}` accepts it"
        );
        (unseen > 0).then(|| {
            Finding::new(source, Code::NotSeen, message, unseen)
                .about(About::records(records))
                .making_unknown(true)
        })
    }

    fn missing(&self, source: &str, records: &str) -> Option<Finding> {
        let rows = self.rows;
        let stated = self.stated.filter(|stated| *stated > rows)?;
        let missing = Share::new(stated - rows, stated);
        let message = format!(
            "{records}: the source says that it has {stated} rows, {rows} came when everything was read"
        );
        let finding = Finding::new(source, Code::RowsMissing, message, missing.numerator);
        Some(
            finding
                .about(About::records(records))
                .making_unknown(missing.exceeds(MATERIAL)),
        )
    }

    fn changed(
        &self,
        source: &str,
        records: &str,
        expect_change: Option<Percent>,
    ) -> Option<Finding> {
        let (rows, change) = (self.rows, expect_change?);
        let expected = self
            .expected
            .filter(|expected| is_beyond(*expected, rows, change))?;
        let turn = if rows < expected { "dropped" } else { "jumped" };
        let message = format!(
            "{records}: the number of rows {turn} from {expected} to {rows}, by more than {change} %; if that is right, \
             `dondoc source resync {source}` accepts it"
        );
        let finding = Finding::new(source, Code::RowsChanged, message, expected.abs_diff(rows));
        Some(finding.about(About::records(records)).making_unknown(true))
    }
}

/// The number of rows that the reading after one of `rows` is compared with. A count beyond what was expected does not
/// become the measure by being seen: it must come back, or be `accepted`.
#[must_use]
pub fn next_expected(
    expected: Option<u64>,
    rows: u64,
    expect_change: Option<Percent>,
    accepted: bool,
) -> u64 {
    match (expected, expect_change) {
        (Some(expected), Some(change)) if !accepted && is_beyond(expected, rows, change) => {
            expected
        }
        _ => rows,
    }
}

fn is_beyond(expected: u64, rows: u64, change: Percent) -> bool {
    Share::new(expected.abs_diff(rows), expected).exceeds(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWENTY: Option<Percent> = Some(Percent {
        units: 20,
        scale: 0,
    });

    fn told(counted: RowCount, change: Option<Percent>) -> Vec<(Code, u64, bool)> {
        let findings = counted.findings("city", "dossiers", change);
        findings
            .iter()
            .map(|finding| (finding.code, finding.count, finding.makes_unknown))
            .collect()
    }

    #[test]
    fn a_reading_is_compared_with_what_was_stated_and_with_the_one_before() {
        use Code::{RowsChanged, RowsMissing};
        for (rows, stated, expected, change, findings, why) in [
            (
                1_000,
                Some(1_000),
                None,
                TWENTY,
                vec![],
                "all came, and nothing was known before",
            ),
            (1_000, None, None, TWENTY, vec![], "nothing is stated"),
            (
                1_001,
                Some(1_000),
                None,
                None,
                vec![],
                "a row that came twice is not missing",
            ),
            (
                995,
                Some(1_000),
                None,
                None,
                vec![(RowsMissing, 5, false)],
                "a few less: it is said",
            ),
            (
                989,
                Some(1_000),
                None,
                None,
                vec![(RowsMissing, 11, true)],
                "more than one in a hundred: who knows what",
            ),
            (
                0,
                Some(3),
                None,
                None,
                vec![(RowsMissing, 3, true)],
                "nothing came",
            ),
            (
                800,
                None,
                Some(1_000),
                TWENTY,
                vec![],
                "by twenty per cent, as is expected",
            ),
            (
                799,
                None,
                Some(1_000),
                TWENTY,
                vec![(RowsChanged, 201, true)],
                "a drop beyond it",
            ),
            (
                1_201,
                None,
                Some(1_000),
                TWENTY,
                vec![(RowsChanged, 201, true)],
                "a jump beyond it",
            ),
            (
                10,
                None,
                Some(1_000),
                None,
                vec![],
                "nobody said what to expect",
            ),
            (
                1,
                None,
                Some(0),
                TWENTY,
                vec![(RowsChanged, 1, true)],
                "something where nothing was",
            ),
            (0, None, Some(0), TWENTY, vec![], "still nothing"),
        ] {
            let counted = RowCount {
                rows,
                stated,
                expected,
                unseen: 0,
            };
            assert_eq!(told(counted, change), findings, "{why}");
        }
    }

    #[test]
    fn what_did_not_come_and_is_not_believed_to_be_gone_makes_unknown() {
        let counted = RowCount {
            rows: 3,
            unseen: 26,
            ..RowCount::default()
        };
        assert_eq!(told(counted, None), [(Code::NotSeen, 26, true)]);
    }

    #[test]
    fn a_surprising_count_becomes_the_measure_only_when_it_is_accepted() {
        for (expected, rows, change, accepted, next, why) in [
            (None, 10, TWENTY, false, 10, "the first reading"),
            (Some(10), 11, TWENTY, false, 11, "as expected"),
            (
                Some(10),
                5,
                TWENTY,
                false,
                10,
                "half of it: once seen is not believed",
            ),
            (Some(10), 5, TWENTY, true, 5, "somebody accepted it"),
            (Some(10), 5, None, false, 5, "nobody said what to expect"),
        ] {
            assert_eq!(
                next_expected(expected, rows, change, accepted),
                next,
                "{why}"
            );
        }
    }
}

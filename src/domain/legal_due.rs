//! The due date that a procedure's statutory time gives, against the one that the source promises.
//!
//! Owns: the comparison. It reports and replaces nothing: the source's due date is the official one.
//! Never: which procedures there are, or their time: a register says so.
//! Reads next: `calendar.rs`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::dossier::{Dossier, StatusGroup, day_of};
use super::finding::{About, Code, Finding};
use super::record::{DOSSIERS, Entry, Value};

/// The register of procedures, and its attribute with the statutory working days.
const PROCEDURES: &str = "procedures";
const LEGAL_DAYS: &str = "legal_days";

/// Statutory working days by procedure.
#[derive(Clone, Debug, Default)]
pub struct Statutory(BTreeMap<String, i64>);

impl Statutory {
    /// Of the entries of the register of procedures that have `legal_days`.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let procedures = entries.iter().filter(|entry| entry.records == PROCEDURES);
        let days = procedures.filter_map(|entry| match entry.attributes.get(LEGAL_DAYS)? {
            Value::Number(days) if *days > 0 => Some((base(&entry.code), *days)),
            _ => None,
        });
        Self(days.collect())
    }

    fn days(&self, procedure: &str) -> Option<i64> {
        self.0.get(&base(procedure)).copied()
    }
}

/// `1.004959` of `1.004959.000.00.00.H26`: the same procedure.
fn base(code: &str) -> String {
    code.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The dossiers of one source whose first due day is another than the statutory one.
///
/// The first one: a due date that was moved since was moved for a reason. The day of reception is not counted.
#[must_use]
pub fn compare(
    source: &str,
    dossiers: &[Dossier],
    statutory: &Statutory,
    calendar: &Calendar,
    zone: Tz,
) -> Option<Finding> {
    let mut differ: Vec<Difference<'_>> = dossiers
        .iter()
        .filter_map(|dossier| Difference::of(dossier, statutory, calendar, zone))
        .collect();
    differ.sort_by_key(|difference| difference.code);
    let first = differ.first()?;
    let count = differ.len() as u64;
    let later = differ.iter().filter(|one| one.promised > one.legal).count();
    let tentative = if differ.iter().any(|one| one.tentative) {
        "; days that are not yet decreed were counted"
    } else {
        ""
    };
    let dossiers = if count == 1 { "dossier" } else { "dossiers" };
    let message = format!(
        "{count} {dossiers} with another due day than the statutory one ({later} later, {} earlier), such as {}: {} \
         instead of {}; the source's counts{tentative}",
        differ.len() - later,
        first.code,
        first.promised,
        first.legal,
    );
    Some(
        Finding::new(source, Code::LegalDue, message, count)
            .about(About::records(DOSSIERS))
            .with_rows(differ.iter().map(|one| one.code)),
    )
}

struct Difference<'a> {
    code: &'a str,
    promised: NaiveDate,
    legal: NaiveDate,
    tentative: bool,
}

impl<'a> Difference<'a> {
    fn of(
        dossier: &'a Dossier,
        statutory: &Statutory,
        calendar: &Calendar,
        zone: Tz,
    ) -> Option<Self> {
        if dossier.status.group() == StatusGroup::NotReceived {
            return None;
        }
        let days = statutory.days(&dossier.procedure)?;
        let legal = calendar.add(day_of(dossier.received_at, zone), days)?;
        let promised = day_of(dossier.original_due_at.unwrap_or(dossier.due_at), zone);
        (promised != legal.date).then_some(Self {
            code: &dossier.code,
            promised,
            legal: legal.date,
            tentative: legal.tentative,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dossier::Status;
    use crate::domain::sample::{self, ZONE, at};

    fn statutory() -> Statutory {
        let mut entry = sample::entry(PROCEDURES, "1.004959.000.00.00.H26");
        entry
            .attributes
            .insert(LEGAL_DAYS.to_owned(), Value::Number(3));
        let mut unsaid = sample::entry(PROCEDURES, "1.000001");
        unsaid
            .attributes
            .insert(LEGAL_DAYS.to_owned(), Value::Text("soon".to_owned()));
        Statutory::of(&[entry, unsaid, sample::entry("schools", "1.000002")])
    }

    fn told(dossier: Dossier) -> Option<String> {
        let calendar = Calendar::new(Vec::new());
        compare("city", &[dossier], &statutory(), &calendar, ZONE).map(|finding| finding.message)
    }

    #[test]
    fn the_statutory_day_is_counted_from_the_day_after_reception() {
        // Wednesday; Thursday and Friday (1 May) are holidays: three working days end on Wednesday.
        let promised = |due: &str| Dossier {
            received_at: at("2020-04-29 16:00"),
            due_at: at(due),
            ..sample::dossier("D-1")
        };
        for (dossier, expected, why) in [
            (promised("2020-05-06 17:00"), None, "as the law says"),
            (
                promised("2020-05-06 08:00"),
                None,
                "at any hour of that day",
            ),
            (
                promised("2020-05-11 17:00"),
                Some("(1 later, 0 earlier), such as D-1: 2020-05-11 instead of 2020-05-06"),
                "later",
            ),
            (
                promised("2020-05-05 17:00"),
                Some("(0 later, 1 earlier), such as D-1: 2020-05-05 instead of 2020-05-06"),
                "earlier",
            ),
            (
                Dossier {
                    original_due_at: Some(at("2020-05-06 17:00")),
                    ..promised("2020-05-20 17:00")
                },
                None,
                "it was moved since",
            ),
            (
                Dossier {
                    procedure: "1.000001".into(),
                    ..promised("2020-05-20 17:00")
                },
                None,
                "no time is known",
            ),
            (
                Dossier {
                    status: Status(3),
                    ..promised("2020-05-20 17:00")
                },
                None,
                "it was refused",
            ),
        ] {
            let message = told(dossier);
            match expected {
                None => assert_eq!(message, None, "{why}"),
                Some(part) => assert!(
                    message
                        .as_deref()
                        .is_some_and(|message| message.contains(part)),
                    "{why}: {message:?}"
                ),
            }
        }
    }

    #[test]
    fn days_that_are_not_decreed_are_said_and_the_official_date_stays() {
        let dossier = Dossier {
            received_at: at("2020-04-29 16:00"),
            due_at: at("2020-05-11 17:00"),
            ..sample::dossier("D-1")
        };
        let message = told(dossier).unwrap();
        assert!(
            message.ends_with("the source's counts; days that are not yet decreed were counted"),
            "{message}"
        );
    }
}

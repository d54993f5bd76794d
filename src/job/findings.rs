//! What is known about the data before a board is built: found by a reconciliation, by pulls, in quarantine.
//!
//! Owns: which stored findings a board of a period shows.
//! Never: a comparison (`domain`).
//! Reads next: `figures.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, JobError};
use crate::config::sources::DOSSIERS;
use crate::domain::finding::{About, Code, Finding};
use crate::domain::format::{self, Language};
use crate::domain::period::Period;
use crate::domain::reject::{Cause, is_unknown_unit};
use crate::store::findings::{Found, ToldTwice};
use crate::store::pulls::PullState;

/// 1. What the last reconciliations found about the period. 2. Readings that brought too few rows or too many.
///    3. Dossiers that two sources tell. 4. Rows kept aside.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn known(
    app: &App,
    as_of: DateTime<Utc>,
    period: Period,
    states: &[PullState],
) -> Result<Vec<Finding>, JobError> {
    let found = app.store.findings().await?.into_iter();
    let found = found.filter(|found| found.speaks_of(period, as_of));
    let mut findings: Vec<Finding> = found.filter_map(|found| dated(app, found, as_of)).collect();
    findings.extend(readings(app, states));
    findings.extend(told_twice(
        app.store.told_twice(Finding::ROWS as u64).await?,
    ));
    let causes = app.store.causes(None).await?;
    let codes = app.store.codes_aside(Finding::ROWS as u64).await?;
    findings.extend(kept_aside(&causes, &codes));
    Ok(findings)
}

/// A finding that was not looked at again for longer than its source is expected to be silent says from when it is; one
/// about a source that is gone is not told.
fn dated(app: &App, found: Found, as_of: DateTime<Utc>) -> Option<Finding> {
    let Found {
        mut finding, at, ..
    } = found;
    let mut sources = app.files.sources.iter();
    let source = sources.find(|source| source.name == finding.source)?;
    let usual = TimeDelta::from_std(source.expect_within).unwrap_or(TimeDelta::MAX);
    if as_of - at > usual {
        let at = format::date_time(at.with_timezone(&app.zone()).naive_local(), Language::En);
        finding
            .message
            .push_str(&format!(" (found at {at}, not reconciled since)"));
    }
    Some(finding)
}

fn readings(app: &App, states: &[PullState]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &app.files.sources {
        for pull in &source.pulls {
            let state = states
                .iter()
                .find(|state| state.source == source.name && state.records == pull.records);
            let Some(full) = state.and_then(|state| state.full) else {
                continue;
            };
            let (name, records) = (&source.name, &pull.records);
            findings.extend(full.count.findings(name, records, pull.expect_change));
        }
    }
    findings
}

fn told_twice(twins: Vec<ToldTwice>) -> impl Iterator<Item = Finding> {
    twins.into_iter().map(|twins| {
        let count = twins.rows;
        let dossiers = if count == 1 { "dossier" } else { "dossiers" };
        let first = twins.codes.first().map_or("", String::as_str);
        let message = format!(
            "{count} {dossiers} that another source told first, such as {first}: that one's count, these do not"
        );
        Finding::new(&twins.source, Code::Duplicate, message, count)
            .about(About::records(DOSSIERS))
            .with_rows(twins.codes.iter().map(String::as_str))
    })
}

/// One finding a list, and one more for the rows of units that nobody knows.
fn kept_aside(causes: &[Cause], codes: &BTreeMap<(String, String), Vec<String>>) -> Vec<Finding> {
    let mut rows: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for cause in causes {
        let (all, unknown) = rows.entry((&cause.source, &cause.records)).or_default();
        *all += cause.rows;
        *unknown += u64::from(is_unknown_unit(&cause.reason)) * cause.rows;
    }
    let mut findings = Vec::new();
    for ((source, records), (all, unknown)) in rows {
        let key = (source.to_owned(), records.to_owned());
        let codes = codes.get(&key).map_or(&[][..], Vec::as_slice);
        let message = format!("{all} rows of {records} are kept aside: they cannot be read");
        let aside = Finding::new(source, Code::Quarantined, message, all)
            .about(About::records(records))
            .with_rows(codes.iter().map(String::as_str));
        findings.push(aside);
        if unknown > 0 {
            let message = format!(
                "{unknown} rows of {records} are kept aside because organisation.toml does not know their unit"
            );
            let finding = Finding::new(source, Code::UnknownUnit, message, unknown);
            findings.push(finding.about(About::records(records)));
        }
    }
    findings
}

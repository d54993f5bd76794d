//! The figures of an instant: loaded from the store, computed by `domain`.
//!
//! Owns: which rows a board, a list or an explanation is computed from.
//! Never: a rule.
//! Reads next: `domain/board.rs`, `domain/overdue.rs`.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, JobError, findings};
use crate::config::sources::{DOSSIERS, Source};
use crate::domain::assess::SourceHealth;
use crate::domain::board::{self, Board, Inputs};
use crate::domain::dossier::{Dossier, start_of};
use crate::domain::finding::Finding;
use crate::domain::legal_due::{self, Statutory};
use crate::domain::overdue::{OverdueInputs, OverdueRow, overdue};
use crate::domain::period::Period;
use crate::domain::record::Entry;
use crate::store::pulls::PullState;

/// All that is stored about a period, as it stood at an instant.
#[derive(Debug)]
pub struct Figures {
    as_of: DateTime<Utc>,
    period: Period,
    dossiers: Vec<Dossier>,
    entries: Vec<Entry>,
    sources: Vec<SourceHealth>,
    findings: Vec<Finding>,
}

impl Figures {
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn load(app: &App, as_of: DateTime<Utc>, period: Period) -> Result<Self, JobError> {
        let states = app.store.pull_states().await?;
        Ok(Self {
            as_of,
            period,
            dossiers: app
                .store
                .dossiers_between(start_of(period.from, app.zone()), as_of)
                .await?,
            entries: app.store.entries().await?,
            sources: app
                .files
                .sources
                .iter()
                .map(|source| health(source, &states, as_of))
                .collect(),
            findings: findings::known(app, as_of, period, &states).await?,
        })
    }

    #[must_use]
    pub fn inputs<'a>(&'a self, app: &'a App) -> Inputs<'a> {
        Inputs {
            as_of: self.as_of,
            zone: app.zone(),
            period: self.period,
            units: &app.files.organisation.units,
            dossiers: &self.dossiers,
            entries: &self.entries,
            targets: &app.files.targets,
            sources: &self.sources,
            findings: self.findings.clone(),
            confidence: app.files.settings.rules.confidence,
            simulated: app.files.settings.site.simulated,
        }
    }

    #[must_use]
    pub fn board(&self, app: &App) -> Board {
        board::build(&self.inputs(app))
    }

    /// Due dates against the statutory ones, as `source` is to be told of them.
    #[must_use]
    pub fn legal_due(&self, app: &App, source: &str) -> Option<Finding> {
        let statutory = Statutory::of(&self.entries);
        legal_due::compare(
            source,
            &self.dossiers,
            &statutory,
            &app.files.calendar,
            app.zone(),
        )
    }
}

/// The board of `period` as of `as_of`.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn board(app: &App, as_of: DateTime<Utc>, period: Period) -> Result<Board, JobError> {
    Ok(Figures::load(app, as_of, period).await?.board(app))
}

/// Dossiers overdue at `as_of`, and those due within `soon` working days; oldest due first.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn overdue_at(
    app: &App,
    as_of: DateTime<Utc>,
    soon: Option<u32>,
    ladder: &[(i64, &str)],
) -> Result<Vec<OverdueRow>, JobError> {
    let dossiers = app.store.dossiers_between(as_of, as_of).await?;
    Ok(overdue(&OverdueInputs {
        dossiers: &dossiers,
        units: &app.files.organisation.units,
        as_of,
        zone: app.zone(),
        calendar: &app.files.calendar,
        soon,
        ladder,
    }))
}

/// How the dossiers of these codes stand at `as_of`: those that are overdue or under way in time.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn standing_of(
    app: &App,
    as_of: DateTime<Utc>,
    codes: &[&str],
) -> Result<Vec<OverdueRow>, JobError> {
    let dossiers = app.store.dossiers_of(codes).await?;
    Ok(overdue(&OverdueInputs {
        dossiers: &dossiers,
        units: &app.files.organisation.units,
        as_of,
        zone: app.zone(),
        calendar: &app.files.calendar,
        soon: Some(u32::MAX),
        ladder: &[],
    }))
}

/// How fresh the sources of dossiers are at `as_of`.
///
/// # Errors
/// When no source feeds dossiers or the database does not answer.
pub async fn dossier_sources(
    app: &App,
    as_of: DateTime<Utc>,
) -> Result<Vec<SourceHealth>, JobError> {
    let states = app.store.pull_states().await?;
    let feeding = app.files.sources.iter();
    let feeding: Vec<SourceHealth> = feeding
        .filter(|source| feeds(source, DOSSIERS))
        .map(|source| health(source, &states, as_of))
        .collect();
    if feeding.is_empty() {
        return Err(JobError::Missing("no source feeds dossiers".to_owned()));
    }
    Ok(feeding)
}

/// Codes of the dossiers under way that only a stale source among `feeding` tells of: nobody knows how they stand.
///
/// # Errors
/// When the database does not answer.
pub async fn unseen_dossiers(
    app: &App,
    feeding: &[SourceHealth],
) -> Result<BTreeSet<String>, JobError> {
    let stale = feeding.iter().filter(|source| source.stale);
    let stale: Vec<&str> = stale.map(|source| source.source.as_str()).collect();
    Ok(app.store.open_codes_of(&stale).await?)
}

/// How fresh every source is at `as_of`.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn sources(app: &App, as_of: DateTime<Utc>) -> Result<Vec<SourceHealth>, JobError> {
    let states = app.store.pull_states().await?;
    let sources = app.files.sources.iter();
    Ok(sources
        .map(|source| health(source, &states, as_of))
        .collect())
}

fn feeds(source: &Source, records: &str) -> bool {
    source.pulls.iter().any(|pull| pull.records == records)
}

/// A source is as fresh as the oldest of its lists.
fn health(source: &Source, states: &[PullState], as_of: DateTime<Utc>) -> SourceHealth {
    let of = |records: &str| {
        states
            .iter()
            .find(|state| state.source == source.name && state.records == records)
    };
    let completed: Vec<_> = source
        .pulls
        .iter()
        .map(|pull| of(&pull.records).and_then(|state| state.completed_at))
        .collect();
    let fresh_at = completed.iter().copied().min().flatten();
    let expected = TimeDelta::from_std(source.expect_within).unwrap_or(TimeDelta::MAX);
    SourceHealth {
        source: source.name.clone(),
        records: source
            .pulls
            .iter()
            .map(|pull| pull.records.clone())
            .collect(),
        fresh_at,
        stale: fresh_at.is_none_or(|at| as_of - at > expected),
        failure: source
            .pulls
            .iter()
            .find_map(|pull| of(&pull.records)?.failure.clone()),
    }
}

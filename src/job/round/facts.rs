//! How things stand at the instant of a letter.
//!
//! Owns: which facts a letter is written from; an old source gives none, and silences no other.
//! Never: what was decided.
//! Reads next: `item.rs`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::config::organisation::Recipient;
use crate::domain::assess::SourceHealth;
use crate::domain::board::{Board, Status};
use crate::domain::overdue::OverdueRow;
use crate::domain::period::Period;
use crate::domain::ratio::Share;
use crate::domain::unit::UnitCode;
use crate::job::spec::{Act, Alert};
use crate::job::{App, JobError, figures, letter};
use crate::report::ward_lag::Lag;
use crate::store::decisions::Waiting;

/// A lagging ward is compared with itself so many days before.
const TREND: u64 = 28;

/// The facts of one round.
#[derive(Debug)]
pub struct Facts {
    pub as_of: DateTime<Utc>,
    /// Posts of this unit hear of every other.
    pub district: UnitCode,
    /// When the dossiers were last read completely, by the sources that are fresh; `None`: none is, and nothing can be
    /// said of any dossier.
    pub read_at: Option<DateTime<Utc>>,
    /// Codes of those of which a stale source tells.
    unseen: BTreeSet<String>,
    /// Overdue or soon due and seen, by code.
    pub rows: BTreeMap<String, OverdueRow>,
    /// Wards that lag, by what the alert is about.
    pub lags: BTreeMap<String, (UnitCode, Lag)>,
    pub sources: Vec<SourceHealth>,
}

impl Facts {
    /// What is needed to tell of `waiting` as of `as_of`.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn load(
        app: &App,
        as_of: DateTime<Utc>,
        waiting: &[Waiting],
    ) -> Result<Self, JobError> {
        let about = |what: &str| waiting.iter().any(|one| one.about.starts_with(what));
        Self::read(app, as_of, about("dossier/"), about("ward/")).await
    }

    /// All that a letter can tell as of `as_of`.
    ///
    /// # Errors
    /// As [`Facts::load`].
    pub async fn all(app: &App, as_of: DateTime<Utc>) -> Result<Self, JobError> {
        Self::read(app, as_of, true, true).await
    }

    async fn read(
        app: &App,
        as_of: DateTime<Utc>,
        dossiers: bool,
        wards: bool,
    ) -> Result<Self, JobError> {
        let feeding = figures::dossier_sources(app, as_of).await?;
        let read_at = read_at(&feeding);
        let mut rows = if dossiers && read_at.is_some() {
            figures::overdue_at(app, as_of, Some(soon(app)), &[]).await?
        } else {
            Vec::new()
        };
        let unseen = figures::unseen_dossiers(app, &feeding).await?;
        rows.retain(|row| !unseen.contains(&row.code));
        Ok(Self {
            as_of,
            district: app.files.organisation.district.clone(),
            read_at,
            unseen,
            rows: rows
                .into_iter()
                .map(|row| (row.code.clone(), row))
                .collect(),
            lags: if wards {
                lags(app, as_of).await?
            } else {
                BTreeMap::new()
            },
            sources: figures::sources(app, as_of).await?,
        })
    }
}

impl Facts {
    /// Whether what `unit` answers for is this reader's: a unit's own posts hear of their own only.
    pub fn concerns(&self, recipient: &Recipient, unit: &UnitCode) -> bool {
        recipient.unit == self.district || recipient.unit == *unit
    }

    /// Whether nobody knows how this dossier stands.
    pub fn is_unseen(&self, code: &str) -> bool {
        self.read_at.is_none() || self.unseen.contains(code)
    }
}

/// As old as the oldest of those that are fresh.
fn read_at(feeding: &[SourceHealth]) -> Option<DateTime<Utc>> {
    let fresh = feeding.iter().filter(|source| !source.stale);
    fresh.filter_map(|source| source.fresh_at).min()
}

/// As far ahead as any job warns, in working days.
pub fn soon(app: &App) -> u32 {
    let steps = app.jobs.iter().flat_map(|job| &job.steps);
    let soon = steps.filter_map(|step| match &step.act {
        Act::Alert(Alert::OverdueDossiers(alert)) => Some(alert.soon),
        _ => None,
    });
    soon.max().unwrap_or(0)
}

async fn lags(
    app: &App,
    as_of: DateTime<Utc>,
) -> Result<BTreeMap<String, (UnitCode, Lag)>, JobError> {
    let board = figures::board(app, as_of, app.year_to_date(as_of)).await?;
    let before = before(app, as_of).await?;
    let mut lags = BTreeMap::new();
    for row in &board.dossiers.units {
        for assessment in &row.assessments {
            let total = board
                .targets
                .iter()
                .find(|target| target.id == assessment.target && target.level != "district");
            let Some(total) = total.filter(|_| assessment.status == Status::Lagging) else {
                continue;
            };
            let about = format!("ward/{}/{}", row.unit, assessment.target);
            let lag = Lag {
                target: letter::target_title(app, &assessment.target),
                before: before.get(&about).copied(),
                ..Lag::of(&row.name, assessment, total)
            };
            lags.insert(about, (row.unit.clone(), lag));
        }
    }
    Ok(lags)
}

/// Each ward's own shares some weeks ago, of the same year.
async fn before(
    app: &App,
    as_of: DateTime<Utc>,
) -> Result<BTreeMap<String, (NaiveDate, Share)>, JobError> {
    let then = as_of - Days::new(TREND);
    let period = Period::year_to_date(then, app.zone());
    if period.from != app.year_to_date(as_of).from {
        return Ok(BTreeMap::new());
    }
    let board: Board = figures::board(app, then, period).await?;
    let day = app.day(then);
    let rows = board.dossiers.units.iter().flat_map(|row| {
        row.assessments.iter().map(move |it| {
            let share = Share::new(it.numerator, it.denominator);
            (format!("ward/{}/{}", row.unit, it.target), (day, share))
        })
    });
    Ok(rows
        .filter(|(_, (_, share))| share.denominator > 0)
        .collect())
}

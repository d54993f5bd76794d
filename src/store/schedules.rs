//! Schedules' cursors and pauses.
//!
//! Owns: table `schedule`.
//! Never: what is due (`job::plan`).
//! Reads next: `runs.rs`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::schedule::{self, Column as Col};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds};

const CURSOR: [Column; 3] = [
    ("job", Kind::Text),
    ("cursor", Kind::Long),
    ("fingerprint", Kind::Text),
];

/// How far a job's schedule has been planned, and which schedule that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    /// The schedule as written; an edited one starts anew.
    pub fingerprint: String,
    pub pause: Option<Pause>,
}

/// A job that an operator stopped for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub because: String,
    pub since: DateTime<Utc>,
    /// `None`: until it is resumed.
    pub until: Option<DateTime<Utc>>,
}

impl Pause {
    /// How the row of an occurrence begins that was not run because of a pause.
    pub const REASON: &'static str = "paused: ";

    /// What the row of an occurrence says that this pause kept from being run.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{}{}", Self::REASON, self.because)
    }

    #[must_use]
    pub fn holds_at(&self, at: DateTime<Utc>) -> bool {
        at >= self.since && self.until.is_none_or(|until| at < until)
    }
}

impl Store {
    /// Every job's cursor, by its name.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn cursors(&self) -> Result<HashMap<String, Cursor>, StoreError> {
        read(&self.db, None).await
    }
}

impl Store {
    /// The pause of `job`, past or present, if it has one.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn pause_of(&self, job: &str) -> Result<Option<Pause>, StoreError> {
        let mut found = read(&self.db, Some(&[job])).await?;
        Ok(found.remove(job).and_then(|cursor| cursor.pause))
    }
}

impl Write {
    /// The cursors of `jobs`, read in the transaction that will move them.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn cursors_of(&self, jobs: &[&str]) -> Result<HashMap<String, Cursor>, StoreError> {
        let mut found = HashMap::new();
        for chunk in jobs.chunks(5_000) {
            found.extend(read(&self.tx, Some(chunk)).await?);
        }
        Ok(found)
    }

    /// Moves cursors; pauses stay as they are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_cursors(
        &self,
        cursors: &[(&str, DateTime<Utc>, &str)],
    ) -> Result<(), StoreError> {
        let rows = cursors
            .iter()
            .map(|(job, at, print)| [(*job).into(), seconds(*at).into(), (*print).into()])
            .collect();
        bulk::insert(&self.tx, "schedule", &CURSOR, rows, Clash::Replace("job")).await?;
        Ok(())
    }

    /// Writes the pause of a job. One that was never planned is planned from `cursor`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_pause(
        &self,
        job: &str,
        pause: &Pause,
        cursor: DateTime<Utc>,
        fingerprint: &str,
    ) -> Result<(), StoreError> {
        let row = schedule::ActiveModel {
            job: Set(job.to_owned()),
            cursor: Set(seconds(cursor)),
            fingerprint: Set(fingerprint.to_owned()),
            paused_because: Set(Some(pause.because.clone())),
            paused_at: Set(Some(seconds(pause.since))),
            paused_until: Set(pause.until.map(seconds)),
        };
        let changed = [Col::PausedBecause, Col::PausedAt, Col::PausedUntil];
        schedule::Entity::insert(row)
            .on_conflict(
                OnConflict::column(Col::Job)
                    .update_columns(changed)
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

async fn read(
    connection: &impl ConnectionTrait,
    jobs: Option<&[&str]>,
) -> Result<HashMap<String, Cursor>, StoreError> {
    let mut find = schedule::Entity::find();
    if let Some(jobs) = jobs {
        find = find.filter(Col::Job.is_in(jobs.iter().copied()));
    }
    let rows = find.all(connection).await?;
    rows.into_iter()
        .map(|row| Ok((row.job.clone(), Cursor::try_from(row)?)))
        .collect()
}

impl TryFrom<schedule::Model> for Cursor {
    type Error = StoreError;

    fn try_from(row: schedule::Model) -> Result<Self, StoreError> {
        let since = instant_or_none("schedule", &row.job, row.paused_at)?;
        let until = instant_or_none("schedule", &row.job, row.paused_until)?;
        let pause = row.paused_because.zip(since).map(|(because, since)| Pause {
            because,
            since,
            until,
        });
        Ok(Self {
            at: instant("schedule", &row.job, row.cursor)?,
            fingerprint: row.fingerprint,
            pause,
        })
    }
}

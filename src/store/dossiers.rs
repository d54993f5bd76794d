//! Dossiers: written page by page, read for a period.
//!
//! Owns: table `dossier`.
//! Never: states and counts (`domain::dossier`, `domain::board`).
//! Reads next: `entries.rs`.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::bulk::{self, Clash, Column};
use super::entity::dossier::{self, Column as Col};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::dossier::{Channel, Dossier, Status};
use crate::domain::unit::{Level, UnitCode};

const COLUMNS: [Column; 15] = [
    ("code", "text"),
    ("source", "text"),
    ("procedure", "text"),
    ("procedure_name", "text"),
    ("field", "text"),
    ("unit", "text"),
    ("level", "text"),
    ("channel", "text"),
    ("status", "integer"),
    ("received_at", "bigint"),
    ("due_at", "bigint"),
    ("original_due_at", "bigint"),
    ("finished_at", "bigint"),
    ("stopped_at", "bigint"),
    ("seen_at", "bigint"),
];

impl Write {
    /// Stores dossiers as the source told them; a known code is replaced. Codes must be distinct.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_dossiers(
        &self,
        source: &str,
        dossiers: &[Dossier],
        seen_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = dossiers
            .iter()
            .map(|dossier| row(source, dossier, seen_at))
            .collect();
        bulk::insert(&self.tx, "dossier", &COLUMNS, &rows, Clash::Replace("code")).await?;
        Ok(())
    }
}

impl Store {
    /// How many dossiers of a source no pull since `started` has seen. They are kept: a list that holds them no
    /// more does not say that they never were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_unseen_dossiers(
        &self,
        source: &str,
        started: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        Ok(dossier::Entity::find()
            .filter(Col::Source.eq(source))
            .filter(Col::SeenAt.lt(seconds(started)))
            .count(&self.db)
            .await?)
    }

    /// Dossiers received before `until` that were not finished before `from`: all that a period can count.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn dossiers_between(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Dossier>, StoreError> {
        let not_finished_before = Condition::any()
            .add(Col::FinishedAt.is_null())
            .add(Col::FinishedAt.gte(seconds(from)));
        let models = dossier::Entity::find()
            .filter(Col::ReceivedAt.lte(seconds(until)))
            .filter(not_finished_before)
            .order_by_asc(Col::DueAt)
            .order_by_asc(Col::Code)
            .all(&self.db)
            .await?;
        models.into_iter().map(Dossier::try_from).collect()
    }

    /// How many dossiers are stored from `source`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_dossiers(&self, source: &str) -> Result<u64, StoreError> {
        Ok(dossier::Entity::find()
            .filter(Col::Source.eq(source))
            .count(&self.db)
            .await?)
    }
}

fn row<'a>(source: &'a str, d: &'a Dossier, seen_at: DateTime<Utc>) -> impl serde::Serialize + 'a {
    (
        &d.code,
        source,
        &d.procedure,
        &d.procedure_name,
        &d.field,
        d.unit.as_str(),
        d.level.as_str(),
        d.channel.as_str(),
        d.status.0,
        seconds(d.received_at),
        seconds(d.due_at),
        d.original_due_at.map(seconds),
        d.finished_at.map(seconds),
        d.stopped_at.map(seconds),
        seconds(seen_at),
    )
}

impl TryFrom<dossier::Model> for Dossier {
    type Error = StoreError;

    fn try_from(model: dossier::Model) -> Result<Self, StoreError> {
        let id = &model.code;
        let bad = |what: String| StoreError::bad_row("dossier", id, what);
        Ok(Self {
            unit: UnitCode::parse(&model.unit).map_err(|error| bad(error.to_string()))?,
            level: word("dossier", id, &model.level, Level::parse)?,
            channel: word("dossier", id, &model.channel, Channel::parse)?,
            status: Status(u16::try_from(model.status).map_err(|error| bad(error.to_string()))?),
            received_at: instant("dossier", id, model.received_at)?,
            due_at: instant("dossier", id, model.due_at)?,
            original_due_at: instant_or_none("dossier", id, model.original_due_at)?,
            finished_at: instant_or_none("dossier", id, model.finished_at)?,
            stopped_at: instant_or_none("dossier", id, model.stopped_at)?,
            code: model.code,
            procedure: model.procedure,
            procedure_name: model.procedure_name,
            field: model.field,
        })
    }
}

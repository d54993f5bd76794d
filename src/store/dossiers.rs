//! Dossiers, read for a period.
//!
//! Owns: reading table `dossier`; what vanished at its source is not read.
//! Never: states and counts (`domain::dossier`, `domain::board`); writing (`filing.rs`).
//! Reads next: `filing.rs`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::dossier::{self, Column as Col};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::dossier::{Channel, Dossier, Status};
use crate::domain::unit::{Level, UnitCode};

impl Store {
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
            .filter(Col::VanishedAt.is_null())
            .filter(not_finished_before)
            .order_by_asc(Col::DueAt)
            .order_by_asc(Col::Code)
            .all(&self.db)
            .await?;
        models.into_iter().map(Dossier::try_from).collect()
    }

    /// The dossiers of these codes; what vanished at its source is not among them.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn dossiers_of(&self, codes: &[&str]) -> Result<Vec<Dossier>, StoreError> {
        dossiers_of(&self.db, codes).await
    }

    /// Codes of the dossiers under way of which these sources tell.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_codes_of(&self, sources: &[&str]) -> Result<BTreeSet<String>, StoreError> {
        if sources.is_empty() {
            return Ok(BTreeSet::new());
        }
        let codes: Vec<String> = dossier::Entity::find()
            .select_only()
            .column(Col::Code)
            .filter(Col::Source.is_in(sources.iter().copied()))
            .filter(Col::FinishedAt.is_null())
            .filter(Col::VanishedAt.is_null())
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(codes.into_iter().collect())
    }

    /// The source that tells of a dossier; `None`: none does, or it vanished there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn source_of(&self, code: &str) -> Result<Option<String>, StoreError> {
        let row = dossier::Entity::find_by_id(code.to_owned())
            .filter(Col::VanishedAt.is_null())
            .one(&self.db)
            .await?;
        Ok(row.map(|row| row.source))
    }

    /// How many dossiers are stored from `source`, those that vanished there left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_dossiers(&self, source: &str) -> Result<u64, StoreError> {
        Ok(dossier::Entity::find()
            .filter(Col::Source.eq(source))
            .filter(Col::VanishedAt.is_null())
            .count(&self.db)
            .await?)
    }
}

impl Write {
    /// As [`Store::dossiers_of`], in a transaction.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn dossiers_of(&self, codes: &[&str]) -> Result<Vec<Dossier>, StoreError> {
        dossiers_of(&self.tx, codes).await
    }
}

async fn dossiers_of(
    db: &impl ConnectionTrait,
    codes: &[&str],
) -> Result<Vec<Dossier>, StoreError> {
    let mut found = Vec::new();
    for chunk in codes.chunks(500) {
        let models = dossier::Entity::find()
            .filter(Col::Code.is_in(chunk.iter().copied()))
            .filter(Col::VanishedAt.is_null())
            .all(db)
            .await?;
        for model in models {
            found.push(Dossier::try_from(model)?);
        }
    }
    Ok(found)
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

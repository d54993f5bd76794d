//! Rows put aside, and let go.
//!
//! Owns: writing table `quarantine`.
//! Never: why a row is bad (`source::mapping`).
//! Reads next: `aside.rs`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::entity::quarantine::{self, Column as Col};
use super::entity::{dossier, entry};
use super::{StoreError, Write, instant, seconds};
use crate::domain::record::DOSSIERS;
use crate::domain::reject::Reject;

impl Write {
    /// Keeps rejected rows aside; a row already there is only marked as seen again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quarantine(
        &self,
        source: &str,
        records: &str,
        rejects: &[Reject],
        seen_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for chunk in distinct(rejects).chunks(500) {
            self.release_other_forms(source, records, chunk).await?;
            let rows = chunk.iter().map(|reject| quarantine::ActiveModel {
                id: NotSet,
                source: Set(source.to_owned()),
                records: Set(records.to_owned()),
                hash: Set(reject.hash.clone()),
                code: Set(reject.code.clone()),
                position: Set(reject.position.cast_signed()),
                reason: Set(reject.reason.clone()),
                raw: Set(reject.raw.clone()),
                first_seen_at: Set(seconds(seen_at)),
                last_seen_at: Set(seconds(seen_at)),
            });
            quarantine::Entity::insert_many(rows)
                .on_conflict(
                    OnConflict::columns([Col::Source, Col::Records, Col::Hash])
                        .update_columns([Col::LastSeenAt, Col::Reason, Col::Raw, Col::Position])
                        .to_owned(),
                )
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// A row that is still bad, but in another way, takes the place of its earlier form.
    async fn release_other_forms(
        &self,
        source: &str,
        records: &str,
        rejects: &[&Reject],
    ) -> Result<(), StoreError> {
        let codes = rejects.iter().filter_map(|reject| reject.code.as_deref());
        let hashes = rejects.iter().map(|reject| reject.hash.as_str());
        quarantine::Entity::delete_many()
            .filter(Col::Source.eq(source))
            .filter(Col::Records.eq(records))
            .filter(Col::Code.is_in(codes))
            .filter(Col::Hash.is_not_in(hashes))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Lets go of rows whose code has since arrived in good order.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release(
        &self,
        source: &str,
        records: &str,
        codes: &[&str],
    ) -> Result<(), StoreError> {
        if !self.holds_any(source, records).await? {
            return Ok(());
        }
        for chunk in codes.chunks(500) {
            quarantine::Entity::delete_many()
                .filter(Col::Source.eq(source))
                .filter(Col::Records.eq(records))
                .filter(Col::Code.is_in(chunk.iter().copied()))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    async fn holds_any(&self, source: &str, records: &str) -> Result<bool, StoreError> {
        let any = quarantine::Entity::find()
            .filter(Col::Source.eq(source))
            .filter(Col::Records.eq(records))
            .one(&self.tx)
            .await?;
        Ok(any.is_some())
    }

    /// Lets go of rows that a complete pull begun at `started` did not see again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_unseen(
        &self,
        source: &str,
        records: &str,
        started: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        quarantine::Entity::delete_many()
            .filter(Col::Source.eq(source))
            .filter(Col::Records.eq(records))
            .filter(Col::LastSeenAt.lt(seconds(started)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets the texts of rows first seen before `then`; that there was such a row, and why, stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_texts(&self, then: DateTime<Utc>) -> Result<u64, StoreError> {
        let forgotten = quarantine::Entity::update_many()
            .col_expr(Col::Raw, Expr::value(""))
            .filter(Col::FirstSeenAt.lt(seconds(then)))
            .filter(Col::Raw.ne(""))
            .exec(&self.tx)
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// Lets go of rows by their ids.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_rows(&self, ids: &[i64]) -> Result<(), StoreError> {
        for chunk in ids.chunks(500) {
            quarantine::Entity::delete_many()
                .filter(Col::Id.is_in(chunk.iter().copied()))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Says anew why a row stays aside.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn give_reason(&self, id: i64, reason: &str) -> Result<(), StoreError> {
        quarantine::Entity::update_many()
            .col_expr(Col::Reason, Expr::value(reason))
            .filter(Col::Id.eq(id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// When the stored records of these codes were last seen, of those that are stored.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn seen_at(
        &self,
        records: &str,
        codes: &[&str],
    ) -> Result<HashMap<String, DateTime<Utc>>, StoreError> {
        let mut seen = HashMap::new();
        for chunk in codes.chunks(500) {
            let codes = chunk.iter().copied();
            let rows: Vec<(String, i64)> = if records == DOSSIERS {
                dossier::Entity::find()
                    .select_only()
                    .columns([dossier::Column::Code, dossier::Column::SeenAt])
                    .filter(dossier::Column::Code.is_in(codes))
                    .into_tuple()
                    .all(&self.tx)
                    .await?
            } else {
                entry::Entity::find()
                    .select_only()
                    .columns([entry::Column::Code, entry::Column::SeenAt])
                    .filter(entry::Column::Records.eq(records))
                    .filter(entry::Column::Code.is_in(codes))
                    .into_tuple()
                    .all(&self.tx)
                    .await?
            };
            for (code, at) in rows {
                let at = instant(DOSSIERS, &code, at)?;
                seen.insert(code, at);
            }
        }
        Ok(seen)
    }
}

/// A row that was sent twice is one: PostgreSQL updates no row twice in a statement.
fn distinct(rejects: &[Reject]) -> Vec<&Reject> {
    let mut hashes = HashSet::new();
    rejects
        .iter()
        .filter(|reject| hashes.insert(reject.hash.as_str()))
        .collect()
}

//! Rows kept aside.
//!
//! Owns: table `quarantine`.
//! Never: why a row is bad (`source::mapping`).
//! Reads next: `runs.rs`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::entity::quarantine::{self, Column as Col};
use super::{Store, StoreError, Write, seconds};
use crate::domain::reject::Reject;

/// How many rows of one list are kept aside.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Aside {
    pub source: String,
    pub records: String,
    pub rows: i64,
}

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
}

/// A row that was sent twice is one: PostgreSQL updates no row twice in a statement.
fn distinct(rejects: &[Reject]) -> Vec<&Reject> {
    let mut hashes = HashSet::new();
    rejects
        .iter()
        .filter(|reject| hashes.insert(reject.hash.as_str()))
        .collect()
}

impl Store {
    /// # Errors
    /// When the database does not answer.
    pub async fn kept_aside(&self) -> Result<Vec<Aside>, StoreError> {
        let counts = quarantine::Entity::find()
            .select_only()
            .columns([Col::Source, Col::Records])
            .column_as(Col::Id.count(), "rows")
            .group_by(Col::Source)
            .group_by(Col::Records)
            .order_by_asc(Col::Source)
            .order_by_asc(Col::Records)
            .into_model::<Aside>()
            .all(&self.db)
            .await?;
        Ok(counts)
    }

    /// The rows of one list kept aside, as (code, reason, masked text), in the order they came.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_aside(&self, source: &str, records: &str) -> Result<Vec<Reject>, StoreError> {
        let models = quarantine::Entity::find()
            .filter(Col::Source.eq(source))
            .filter(Col::Records.eq(records))
            .order_by_asc(Col::Id)
            .all(&self.db)
            .await?;
        Ok(models
            .into_iter()
            .map(|row| Reject {
                position: row.position.cast_unsigned(),
                code: row.code,
                reason: row.reason,
                raw: row.raw,
                hash: row.hash,
            })
            .collect())
    }
}

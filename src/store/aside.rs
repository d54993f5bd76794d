//! Rows kept aside, and why.
//!
//! Owns: reading table `quarantine`.
//! Never: which reasons are alike (`domain::reject`); writing (`quarantine.rs`).
//! Reads next: `runs.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::quarantine::{self, Column as Col};
use super::{Store, StoreError, instant};
use crate::domain::reject::{Cause, Reject};

/// A row kept aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    pub source: String,
    pub records: String,
    /// Its hash, too, is the row's: the whole one's, as it came.
    pub reject: Reject,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

impl Kept {
    /// The masked text; `None` once it is as old as texts may get.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        Some(self.reject.raw.as_str()).filter(|text| !text.is_empty())
    }
}

impl Store {
    /// How many rows are kept aside for which reason, by source and list.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn causes(&self, source: Option<&str>) -> Result<Vec<Cause>, StoreError> {
        let mut counts = quarantine::Entity::find()
            .select_only()
            .columns([Col::Source, Col::Records, Col::Reason])
            .column_as(Col::Id.count(), "rows")
            .group_by(Col::Source)
            .group_by(Col::Records)
            .group_by(Col::Reason)
            .order_by_asc(Col::Source)
            .order_by_asc(Col::Records)
            .order_by_asc(Col::Reason);
        if let Some(source) = source {
            counts = counts.filter(Col::Source.eq(source));
        }
        let counts: Vec<(String, String, String, i64)> = counts.into_tuple().all(&self.db).await?;
        let cause = |(source, records, reason, rows): (_, _, _, i64)| Cause {
            source,
            records,
            reason,
            rows: rows.unsigned_abs(),
        };
        Ok(counts.into_iter().map(cause).collect())
    }

    /// The first codes kept aside of each source and list, at most `limit` of each, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn codes_aside(
        &self,
        limit: u64,
    ) -> Result<BTreeMap<(String, String), Vec<String>>, StoreError> {
        let lists: Vec<(String, String)> = quarantine::Entity::find()
            .select_only()
            .columns([Col::Source, Col::Records])
            .distinct()
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut all = BTreeMap::new();
        for (source, records) in lists {
            let codes: Vec<Option<String>> = quarantine::Entity::find()
                .select_only()
                .column(Col::Code)
                .filter(Col::Source.eq(source.as_str()))
                .filter(Col::Records.eq(records.as_str()))
                .filter(Col::Code.is_not_null())
                .order_by_asc(Col::Code)
                .limit(limit)
                .into_tuple()
                .all(&self.db)
                .await?;
            all.insert((source, records), codes.into_iter().flatten().collect());
        }
        Ok(all)
    }

    /// Rows kept aside, of one source or of all, at most `limit` of those after the row `after`, in the order they came.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn kept_aside(
        &self,
        source: Option<&str>,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        let mut rows = quarantine::Entity::find()
            .filter(Col::Id.gt(after))
            .order_by_asc(Col::Id)
            .limit(limit);
        if let Some(source) = source {
            rows = rows.filter(Col::Source.eq(source));
        }
        let rows = rows.all(&self.db).await?;
        rows.into_iter().map(Kept::try_from).collect()
    }

    /// The row kept aside under this id.
    ///
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn row_aside(&self, id: i64) -> Result<Option<Kept>, StoreError> {
        let found = quarantine::Entity::find_by_id(id).one(&self.db).await?;
        found.map(Kept::try_from).transpose()
    }

    /// The rows of one list kept aside, in the order they came.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn rows_aside(&self, source: &str, records: &str) -> Result<Vec<Reject>, StoreError> {
        let rows = self.kept_aside(Some(source), 0, u64::MAX >> 1).await?;
        let rows = rows.into_iter().filter(|row| row.records == records);
        Ok(rows.map(|row| row.reject).collect())
    }
}

impl TryFrom<quarantine::Model> for Kept {
    type Error = StoreError;

    fn try_from(model: quarantine::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: model.id,
            first_seen_at: instant("quarantine", model.id, model.first_seen_at)?,
            last_seen_at: instant("quarantine", model.id, model.last_seen_at)?,
            source: model.source,
            records: model.records,
            reject: Reject {
                position: model.position.cast_unsigned(),
                code: model.code,
                reason: model.reason,
                raw: model.raw,
                hash: model.hash,
            },
        })
    }
}

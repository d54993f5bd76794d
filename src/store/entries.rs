//! Entries of the registers.
//!
//! Owns: table `entry`.
//! Never: what an attribute means.
//! Reads next: `pulls.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Value};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::entry::{self, Column as Col};
use super::{Store, StoreError, Write, seconds, word};
use crate::domain::record::Entry;
use crate::domain::unit::{Level, UnitCode};

const COLUMNS: [Column; 8] = [
    ("records", Kind::Text),
    ("code", Kind::Text),
    ("source", Kind::Text),
    ("unit", Kind::Text),
    ("level", Kind::Text),
    ("day", Kind::Text),
    ("attributes", Kind::Text),
    ("seen_at", Kind::Long),
];

impl Write {
    /// Stores entries as the source told them; a known (records, code) is replaced. Codes must be distinct.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_entries(
        &self,
        source: &str,
        entries: &[Entry],
        seen_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let rows = entries
            .iter()
            .map(|entry| row(source, entry, seen_at))
            .collect::<Result<Vec<_>, _>>()?;
        bulk::insert(
            &self.tx,
            "entry",
            &COLUMNS,
            rows,
            Clash::Replace("records, code"),
        )
        .await?;
        Ok(())
    }

    /// Forgets entries that a complete pull begun at `started` did not see: they are gone from the register.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_unseen_entries(
        &self,
        source: &str,
        records: &str,
        started: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let gone = entry::Entity::delete_many()
            .filter(Col::Source.eq(source))
            .filter(Col::Records.eq(records))
            .filter(Col::SeenAt.lt(seconds(started)))
            .exec(&self.tx)
            .await?;
        Ok(gone.rows_affected)
    }
}

impl Store {
    /// All entries, in the order of their register and code.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let models = entry::Entity::find()
            .order_by_asc(Col::Records)
            .order_by_asc(Col::Code)
            .all(&self.db)
            .await?;
        models.into_iter().map(Entry::try_from).collect()
    }

    /// How many entries of `records` are stored.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_entries(&self, records: &str) -> Result<u64, StoreError> {
        Ok(entry::Entity::find()
            .filter(Col::Records.eq(records))
            .count(&self.db)
            .await?)
    }
}

fn row(source: &str, entry: &Entry, seen_at: DateTime<Utc>) -> Result<[Value; 8], StoreError> {
    let attributes = serde_json::to_string(&entry.attributes)
        .map_err(|cause| StoreError::bad_row("entry", &entry.code, cause))?;
    Ok([
        entry.records.clone().into(),
        entry.code.clone().into(),
        source.into(),
        entry.unit.as_ref().map(UnitCode::as_str).into(),
        entry.level.map(Level::as_str).into(),
        entry.day.map(|day| day.to_string()).into(),
        attributes.into(),
        seconds(seen_at).into(),
    ])
}

impl TryFrom<entry::Model> for Entry {
    type Error = StoreError;

    fn try_from(model: entry::Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", model.records, model.code);
        let bad = |what: String| StoreError::bad_row("entry", &id, what);
        Ok(Self {
            unit: model
                .unit
                .map(|unit| UnitCode::parse(&unit))
                .transpose()
                .map_err(|error| bad(error.to_string()))?,
            level: model
                .level
                .map(|level| word("entry", &id, &level, Level::parse))
                .transpose()?,
            day: model
                .day
                .map(|day| day.parse::<NaiveDate>())
                .transpose()
                .map_err(|error| bad(error.to_string()))?,
            attributes: serde_json::from_str(&model.attributes)
                .map_err(|error| bad(error.to_string()))?,
            records: model.records,
            code: model.code,
        })
    }
}

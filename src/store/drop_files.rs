//! Files that were dropped and read: each content once by the same mapping.
//!
//! Owns: table `drop_file`.
//! Never: a file itself (`source::drop`).
//! Reads next: `pulls.rs`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::entity::drop_file::{self, Column as Col};
use super::{Store, StoreError, Write, seconds};

/// A file whose rows are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFile {
    pub source: String,
    pub records: String,
    /// SHA-256 of its content, in hex.
    pub hash: String,
    /// SHA-256 of the mapping that read it, in hex.
    pub mapping: String,
    pub name: String,
    pub rows: u64,
    pub made_at: DateTime<Utc>,
    pub read_at: DateTime<Utc>,
}

impl Store {
    /// The hashes of all contents that were read for this source, each with that of the mapping that read it last;
    /// an empty one where that was not kept yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contents_read(&self, source: &str) -> Result<Vec<(String, String)>, StoreError> {
        let hashes = drop_file::Entity::find()
            .select_only()
            .columns([Col::Hash, Col::Mapping])
            .filter(Col::Source.eq(source))
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(hashes)
    }
}

impl Write {
    /// Remembers a file with its last rows.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remember_file(&self, file: &ReadFile) -> Result<(), StoreError> {
        let row = drop_file::Model {
            source: file.source.clone(),
            hash: file.hash.clone(),
            mapping: file.mapping.clone(),
            records: file.records.clone(),
            name: file.name.clone(),
            rows: file.rows.cast_signed(),
            made_at: seconds(file.made_at),
            read_at: seconds(file.read_at),
        };
        let again = [
            Col::Mapping,
            Col::Records,
            Col::Name,
            Col::Rows,
            Col::MadeAt,
            Col::ReadAt,
        ];
        drop_file::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::columns([Col::Source, Col::Hash])
                    .update_columns(again)
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

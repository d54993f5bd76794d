//! Table `pull`.
//!
//! Owns: its columns.
//! Never: meaning.
//! Reads next: the query file that uses it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pull")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub records: String,
    pub watermark: Option<i64>,
    pub started_at: Option<i64>,
    pub since: Option<i64>,
    pub position: Option<String>,
    pub seen_until: Option<i64>,
    pub stated_total: Option<i64>,
    pub completed_at: Option<i64>,
    pub failure: Option<String>,
    pub read_rows: Option<i64>,
    pub full_at: Option<i64>,
    pub full_rows: Option<i64>,
    pub full_stated: Option<i64>,
    pub expected_rows: Option<i64>,
    pub unseen_rows: Option<i64>,
    pub measure_rows: Option<i64>,
    pub resync_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

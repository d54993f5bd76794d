//! Table `dossier`.
//!
//! Owns: its columns.
//! Never: meaning.
//! Reads next: the query file that uses it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossier")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub source: String,
    pub procedure: String,
    pub procedure_name: String,
    pub field: String,
    pub unit: String,
    pub level: String,
    pub channel: String,
    pub status: i32,
    pub received_at: i64,
    pub due_at: i64,
    pub original_due_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub stopped_at: Option<i64>,
    pub seen_at: i64,
    pub vanished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

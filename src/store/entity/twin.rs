//! Table `dossier_twin`.
//!
//! Owns: its columns.
//! Never: meaning.
//! Reads next: the query file that uses it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossier_twin")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    pub seen_at: i64,
    pub procedure: Option<String>,
    pub procedure_name: Option<String>,
    pub field: Option<String>,
    pub unit: Option<String>,
    pub level: Option<String>,
    pub channel: Option<String>,
    pub status: Option<i32>,
    pub received_at: Option<i64>,
    pub due_at: Option<i64>,
    pub original_due_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub stopped_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Table `run`.
//!
//! Owns: its columns.
//! Never: meaning.
//! Reads next: the query file that uses it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub job: String,
    pub scheduled_for: i64,
    pub trigger: String,
    pub status: String,
    pub reason: String,
    pub attempts: i32,
    pub as_of: Option<i64>,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub schedule: String,
    pub configuration: String,
    pub calendar: String,
    pub lease_owner: Option<String>,
    pub lease_until: Option<i64>,
    pub holds_mails: bool,
    pub deaths: i32,
    pub note: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

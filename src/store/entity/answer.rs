//! Table `answer`.
//!
//! Owns: its columns.
//! Never: meaning.
//! Reads next: the query file that uses it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub about: String,
    pub post: String,
    pub recipient: String,
    pub kind: String,
    pub until: Option<String>,
    pub via: String,
    pub message_id: Option<String>,
    pub answered_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! How a dropped file was read: by another mapping its content says something else.
//!
//! Owns: a column of `drop_file`; empty for files of before, which are taken as read however they were.
//! Never: a file itself.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut files = Table::alter();
        files
            .table("drop_file")
            // SHA-256 of the mapping, in hex.
            .add_column(text("mapping").default(""));
        manager.alter_table(files).await
    }
}

//! Files that were dropped and read, by their content.
//!
//! Owns: this table. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data.
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
        manager
            .create_table(
                Table::create()
                    .table("drop_file")
                    .col(text("source"))
                    // SHA-256 of the content, in hex.
                    .col(text("hash"))
                    .col(text("records"))
                    .col(text("name"))
                    .col(big_integer("rows"))
                    // The instant of which the file tells, and when it was read.
                    .col(big_integer("made_at"))
                    .col(big_integer("read_at"))
                    .primary_key(Index::create().col("source").col("hash"))
                    .to_owned(),
            )
            .await
    }
}

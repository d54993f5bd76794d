//! Rows of every register but the dossiers: procedures, documents, meetings, …
//!
//! Owns: these tables. Instants are whole seconds since 1970-01-01 UTC.
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
                    .table("entry")
                    .col(text("records"))
                    .col(text("code"))
                    .col(text("source"))
                    .col(text_null("unit"))
                    .col(text_null("level"))
                    .col(text_null("day"))
                    .col(text("attributes"))
                    .col(big_integer("seen_at"))
                    .primary_key(Index::create().col("records").col("code"))
                    .to_owned(),
            )
            .await
    }
}

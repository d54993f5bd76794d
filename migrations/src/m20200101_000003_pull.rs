//! How far each pull has come, what the source stated, and the rows kept aside.
//!
//! Owns: these tables. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::unique;

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
                    .table("pull")
                    .col(text("source"))
                    .col(text("records"))
                    // Rows changed up to this instant are stored: the next pull asks from here.
                    .col(big_integer_null("watermark"))
                    // A pull under way: since when, what it asked for, its next page, the latest change it saw.
                    .col(big_integer_null("started_at"))
                    .col(big_integer_null("since"))
                    .col(big_integer_null("next_page"))
                    .col(big_integer_null("seen_until"))
                    .col(big_integer_null("stated_total"))
                    .col(big_integer_null("completed_at"))
                    .col(text_null("failure"))
                    .primary_key(Index::create().col("source").col("records"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("stated")
                    .col(text("source"))
                    .col(text("level"))
                    .col(text("period_from"))
                    .col(text("period_to"))
                    .col(text("figures"))
                    .col(big_integer("as_of"))
                    .primary_key(Index::create().col("source").col("level"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("quarantine")
                    .col(big_pk_auto("id"))
                    .col(text("source"))
                    .col(text("records"))
                    .col(text("hash"))
                    .col(text_null("code"))
                    .col(big_integer("position"))
                    .col(text("reason"))
                    .col(text("raw"))
                    .col(big_integer("first_seen_at"))
                    .col(big_integer("last_seen_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(unique(
                "quarantine_row",
                "quarantine",
                &["source", "records", "hash"],
            ))
            .await
    }
}

//! Messages of document exchange that were read, with what they say of documents.
//!
//! Owns: this table. Instants are whole seconds since 1970-01-01 UTC.
//! Never: a subject, a signer, an attachment.
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
        manager.create_table(messages()).await?;
        manager
            .create_index(
                Index::create()
                    .name("exchange_message_document")
                    .table("exchange_message")
                    .col("source")
                    .col("document")
                    .to_owned(),
            )
            .await
    }
}

fn messages() -> TableCreateStatement {
    Table::create()
        .table("exchange_message")
        .col(text("source"))
        // SHA-256 of the header, in hex; a message may speak of several documents, a part for each.
        .col(text("hash"))
        .col(integer("part"))
        .col(text("name"))
        .col(big_integer("size"))
        .col(big_integer("modified"))
        // Nothing in both where the message could not be read.
        .col(text_null("document"))
        .col(text_null("message"))
        .col(big_integer("read_at"))
        .primary_key(Index::create().col("source").col("hash").col("part"))
        .to_owned()
}

//! Apology slips that were drafted, once for each due date of a dossier.
//!
//! Owns: this table. Instants are whole seconds since 1970-01-01 UTC, days are `2020-06-01`.
//! Never: data, and no column for a name or a reason: both may tell of people.
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
                    .table("apology")
                    .col(text("code"))
                    // The due moment that the slip moves.
                    .col(big_integer("due_at"))
                    .col(big_integer("drafted_at"))
                    // The day it promises; none: left blank.
                    .col(text_null("new_due"))
                    // Whether it gives a reason.
                    .col(boolean("has_reason"))
                    .primary_key(Index::create().col("code").col("due_at"))
                    .to_owned(),
            )
            .await
    }
}

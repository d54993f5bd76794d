//! Changes of assessments, dated when they became true.
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
                    .table("transition")
                    .col(big_pk_auto("id"))
                    .col(text("target"))
                    .col(text("level"))
                    // Empty for a level's total, so that the key holds on every database.
                    .col(text("unit"))
                    .col(text_null("from_status"))
                    .col(text("to_status"))
                    .col(text("reason"))
                    .col(big_integer("at"))
                    .col(big_integer("run_id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(unique(
                "transition_subject",
                "transition",
                &["target", "level", "unit", "at"],
            ))
            .await
    }
}

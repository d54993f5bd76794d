//! Dossiers as their source last told them.
//!
//! Owns: these tables. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::index;

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
                    .table("dossier")
                    .col(text("code").primary_key())
                    .col(text("source"))
                    .col(text("procedure"))
                    .col(text("procedure_name"))
                    .col(text("field"))
                    .col(text("unit"))
                    .col(text("level"))
                    .col(text("channel"))
                    .col(integer("status"))
                    .col(big_integer("received_at"))
                    .col(big_integer("due_at"))
                    .col(big_integer_null("original_due_at"))
                    .col(big_integer_null("finished_at"))
                    .col(big_integer_null("stopped_at"))
                    .col(big_integer("seen_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("dossier_unit", "dossier", &["unit"]))
            .await
    }
}

//! Who was told what and why, or why not.
//!
//! Owns: these tables. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::index;
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
                    .table("decision")
                    .col(big_pk_auto("id"))
                    .col(big_integer("run_id"))
                    .col(text("about"))
                    .col(text("post"))
                    .col(text("recipient"))
                    .col(text("reason"))
                    // Set on decisions to speak: the same thing cannot be told twice to one address.
                    .col(text_null("told"))
                    .col(text_null("message_id"))
                    .col(big_integer("decided_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(unique("decision_told", "decision", &["told"]))
            .await?;
        manager
            .create_index(index("decision_about", "decision", &["about", "recipient"]))
            .await
    }
}

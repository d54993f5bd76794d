//! Rendered mails: the only place where the flow rests on disk.
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
                    .table("outbox")
                    .col(big_pk_auto("id"))
                    .col(text("message_id"))
                    .col(big_integer("run_id"))
                    .col(text("kind"))
                    .col(text("post"))
                    .col(text("sender"))
                    .col(text("recipient"))
                    .col(text("subject"))
                    .col(blob("body"))
                    .col(text("status"))
                    .col(integer("attempts"))
                    .col(big_integer("next_attempt_at"))
                    .col(integer("ambiguities"))
                    .col(text_null("reply"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("finished_at"))
                    .to_owned(),
            )
            .await?;
        // A Message-ID is derived from what the mail says to whom: it cannot be queued twice.
        manager
            .create_index(unique("outbox_message", "outbox", &["message_id"]))
            .await?;
        manager
            .create_index(index(
                "outbox_due",
                "outbox",
                &["status", "next_attempt_at"],
            ))
            .await
    }
}

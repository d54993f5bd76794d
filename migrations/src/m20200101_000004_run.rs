//! Schedules' cursors, runs and their steps.
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
                    .table("schedule")
                    .col(text("job").primary_key())
                    .col(big_integer("cursor"))
                    .col(text("fingerprint"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("run")
                    .col(big_pk_auto("id"))
                    .col(text("job"))
                    .col(big_integer("scheduled_for"))
                    .col(text("trigger"))
                    .col(text("status"))
                    .col(text("reason"))
                    .col(integer("attempts"))
                    .col(big_integer_null("as_of"))
                    .col(big_integer_null("started_at"))
                    .col(big_integer_null("finished_at"))
                    .col(text("schedule"))
                    .col(text("configuration"))
                    .col(text("calendar"))
                    .to_owned(),
            )
            .await?;
        // The unique key is the fire: two planners cannot both insert an occurrence.
        manager
            .create_index(unique("run_occurrence", "run", &["job", "scheduled_for"]))
            .await?;
        manager
            .create_index(index("run_status", "run", &["status"]))
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("step")
                    .col(big_integer("run_id"))
                    .col(integer("position"))
                    .col(text("name"))
                    .col(text("status"))
                    .col(integer("attempts"))
                    .col(text("counts"))
                    .col(text_null("error"))
                    .col(big_integer_null("started_at"))
                    .col(big_integer_null("finished_at"))
                    .primary_key(Index::create().col("run_id").col("position"))
                    .to_owned(),
            )
            .await
    }
}

//! What a source said of a dossier before, dossiers that vanished there, and counts by day.
//!
//! Owns: these tables and columns. Instants are whole seconds since 1970-01-01 UTC, days are `2020-06-01`.
//! Never: data: the counts are entered when the database is next opened.
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
        let mut dossier = Table::alter();
        dossier
            .table("dossier")
            .add_column(big_integer_null("vanished_at"));
        manager.alter_table(dossier).await?;
        let finished = index("dossier_finished", "dossier", &["finished_at"]);
        manager.create_index(finished).await?;
        manager
            .create_table(
                Table::create()
                    .table("dossier_history")
                    .col(pk_auto("id").big_integer())
                    .col(text("code"))
                    .col(text("source"))
                    // The source said so until then.
                    .col(big_integer("until"))
                    .col(text("unit"))
                    .col(integer("status"))
                    .col(big_integer("due_at"))
                    .col(big_integer_null("original_due_at"))
                    .col(big_integer_null("finished_at"))
                    .col(big_integer_null("stopped_at"))
                    .col(big_integer_null("vanished_at"))
                    .to_owned(),
            )
            .await?;
        let history = index("dossier_history_code", "dossier_history", &["code"]);
        manager.create_index(history).await?;
        manager
            .create_table(
                Table::create()
                    .table("dossier_twin")
                    .col(text("code"))
                    // The source whose row is not the one that counts.
                    .col(text("source"))
                    .col(big_integer("seen_at"))
                    .primary_key(Index::create().col("code").col("source"))
                    .to_owned(),
            )
            .await?;
        daybook(manager).await
    }
}

async fn daybook(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let key = ["day", "unit", "level", "channel"];
    let mut primary = Index::create();
    let mut table = Table::create();
    table.table("daybook");
    for column in key {
        table.col(text(column));
        primary.col(column);
    }
    for column in ["received", "early", "on_time", "late", "withdrawn"] {
        table.col(big_integer(column));
    }
    table.primary_key(&mut primary);
    manager.create_table(table).await?;
    manager
        .create_table(
            Table::create()
                .table("daybook_basis")
                .col(integer("id").primary_key())
                // Under which rules and in which zone the days were reckoned.
                .col(text("zone"))
                .col(big_integer("edition"))
                .to_owned(),
        )
        .await
}

//! Leases and holds of runs, pauses of jobs, what the daemon runs with.
//!
//! Owns: these columns and the table `daemon`. Instants are whole seconds since 1970-01-01 UTC.
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
        let run = [
            // The process that runs it, and until when it may be believed to live.
            text_null("lease_owner"),
            big_integer_null("lease_until"),
            // Mails of the run wait for the operator (a backfill).
            boolean("holds_mails").default(false).take(),
        ];
        for column in run {
            add(manager, "run", column).await?;
        }
        let schedule = [
            text_null("paused_because"),
            big_integer_null("paused_at"),
            big_integer_null("paused_until"),
        ];
        for column in schedule {
            add(manager, "schedule", column).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("daemon")
                    .col(integer("id").primary_key())
                    .col(text("owner"))
                    .col(text("configuration"))
                    .col(big_integer("started_at"))
                    .col(big_integer("beat_at"))
                    // Why a changed file was not applied, and which configuration that was.
                    .col(text_null("refused"))
                    .col(text_null("refused_configuration"))
                    .to_owned(),
            )
            .await
    }
}

/// SQLite adds one column at a time.
async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    alter.table(table).add_column(column);
    manager.alter_table(alter.to_owned()).await
}

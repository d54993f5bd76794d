//! Readings of everything, what a reconciliation found, and stated figures of single units.
//!
//! Owns: these tables and columns. Instants are whole seconds since 1970-01-01 UTC, days are `2020-06-01`.
//! Never: data, but for the stated figures, which move.
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
        readings(manager).await?;
        stated_by_unit(manager).await?;
        manager
            .create_table(
                Table::create()
                    .table("finding")
                    .col(text("source"))
                    .col(integer("position"))
                    .col(text("code"))
                    .col(text("message"))
                    .col(big_integer("count"))
                    // Codes of rows, and what the finding is about, as JSON.
                    .col(text("rows"))
                    .col(text("about"))
                    .col(boolean("makes_unknown"))
                    // Boards of this period show it; none: all.
                    .col(text_null("period_from"))
                    .col(text_null("period_to"))
                    .col(big_integer("found_at"))
                    .primary_key(Index::create().col("source").col("position"))
                    .to_owned(),
            )
            .await
    }
}

async fn readings(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for column in [
        // Rows that the pull under way has brought.
        "read_rows",
        // When the last complete reading of everything began, what it brought, what the source said it has, what was
        // expected of it, and what it lacked.
        "full_at",
        "full_rows",
        "full_stated",
        "expected_rows",
        "unseen_rows",
        // What the next one is compared with.
        "measure_rows",
        // When everything was last asked for by hand.
        "resync_at",
    ] {
        let mut add = Table::alter();
        add.table("pull").add_column(big_integer_null(column));
        manager.alter_table(add).await?;
    }
    Ok(())
}

/// The key grows by the unit: the table is made anew.
async fn stated_by_unit(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut primary = Index::create();
    let mut table = Table::create();
    table.table("stated_by_unit");
    for column in ["source", "level", "unit"] {
        // An empty unit: the whole level.
        table.col(text(column));
        primary.col(column);
    }
    for column in ["period_from", "period_to", "figures"] {
        table.col(text(column));
    }
    table.col(big_integer("as_of")).primary_key(&mut primary);
    manager.create_table(table).await?;
    let columns = "period_from, period_to, figures, as_of";
    let copy = format!(
        "INSERT INTO stated_by_unit (source, level, unit, {columns}) SELECT source, level, '', {columns} FROM stated"
    );
    manager.get_connection().execute_unprepared(&copy).await?;
    let mut drop = Table::drop();
    manager.drop_table(drop.table("stated").to_owned()).await?;
    let mut rename = Table::rename();
    let rename = rename.table("stated_by_unit", "stated");
    manager.rename_table(rename.to_owned()).await
}

//! What a run's row tells of mishaps, and of a calendar or a clock that moved its occurrence.
//!
//! Owns: these columns.
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
        let columns = [
            // How often its process died since it last came any further.
            integer("deaths").default(0).take(),
            // Why its occurrence is not simply what the schedule says, in words.
            text("note").default("").take(),
        ];
        // SQLite adds one column at a time.
        for column in columns {
            let mut alter = Table::alter();
            alter.table("run").add_column(column);
            manager.alter_table(alter.to_owned()).await?;
        }
        Ok(())
    }
}

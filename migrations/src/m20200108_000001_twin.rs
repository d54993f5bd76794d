//! A dossier that a second source tells is kept as that one tells it: it can take the first one's place.
//!
//! Owns: these columns. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data: a twin of before has none until it is read again.
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
        let words = [
            "procedure",
            "procedure_name",
            "field",
            "unit",
            "level",
            "channel",
        ];
        let instants = [
            "received_at",
            "due_at",
            "original_due_at",
            "finished_at",
            "stopped_at",
        ];
        let columns = words.map(text_null).into_iter();
        let columns = columns.chain([integer_null("status")]);
        for column in columns.chain(instants.map(big_integer_null)) {
            let mut add = Table::alter();
            add.table("dossier_twin").add_column(column);
            manager.alter_table(add).await?;
        }
        Ok(())
    }
}

//! Where a pull under way stands is text: page numbers, offsets, links, cursors and files alike.
//!
//! Owns: this column. A pull that was under way before begins again.
//! Never: data.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut add = Table::alter();
        add.table("pull").add_column(text_null("position"));
        manager.alter_table(add.to_owned()).await?;
        let mut drop = Table::alter();
        drop.table("pull").drop_column("next_page");
        manager.alter_table(drop.to_owned()).await
    }
}

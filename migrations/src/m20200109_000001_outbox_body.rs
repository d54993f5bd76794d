//! What a mail says stands beside where it stands: a mail that is claimed and settled does not write its bytes again.
//!
//! Owns: this table.
//! Never: data, but that the bytes of mails move over.
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
        manager.create_table(bodies()).await?;
        let rows = Query::select()
            .columns(["id", "body", "light"])
            .from("outbox")
            .to_owned();
        let mut over = Query::insert();
        over.into_table("outbox_body")
            .columns(["outbox_id", "body", "light"])
            .select_from(rows)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        manager.execute(over).await?;
        for column in ["body", "light"] {
            let drop = Table::alter()
                .table("outbox")
                .drop_column(column)
                .to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

/// One row for each mail, under the mail's own number.
fn bodies() -> TableCreateStatement {
    Table::create()
        .table("outbox_body")
        .col(big_integer("outbox_id").primary_key())
        .col(blob("body"))
        .col(blob_null("light"))
        .to_owned()
}

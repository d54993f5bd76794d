//! Nobody asks for dossiers by their unit alone: an index by it only makes writing slower.
//!
//! Owns: taking the index away.
//! Never: a row.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("dossier_unit")
            .table("dossier")
            .to_owned();
        manager.drop_index(index).await
    }
}

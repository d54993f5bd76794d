//! Alerts that are open, what was answered to them, and the day's letter to each person.
//!
//! Owns: these tables. Instants are whole seconds since 1970-01-01 UTC, days are `2020-06-01`.
//! Never: data.
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
        manager.create_table(alert()).await?;
        manager
            .create_index(index("alert_open", "alert", &["recipient", "closed_at"]))
            .await?;
        manager.create_table(answer()).await?;
        manager
            .create_index(index("answer_about", "answer", &["about"]))
            .await?;
        manager.create_table(letter()).await?;
        manager
            .alter_table(
                Table::alter()
                    .table("decision")
                    // Does not wait for the day's letter.
                    .add_column(boolean("urgent").default(false))
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("decision")
                    // When the letter that carries it was written, where that was later.
                    .add_column(big_integer_null("told_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("decision_waits", "decision", &["message_id", "told"]))
            .await
    }
}

/// What somebody was told and that is not over, as far as that person knows.
fn alert() -> TableCreateStatement {
    Table::create()
        .table("alert")
        .col(big_pk_auto("id"))
        .col(text("about"))
        .col(text("recipient"))
        .col(text("post"))
        .col(text("unit"))
        // When it became true, not when it was noticed.
        .col(big_integer("since"))
        .col(text("occasion"))
        .col(big_integer("told_at"))
        .col(big_integer_null("closed_at"))
        .col(text_null("ending"))
        .index(
            Index::create()
                .unique()
                .name("alert_of")
                .col("about")
                .col("recipient"),
        )
        .to_owned()
}

/// Never changed, only added to: what people answered is part of the proof.
fn answer() -> TableCreateStatement {
    Table::create()
        .table("answer")
        .col(big_pk_auto("id"))
        .col(text("about"))
        .col(text("post"))
        .col(text("recipient"))
        .col(text("kind"))
        .col(text_null("until"))
        .col(text("via"))
        .col(text_null("message_id"))
        .col(big_integer("answered_at"))
        .to_owned()
}

/// One ordinary letter a person and day: the key says so.
fn letter() -> TableCreateStatement {
    Table::create()
        .table("letter")
        .col(text("recipient"))
        .col(text("day"))
        .col(text("message_id"))
        .col(big_integer("written_at"))
        .primary_key(Index::create().col("recipient").col("day"))
        .to_owned()
}

//! Delivery that can be proved: a relay's rest, what the operator hears beside mail, a mail without its attachments.
//!
//! Owns: these tables and columns. Instants are whole seconds since 1970-01-01 UTC.
//! Never: data, but that what was rejected before is followed up no more.
//! Reads next: `lib.rs`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::unique;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            blob_null("light"),
            big_integer_null("first_refused_at"),
            big_integer_null("followed_at"),
        ] {
            let add = Table::alter().table("outbox").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let followed = Query::update()
            .table("outbox")
            .value("followed_at", Expr::col("created_at"))
            .and_where(Expr::col("status").eq("rejected"))
            .to_owned();
        manager.execute(followed).await?;
        manager.create_table(rests()).await?;
        manager.create_table(alarms()).await?;
        // An alarm is raised once, whatever happens to the process.
        manager
            .create_index(unique("alarm_occasion", "alarm", &["occasion"]))
            .await
    }
}

/// At most one row: the relay that takes no mail now.
fn rests() -> TableCreateStatement {
    Table::create()
        .table("relay_rest")
        .col(text("relay").primary_key())
        .col(big_integer("since"))
        .col(integer("failures"))
        .col(big_integer("until"))
        .col(text("cause"))
        .to_owned()
}

fn alarms() -> TableCreateStatement {
    Table::create()
        .table("alarm")
        .col(big_pk_auto("id"))
        .col(text("occasion"))
        .col(text("about"))
        .col(text("state"))
        .col(text("text"))
        .col(big_integer("raised_at"))
        .col(integer("failures"))
        .col(big_integer("next_attempt_at"))
        .col(big_integer_null("posted_at"))
        .col(big_integer_null("filed_at"))
        .to_owned()
}

//! The database schema, one file per migration, applied in the order of their names.
//!
//! Owns: tables, keys and indexes for SQLite and PostgreSQL.
//! Never: data.
//! Reads next: `README.md` for how to add one.

#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait of sea-orm-migration elides it too"
)]

use sea_orm_migration::prelude::*;

mod m20200101_000001_dossier;
mod m20200101_000002_entry;
mod m20200101_000003_pull;
mod m20200101_000004_run;
mod m20200101_000005_outbox;
mod m20200101_000006_decision;
mod m20200101_000007_transition;
mod m20200102_000001_trust;
mod m20200103_000001_position;
mod m20200104_000001_daybook;
mod m20200105_000001_mishap;
mod m20200106_000001_drop_file;
mod m20200106_000001_quality;
mod m20200107_000001_exchange_message;
mod m20200108_000001_alert;
mod m20200108_000001_twin;
mod m20200108_000001_read_as;
mod m20200108_000002_unasked_index;
mod m20200108_000001_delivery;
mod m20200109_000001_apology;
mod m20200109_000001_outbox_body;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20200101_000001_dossier::Migration),
            Box::new(m20200101_000002_entry::Migration),
            Box::new(m20200101_000003_pull::Migration),
            Box::new(m20200101_000004_run::Migration),
            Box::new(m20200101_000005_outbox::Migration),
            Box::new(m20200101_000006_decision::Migration),
            Box::new(m20200101_000007_transition::Migration),
            Box::new(m20200102_000001_trust::Migration),
            Box::new(m20200103_000001_position::Migration),
            Box::new(m20200104_000001_daybook::Migration),
            Box::new(m20200105_000001_mishap::Migration),
            Box::new(m20200106_000001_drop_file::Migration),
            Box::new(m20200106_000001_quality::Migration),
            Box::new(m20200107_000001_exchange_message::Migration),
            Box::new(m20200108_000001_alert::Migration),
            Box::new(m20200108_000001_twin::Migration),
            Box::new(m20200108_000001_read_as::Migration),
            Box::new(m20200108_000002_unasked_index::Migration),
            Box::new(m20200108_000001_delivery::Migration),
            Box::new(m20200109_000001_apology::Migration),
            Box::new(m20200109_000001_outbox_body::Migration),
        ]
    }
}

fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(name).table(table);
    for column in columns {
        statement.col(*column);
    }
    statement
}

fn unique(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut statement = index(name, table, columns);
    statement.unique();
    statement
}

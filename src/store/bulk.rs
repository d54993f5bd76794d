//! Upserting a page of rows in one statement, on SQLite and on PostgreSQL.
//!
//! Owns: the statement: rows travel as one JSON parameter, the database takes them apart.
//! Never: which rows (`dossiers.rs`, `entries.rs`).
//! Reads next: `dossiers.rs`.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde::Serialize;

use super::StoreError;

/// A column's name and PostgreSQL type.
pub(super) type Column = (&'static str, &'static str);

/// Inserts `rows` (arrays in the order of `columns`) into `table`; a row whose `key` exists is replaced.
/// No two rows may have the same key.
pub(super) async fn upsert<R: Serialize>(
    connection: &impl ConnectionTrait,
    table: &'static str,
    columns: &[Column],
    key: &str,
    rows: &[R],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let backend = connection.get_database_backend();
    let json =
        serde_json::to_string(rows).map_err(|cause| StoreError::bad_row(table, "page", cause))?;
    let sql = statement(backend, table, columns, key);
    connection
        .execute_raw(Statement::from_sql_and_values(backend, sql, [json.into()]))
        .await?;
    Ok(())
}

fn statement(backend: DbBackend, table: &str, columns: &[Column], key: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let updates: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let (values, rows) = match backend {
        DbBackend::Postgres => (
            postgres_values(columns),
            "jsonb_array_elements($1::text::jsonb) AS row(value)",
        ),
        _ => (sqlite_values(columns), "json_each($1)"),
    };
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {rows} WHERE true ON CONFLICT ({key}) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        updates.join(", "),
    )
}

fn sqlite_values(columns: &[Column]) -> Vec<String> {
    (0..columns.len())
        .map(|n| format!("value ->> {n}"))
        .collect()
}

fn postgres_values(columns: &[Column]) -> Vec<String> {
    columns
        .iter()
        .enumerate()
        .map(|(n, (_, kind))| format!("(value ->> {n})::{kind}"))
        .collect()
}

//! Inserting many rows in one statement, on SQLite and on PostgreSQL.
//!
//! Owns: the statement: rows travel as one JSON parameter, the database takes them apart.
//! Never: which rows (`dossiers.rs`, `entries.rs`).
//! Reads next: `dossiers.rs`.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde::Serialize;

use super::StoreError;

/// A column's name and PostgreSQL type.
pub(super) type Column = (&'static str, &'static str);

/// What to do with a row whose key is there already; the key's columns are named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clash {
    Replace(&'static str),
    Keep(&'static str),
}

/// Inserts `rows` (arrays in the order of `columns`) into `table` and returns how many were written.
/// No two rows may have the same key.
pub(super) async fn insert<R: Serialize>(
    connection: &impl ConnectionTrait,
    table: &'static str,
    columns: &[Column],
    rows: &[R],
    clash: Clash,
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = connection.get_database_backend();
    let json =
        serde_json::to_string(rows).map_err(|cause| StoreError::bad_row(table, "page", cause))?;
    let sql = statement(backend, table, columns, clash);
    let written = connection
        .execute_raw(Statement::from_sql_and_values(backend, sql, [json.into()]))
        .await?;
    Ok(written.rows_affected())
}

fn statement(backend: DbBackend, table: &str, columns: &[Column], clash: Clash) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let (values, rows) = match backend {
        DbBackend::Postgres => (
            postgres_values(columns),
            "jsonb_array_elements($1::text::jsonb) AS row(value)",
        ),
        _ => (sqlite_values(columns), "json_each($1)"),
    };
    let clash = match clash {
        Clash::Keep(key) => format!("({key}) DO NOTHING"),
        Clash::Replace(key) => {
            let updates: Vec<String> = names
                .iter()
                .map(|name| format!("{name} = excluded.{name}"))
                .collect();
            format!("({key}) DO UPDATE SET {}", updates.join(", "))
        }
    };
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {rows} WHERE true ON CONFLICT {clash}",
        names.join(", "),
        values.join(", "),
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

//! Inserting many rows at once, on SQLite and on PostgreSQL.
//!
//! Owns: the statements: many rows of values on SQLite, one array a column on PostgreSQL, written as its literal.
//! Never: which rows (`filing.rs`, `entries.rs`).
//! Reads next: `filing.rs`.

use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::StoreError;

/// Rows of one SQLite statement: few, so that the statement is prepared once and bound again.
const ROWS_OF_A_STATEMENT: usize = 64;
/// Rows of one PostgreSQL statement.
const ROWS_OF_AN_ARRAY: usize = 10_000;

/// A column's name and what it holds.
pub(super) type Column = (&'static str, Kind);

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Long,
    Flag,
}

/// What to do with a row whose key is there already; the key's columns are named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clash {
    Replace(&'static str),
    Keep(&'static str),
    /// Every column that is not of the key grows by what the row says.
    Add(&'static str),
    /// There is none.
    Never,
}

/// Inserts `rows` (values in the order of `columns`) into `table` and returns how many were written.
/// No two rows may have the same key.
pub(super) async fn insert<const N: usize>(
    connection: &impl ConnectionTrait,
    table: &'static str,
    columns: &[Column; N],
    rows: Vec<[Value; N]>,
    clash: Clash,
) -> Result<u64, StoreError> {
    match connection.get_database_backend() {
        DbBackend::Postgres => by_arrays(connection, table, columns, rows, clash).await,
        _ => by_values(connection, table, columns, rows, clash).await,
    }
}

async fn by_values<const N: usize>(
    connection: &impl ConnectionTrait,
    table: &str,
    columns: &[Column; N],
    rows: Vec<[Value; N]>,
    clash: Clash,
) -> Result<u64, StoreError> {
    let row = format!("({})", vec!["?"; N].join(", "));
    let mut sql = String::new();
    let (mut of, mut written) = (0, 0);
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let now = rows.len().min(ROWS_OF_A_STATEMENT);
        if now != of {
            of = now;
            let values = format!("VALUES {}", vec![row.as_str(); of].join(", "));
            sql = statement(table, columns, &values, clash);
        }
        let values: Vec<Value> = rows.by_ref().take(now).flatten().collect();
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, &sql, values);
        written += connection.execute_raw(statement).await?.rows_affected();
    }
    Ok(written)
}

async fn by_arrays<const N: usize>(
    connection: &impl ConnectionTrait,
    table: &str,
    columns: &[Column; N],
    rows: Vec<[Value; N]>,
    clash: Clash,
) -> Result<u64, StoreError> {
    let arrays: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(n, (_, kind))| format!("${}::text::{}[]", n + 1, kind.postgres()))
        .collect();
    let values = format!("SELECT * FROM unnest({})", arrays.join(", "));
    let sql = statement(table, columns, &values, clash);
    let mut written = 0;
    for rows in rows.chunks(ROWS_OF_AN_ARRAY) {
        let arrays = (0..N).map(|n| array(rows.iter().map(|row| &row[n])));
        let values: Vec<Value> = arrays.map(Value::from).collect();
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, &sql, values);
        written += connection.execute_raw(statement).await?.rows_affected();
    }
    Ok(written)
}

/// The literal of an array: `{"a","b \\" c",NULL}`.
fn array<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut literal = String::from("{");
    for value in values {
        if literal.len() > 1 {
            literal.push(',');
        }
        element(&mut literal, value);
    }
    literal.push('}');
    literal
}

fn element(literal: &mut String, value: &Value) {
    // Writing to a string does not fail.
    let _ = match value {
        Value::Bool(Some(flag)) => write!(literal, "{flag}"),
        Value::Int(Some(number)) => write!(literal, "{number}"),
        Value::BigInt(Some(number)) => write!(literal, "{number}"),
        Value::String(Some(text)) => {
            literal.push('"');
            for character in text.chars() {
                if matches!(character, '"' | '\\') {
                    literal.push('\\');
                }
                literal.push(character);
            }
            literal.push('"');
            Ok(())
        }
        _ => write!(literal, "NULL"),
    };
}

fn statement(table: &str, columns: &[Column], values: &str, clash: Clash) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let updates = |key: &str, update: &dyn Fn(&str) -> String| {
        let key: Vec<&str> = key.split(", ").collect();
        let rest = names.iter().filter(|name| !key.contains(name));
        rest.map(|name| update(name)).collect::<Vec<_>>().join(", ")
    };
    let clash = match clash {
        Clash::Never => String::new(),
        Clash::Keep(key) => format!(" ON CONFLICT ({key}) DO NOTHING"),
        Clash::Replace(key) => {
            let updates = updates(key, &|name| format!("{name} = excluded.{name}"));
            format!(" ON CONFLICT ({key}) DO UPDATE SET {updates}")
        }
        Clash::Add(key) => {
            let updates = updates(key, &|name| {
                format!("{name} = {table}.{name} + excluded.{name}")
            });
            format!(" ON CONFLICT ({key}) DO UPDATE SET {updates}")
        }
    };
    format!("INSERT INTO {table} ({}) {values}{clash}", names.join(", "))
}

impl Kind {
    fn postgres(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Long => "bigint",
            Self::Flag => "boolean",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_holds_whatever_a_text_may_hold() {
        let texts = [
            "a",
            "",
            "NULL",
            "{x,y}",
            "say \"so\"",
            "back\\slash",
            "Hộ tịch",
        ];
        let values: Vec<Value> = texts.map(Value::from).into();
        assert_eq!(
            array(values.iter()),
            r#"{"a","","NULL","{x,y}","say \"so\"","back\\slash","Hộ tịch"}"#
        );
        let values = [
            Value::from(1_i64),
            None::<i64>.into(),
            2.into(),
            true.into(),
        ];
        assert_eq!(array(values.iter()), "{1,NULL,2,true}");
    }
}

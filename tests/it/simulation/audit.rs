//! An auditor in the database itself: writes down every change of a row that nobody may make.
//!
//! Owns: triggers beside the program's tables, on a connection of its own.
//! Never: changing what the program reads.
//! Reads next: `judge.rs`.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};

/// Table, what may not change how, and what it is called.
const RULES: [(&str, &str, &str); 6] = [
    (
        "run",
        "OLD.status NOT IN ('queued', 'running')",
        "a run that had ended was changed",
    ),
    (
        "run",
        "NEW.attempts NOT IN (OLD.attempts, OLD.attempts + 1)",
        "a claim was not counted",
    ),
    (
        "run",
        "OLD.as_of IS NOT NULL AND NEW.as_of IS NOT OLD.as_of",
        "a run changed the instant it speaks of",
    ),
    (
        "outbox",
        "OLD.status IN ('accepted', 'rejected', 'ambiguous')",
        "a mail that had ended was changed",
    ),
    (
        "outbox",
        "OLD.body IS NOT NEW.body",
        "a mail changed its text",
    ),
    ("schedule", "NEW.cursor < OLD.cursor", "a cursor went back"),
];

pub struct Audit(DatabaseConnection);

impl Audit {
    pub async fn begin(url: &str) -> Self {
        let mut options = ConnectOptions::new(url.to_owned());
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        let mut orders = vec!["CREATE TABLE audit (what text)".to_owned()];
        orders.extend(RULES.iter().enumerate().map(|(nth, (table, when, what))| {
            let id = if *table == "schedule" { "job" } else { "id" };
            format!(
                "CREATE TRIGGER audit_{nth} AFTER UPDATE ON {table} WHEN {when}
                 BEGIN INSERT INTO audit VALUES ('{what}: ' || OLD.{id}); END"
            )
        }));
        for order in orders {
            connection.execute_unprepared(&order).await.unwrap();
        }
        Self(connection)
    }

    /// What it has written down.
    pub async fn end(self) -> Vec<String> {
        let ask = Statement::from_string(DbBackend::Sqlite, "SELECT what FROM audit");
        let rows = self.0.query_all_raw(ask).await.unwrap();
        let found = rows
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        self.0.close().await.unwrap();
        found
    }
}

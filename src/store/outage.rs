//! A database that is away for a while, told from one that was asked something wrong.
//!
//! Owns: which errors pass by themselves: locked, full, unreachable, restarting, overloaded.
//! Never: waiting.
//! Reads next: `dossiers.rs`.

use sea_orm::sqlx::Error;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

use super::StoreError;

/// SQLite's primary codes: busy, locked, out of memory, read-only, I/O error, full, cannot open.
const SQLITE: [i32; 7] = [5, 6, 7, 8, 10, 13, 14];
/// Beginnings of PostgreSQL's codes: connection, transaction rollback (deadlock), resources, operator intervention,
/// system error; a standby that takes no writes yet, a server that refuses us or does not know the database for now.
const POSTGRES: [&str; 9] = [
    "08", "25006", "28", "40", "53", "57", "58", "3D000", "55P03",
];

impl StoreError {
    /// Whether the database is at fault, not what was asked of it: later the same may be done. A row that does not
    /// convert stays as it is, however often it is read.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Silent(_) => true,
            Self::Database(error) => passes(error),
            Self::InUse { .. } | Self::Fenced(_) | Self::BadRow { .. } | Self::File { .. } => false,
        }
    }
}

fn passes(error: &DbErr) -> bool {
    match error {
        // An observer's words for a database that fails; the silence of one that does not answer.
        DbErr::ConnectionAcquire(_) | DbErr::Custom(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => passes_below(error),
        _ => false,
    }
}

fn passes_below(error: &Error) -> bool {
    match error {
        Error::Database(error) => error
            .code()
            .is_some_and(|code| is_passing_code(&code, is_sqlite(error.as_ref()))),
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => true,
        _ => false,
    }
}

fn is_sqlite(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<sea_orm::sqlx::sqlite::SqliteError>()
        .is_some()
}

fn is_passing_code(code: &str, is_sqlite: bool) -> bool {
    if is_sqlite {
        // The low byte of an extended code is its primary one.
        let primary = code.parse::<i32>().map(|code| code & 0xff);
        return primary.is_ok_and(|code| SQLITE.contains(&code));
    }
    POSTGRES.iter().any(|begin| code.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database};

    use super::*;

    #[test]
    fn every_code_says_whether_it_passes() {
        for (code, is_sqlite, expected, why) in [
            ("5", true, true, "locked by another process"),
            ("517", true, true, "locked by another writer's snapshot"),
            ("778", true, true, "writing failed"),
            ("13", true, true, "the disk is full"),
            ("1", true, false, "no such table"),
            ("2067", true, false, "a key that is there already"),
            ("08006", false, true, "the connection broke"),
            (
                "57P01",
                false,
                true,
                "the administrator ended the connection",
            ),
            ("57P03", false, true, "the server is starting"),
            ("53100", false, true, "the disk is full"),
            ("53300", false, true, "too many connections"),
            ("40P01", false, true, "a deadlock"),
            (
                "3D000",
                false,
                true,
                "the database has another name for a while",
            ),
            ("42P01", false, false, "no such table"),
            ("23505", false, false, "a key that is there already"),
            ("22P02", false, false, "text that is no number"),
        ] {
            assert_eq!(is_passing_code(code, is_sqlite), expected, "{code}: {why}");
        }
    }

    #[tokio::test]
    async fn a_full_database_passes_and_a_wrong_statement_does_not() {
        let database = Database::connect("sqlite::memory:").await.unwrap();
        let order = async |sql: &str| database.execute_unprepared(sql).await;
        order("CREATE TABLE page (text TEXT)").await.unwrap();
        order("PRAGMA max_page_count = 4").await.unwrap();
        let full = order("INSERT INTO page VALUES (hex(zeroblob(50000)))").await;
        let full = StoreError::from(full.unwrap_err());
        assert!(full.is_outage(), "{full}");
        let wrong = order("INSERT INTO pages VALUES (1)").await;
        let wrong = StoreError::from(wrong.unwrap_err());
        assert!(!wrong.is_outage(), "{wrong}");
        assert!(!StoreError::bad_row("run", 1, "no word").is_outage());
    }
}

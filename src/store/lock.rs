//! Holding the database: one process plans, runs and delivers.
//!
//! Owns: the lock beside a SQLite file, the advisory lock of a server, who holds it and whether it still stands.
//! Never: what a process does that lost it (`daemon.rs` of the program).
//! Reads next: `outage.rs`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{Place, Store, StoreError, connect, without_password};

/// How long a server may take to say whether the lock stands.
const ANSWER: Duration = Duration::from_secs(5);
/// Takes the lock unless this connection has it: it would count up, and a lock lost unseen is one to hear of.
const ASK: &str = "SELECT CASE \
     WHEN EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 7226062 \
       AND granted AND pid = pg_backend_pid()) THEN 'still' \
     WHEN pg_try_advisory_lock(7226062) THEN 'taken' \
     ELSE 'in use' END";
const WHO: &str = "SELECT coalesce(a.application_name, 'unknown') || coalesce(' at ' || host(a.client_addr), '') \
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database \
     WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 7226062 AND l.granted \
       AND d.datname = current_database()";

/// The database is held while this lives.
#[derive(Debug)]
pub enum Lock {
    /// Nobody else can reach a database in memory.
    Memory,
    File(File),
    Server {
        /// Given back to nobody: with it the lock goes.
        connection: DatabaseConnection,
        place: String,
    },
}

/// Whether a lock stood all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Still,
    /// It was lost with its connection, and nobody had it when it was taken again.
    Again,
}

impl Store {
    /// Holds the database for this process: one process plans, runs and delivers.
    ///
    /// # Errors
    /// `InUse` when another process holds it.
    pub async fn lock(&self) -> Result<Lock, StoreError> {
        match &self.place {
            Place::Memory => Ok(Lock::Memory),
            Place::File(file) => lock_file(file).map(Lock::File),
            Place::Server(url) => lock_server(url).await,
        }
    }
}

impl Lock {
    /// Whether the lock still stands. A server forgets it with the connection that holds it: then it is taken
    /// again, unless another process was faster.
    ///
    /// # Errors
    /// `InUse` when another process holds the database now; any other error leaves the question open.
    pub async fn keep(&self) -> Result<Kept, StoreError> {
        let Self::Server { connection, place } = self else {
            return Ok(Kept::Still);
        };
        match ask(connection, ASK).await?.as_deref() {
            Some("still") => Ok(Kept::Still),
            Some("taken") => Ok(Kept::Again),
            _ => Err(StoreError::InUse {
                place: place.clone(),
                holder: ask(connection, WHO).await?.unwrap_or_default(),
            }),
        }
    }
}

/// How this process signs what it holds.
fn own_name() -> String {
    format!("dondoc {}", std::process::id())
}

fn lock_file(file: &Path) -> Result<File, StoreError> {
    let path = file.with_extension("lock");
    let failed = |cause| StoreError::File {
        path: path.clone(),
        cause,
    };
    let mut handle = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match handle.try_lock() {
        Ok(()) => {
            handle
                .set_len(0)
                .and_then(|()| handle.write_all(own_name().as_bytes()))
                .map_err(failed)?;
            Ok(handle)
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Whoever holds it may be about to write its name.
            let _ = handle.read_to_string(&mut holder);
            Err(StoreError::InUse {
                place: file.display().to_string(),
                holder,
            })
        }
        Err(std::fs::TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

/// An advisory lock, held by a connection of its own that is never given back.
async fn lock_server(url: &str) -> Result<Lock, StoreError> {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(1)
        .min_connections(1)
        .connect_timeout(ANSWER)
        .acquire_timeout(ANSWER)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|server| server.application_name(&own_name()));
    let place = without_password(url);
    let connection = connect(options, place.clone()).await?;
    let lock = Lock::Server { connection, place };
    lock.keep().await?;
    Ok(lock)
}

async fn ask(connection: &DatabaseConnection, sql: &str) -> Result<Option<String>, StoreError> {
    let asked = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
    let silent = |_| {
        DbErr::Custom(format!(
            "no answer within {}",
            humantime::format_duration(ANSWER)
        ))
    };
    let row = tokio::time::timeout(ANSWER, asked)
        .await
        .map_err(silent)??;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

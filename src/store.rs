//! The database, as questions and answers.
//!
//! Owns: connecting, migrating, transactions; entities are private, a row that does not convert is an error.
//! Never: rules, a clock, another layer's types than `domain`'s.
//! Reads next: `store/lock.rs`.

use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use migrations::Migrator;
use sea_orm::sqlx::{Connection, SqliteConnection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use secrecy::ExposeSecret;

use crate::config::settings as config;

pub mod alarms;
pub mod alerts;
pub mod answers;
pub mod apologies;
pub mod aside;
mod bulk;
pub mod copied;
pub mod daemons;
pub mod daybook;
pub mod decisions;
pub mod dossiers;
pub mod drop_files;
pub mod messages;
mod entity;
pub mod entries;
pub mod filing;
pub mod findings;
mod lock;
mod observer;
mod outage;
pub mod outbox;
pub mod pulls;
pub mod quarantine;
pub mod rests;
pub mod runs;
pub mod schedules;
pub mod scratch;
pub mod steps;
pub mod trail;
pub mod transitions;

pub use lock::{Kept, Lock};
use observer::Observed;
pub use observer::Observer;

const MEMORY: &str = "sqlite::memory:";
/// How long a statement waits for a database that is locked, or for a connection, unless the settings say otherwise.
const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database at {place} cannot be opened: {cause}")]
    Open { place: String, cause: String },
    #[error("{place} is in use by another dondoc process: {holder}")]
    InUse {
        place: String,
        /// `dondoc 4711`, its process; of a server also from where.
        holder: String,
    },
    #[error("run {0} was taken over by another process")]
    Fenced(i64),
    #[error("the database has not answered for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("table `{table}`, row `{id}`: {what}")]
    BadRow {
        table: &'static str,
        id: String,
        what: String,
    },
    #[error("file {path}: {cause}")]
    File {
        path: PathBuf,
        cause: std::io::Error,
    },
}

impl StoreError {
    fn bad_row(table: &'static str, id: impl ToString, what: impl ToString) -> Self {
        Self::BadRow {
            table,
            id: id.to_string(),
            what: what.to_string(),
        }
    }
}

/// The open database; clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    db: Observed<DatabaseConnection>,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Memory,
    File(PathBuf),
    /// The address, with its password.
    Server(String),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str(MEMORY),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(url) => f.write_str(&without_password(url)),
        }
    }
}

/// A write transaction; dropped without `commit`, nothing of it remains.
#[derive(Debug)]
pub struct Write {
    tx: Observed<DatabaseTransaction>,
}

impl Store {
    /// Opens `sqlite://path` (relative to `site`, made if missing), `postgres://…`, or `sqlite::memory:`, a
    /// database that is gone with the last clone of this.
    ///
    /// # Errors
    /// When the database cannot be reached or its folder cannot be made. The password is never part of the message.
    pub async fn open(url: &str, site: &Path) -> Result<Self, StoreError> {
        Self::open_with(url, site, PATIENCE).await
    }

    /// The database that the settings of the site in `site` name, with their patience.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn of(settings: &config::Database, site: &Path) -> Result<Self, StoreError> {
        Self::open_with(settings.url.expose_secret(), site, settings.patience).await
    }

    async fn open_with(url: &str, site: &Path, patience: Duration) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite://") {
            Some(path) => Self::open_sqlite(&site.join(path), patience).await,
            None if url == MEMORY => Self::open_memory().await,
            None => Self::open_postgres(url, patience).await,
        }
    }

    async fn open_sqlite(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            // Mails lie beside the database, and whoever has a mail's link may answer.
            let mut made = DirBuilder::new();
            let made = made.recursive(true).mode(0o700).create(folder);
            made.map_err(|cause| StoreError::File {
                path: folder.to_owned(),
                cause,
            })?;
        }
        // NORMAL may lose commits in a power cut, and a lost commit is a doubled mail.
        let options = sqlite(path, "FULL", patience);
        let db = connect(options, path.display().to_string()).await?;
        Ok(Self {
            db: Observed::new(db),
            place: Place::File(path.to_owned()),
        })
    }

    /// One connection, kept for ever: the database lives in it.
    async fn open_memory() -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(MEMORY.to_owned());
        options
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .sqlx_logging(false);
        Ok(Self {
            db: Observed::new(connect(options, MEMORY.to_owned()).await?),
            place: Place::Memory,
        })
    }

    async fn open_postgres(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url.to_owned());
        options
            .max_connections(8)
            .connect_timeout(CONNECT.min(patience))
            .acquire_timeout(patience)
            .sqlx_logging(false)
            .map_sqlx_postgres_opts(move |server| {
                server.options([("lock_timeout", patience.as_millis())])
            });
        Ok(Self {
            db: Observed::new(connect(options, without_password(url)).await?),
            place: Place::Server(url.to_owned()),
        })
    }

    /// Applies every pending migration. On PostgreSQL an advisory lock keeps a second process waiting.
    ///
    /// # Errors
    /// When a migration fails; what it did is undone.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(Migrator::up(&self.db.inner, None).await?);
        }
        let lock = self.db.inner.begin().await?;
        // Another process may migrate for as long as it takes.
        lock.execute_unprepared("SET LOCAL lock_timeout = 0")
            .await?;
        lock.execute_unprepared("SELECT pg_advisory_xact_lock(7226061)")
            .await?;
        Migrator::up(&self.db.inner, None).await?;
        Ok(lock.commit().await?)
    }

    /// Names of the migrations that are not applied yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let all = Migrator::get_migration_with_status_read_only(&self.db.inner).await?;
        let pending = all
            .iter()
            .filter(|m| m.status() == sea_orm_migration::MigrationStatus::Pending);
        Ok(pending.map(|m| m.name().to_owned()).collect())
    }

    /// Begins a write; on SQLite it takes the write lock at once, so that what it read still holds when it writes.
    ///
    /// # Errors
    /// When the database does not answer or stays locked.
    pub async fn write(&self) -> Result<Write, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let begin = self.db.inner.begin_with_options(options);
        let tx = self.db.watch("BEGIN", begin).await?;
        Ok(Write {
            tx: self.db.with(tx),
        })
    }

    /// Begins a write, reads in it and undoes it: whether the database can be worked with.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        let write = self.write().await?;
        write.cursors_of(&[""]).await?;
        Ok(write.tx.inner.rollback().await?)
    }

    /// The same database, under the eyes of `observer`: what is begun from here on is told to it.
    #[must_use]
    pub fn observed_by(&self, observer: Arc<dyn Observer>) -> Self {
        Self {
            db: self.db.clone().by(observer),
            place: self.place.clone(),
        }
    }

    fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    /// Moves what SQLite's log has gathered into the file, so that no commit has to; nothing on PostgreSQL, which does
    /// so by itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn empty_log(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            self.db
                .execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)")
                .await?;
        }
        Ok(())
    }

    /// The kind of database, for `doctor`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.backend() {
            DbBackend::Sqlite => "SQLite",
            _ => "PostgreSQL",
        }
    }
}

impl Write {
    /// # Errors
    /// When the database refuses; nothing of the transaction remains then.
    pub async fn commit(self) -> Result<(), StoreError> {
        let seen = self.tx.with(());
        Ok(seen.watch("COMMIT", self.tx.inner.commit()).await?)
    }
}

/// Pages that SQLite's log may gather before a commit has to empty it; until then it is emptied in between.
const LOGGED: &str = "16384";

/// How a SQLite file is opened; `synchronous` says what a commit waits for.
fn sqlite(path: &Path, synchronous: &'static str, patience: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
    options
        .max_connections(4)
        .acquire_timeout(patience)
        .sqlx_logging(false)
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| Box::pin(async { Ok(!is_left_open(connection)) }))
        })
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", synchronous)
                .pragma("cache_size", "-32768")
                .pragma("wal_autocheckpoint", LOGGED)
                .busy_timeout(patience)
        });
    options
}

/// A full disk makes SQLite end a transaction by itself: its connection still counts one, would begin the next
/// inside it and never commit. Such a connection is closed.
fn is_left_open(connection: &SqliteConnection) -> bool {
    connection.is_in_transaction()
}

async fn connect(options: ConnectOptions, place: String) -> Result<DatabaseConnection, StoreError> {
    Database::connect(options)
        .await
        .map_err(|cause| StoreError::Open {
            place,
            cause: cause.to_string(),
        })
}

/// `postgres://user:secret@host/db` → `host/db`.
fn without_password(url: &str) -> String {
    url.rsplit_once('@')
        .map_or(url, |(_, place)| place)
        .to_owned()
}

fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

fn instant(
    table: &'static str,
    id: impl ToString,
    seconds: i64,
) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| StoreError::bad_row(table, id, format!("{seconds} is not an instant")))
}

fn instant_or_none(
    table: &'static str,
    id: impl ToString,
    seconds: Option<i64>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    seconds
        .map(|seconds| instant(table, id, seconds))
        .transpose()
}

fn word<T>(
    table: &'static str,
    id: impl ToString,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    parse(text)
        .ok_or_else(|| StoreError::bad_row(table, id, format!("`{text}` is not a known word")))
}

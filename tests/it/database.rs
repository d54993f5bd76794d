//! The databases under the stories: a SQLite file, or a fresh PostgreSQL database for each.
//!
//! Owns: making and dropping them, telling every story once on each.
//! Never: schema or rows.
//! Reads next: `app.rs`.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, Database as Orm, DatabaseConnection, Statement};

use crate::app::{TestApp, Town};
use crate::line::Line;

/// The address of a PostgreSQL server whose user may make databases, e.g. `postgres://dondoc:pw@localhost:5432/`.
const POSTGRES: &str = "DONDOC_TEST_POSTGRES";
/// Under continuous integration nothing is passed over.
const CI: &str = "CI";

/// Where one story stores what it stores.
#[derive(Clone, Debug)]
pub enum Database {
    /// The shipped setting: a file in the site's folder.
    Sqlite,
    Postgres {
        server: String,
        name: String,
    },
}

/// What a story plays on: built before it, examined after it.
pub trait Stage: Sized {
    async fn set(database: Database) -> Self;
    /// What must hold after every story.
    async fn examine(&mut self);
}

/// Tells every story twice: `sqlite::name` and `postgres::name`.
macro_rules! stories {
    ($($(#[$about:meta])* async fn $name:ident($stage:ident: &mut $kind:ty) $body:block)*) => {
        $($(#[$about])* async fn $name($stage: &mut $kind) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() { $crate::database::on_sqlite(super::$name).await; })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() { $crate::database::on_postgres(super::$name).await; })*
        }
    };
}
pub(crate) use stories;

pub async fn on_sqlite<S: Stage>(story: impl AsyncFnOnce(&mut S)) {
    tell(Database::Sqlite, story).await;
}

pub async fn on_postgres<S: Stage>(story: impl AsyncFnOnce(&mut S)) {
    match std::env::var(POSTGRES) {
        Ok(server) => tell(Database::new_postgres(&server).await, story).await,
        Err(_) if std::env::var_os(CI).is_some() => {
            panic!("{POSTGRES} is not set: stories must be told on PostgreSQL too")
        }
        Err(_) => eprintln!("not told on PostgreSQL: {POSTGRES} is not set"),
    }
}

/// Tells the story; whatever becomes of it, its database is dropped.
async fn tell<S: Stage>(database: Database, story: impl AsyncFnOnce(&mut S)) {
    let kept = database.clone();
    let told = AssertUnwindSafe(async {
        let mut stage = S::set(database).await;
        story(&mut stage).await;
        stage.examine().await;
    });
    let outcome = told.catch_unwind().await;
    kept.remove().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// A second stage beside the first, on a database of the same kind; `away_with` it at the end.
pub async fn another<T: Town>(first: &TestApp<T>) -> TestApp<T> {
    TestApp::set(beside(&first.database).await).await
}

/// A second database of the same kind; `remove` it at the end.
pub async fn beside(first: &Database) -> Database {
    match first {
        Database::Sqlite => Database::Sqlite,
        Database::Postgres { server, .. } => Database::new_postgres(server).await,
    }
}

pub async fn away_with<T: Town>(mut other: TestApp<T>) {
    other.examine().await;
    let database = other.database.clone();
    drop(other);
    database.remove().await;
}

impl Database {
    async fn new_postgres(server: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dondoc_test_{}_{number}", std::process::id());
        let server = server.trim_end_matches('/').to_owned();
        let database = Self::Postgres { server, name };
        database
            .administer(&[
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                "CREATE DATABASE {} TEMPLATE template0",
            ])
            .await;
        database
    }

    pub async fn remove(&self) {
        self.administer(&["DROP DATABASE IF EXISTS {} WITH (FORCE)"])
            .await;
    }

    async fn administer(&self, orders: &[&str]) {
        if let Self::Postgres { server, name } = self {
            let connection = Orm::connect(format!("{server}/postgres")).await.unwrap();
            for order in orders {
                connection
                    .execute_unprepared(&order.replace("{}", name))
                    .await
                    .unwrap();
            }
            connection.close().await.unwrap();
        }
    }

    /// The same database behind a line of its own, which a story may cut.
    pub async fn behind_a_line(&self) -> (Self, Line) {
        let Self::Postgres { server, name } = self else {
            panic!("no line leads to a file");
        };
        let (user, place) = server.rsplit_once('@').unwrap();
        let remote = tokio::net::lookup_host(place)
            .await
            .unwrap()
            .next()
            .unwrap();
        let line = Line::to(remote).await;
        let behind = Self::Postgres {
            server: format!("{user}@{}", line.address),
            name: name.clone(),
        };
        (behind, line)
    }

    /// What the environment of the program says about it.
    pub fn variables(&self) -> Vec<(String, String)> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::Postgres { server, name } => {
                vec![(
                    "DONDOC__DATABASE__URL".to_owned(),
                    format!("{server}/{name}"),
                )]
            }
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// A connection beside the program's own, to the database of the site in `folder`.
    pub async fn connect(&self, folder: &std::path::Path) -> DatabaseConnection {
        let url = match self {
            Self::Sqlite => format!(
                "sqlite://{}?mode=rwc",
                folder.join("data/dondoc.sqlite").display()
            ),
            Self::Postgres { server, name } => format!("{server}/{name}"),
        };
        Orm::connect(url).await.unwrap()
    }

    /// Every row of every table as text: what somebody with a copy of the database can read.
    pub async fn everything(&self, folder: &std::path::Path) -> String {
        let connection = self.connect(folder).await;
        let backend = connection.get_database_backend();
        let query = async |sql: String| {
            let rows = connection
                .query_all_raw(Statement::from_string(backend, sql))
                .await
                .unwrap();
            rows.iter()
                .map(|row| row.try_get_by_index::<String>(0).unwrap())
                .collect::<Vec<_>>()
        };
        let names = if self.is_postgres() {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        };
        let mut text = String::new();
        for table in query(names.to_owned()).await {
            let columns = if self.is_postgres() {
                format!(
                    "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'"
                )
            } else {
                format!("SELECT name FROM pragma_table_info('{table}')")
            };
            for column in query(columns).await {
                let as_text = match (self.is_postgres(), column.as_str()) {
                    (true, "body") => format!("encode({column}, 'escape')"),
                    _ => format!("CAST({column} AS text)"),
                };
                let values = query(format!("SELECT COALESCE({as_text}, '') FROM {table}")).await;
                text.push_str(&values.join("\n"));
                text.push('\n');
            }
        }
        connection.close().await.unwrap();
        text
    }
}

//! What goes to the database and comes back, seen from one place.
//!
//! Owns: the seam where somebody hears of every statement, and may refuse it.
//! Never: the text of a statement's values; deciding anything.
//! Reads next: `../store.rs`.

use std::fmt;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use sea_orm_migration::prelude::async_trait::async_trait;

/// Hears of every statement of a store, `BEGIN` and `COMMIT` among them: measures, or stands for a database that
/// fails. What it refuses fails as if the database had.
pub trait Observer: Send + Sync {
    /// Before `sql` is sent; an error keeps it from being sent.
    ///
    /// # Errors
    /// With the words of the failure.
    fn before(&self, _sql: &str) -> Result<(), String> {
        Ok(())
    }

    /// After `sql` was answered without an error; an error takes the place of the answer, which is lost.
    ///
    /// # Errors
    /// With the words of the failure.
    fn after(&self, _sql: &str) -> Result<(), String> {
        Ok(())
    }
}

/// A connection or transaction, with whoever observes it.
#[derive(Clone)]
pub(super) struct Observed<C> {
    pub inner: C,
    observer: Option<Arc<dyn Observer>>,
}

impl<C> Observed<C> {
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            observer: None,
        }
    }

    pub fn by(self, observer: Arc<dyn Observer>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Another connection under the same eyes.
    pub fn with<D>(&self, inner: D) -> Observed<D> {
        Observed {
            inner,
            observer: self.observer.clone(),
        }
    }

    /// Does `work`, which sends `sql`.
    pub async fn watch<T>(
        &self,
        sql: &str,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Some(observer) = &self.observer else {
            return work.await;
        };
        observer.before(sql).map_err(DbErr::Custom)?;
        let answer = work.await?;
        observer.after(sql).map_err(DbErr::Custom)?;
        Ok(answer)
    }
}

impl<C: fmt::Debug> fmt::Debug for Observed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Observed<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let sql = statement.sql.clone();
        self.watch(&sql, self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.watch(sql, self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let sql = statement.sql.clone();
        self.watch(&sql, self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let sql = statement.sql.clone();
        self.watch(&sql, self.inner.query_all_raw(statement)).await
    }
}

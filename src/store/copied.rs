//! New dossiers by PostgreSQL's own way in: COPY into a temporary table, then one merge. For `bench pull`, as a limit.
//!
//! Owns: statements that do for new rows what filing does for any: dossiers, their history, the daybook.
//! Never: part of a pull: it knows neither twins nor rows that vanished, and takes only due times of a whole day.
//! Reads next: `filing.rs`, `bulk.rs`.

use std::fmt::Write as _;

use sea_orm::DbErr;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor, PgConnection};

use super::{StoreError, seconds};
use crate::domain::dossier::Dossier;

const COPY: &str = "COPY incoming (code, source, procedure, procedure_name, field, unit, level, channel, status, \
    received_at, due_at, finished_at, seen_at) FROM STDIN";

const HISTORY: &str = "INSERT INTO dossier_history (code, source, until, unit, status, due_at, finished_at) \
    SELECT d.code, d.source, i.seen_at, d.unit, d.status, d.due_at, d.finished_at \
    FROM dossier d JOIN incoming i ON i.code = d.code \
    WHERE (d.unit, d.status, d.due_at, d.finished_at) \
        IS DISTINCT FROM (i.unit, i.status, i.due_at, i.finished_at)";

const MERGE: &str = "INSERT INTO dossier (code, source, procedure, procedure_name, field, unit, level, channel, \
        status, received_at, due_at, finished_at, seen_at) \
    SELECT code, source, procedure, procedure_name, field, unit, level, channel, status, received_at, due_at, \
        finished_at, seen_at FROM incoming \
    ON CONFLICT (code) DO UPDATE SET source = excluded.source, procedure = excluded.procedure, \
        procedure_name = excluded.procedure_name, field = excluded.field, unit = excluded.unit, \
        level = excluded.level, channel = excluded.channel, status = excluded.status, \
        received_at = excluded.received_at, due_at = excluded.due_at, finished_at = excluded.finished_at, \
        seen_at = excluded.seen_at";

/// Each dossier on the day when it came, and on that when it was finished.
const DAYBOOK: &str = "INSERT INTO daybook (day, unit, level, channel, received, early, on_time, late, withdrawn) \
    SELECT to_char(to_timestamp(at) AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD') AS day, unit, level, channel, \
        sum(received), sum(early), sum(on_time), sum(late), 0 \
    FROM (SELECT received_at AS at, unit, level, channel, 1 AS received, 0 AS early, 0 AS on_time, 0 AS late \
            FROM incoming \
        UNION ALL \
        SELECT finished_at, unit, level, channel, 0, (finished_at <= due_at - 86400)::int, \
            (finished_at > due_at - 86400 AND finished_at <= due_at)::int, (finished_at > due_at)::int \
            FROM incoming WHERE finished_at IS NOT NULL) AS told \
    GROUP BY 1, unit, level, channel \
    ON CONFLICT (day, unit, level, channel) DO UPDATE SET received = daybook.received + excluded.received, \
        early = daybook.early + excluded.early, on_time = daybook.on_time + excluded.on_time, \
        late = daybook.late + excluded.late";

/// One transaction on a connection of its own.
#[derive(Debug)]
pub struct Copying(PgConnection);

impl Copying {
    /// # Errors
    /// When the database at `url` does not answer.
    pub async fn begin(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(told)?;
        let quiet = options.disable_statement_logging();
        let mut connection = PgConnection::connect_with(&quiet).await.map_err(told)?;
        let begin = "BEGIN; CREATE TEMPORARY TABLE incoming (LIKE dossier) ON COMMIT DROP";
        connection
            .execute(sqlx::raw_sql(begin))
            .await
            .map_err(told)?;
        Ok(Self(connection))
    }

    /// # Errors
    /// When the database refuses.
    pub async fn add(&mut self, source: &str, dossiers: &[Dossier]) -> Result<(), StoreError> {
        let lines = lines(source, dossiers);
        let mut copy = self.0.copy_in_raw(COPY).await.map_err(told)?;
        copy.send(lines.as_bytes()).await.map_err(told)?;
        copy.finish().await.map_err(told)?;
        Ok(())
    }

    /// Puts what was added where it belongs.
    ///
    /// # Errors
    /// When the database refuses; nothing of it remains then.
    pub async fn merge(mut self) -> Result<(), StoreError> {
        for statement in [HISTORY, MERGE, DAYBOOK, "COMMIT"] {
            self.0.execute(statement).await.map_err(told)?;
        }
        Ok(())
    }
}

fn told(error: sqlx::Error) -> StoreError {
    DbErr::Custom(error.to_string()).into()
}

/// In the text form of COPY. The benchmark's texts hold no tab, line end or backslash.
fn lines(source: &str, dossiers: &[Dossier]) -> String {
    let mut lines = String::with_capacity(dossiers.len() * 256);
    for d in dossiers {
        let finished = d.finished_at.map(|at| seconds(at).to_string());
        // Writing to a string does not fail.
        let _ = writeln!(
            lines,
            "{}\t{source}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            d.code,
            d.procedure,
            d.procedure_name,
            d.field,
            d.unit.as_str(),
            d.level.as_str(),
            d.channel.as_str(),
            d.status.0,
            seconds(d.received_at),
            seconds(d.due_at),
            finished.as_deref().unwrap_or("\\N"),
            seconds(d.due_at),
        );
    }
    lines
}

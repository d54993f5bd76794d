//! Dossiers written as a source tells them: what is new, what changed, what is gone.
//!
//! Owns: writing tables `dossier`, `dossier_history` and `dossier_twin`; the daybook follows in the same transaction.
//! Never: what a dossier means (`domain::dossier`); a change without its history.
//! Reads next: `filing/vanishing.rs`, `filing/former.rs`, `daybook.rs`.

mod former;
mod vanishing;

pub use former::{Former, Twin};

use std::collections::HashMap;
use std::mem::take;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::bulk::{self, Clash, Column, Kind};
use super::entity::dossier;
use super::{StoreError, Write, seconds};
use crate::domain::daybook::Daybook;
use crate::domain::dossier::Dossier;

/// Dossiers compared with what is known and written in one go: what was read for the one is still at hand for the other.
const COMPARED: usize = 500;

const DOSSIER: [Column; 16] = [
    ("code", Kind::Text),
    ("source", Kind::Text),
    ("procedure", Kind::Text),
    ("procedure_name", Kind::Text),
    ("field", Kind::Text),
    ("unit", Kind::Text),
    ("level", Kind::Text),
    ("channel", Kind::Text),
    ("status", Kind::Integer),
    ("received_at", Kind::Long),
    ("due_at", Kind::Long),
    ("original_due_at", Kind::Long),
    ("finished_at", Kind::Long),
    ("stopped_at", Kind::Long),
    ("seen_at", Kind::Long),
    ("vanished_at", Kind::Long),
];

const HISTORY: [Column; 10] = [
    ("code", Kind::Text),
    ("source", Kind::Text),
    ("until", Kind::Long),
    ("unit", Kind::Text),
    ("status", Kind::Integer),
    ("due_at", Kind::Long),
    ("original_due_at", Kind::Long),
    ("finished_at", Kind::Long),
    ("stopped_at", Kind::Long),
    ("vanished_at", Kind::Long),
];

/// A twin is kept as the dossier that it may become.
const TWIN: [Column; 15] = {
    let [told @ .., _vanished_at] = DOSSIER;
    told
};

/// One reading of a source.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub source: &'a str,
    pub at: DateTime<Utc>,
    /// In which days are reckoned.
    pub zone: Tz,
}

/// What became of dossiers that were filed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    pub new: u64,
    pub changed: u64,
    pub same: u64,
    /// Another source told them first, and still does: that one counts.
    pub twins: u64,
}

/// The rows of one reading, sorted by what is to become of them.
#[derive(Default)]
struct Sorted {
    rows: Vec<[Value; 16]>,
    former: Vec<[Value; 10]>,
    same: Vec<String>,
    twins: Vec<[Value; 15]>,
    /// Of all that was sorted, written or not.
    daybook: Daybook,
    filed: Filed,
}

impl Write {
    /// Files dossiers as the source tells them. Codes must be distinct.
    ///
    /// 1. Compare them with what is known.
    /// 2. Keep what was said before of those that changed; a moved due date leaves the original one.
    /// 3. Write the new and the changed, and that the others were seen.
    /// 4. Enter the difference in the daybook.
    ///
    /// # Errors
    /// When the database refuses or a known row does not convert.
    pub async fn file_dossiers(
        &self,
        reading: Reading<'_>,
        dossiers: &[Dossier],
    ) -> Result<Filed, StoreError> {
        let mut sorted = Sorted::default();
        for chunk in dossiers.chunks(COMPARED) {
            let known = self.known(chunk).await?;
            for dossier in chunk {
                sorted.put(reading, dossier, known.get(&dossier.code))?;
            }
            self.write_sorted(reading, &mut sorted).await?;
        }
        self.enter_in_daybook(&sorted.daybook).await?;
        Ok(sorted.filed)
    }

    /// Leaves what was counted.
    async fn write_sorted(
        &self,
        reading: Reading<'_>,
        sorted: &mut Sorted,
    ) -> Result<(), StoreError> {
        let (former, rows) = (take(&mut sorted.former), take(&mut sorted.rows));
        bulk::insert(&self.tx, "dossier_history", &HISTORY, former, Clash::Never).await?;
        bulk::insert(&self.tx, "dossier", &DOSSIER, rows, Clash::Replace("code")).await?;
        let (twins, same) = (take(&mut sorted.twins), take(&mut sorted.same));
        let key = Clash::Replace("code, source");
        bulk::insert(&self.tx, "dossier_twin", &TWIN, twins, key).await?;
        self.mark_seen(&same, reading.at).await
    }

    async fn known(
        &self,
        dossiers: &[Dossier],
    ) -> Result<HashMap<String, dossier::Model>, StoreError> {
        let codes = dossiers.iter().map(|dossier| dossier.code.as_str());
        // Named one by one: a statement kept from before a migration knows less of `*` than the table has.
        let columns = DOSSIER.map(|(name, _)| name).join(", ");
        let select = format!("SELECT {columns} FROM dossier WHERE code");
        let statement = self.among(&select, codes)?;
        let rows = self.tx.query_all_raw(statement).await?;
        let named = |row: &QueryResult| {
            let model = model(row)?;
            Ok((model.code.clone(), model))
        };
        rows.iter().map(named).collect()
    }

    async fn mark_seen(&self, codes: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
        if codes.is_empty() {
            return Ok(());
        }
        let update = format!("UPDATE dossier SET seen_at = {} WHERE code", seconds(at));
        let statement = self.among(&update, codes.iter().map(String::as_str))?;
        self.tx.execute_raw(statement).await?;
        Ok(())
    }

    /// `head IN (codes)`, the codes as one parameter.
    fn among<'a>(
        &self,
        head: &str,
        codes: impl Iterator<Item = &'a str>,
    ) -> Result<Statement, StoreError> {
        let codes: Vec<&str> = codes.collect();
        let json = serde_json::to_string(&codes)
            .map_err(|cause| StoreError::bad_row("dossier", "page", cause))?;
        let backend = self.tx.get_database_backend();
        let list = match backend {
            DbBackend::Postgres => {
                "= ANY(ARRAY(SELECT jsonb_array_elements_text($1::text::jsonb)))"
            }
            _ => "IN (SELECT value FROM json_each($1))",
        };
        let sql = format!("{head} {list}");
        Ok(Statement::from_sql_and_values(backend, sql, [json.into()]))
    }
}

/// By place, in the order of `DOSSIER`: by name it takes as long as the database does.
fn model(row: &QueryResult) -> Result<dossier::Model, StoreError> {
    Ok(dossier::Model {
        code: row.try_get_by_index(0)?,
        source: row.try_get_by_index(1)?,
        procedure: row.try_get_by_index(2)?,
        procedure_name: row.try_get_by_index(3)?,
        field: row.try_get_by_index(4)?,
        unit: row.try_get_by_index(5)?,
        level: row.try_get_by_index(6)?,
        channel: row.try_get_by_index(7)?,
        status: row.try_get_by_index(8)?,
        received_at: row.try_get_by_index(9)?,
        due_at: row.try_get_by_index(10)?,
        original_due_at: row.try_get_by_index(11)?,
        finished_at: row.try_get_by_index(12)?,
        stopped_at: row.try_get_by_index(13)?,
        seen_at: row.try_get_by_index(14)?,
        vanished_at: row.try_get_by_index(15)?,
    })
}

impl Sorted {
    fn put(
        &mut self,
        reading: Reading<'_>,
        dossier: &Dossier,
        known: Option<&dossier::Model>,
    ) -> Result<(), StoreError> {
        let Some(known) = known else {
            self.filed.new += 1;
            self.daybook.enter(dossier, reading.zone);
            self.rows.push(row(reading, dossier));
            return Ok(());
        };
        let has_vanished = known.vanished_at.is_some();
        if known.source != reading.source && !has_vanished {
            self.filed.twins += 1;
            let [told @ .., _vanished_at] = row(reading, dossier);
            self.twins.push(told);
            return Ok(());
        }
        let before = Dossier::try_from(known.clone())?;
        let now = after(&before, dossier.clone());
        if now == before && !has_vanished {
            self.filed.same += 1;
            self.same.push(now.code);
            return Ok(());
        }
        self.filed.changed += 1;
        if has_vanished || is_history(&before, &now) {
            self.former.push(former(known, reading.at));
        }
        if !has_vanished {
            self.daybook.strike(&before, reading.zone);
        }
        self.daybook.enter(&now, reading.zone);
        self.rows.push(row(reading, &now));
        Ok(())
    }
}

/// What is stored of `told` where `before` was known: a source that moves a due date and keeps no trace of the first
/// one must not hide that the dossier was due then.
fn after(before: &Dossier, told: Dossier) -> Dossier {
    let original_due_at = told
        .original_due_at
        .or(before.original_due_at)
        .or((told.due_at != before.due_at).then_some(before.due_at));
    Dossier {
        original_due_at,
        ..told
    }
}

/// Whether something changed of which one may later ask how it was.
fn is_history(before: &Dossier, now: &Dossier) -> bool {
    let of = |dossier: &Dossier| {
        let Dossier {
            unit,
            status,
            due_at,
            finished_at,
            stopped_at,
            ..
        } = dossier;
        (unit.clone(), *status, *due_at, *finished_at, *stopped_at)
    };
    of(before) != of(now)
}

fn former(known: &dossier::Model, until: DateTime<Utc>) -> [Value; 10] {
    [
        known.code.clone().into(),
        known.source.clone().into(),
        seconds(until).into(),
        known.unit.clone().into(),
        known.status.into(),
        known.due_at.into(),
        known.original_due_at.into(),
        known.finished_at.into(),
        known.stopped_at.into(),
        known.vanished_at.into(),
    ]
}

fn row(reading: Reading<'_>, d: &Dossier) -> [Value; 16] {
    [
        d.code.clone().into(),
        reading.source.into(),
        d.procedure.clone().into(),
        d.procedure_name.clone().into(),
        d.field.clone().into(),
        d.unit.as_str().into(),
        d.level.as_str().into(),
        d.channel.as_str().into(),
        i32::from(d.status.0).into(),
        seconds(d.received_at).into(),
        seconds(d.due_at).into(),
        d.original_due_at.map(seconds).into(),
        d.finished_at.map(seconds).into(),
        d.stopped_at.map(seconds).into(),
        seconds(reading.at).into(),
        None::<i64>.into(),
    ]
}

//! What a reconciliation found.
//!
//! Owns: table `finding`; what the tables of dossiers tell of dossiers with two sources.
//! Never: finding anything (`domain`).
//! Reads next: `quarantine.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement};

use super::entity::finding::{self, Column as Col};
use super::{Store, StoreError, Write, instant, seconds, word};
use crate::domain::finding::{Code, Finding};
use crate::domain::period::Period;

/// A finding, and the period of which it speaks; `None`: of what is stored, whenever it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub finding: Finding,
    pub period: Option<Period>,
    /// The instant of the reconciliation.
    pub at: DateTime<Utc>,
}

/// Dossiers that a source tells although another one told them first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldTwice {
    /// The source that does not count.
    pub source: String,
    pub rows: u64,
    /// The first of their codes.
    pub codes: Vec<String>,
}

impl Found {
    /// Whether a board of `period` as of `as_of` shows it: one of the same beginning that is not shorter, if it was
    /// known then.
    #[must_use]
    pub fn speaks_of(&self, period: Period, as_of: DateTime<Utc>) -> bool {
        let is_of = |own: Period| own.from == period.from && own.to <= period.to;
        self.at <= as_of && self.period.is_none_or(is_of)
    }
}

impl Write {
    /// Puts what was found about `source` in the place of what was found before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_findings(&self, source: &str, found: &[Found]) -> Result<(), StoreError> {
        finding::Entity::delete_many()
            .filter(Col::Source.eq(source))
            .exec(&self.tx)
            .await?;
        let rows = (0..)
            .zip(found)
            .map(|(position, found)| row(source, position, found))
            .collect::<Result<Vec<_>, _>>()?;
        for chunk in rows.chunks(500) {
            finding::Entity::insert_many(chunk.iter().cloned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Dossiers that a source tells and another told first, by that source: how many, and the first `limit` codes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn told_twice(&self, limit: u64) -> Result<Vec<ToldTwice>, StoreError> {
        let backend = self.db.get_database_backend();
        let twins = "dossier_twin t JOIN dossier d ON d.code = t.code \
                     WHERE d.source <> t.source AND d.vanished_at IS NULL";
        let count =
            format!("SELECT t.source, COUNT(*) FROM {twins} GROUP BY t.source ORDER BY t.source");
        let codes =
            format!("SELECT t.code FROM {twins} AND t.source = $1 ORDER BY t.code LIMIT $2");
        let mut all = Vec::new();
        for row in self
            .db
            .query_all_raw(Statement::from_string(backend, count))
            .await?
        {
            let (source, rows): (String, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let values = [source.as_str().into(), limit.cast_signed().into()];
            let first = Statement::from_sql_and_values(backend, &codes, values);
            let first = self.db.query_all_raw(first).await?;
            let codes = first
                .iter()
                .map(|row| row.try_get_by_index(0))
                .collect::<Result<_, _>>()?;
            all.push(ToldTwice {
                source,
                rows: rows.unsigned_abs(),
                codes,
            });
        }
        Ok(all)
    }

    /// What the last reconciliation of each source found.
    ///
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn findings(&self) -> Result<Vec<Found>, StoreError> {
        let models = finding::Entity::find()
            .order_by_asc(Col::Source)
            .order_by_asc(Col::Position)
            .all(&self.db)
            .await?;
        models.into_iter().map(Found::try_from).collect()
    }
}

fn row(source: &str, position: i32, found: &Found) -> Result<finding::ActiveModel, StoreError> {
    let bad = |cause| StoreError::bad_row("finding", source, cause);
    let Found {
        finding,
        period,
        at,
    } = found;
    Ok(finding::ActiveModel {
        source: Set(source.to_owned()),
        position: Set(position),
        code: Set(finding.code.as_str().to_owned()),
        message: Set(finding.message.clone()),
        count: Set(finding.count.cast_signed()),
        rows: Set(serde_json::to_string(&finding.rows).map_err(bad)?),
        about: Set(serde_json::to_string(&finding.about).map_err(bad)?),
        makes_unknown: Set(finding.makes_unknown),
        period_from: Set(period.map(|period| period.from.to_string())),
        period_to: Set(period.map(|period| period.to.to_string())),
        found_at: Set(seconds(*at)),
    })
}

impl TryFrom<finding::Model> for Found {
    type Error = StoreError;

    fn try_from(model: finding::Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", model.source, model.position);
        let bad = |what: String| StoreError::bad_row("finding", &id, what);
        let day = |text: Option<String>| {
            let parsed = text.map(|text| text.parse::<NaiveDate>()).transpose();
            parsed.map_err(|error| bad(error.to_string()))
        };
        let period = match (day(model.period_from)?, day(model.period_to)?) {
            (Some(from), Some(to)) => Some(Period { from, to }),
            _ => None,
        };
        let finding = Finding {
            code: word("finding", &id, &model.code, Code::parse)?,
            message: model.message,
            count: model.count.cast_unsigned(),
            rows: serde_json::from_str(&model.rows).map_err(|error| bad(error.to_string()))?,
            about: serde_json::from_str(&model.about).map_err(|error| bad(error.to_string()))?,
            makes_unknown: model.makes_unknown,
            source: model.source,
        };
        Ok(Self {
            finding,
            period,
            at: instant("finding", &id, model.found_at)?,
        })
    }
}

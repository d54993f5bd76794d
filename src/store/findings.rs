//! What a reconciliation found.
//!
//! Owns: table `finding`.
//! Never: finding anything (`domain`).
//! Reads next: `quarantine.rs`.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::finding::{self, Column as Col};
use super::{Store, StoreError, Write, seconds, word};
use crate::domain::finding::{Code, Finding};
use crate::domain::period::Period;

/// A finding, and the period of which it speaks; `None`: of what is stored, whenever it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub finding: Finding,
    pub period: Option<Period>,
}

impl Found {
    /// Whether a board of `period` shows it: one of the same beginning that is not shorter.
    #[must_use]
    pub fn speaks_of(&self, period: Period) -> bool {
        self.period
            .is_none_or(|own| own.from == period.from && own.to <= period.to)
    }
}

impl Write {
    /// Puts what was found about `source` in the place of what was found before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_findings(
        &self,
        source: &str,
        found: &[Found],
        found_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        finding::Entity::delete_many()
            .filter(Col::Source.eq(source))
            .exec(&self.tx)
            .await?;
        let rows = (0..)
            .zip(found)
            .map(|(position, found)| row(source, position, found, found_at))
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

fn row(
    source: &str,
    position: i32,
    found: &Found,
    found_at: DateTime<Utc>,
) -> Result<finding::ActiveModel, StoreError> {
    let bad = |cause| StoreError::bad_row("finding", source, cause);
    let Found { finding, period } = found;
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
        found_at: Set(seconds(found_at)),
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
        Ok(Self { finding, period })
    }
}

//! How far each pull has come, and the figures that sources state about themselves.
//!
//! Owns: tables `pull` and `stated`.
//! Never: fetching.
//! Reads next: `quarantine.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::entity::{pull, stated};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::row_count::RowCount;
use crate::domain::unit::{Level, UnitCode};

/// Where one list of one source stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullState {
    pub source: String,
    pub records: String,
    /// Rows changed up to here are stored.
    pub watermark: Option<DateTime<Utc>>,
    /// The pull under way, which a killed process left at this place.
    pub under_way: Option<UnderWay>,
    /// Rows that the source said it has, at the last pull of everything.
    pub stated_total: Option<u64>,
    /// All rows are stored as they were then or later.
    pub completed_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed; `None` if it did not.
    pub failure: Option<String>,
    /// The last complete reading of everything; `None`: there was none since such are kept.
    pub full: Option<FullReading>,
    /// When somebody asked for everything anew, if it was not read since.
    pub resync_at: Option<DateTime<Utc>>,
}

/// A complete reading of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullReading {
    pub began_at: DateTime<Utc>,
    pub count: RowCount,
    /// Rows with which the next one is compared.
    pub measure: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    pub started_at: DateTime<Utc>,
    /// What it asks for: rows changed since; `None`: everything.
    pub since: Option<DateTime<Utc>>,
    /// Where its next page begins, in the words of the source's kind; `None`: at the beginning.
    pub position: Option<String>,
    /// The latest change among the rows stored by it.
    pub seen_until: Option<DateTime<Utc>>,
    /// Rows that it has brought.
    pub rows: u64,
}

impl PullState {
    #[must_use]
    pub fn never(source: &str, records: &str) -> Self {
        Self {
            source: source.to_owned(),
            records: records.to_owned(),
            watermark: None,
            under_way: None,
            stated_total: None,
            completed_at: None,
            failure: None,
            full: None,
            resync_at: None,
        }
    }

    /// Whether somebody asked for everything anew, and it was not read since.
    #[must_use]
    pub fn owes_everything(&self) -> bool {
        self.resync_at.is_some()
    }
}

/// Figures of form II.06 as the source states them for a level, or a unit of it, and a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedFigures {
    pub source: String,
    pub level: Level,
    pub unit: Option<UnitCode>,
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// By the form's words: `received`, `resolved`, …
    pub figures: BTreeMap<String, u64>,
    pub as_of: DateTime<Utc>,
}

impl Store {
    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn pull_state(&self, source: &str, records: &str) -> Result<PullState, StoreError> {
        let found = pull::Entity::find_by_id((source.to_owned(), records.to_owned()))
            .one(&self.db)
            .await?;
        found.map_or_else(
            || Ok(PullState::never(source, records)),
            PullState::try_from,
        )
    }

    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn pull_states(&self) -> Result<Vec<PullState>, StoreError> {
        let models = pull::Entity::find()
            .order_by_asc(pull::Column::Source)
            .order_by_asc(pull::Column::Records)
            .all(&self.db)
            .await?;
        models.into_iter().map(PullState::try_from).collect()
    }

    /// # Errors
    /// When the database does not answer or a row does not convert.
    pub async fn stated_figures(&self, source: &str) -> Result<Vec<StatedFigures>, StoreError> {
        let models = stated::Entity::find()
            .filter(stated::Column::Source.eq(source))
            .order_by_asc(stated::Column::Level)
            .order_by_asc(stated::Column::Unit)
            .all(&self.db)
            .await?;
        models.into_iter().map(StatedFigures::try_from).collect()
    }
}

impl Write {
    /// # Errors
    /// When the database refuses.
    pub async fn save_pull_state(&self, state: &PullState) -> Result<(), StoreError> {
        let under_way = state.under_way.as_ref();
        let row = pull::Model {
            source: state.source.clone(),
            records: state.records.clone(),
            watermark: state.watermark.map(seconds),
            started_at: under_way.map(|u| seconds(u.started_at)),
            since: under_way.and_then(|u| u.since).map(seconds),
            position: under_way.and_then(|u| u.position.clone()),
            seen_until: under_way.and_then(|u| u.seen_until).map(seconds),
            stated_total: state.stated_total.map(u64::cast_signed),
            completed_at: state.completed_at.map(seconds),
            failure: state.failure.clone(),
            read_rows: under_way.map(|u| u.rows.cast_signed()),
            full_at: state.full.map(|full| seconds(full.began_at)),
            full_rows: count(state.full.map(|full| full.count.rows)),
            full_stated: count(state.full.and_then(|full| full.count.stated)),
            expected_rows: count(state.full.and_then(|full| full.count.expected)),
            unseen_rows: count(state.full.map(|full| full.count.unseen)),
            measure_rows: count(state.full.map(|full| full.measure)),
            // Asked for while a pull is under way, it is not forgotten: only the one who asks writes it.
            resync_at: None,
        };
        let key = [pull::Column::Source, pull::Column::Records];
        let rest = [
            pull::Column::Watermark,
            pull::Column::StartedAt,
            pull::Column::Since,
            pull::Column::Position,
            pull::Column::SeenUntil,
            pull::Column::StatedTotal,
            pull::Column::CompletedAt,
            pull::Column::Failure,
            pull::Column::ReadRows,
            pull::Column::FullAt,
            pull::Column::FullRows,
            pull::Column::FullStated,
            pull::Column::ExpectedRows,
            pull::Column::UnseenRows,
            pull::Column::MeasureRows,
        ];
        pull::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that everything is to be asked for anew at the next pull.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ask_for_everything(
        &self,
        source: &str,
        records: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = pull::ActiveModel {
            source: Set(source.to_owned()),
            records: Set(records.to_owned()),
            resync_at: Set(Some(seconds(now))),
            ..Default::default()
        };
        let clash = OnConflict::columns([pull::Column::Source, pull::Column::Records])
            .update_column(pull::Column::ResyncAt)
            .to_owned();
        pull::Entity::insert(row)
            .on_conflict(clash)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Everything was read: what `state` owed is settled, unless somebody asked once more meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settle(&self, state: &PullState) -> Result<(), StoreError> {
        pull::Entity::update_many()
            .col_expr(pull::Column::ResyncAt, Expr::value(None::<i64>))
            .filter(pull::Column::Source.eq(&state.source))
            .filter(pull::Column::Records.eq(&state.records))
            .filter(pull::Column::ResyncAt.eq(state.resync_at.map(seconds)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// # Errors
    /// When the database refuses.
    pub async fn save_stated_figures(&self, stated: &StatedFigures) -> Result<(), StoreError> {
        let figures = serde_json::to_string(&stated.figures)
            .map_err(|cause| StoreError::bad_row("stated", &stated.source, cause))?;
        let row = stated::ActiveModel {
            source: Set(stated.source.clone()),
            level: Set(stated.level.as_str().to_owned()),
            unit: Set(stated
                .unit
                .as_ref()
                .map_or_else(String::new, ToString::to_string)),
            period_from: Set(stated.from.to_string()),
            period_to: Set(stated.to.to_string()),
            figures: Set(figures),
            as_of: Set(seconds(stated.as_of)),
        };
        let key = [
            stated::Column::Source,
            stated::Column::Level,
            stated::Column::Unit,
        ];
        let rest = [
            stated::Column::PeriodFrom,
            stated::Column::PeriodTo,
            stated::Column::Figures,
            stated::Column::AsOf,
        ];
        stated::Entity::insert(row)
            .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

fn count(rows: Option<u64>) -> Option<i64> {
    rows.map(u64::cast_signed)
}

fn rows(count: Option<i64>) -> Option<u64> {
    count.map(i64::cast_unsigned)
}

impl TryFrom<pull::Model> for PullState {
    type Error = StoreError;

    fn try_from(model: pull::Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", model.source, model.records);
        let since = instant_or_none("pull", &id, model.since)?;
        let seen_until = instant_or_none("pull", &id, model.seen_until)?;
        let started_at = instant_or_none("pull", &id, model.started_at)?;
        let under_way = started_at.map(|started_at| UnderWay {
            started_at,
            since,
            position: model.position,
            seen_until,
            rows: rows(model.read_rows).unwrap_or_default(),
        });
        let full = instant_or_none("pull", &id, model.full_at)?.map(|began_at| FullReading {
            began_at,
            count: RowCount {
                rows: rows(model.full_rows).unwrap_or_default(),
                stated: rows(model.full_stated),
                expected: rows(model.expected_rows),
                unseen: rows(model.unseen_rows).unwrap_or_default(),
            },
            measure: rows(model.measure_rows).unwrap_or_default(),
        });
        Ok(Self {
            watermark: instant_or_none("pull", &id, model.watermark)?,
            under_way,
            stated_total: model.stated_total.map(i64::cast_unsigned),
            completed_at: instant_or_none("pull", &id, model.completed_at)?,
            failure: model.failure,
            full,
            resync_at: instant_or_none("pull", &id, model.resync_at)?,
            source: model.source,
            records: model.records,
        })
    }
}

impl TryFrom<stated::Model> for StatedFigures {
    type Error = StoreError;

    fn try_from(model: stated::Model) -> Result<Self, StoreError> {
        let id = format!("{}/{}", model.source, model.level);
        let bad = |what: String| StoreError::bad_row("stated", &id, what);
        Ok(Self {
            level: word("stated", &id, &model.level, Level::parse)?,
            unit: Some(model.unit.as_str())
                .filter(|unit| !unit.is_empty())
                .map(UnitCode::parse)
                .transpose()
                .map_err(|error| bad(error.to_string()))?,
            from: model
                .period_from
                .parse()
                .map_err(|error| bad(format!("{error}")))?,
            to: model
                .period_to
                .parse()
                .map_err(|error| bad(format!("{error}")))?,
            figures: serde_json::from_str(&model.figures)
                .map_err(|error| bad(error.to_string()))?,
            as_of: instant("stated", &id, model.as_of)?,
            source: model.source,
        })
    }
}

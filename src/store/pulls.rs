//! How far each pull has come, and the figures that sources state about themselves.
//!
//! Owns: tables `pull` and `stated`.
//! Never: fetching.
//! Reads next: `quarantine.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::entity::{pull, stated};
use super::{Store, StoreError, Write, instant, instant_or_none, seconds, word};
use crate::domain::unit::Level;

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
        }
    }
}

/// Figures of form II.06 as the source states them for a level and period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedFigures {
    pub source: String,
    pub level: Level,
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
        ];
        pull::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
            .exec_without_returning(&self.tx)
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
            period_from: Set(stated.from.to_string()),
            period_to: Set(stated.to.to_string()),
            figures: Set(figures),
            as_of: Set(seconds(stated.as_of)),
        };
        let key = [stated::Column::Source, stated::Column::Level];
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
        });
        Ok(Self {
            watermark: instant_or_none("pull", &id, model.watermark)?,
            under_way,
            stated_total: model.stated_total.map(i64::cast_unsigned),
            completed_at: instant_or_none("pull", &id, model.completed_at)?,
            failure: model.failure,
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

//! What the daemon runs with, for commands beside it.
//!
//! Owns: table `daemon`, one row.
//! Never: starting or stopping.
//! Reads next: `daemon.rs` of the program.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::entity::daemon::{self, Column as Col};
use super::{Store, StoreError, Write, instant, seconds};

const ROW: i32 = 1;
/// A daemon gives a sign of life every twenty seconds; several may be lost to a busy database.
const SILENCE: TimeDelta = TimeDelta::seconds(90);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    pub owner: String,
    /// Hash of the files it runs with.
    pub configuration: String,
    pub started_at: DateTime<Utc>,
    pub beat_at: DateTime<Utc>,
    pub refused: Option<Refused>,
}

/// A change of the files that was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub configuration: String,
    /// The problems, one a line.
    pub why: String,
}

impl Daemon {
    /// Whether it gave a sign of life lately. A clock that is fixed for a command may stand before the daemon's.
    #[must_use]
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        now - self.beat_at < SILENCE
    }
}

impl Store {
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn daemon(&self) -> Result<Option<Daemon>, StoreError> {
        let found = daemon::Entity::find_by_id(ROW).one(&self.db).await?;
        found.map(Daemon::try_from).transpose()
    }
}

impl Write {
    /// # Errors
    /// When the database refuses.
    pub async fn save_daemon(&self, daemon: &Daemon) -> Result<(), StoreError> {
        let row = daemon::Model {
            id: ROW,
            owner: daemon.owner.clone(),
            configuration: daemon.configuration.clone(),
            started_at: seconds(daemon.started_at),
            beat_at: seconds(daemon.beat_at),
            refused: daemon.refused.as_ref().map(|refused| refused.why.clone()),
            refused_configuration: daemon
                .refused
                .as_ref()
                .map(|refused| refused.configuration.clone()),
        };
        let rest = [
            Col::Owner,
            Col::Configuration,
            Col::StartedAt,
            Col::BeatAt,
            Col::Refused,
            Col::RefusedConfiguration,
        ];
        daemon::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::column(Col::Id).update_columns(rest).to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes the row away of a daemon that ends.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_daemon(&self, owner: &str) -> Result<(), StoreError> {
        daemon::Entity::delete_many()
            .filter(Col::Owner.eq(owner))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl TryFrom<daemon::Model> for Daemon {
    type Error = StoreError;

    fn try_from(row: daemon::Model) -> Result<Self, StoreError> {
        let refused = row.refused_configuration.zip(row.refused);
        Ok(Self {
            started_at: instant("daemon", row.id, row.started_at)?,
            beat_at: instant("daemon", row.id, row.beat_at)?,
            refused: refused.map(|(configuration, why)| Refused { configuration, why }),
            owner: row.owner,
            configuration: row.configuration,
        })
    }
}

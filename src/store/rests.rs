//! The rest of a queue whose relay is away.
//!
//! Owns: table `relay_rest`, at most one row: a restart goes on waiting.
//! Never: how long to wait (`job::deliver`).
//! Reads next: `outbox.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use super::entity::relay_rest as entity;
use super::{Store, StoreError, Write, instant, seconds};

/// A relay takes no mail: the queue waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// `mail.longbien.example:587`
    pub relay: String,
    pub since: DateTime<Utc>,
    /// In a row.
    pub failures: i32,
    /// Until then nothing is tried.
    pub until: DateTime<Utc>,
    /// Of the last failure, in words.
    pub cause: String,
}

impl Store {
    /// # Errors
    /// When the database does not answer or the row does not convert.
    pub async fn rest(&self) -> Result<Option<Rest>, StoreError> {
        let row = entity::Entity::find().one(&self.db).await?;
        row.map(Rest::try_from).transpose()
    }
}

impl Write {
    /// Puts this rest in the place of any other.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_rest(&self, rest: &Rest) -> Result<(), StoreError> {
        self.end_rest().await?;
        let row = entity::ActiveModel {
            relay: Set(rest.relay.clone()),
            since: Set(seconds(rest.since)),
            failures: Set(rest.failures),
            until: Set(seconds(rest.until)),
            cause: Set(rest.cause.clone()),
        };
        entity::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// # Errors
    /// When the database refuses.
    pub async fn end_rest(&self) -> Result<(), StoreError> {
        entity::Entity::delete_many().exec(&self.tx).await?;
        Ok(())
    }
}

impl TryFrom<entity::Model> for Rest {
    type Error = StoreError;

    fn try_from(row: entity::Model) -> Result<Self, StoreError> {
        let id = row.relay.clone();
        Ok(Self {
            since: instant("relay_rest", &id, row.since)?,
            until: instant("relay_rest", &id, row.until)?,
            relay: row.relay,
            failures: row.failures,
            cause: row.cause,
        })
    }
}

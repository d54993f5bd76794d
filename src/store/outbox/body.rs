//! What a mail says, apart from where it stands.
//!
//! Owns: table `outbox_body`; a row is written once, with its mail, and never changes.
//! Never: the state of a mail.
//! Reads next: `claims.rs`.

use std::collections::HashMap;
use std::fmt;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::store::entity::outbox_body::{self, Column as Col};
use crate::store::{Store, StoreError, Write};

/// The bytes of a mail as they leave.
#[derive(Clone)]
pub struct Body {
    pub whole: Vec<u8>,
    /// The same mail with a note in place of its attachments.
    pub light: Option<Vec<u8>>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.whole.len())
    }
}

impl Write {
    pub(super) async fn keep_body(&self, mail: i64, body: Body) -> Result<(), StoreError> {
        let row = outbox_body::ActiveModel {
            outbox_id: Set(mail),
            body: Set(body.whole),
            light: Set(body.light),
        };
        outbox_body::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// What the mail of this id says.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such mail.
    pub async fn mail_body(&self, id: i64) -> Result<Body, StoreError> {
        let mut found = bodies(&self.db, [id]).await?;
        found.remove(&id).ok_or_else(|| missing(id))
    }
}

pub(super) async fn bodies(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Body>, StoreError> {
    let rows = outbox_body::Entity::find()
        .filter(Col::OutboxId.is_in(ids))
        .all(db)
        .await?;
    let body = |row: outbox_body::Model| {
        let (whole, light) = (row.body, row.light);
        (row.outbox_id, Body { whole, light })
    };
    Ok(rows.into_iter().map(body).collect())
}

pub(super) fn missing(id: i64) -> StoreError {
    StoreError::bad_row("outbox_body", id, "it is not there")
}

//! Messages of document exchange that were read: what each says, so that those about one document can be joined.
//!
//! Owns: table `exchange_message`.
//! Never: what messages say together (`domain::exchange`).
//! Reads next: `pulls.rs`.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::exchange_message::{self, Column as Col};
use super::{Store, StoreError, Write, seconds};
use crate::domain::exchange::{DocumentId, Message};

/// Rows and documents of one statement.
const CHUNK: usize = 500;

/// A message by which it is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMessage {
    pub name: String,
    pub size: u64,
    /// Seconds since 1970.
    pub modified: i64,
    pub hash: String,
}

/// A message with what it says; nothing, where it could not be read.
#[derive(Clone, Debug)]
pub struct KeptMessage {
    pub seen: SeenMessage,
    pub says: Vec<Message>,
}

impl Store {
    /// Every message that was read for this source.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn messages_seen(&self, source: &str) -> Result<Vec<SeenMessage>, StoreError> {
        let rows: Vec<(String, i64, i64, String)> = exchange_message::Entity::find()
            .select_only()
            .columns([Col::Name, Col::Size, Col::Modified, Col::Hash])
            .filter(Col::Source.eq(source))
            .filter(Col::Part.eq(0))
            .into_tuple()
            .all(&self.db)
            .await?;
        let seen = rows
            .into_iter()
            .map(|(name, size, modified, hash)| SeenMessage {
                name,
                size: size.cast_unsigned(),
                modified,
                hash,
            });
        Ok(seen.collect())
    }

    /// All that was said so far of these documents, in the order in which it was read.
    ///
    /// # Errors
    /// When the database does not answer, or a row does not convert.
    pub async fn messages_about(
        &self,
        source: &str,
        documents: &[&DocumentId],
    ) -> Result<Vec<Message>, StoreError> {
        let mut messages = Vec::new();
        for chunk in documents.chunks(CHUNK) {
            let rows = exchange_message::Entity::find()
                .filter(Col::Source.eq(source))
                .filter(Col::Document.is_in(chunk.iter().map(|document| document.as_str())))
                .order_by_asc(Col::ReadAt)
                .order_by_asc(Col::Name)
                .all(&self.db)
                .await?;
            for row in rows {
                messages.extend(said(&row)?);
            }
        }
        Ok(messages)
    }
}

fn said(row: &exchange_message::Model) -> Result<Option<Message>, StoreError> {
    let Some(text) = &row.message else {
        return Ok(None);
    };
    let message = serde_json::from_str(text);
    message
        .map(Some)
        .map_err(|error| StoreError::bad_row("exchange_message", &row.hash, error))
}

impl Write {
    /// Remembers messages with what they say.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remember_messages(
        &self,
        source: &str,
        messages: &[KeptMessage],
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = messages
            .iter()
            .flat_map(|message| rows(source, message, read_at))
            .collect();
        for chunk in rows.chunks(CHUNK) {
            exchange_message::Entity::insert_many(chunk.to_vec())
                .on_conflict(
                    OnConflict::columns([Col::Source, Col::Hash, Col::Part])
                        .update_columns([Col::Name, Col::Size, Col::Modified])
                        .to_owned(),
                )
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

fn rows(
    source: &str,
    message: &KeptMessage,
    read_at: DateTime<Utc>,
) -> Vec<exchange_message::ActiveModel> {
    let row = |part: i32, says: Option<&Message>| exchange_message::ActiveModel {
        source: Set(source.to_owned()),
        hash: Set(message.seen.hash.clone()),
        part: Set(part),
        name: Set(message.seen.name.clone()),
        size: Set(message.seen.size.cast_signed()),
        modified: Set(message.seen.modified),
        document: Set(says.map(|says| says.document.to_string())),
        message: Set(says.and_then(|says| serde_json::to_string(says).ok())),
        read_at: Set(seconds(read_at)),
    };
    if message.says.is_empty() {
        return vec![row(0, None)];
    }
    (0..)
        .zip(&message.says)
        .map(|(part, says)| row(part, Some(says)))
        .collect()
}

//! Messages joined to the documents of which they speak: what was read now with what was read before.
//!
//! Owns: which documents have news, and trying again those that are kept aside.
//! Never: what messages say together (`domain::exchange`), SQL.
//! Reads next: `../../../source/edxml/rows.rs`.

use std::collections::{BTreeSet, HashMap};

use crate::config::sources::{Access, Source};
use crate::domain::exchange::{DocumentId, Message};
use crate::domain::reject::Reject;
use crate::source::edxml::{Arrived, Post, rows};
use crate::source::{Origin, RawPage};
use crate::store::messages::{KeptMessage, SeenMessage};
use crate::store::{Store, StoreError};

/// What was read in this run, perhaps not stored yet, by document.
#[derive(Debug, Default)]
pub struct Threads {
    held: HashMap<DocumentId, Vec<Message>>,
    began: bool,
}

impl Threads {
    /// Puts the rows of all documents with news into a page of messages; gives what cannot be read or placed.
    /// A page of another kind stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn join(
        &mut self,
        store: &Store,
        source: &Source,
        records: &str,
        page: &mut RawPage,
    ) -> Result<Vec<Reject>, StoreError> {
        let (Origin::Messages(post), Access::Edxml(access)) = (&mut page.origin, &source.access)
        else {
            return Ok(Vec::new());
        };
        let mut documents = self.hold(&post.arrived);
        if !std::mem::replace(&mut self.began, true) {
            // What was kept aside may fit since a file of the site was mended.
            let aside = store.rows_aside(&source.name, records).await?;
            documents.extend(aside.iter().filter_map(document_of));
        }
        let before = self.before(store, &source.name, &documents).await?;
        let mut rejects: Vec<Reject> = post.arrived.iter().filter_map(unreadable).collect();
        for document in &documents {
            let messages = self.all(document, &before);
            match rows(&access.own, document, &messages) {
                Ok(found) if found.is_empty() => post.waiting += messages.len() as u64,
                Ok(found) => {
                    post.documents
                        .extend(found.iter().map(|_| document.to_string()));
                    page.rows.extend(found);
                }
                Err(why) => rejects.push(foreign(document, why)),
            }
        }
        Ok(rejects)
    }

    fn hold(&mut self, arrived: &[Arrived]) -> BTreeSet<DocumentId> {
        let messages = arrived
            .iter()
            .filter_map(|message| message.says.as_ref().ok())
            .flatten();
        let mut documents = BTreeSet::new();
        for message in messages {
            documents.insert(message.document.clone());
            self.held
                .entry(message.document.clone())
                .or_default()
                .push(message.clone());
        }
        documents
    }

    async fn before(
        &self,
        store: &Store,
        source: &str,
        documents: &BTreeSet<DocumentId>,
    ) -> Result<HashMap<DocumentId, Vec<Message>>, StoreError> {
        let documents: Vec<&DocumentId> = documents.iter().collect();
        let mut before: HashMap<DocumentId, Vec<Message>> = HashMap::new();
        for message in store.messages_about(source, &documents).await? {
            before
                .entry(message.document.clone())
                .or_default()
                .push(message);
        }
        Ok(before)
    }

    fn all(
        &self,
        document: &DocumentId,
        before: &HashMap<DocumentId, Vec<Message>>,
    ) -> Vec<Message> {
        let mut messages = before.get(document).cloned().unwrap_or_default();
        for message in self.held.get(document).into_iter().flatten() {
            if !messages.contains(message) {
                messages.push(message.clone());
            }
        }
        messages
    }
}

/// Messages as they are remembered.
pub fn kept(post: &Post) -> Vec<KeptMessage> {
    let kept = post.arrived.iter().filter(|message| !message.again);
    let kept = kept.map(|message| KeptMessage {
        seen: SeenMessage {
            name: message.stamp.name.clone(),
            size: message.stamp.size,
            modified: message.stamp.modified,
            hash: message.hash.clone(),
        },
        says: message.says.clone().unwrap_or_default(),
    });
    kept.collect()
}

/// Names of messages that could be read: under such a name nothing is kept aside any more.
pub fn readable(post: &Post) -> impl Iterator<Item = String> {
    let read = post.arrived.iter().filter(|message| message.says.is_ok());
    read.map(Arrived::name)
}

/// The document of a row that is kept aside: its code says it, with the receiver behind it.
fn document_of(reject: &Reject) -> Option<DocumentId> {
    let code = reject.code.as_deref()?;
    Some(DocumentId::parse(code.split(" > ").next()?))
}

fn unreadable(message: &Arrived) -> Option<Reject> {
    let why = message.says.as_ref().err()?;
    Some(Reject {
        position: 0,
        code: Some(message.name()),
        reason: format!("{}: {why}", message.name()),
        raw: String::new(),
        hash: message.hash.clone(),
    })
}

fn foreign(document: &DocumentId, why: String) -> Reject {
    Reject {
        position: 0,
        code: Some(document.to_string()),
        reason: format!("{document}: {why}"),
        raw: String::new(),
        hash: document.to_string(),
    }
}

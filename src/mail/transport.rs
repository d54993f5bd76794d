//! One message to one recipient, and what became of it.
//!
//! Owns: the four outcomes of a delivery and a session kept open for a batch.
//! Never: retry delays or the outbox (`job::deliver`); contents or full addresses in a reply or a log.
//! Reads next: `relay.rs` (the conversation), `eml.rs` (the folder).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::organisation::Address;
use crate::config::settings::{Delivery, Relay};

use super::eml;
pub use super::relay::ProbeError;
use super::relay::{self, Connection};

/// What became of one message (design: *accepted, retry, rejected, ambiguous*). `reply` is the
/// relay's answer or the failure, with addresses masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took responsibility, or the file is on disk.
    Accepted { reply: String },
    /// 4xx, or any failure before the end of data: nothing was delivered.
    Retry { reply: String },
    /// 5xx for this message: trying again changes nothing.
    Rejected { reply: String },
    /// The end of data was sent and no answer came: it may or may not have been delivered.
    Ambiguous { reply: String },
}

impl Outcome {
    #[must_use]
    pub fn reply(&self) -> &str {
        match self {
            Self::Accepted { reply }
            | Self::Retry { reply }
            | Self::Rejected { reply }
            | Self::Ambiguous { reply } => reply,
        }
    }
}

/// Where messages go.
#[derive(Clone, Debug)]
pub enum Transport {
    File {
        folder: PathBuf,
    },
    Smtp {
        relay: Relay,
        site: PathBuf,
    },
    /// Into the hands of whoever opened the site.
    Given(Arc<dyn Carrier>),
}

/// Takes messages where neither a folder nor a relay is wanted, such as a simulated world.
pub trait Carrier: fmt::Debug + Send + Sync {
    fn carry(&self, message_id: &str, bytes: &[u8]) -> Outcome;
}

impl Transport {
    /// Paths in `delivery` are relative to `site`.
    #[must_use]
    pub fn new(delivery: &Delivery, site: &Path) -> Self {
        match delivery {
            Delivery::File { folder } => Self::File {
                folder: site.join(folder),
            },
            Delivery::Smtp(relay) => Self::Smtp {
                relay: relay.clone(),
                site: site.to_owned(),
            },
        }
    }

    /// Sends one message and closes. For several, use `session`.
    pub async fn send(
        &self,
        from: &Address,
        to: &Address,
        message_id: &str,
        bytes: &[u8],
    ) -> Outcome {
        let mut session = self.session();
        let outcome = session.send(from, to, message_id, bytes).await;
        session.close().await;
        outcome
    }

    /// A session opens its connection with the first message and keeps it for the next.
    #[must_use]
    pub fn session(&self) -> Session<'_> {
        Session {
            transport: self,
            connection: None,
        }
    }

    /// Greets the relay, encrypts and signs in as for a message, then leaves; for the file
    /// transport, writes and removes a file. Answers what the other side said.
    ///
    /// # Errors
    /// With the step that failed.
    pub async fn probe(&self) -> Result<String, ProbeError> {
        match self {
            Self::File { folder } => eml::probe(folder).await.map_err(ProbeError::Folder),
            Self::Smtp { relay, site } => relay::probe(relay, site).await,
            Self::Given(_) => Ok("messages are carried by this program's host".to_owned()),
        }
    }
}

/// A batch of messages over one kept connection.
#[derive(Debug)]
pub struct Session<'a> {
    transport: &'a Transport,
    connection: Option<Connection>,
}

impl Session<'_> {
    /// Sends one message; a connection that the relay closed since the last one is opened anew.
    pub async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        message_id: &str,
        bytes: &[u8],
    ) -> Outcome {
        match self.transport {
            Transport::File { folder } => match eml::write(folder, message_id, bytes).await {
                Ok(path) => Outcome::Accepted {
                    reply: path.display().to_string(),
                },
                Err(error) => Outcome::Retry {
                    reply: error.to_string(),
                },
            },
            Transport::Smtp { relay, site } => {
                let envelope = match Envelope::parse(from, to) {
                    Ok(envelope) => envelope,
                    Err(reply) => return Outcome::Rejected { reply },
                };
                self.converse(relay, site, &envelope, bytes).await
            }
            Transport::Given(carrier) => carrier.carry(message_id, bytes),
        }
    }

    async fn converse(
        &mut self,
        relay: &Relay,
        site: &Path,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Outcome {
        let kept = match self.connection.take() {
            Some(connection) => connection.ready_again(relay.timeout).await,
            None => None,
        };
        let mut connection = match kept {
            Some(connection) => connection,
            None => match Connection::open(relay, site).await {
                Ok(connection) => connection,
                Err(error) => {
                    return Outcome::Retry {
                        reply: error.to_string(),
                    };
                }
            },
        };
        let outcome = connection
            .send(&envelope.from, &envelope.to, bytes, relay.timeout)
            .await;
        self.connection = connection.usable();
        outcome
    }

    /// Says goodbye; a failure to do so changes nothing.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.quit().await;
        }
    }
}

/// The two addresses of one transaction.
struct Envelope {
    from: lettre::Address,
    to: lettre::Address,
}

impl Envelope {
    fn parse(from: &Address, to: &Address) -> Result<Self, String> {
        Ok(Self {
            from: plain(from)?,
            to: plain(to)?,
        })
    }
}

/// Without SMTPUTF8 an address must be ASCII.
fn plain(address: &Address) -> Result<lettre::Address, String> {
    let parsed: Option<lettre::Address> = address.full().parse().ok();
    parsed
        .filter(|_| address.full().is_ascii())
        .ok_or_else(|| format!("{address} is not a mail address"))
}

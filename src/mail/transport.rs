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
pub use super::pace::Pace;
pub use super::relay::ProbeError;
use super::relay::{self, Connection, Envelope, Gone};

/// What became of one message (design: *accepted, retry, rejected, ambiguous*; *down*: nothing). `reply` is the
/// relay's answer or the failure, with addresses masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took responsibility, or the file is on disk.
    Accepted { reply: String },
    /// 4xx for this message, or a line that broke before its end: nothing was delivered.
    Retry { reply: String },
    /// 5xx for this message: trying again changes nothing.
    Rejected { reply: String },
    /// The end of data was sent and no answer came: it may or may not have been delivered.
    Ambiguous { reply: String },
    /// The relay is away, or the folder cannot be written: no message would pass, and this one had no attempt.
    Down {
        reply: String,
        /// Whether it went away when it heard of this message.
        at_message: bool,
    },
}

impl Outcome {
    #[must_use]
    pub fn reply(&self) -> &str {
        match self {
            Self::Accepted { reply }
            | Self::Retry { reply }
            | Self::Rejected { reply }
            | Self::Ambiguous { reply }
            | Self::Down { reply, .. } => reply,
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
        pace: Option<Pace>,
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
                pace: relay.bounds.rate.map(Pace::of),
            },
        }
    }

    /// How many sessions may be open at once.
    #[must_use]
    pub fn connections(&self) -> usize {
        match self {
            Self::File { .. } | Self::Given(_) => 1,
            Self::Smtp { relay, .. } => relay.bounds.connections,
        }
    }

    /// How fast messages may follow each other, where that is bounded.
    #[must_use]
    pub fn pace(&self) -> Option<&Pace> {
        match self {
            Self::File { .. } | Self::Given(_) => None,
            Self::Smtp { pace, .. } => pace.as_ref(),
        }
    }

    /// Where messages go, in words: a folder, or a relay and its port.
    #[must_use]
    pub fn destination(&self) -> String {
        match self {
            Self::File { folder } => folder.display().to_string(),
            Self::Smtp { relay, .. } => format!("{}:{}", relay.host, relay.port),
            Self::Given(_) => "this program's host".to_owned(),
        }
    }

    /// Sends one message and closes. For several, use `session`.
    pub async fn send(&self, parcel: &Parcel<'_>) -> Outcome {
        let mut session = self.session();
        let outcome = session.send(parcel).await;
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
            Self::Smtp { relay, site, .. } => relay::probe(relay, site).await,
            Self::Given(_) => Ok("messages are carried by this program's host".to_owned()),
        }
    }
}

/// One message for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'p> {
    pub from: &'p Address,
    pub to: &'p Address,
    pub message_id: &'p str,
    pub bytes: &'p [u8],
    /// The same message with a note in place of its attachments.
    pub light: Option<&'p [u8]>,
}

/// A batch of messages over one kept connection.
#[derive(Debug)]
pub struct Session<'a> {
    transport: &'a Transport,
    connection: Option<Connection>,
}

impl Session<'_> {
    /// Whether a connection is kept open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Sends one message; a connection that the relay closed since the last one is opened anew.
    pub async fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match self.transport {
            Transport::File { folder } => into_folder(folder, parcel).await,
            Transport::Smtp { relay, site, .. } => match envelope(parcel) {
                Ok(envelope) => self.converse(relay, site, &envelope).await,
                Err(reply) => Outcome::Rejected { reply },
            },
            Transport::Given(carrier) => carrier.carry(parcel.message_id, parcel.bytes),
        }
    }

    async fn converse(&mut self, relay: &Relay, site: &Path, envelope: &Envelope<'_>) -> Outcome {
        if let Some(kept) = self.connection.take()
            && let Some(kept) = kept.ready_again().await
            && let Ok(outcome) = self.send_over(kept, envelope).await
        {
            return outcome;
        }
        let fresh = match Connection::open(relay, site).await {
            Ok(fresh) => fresh,
            Err(failure) => return failure.before_the_end_of_data(),
        };
        let sent = self.send_over(fresh, envelope).await;
        sent.unwrap_or_else(|Gone| Outcome::Down {
            reply: "the relay ended the connection".to_owned(),
            at_message: true,
        })
    }

    async fn send_over(
        &mut self,
        mut connection: Connection,
        envelope: &Envelope<'_>,
    ) -> Result<Outcome, Gone> {
        let sent = connection.send(envelope).await;
        self.connection = connection.usable();
        sent
    }

    /// Says goodbye; a failure to do so changes nothing.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.quit().await;
        }
    }
}

async fn into_folder(folder: &Path, parcel: &Parcel<'_>) -> Outcome {
    match eml::write(folder, parcel.message_id, parcel.bytes).await {
        Ok(path) => Outcome::Accepted {
            reply: path.display().to_string(),
        },
        Err(error) => Outcome::Down {
            reply: error.to_string(),
            at_message: true,
        },
    }
}

fn envelope<'p>(parcel: &Parcel<'p>) -> Result<Envelope<'p>, String> {
    Ok(Envelope {
        from: plain(parcel.from)?,
        to: plain(parcel.to)?,
        message_id: parcel.message_id,
        whole: text(parcel.bytes)?,
        light: parcel.light.map(text).transpose()?,
    })
}

fn text(message: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(message).map_err(|error| format!("the message is no text: {error}"))
}

/// Without SMTPUTF8 an address must be ASCII.
fn plain(address: &Address) -> Result<lettre::Address, String> {
    let parsed: Option<lettre::Address> = address.full().parse().ok();
    parsed
        .filter(|_| address.full().is_ascii())
        .ok_or_else(|| format!("{address} is not a mail address"))
}

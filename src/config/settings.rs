//! `config/default.toml`, overridden by `config/local.toml` and `DONDOC__SECTION__KEY`.
//!
//! Owns: the typed settings.
//! Never: secrets in `Debug` output; which layer a value comes from (`layers.rs`).
//! Reads next: `settings/read.rs`, `organisation.rs`.

mod letters;
mod mail;
mod operator;
mod read;

pub use read::settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveTime};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::organisation::Address;
use super::secret::SecretSource;
pub use crate::domain::format::Language;
use crate::domain::letter_hour::Hours;
pub use crate::domain::wilson::Confidence;

#[derive(Clone, Debug)]
pub struct Settings {
    pub site: Site,
    pub database: Database,
    /// Base address of each remote system, by the name that source files use.
    pub endpoints: BTreeMap<String, String>,
    /// What to sign in with, by the name that source files use.
    pub credentials: BTreeMap<String, Credential>,
    pub mail: Mail,
    pub letters: Letters,
    pub web: Web,
    pub rules: Rules,
    pub metrics: Metrics,
    pub operator: Operator,
}

#[derive(Clone, Debug)]
pub struct Site {
    /// As it stands in mails: `UBND quận Long Biên`.
    pub name: String,
    pub language: Language,
    pub zone: Tz,
    /// Fixes the clock of every command (the demo's morning); absent on a real site.
    pub now: Option<DateTime<FixedOffset>>,
    /// The sources are simulated: a figure without a published denominator is marked so.
    pub simulated: bool,
}

#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite://data/dondoc.sqlite` (relative to the site) or `postgres://…`; holds no password
    /// unless given by the environment.
    pub url: SecretString,
    /// How long a statement waits for a database that is locked, or for a connection.
    pub patience: Duration,
}

#[derive(Clone, Debug)]
pub struct Credential {
    pub id: String,
    pub secret: SecretSource,
}

#[derive(Clone, Debug)]
pub struct Mail {
    /// `Đôn đốc <dondoc@longbien.example>`
    pub from: String,
    pub reply_to: Option<String>,
    /// A recipient outside these domains is refused by `check` and at queueing.
    pub allowed_domains: Vec<String>,
    pub delivery: Delivery,
    /// A maildir where notices of non-delivery arrive (relative to the site).
    pub bounces: Option<PathBuf>,
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// One `.eml` file per message in this folder (relative to the site).
    File {
        folder: PathBuf,
    },
    Smtp(Relay),
}

#[derive(Clone, Debug)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub username: Option<String>,
    pub password: Option<SecretSource>,
    /// Bounds every step of the conversation.
    pub timeout: Duration,
    /// A PEM file with the certificate authority of an inner relay (relative to the site).
    pub trust: Option<PathBuf>,
    pub bounds: Bounds,
}

/// How much a relay is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At once.
    pub connections: usize,
    /// Mails a minute; `None`: as fast as the relay takes them.
    pub rate: Option<NonZeroU32>,
    /// Mails over one connection.
    pub per_connection: NonZeroU32,
    /// The largest message in bytes; `None`: what the relay states itself.
    pub max_size: Option<u64>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 1,
            rate: None,
            per_connection: NonZeroU32::MIN.saturating_add(99),
            max_size: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Plain text: allowed towards loopback only.
    None,
    Starttls,
    Tls,
}

/// The day's letter to each person.
#[derive(Clone, Debug)]
pub struct Letters {
    pub hours: Hours,
    /// How long a letter waits for alerts that are still being decided.
    pub gather: Duration,
    /// While a site is tried out: every mail goes here, and says where it would have gone.
    pub all_to: Option<Address>,
}

/// Where people answer to letters.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where the daemon answers; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// How readers of mails reach it; `None`: letters hold no links.
    pub url: Option<String>,
    pub links_expire: Duration,
    /// Signs the links. The file is made where there is none.
    pub key: SecretSource,
}

#[derive(Clone, Debug)]
pub struct Metrics {
    /// Where the daemon answers `GET /metrics`; `None`: nowhere.
    pub listen: Option<SocketAddr>,
}

/// How the operator hears that mail itself fails.
#[derive(Clone, Debug)]
pub struct Operator {
    /// An address that takes JSON; it may hold a token.
    pub webhook: Option<SecretString>,
    /// A file that lines are added to (relative to the site).
    pub file: Option<PathBuf>,
    /// How long a relay may be away before it is worth telling.
    pub after: Duration,
}

#[derive(Clone, Debug)]
pub struct Rules {
    /// The due moment of a due date without a time.
    pub due_time: NaiveTime,
    /// Of the interval by which a ward lags.
    pub confidence: Confidence,
    /// How long the masked texts of rows kept aside may stay.
    pub keep_texts: Duration,
}

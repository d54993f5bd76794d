//! `config/organisation.toml`: units, posts and who holds them.
//!
//! Owns: finding the recipient who holds a post on a day.
//! Never: which alert goes to which post (`domain::decide`).
//! Reads next: `targets.rs`.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::unit::{UnitCode, Units};

/// A post's role within its unit. A ward's head is the chair of its committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Head,
    ViceChair,
    Chair,
    /// Runs the program; hears what goes wrong with it.
    Operator,
}

#[derive(Clone, Debug)]
pub struct Organisation {
    /// The unit whose vice-chair and chair are the upper rungs of every ladder.
    pub district: UnitCode,
    pub units: Units,
    pub posts: Vec<Post>,
}

#[derive(Clone, Debug)]
pub struct Post {
    pub unit: UnitCode,
    pub role: Role,
    /// As it stands after "Kính gửi: Đồng chí …".
    pub title: String,
    pub title_en: String,
    pub holders: Vec<Holder>,
}

#[derive(Clone, Debug)]
pub struct Holder {
    pub address: Address,
    /// Inclusive; `None`: since ever.
    pub from: Option<NaiveDate>,
    /// Inclusive; `None`: still.
    pub to: Option<NaiveDate>,
}

/// A mail address; prints masked, the full value through `full` only.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// Someone a mail goes to: the holder of a post on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub unit: UnitCode,
    pub role: Role,
    pub title: String,
    pub address: Address,
}

impl Address {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The address itself, for the envelope and the outbox.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first: String = name.chars().take(1).collect();
        write!(f, "{first}…@{domain}")
    }
}

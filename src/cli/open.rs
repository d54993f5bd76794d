//! Opening the site for a command, with every problem of its files shown.
//!
//! Owns: how problems look on a terminal.
//! Never: finding them.
//! Reads next: `output.rs`.

use anyhow::bail;
use chrono::{DateTime, Utc};

use super::Scope;
use crate::config::document::Documents;
use crate::config::problem::{self, Problem};
use crate::daemon::{self, OpenError};
use crate::job::App;

impl Scope {
    /// The site, with the clock of this command.
    pub async fn app(&self) -> anyhow::Result<App> {
        match daemon::open(&self.site, daemon::clock(self.at, &self.site)).await {
            Ok(app) => Ok(app),
            Err(OpenError::Problems(problems, documents)) => {
                eprint!("{}", shown(&problems, &documents));
                bail!(
                    "the site is not valid: {} problem(s); `dondoc check` lists them",
                    problems.len()
                )
            }
            Err(OpenError::Store(error)) => Err(error.into()),
        }
    }

    /// The instant a command speaks of.
    pub fn now(&self) -> DateTime<Utc> {
        daemon::clock(self.at, &self.site).now()
    }
}

/// Problems with the line of the file and a caret under the place.
pub fn shown(problems: &[Problem], documents: &Documents) -> String {
    let report = |found: &Problem| {
        format!(
            "{:?}\n",
            problem::report(found, documents.text(&found.file))
        )
    };
    problems.iter().map(report).collect()
}

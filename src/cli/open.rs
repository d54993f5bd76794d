//! Opening the site for a command, with every problem of its files shown, or counted where the command can do without.
//!
//! Owns: how problems look on a terminal.
//! Never: finding them.
//! Reads next: `output.rs`.

use anyhow::bail;
use chrono::{DateTime, Utc};

use super::{Scope, output};
use crate::config::document::Documents;
use crate::config::problem::{self, Look, Problem, Severity};
use crate::daemon::{self, OpenError};
use crate::job::App;
use crate::job::ledger::Ledger;

impl Scope {
    /// The site, with the clock of this command.
    pub async fn app(&self) -> anyhow::Result<App> {
        let opened = daemon::open(&self.site, daemon::clock(self.at, &self.site)).await;
        opened.or_else(refused)
    }

    /// The history, the outbox and the jobs that are valid: for commands that compute nothing from the files.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        let ledger = self.ledger_with_problems().await?;
        let problems = ledger.problems.len();
        if problems > 0 {
            output::aside(format!(
                "warning: the site's files have {problems} problem(s): see `dondoc check`"
            ));
        }
        Ok(ledger)
    }

    /// As [`Self::ledger`], for a command that tells the problems itself.
    pub async fn ledger_with_problems(&self) -> anyhow::Result<Ledger> {
        let opened = daemon::ledger(&self.site, daemon::clock(self.at, &self.site)).await;
        opened.or_else(refused)
    }

    /// The instant a command speaks of.
    pub fn now(&self) -> DateTime<Utc> {
        daemon::clock(self.at, &self.site).now()
    }
}

fn refused<T>(error: OpenError) -> anyhow::Result<T> {
    match error {
        OpenError::Problems(problems, documents) => {
            output::aside(shown_on_stderr(&problems, &documents));
            bail!(
                "the site is not valid: {} problem(s); `dondoc check` lists them",
                problems.len()
            )
        }
        OpenError::Store(error) => Err(error.into()),
    }
}

/// Problems with the line of the file and a mark under the place, with a blank line after each.
pub fn shown(
    problems: &[Problem],
    documents: &Documents,
    severity: Severity,
    look: Look,
) -> String {
    let report = |found: &Problem| {
        let text = documents.text(&found.file);
        format!("{}\n\n", problem::report(found, text, severity, look))
    };
    problems.iter().map(report).collect()
}

/// Problems as they look on standard error.
pub fn shown_on_stderr(problems: &[Problem], documents: &Documents) -> String {
    shown(
        problems,
        documents,
        Severity::Problem,
        output::look(&std::io::stderr()),
    )
}

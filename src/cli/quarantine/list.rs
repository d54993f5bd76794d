//! `dondoc quarantine list`: the reasons first, then rows.
//!
//! Owns: printing.
//! Never: which reasons are alike (`domain::reject`).
//! Reads next: `table.rs`.

use std::path::PathBuf;

use clap::Args;

use super::{Shown, table};
use crate::cli::resync::known_source;
use crate::cli::{Scope, output};
use crate::domain::reject::{Cause, grouped};
use crate::job::App;
use crate::store::aside::Kept;

/// Rows that a terminal shows.
const SHOWN: usize = 20;
/// Rows read at a time.
const PAGE: u64 = 1_000;

#[derive(Debug, Args)]
pub struct List {
    /// Only this source
    source: Option<String>,
    /// Write every row into a table for a spreadsheet
    #[arg(long, value_name = "FILE.csv")]
    export: Option<PathBuf>,
}

impl List {
    pub async fn run(&self, scope: &Scope, app: &App) -> anyhow::Result<()> {
        let source = self.source.as_deref();
        if let Some(name) = source {
            known_source(app, name)?;
        }
        if let Some(file) = &self.export {
            let rows = every_row(app, source).await?;
            table::write(&rows, file)?;
            let written = rows.len();
            return output::line(format!("{written} rows written to {}", file.display()));
        }
        if scope.json {
            return output::json(&every_row(app, source).await?);
        }
        let causes = grouped(&app.store.causes(source).await?);
        if causes.is_empty() {
            return output::line("nothing is kept aside");
        }
        told(&causes)?;
        rows(app, source, causes.iter().map(|cause| cause.rows).sum()).await
    }
}

fn told(causes: &[Cause]) -> anyhow::Result<()> {
    let row = |cause: &Cause| {
        [
            cause.rows.to_string(),
            cause.source.clone(),
            cause.records.clone(),
            cause.reason.clone(),
        ]
    };
    output::table(
        ["#rows", "source", "list", "reason"],
        causes.iter().map(row),
    )
}

async fn rows(app: &App, source: Option<&str>, all: u64) -> anyhow::Result<()> {
    let rows = app.store.kept_aside(source, 0, SHOWN as u64).await?;
    output::line("")?;
    let row = |row: &Kept| {
        [
            row.id.to_string(),
            row.records.clone(),
            row.reject.code.clone().unwrap_or_else(|| "-".to_owned()),
            output::local(row.first_seen_at, app.zone()),
            output::local(row.last_seen_at, app.zone()),
            row.reject.reason.clone(),
        ]
    };
    output::table(
        ["#id", "list", "code", "first seen", "last seen", "reason"],
        rows.iter().map(row),
    )?;
    let more = all.saturating_sub(rows.len() as u64);
    if more > 0 {
        output::line(format!(
            "… and {more} more (--json or --export FILE.csv has every row)"
        ))?;
    }
    output::line("`dondoc quarantine show ID` shows what is kept of a row")
}

async fn every_row(app: &App, source: Option<&str>) -> anyhow::Result<Vec<Shown>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let rows = app.store.kept_aside(source, after, PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(all);
        };
        after = last.id;
        all.extend(rows.iter().map(|row| Shown::of(app, row)));
    }
}

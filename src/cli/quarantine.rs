//! `dondoc quarantine`: rows kept aside, why, and what becomes of them after a mapping is mended.
//!
//! Owns: the questions there are; a row as it is printed.
//! Never: mapping (`job::quarantine`).
//! Reads next: `quarantine/list.rs`, `quarantine/retry.rs`.

mod list;
mod retry;
mod table;

use anyhow::bail;
use chrono::{DateTime, FixedOffset};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value as Json;

use super::{Scope, output};
use crate::job::App;
use crate::store::aside::Kept;

#[derive(Debug, Args)]
pub struct Quarantine {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Rows kept aside, those that fail alike together
    List(list::List),
    /// One row kept aside, with what is kept of it
    Show {
        /// Its number, as the list tells it
        id: i64,
    },
    /// Map the kept rows as the files say now: what becomes a record is stored
    Retry(retry::Retry),
}

/// A row kept aside, as it is printed.
#[derive(Serialize)]
struct Shown {
    id: i64,
    source: String,
    records: String,
    code: Option<String>,
    /// Place in the list it came from.
    position: u64,
    reason: String,
    first_seen_at: DateTime<FixedOffset>,
    last_seen_at: DateTime<FixedOffset>,
    /// The mapped fields by their places, personal ones masked; none once it is forgotten.
    kept: Option<Json>,
}

impl Shown {
    fn of(app: &App, row: &Kept) -> Self {
        let local = |at: DateTime<chrono::Utc>| at.with_timezone(&app.zone()).fixed_offset();
        let kept = row
            .text()
            .map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into()));
        Self {
            id: row.id,
            source: row.source.clone(),
            records: row.records.clone(),
            code: row.reject.code.clone(),
            position: row.reject.position,
            reason: row.reject.reason.clone(),
            first_seen_at: local(row.first_seen_at),
            last_seen_at: local(row.last_seen_at),
            kept,
        }
    }

    fn cells(&self) -> [String; 9] {
        [
            self.id.to_string(),
            self.source.clone(),
            self.records.clone(),
            self.code.clone().unwrap_or_default(),
            self.position.to_string(),
            self.reason.clone(),
            self.first_seen_at.to_rfc3339(),
            self.last_seen_at.to_rfc3339(),
            self.kept.as_ref().map_or_else(String::new, Json::to_string),
        ]
    }
}

impl Quarantine {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        match &self.act {
            Act::List(list) => list.run(scope, &app).await,
            Act::Show { id } => show(scope, &app, *id).await,
            Act::Retry(retry) => retry.run(scope, &app).await,
        }
    }
}

async fn show(scope: &Scope, app: &App, id: i64) -> anyhow::Result<()> {
    let Some(row) = app.store.row_aside(id).await? else {
        bail!("no row {id} is kept aside: `dondoc quarantine list` shows which are");
    };
    let shown = Shown::of(app, &row);
    if scope.json {
        return output::json(&shown);
    }
    let seen = |at: &DateTime<FixedOffset>| at.format("%Y-%m-%d %H:%M").to_string();
    let code = shown.code.as_deref().unwrap_or("-");
    output::line(format!("row {id} of {} ({})", shown.source, shown.records))?;
    output::line(format!("  code      {code}"))?;
    output::line(format!("  reason    {}", shown.reason))?;
    output::line(format!("  position  {} in its list", shown.position))?;
    output::line(format!("  first     {}", seen(&shown.first_seen_at)))?;
    output::line(format!("  last      {}", seen(&shown.last_seen_at)))?;
    match &shown.kept {
        Some(kept) => output::line(format!(
            "  kept      {}",
            serde_json::to_string_pretty(kept)?
        )),
        None => {
            output::line("  kept      nothing any more: texts are forgotten (rules.keep_texts)")
        }
    }
}

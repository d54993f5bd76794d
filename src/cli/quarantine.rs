//! `dondoc quarantine`: rows kept aside, why, and what becomes of them after a mapping is mended.
//!
//! Owns: printing, the table for a spreadsheet.
//! Never: mapping (`job::quarantine`).
//! Reads next: `resync.rs`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::{DateTime, FixedOffset};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value as Json;

use super::resync::known_source;
use super::{Scope, output};
use crate::domain::reject::{Cause, grouped};
use crate::job::App;
use crate::job::quarantine::{self, Retried};
use crate::store::quarantine::Kept;

/// Rows that a terminal shows.
const SHOWN: usize = 20;
/// Rows read at a time.
const PAGE: u64 = 1_000;

#[derive(Debug, Args)]
pub struct Quarantine {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Rows kept aside, those that fail alike together
    List(List),
    /// One row kept aside, with what is kept of it
    Show {
        /// Its number, as the list tells it
        id: i64,
    },
    /// Map the kept rows as the files say now: what becomes a record is stored
    Retry(Retry),
}

#[derive(Debug, Args)]
struct List {
    /// Only this source
    source: Option<String>,
    /// Write every row into a table for a spreadsheet
    #[arg(long, value_name = "FILE.csv")]
    export: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Retry {
    /// Only this source
    source: Option<String>,
    /// Say what would become of the rows, and change nothing
    #[arg(long)]
    dry_run: bool,
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

impl List {
    async fn run(&self, scope: &Scope, app: &App) -> anyhow::Result<()> {
        let source = self.source.as_deref();
        if let Some(name) = source {
            known_source(app, name)?;
        }
        if let Some(file) = &self.export {
            let written = export(app, source, file).await?;
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

async fn export(app: &App, source: Option<&str>, file: &std::path::Path) -> anyhow::Result<usize> {
    let rows = every_row(app, source).await?;
    let names = [
        "id",
        "source",
        "list",
        "code",
        "position",
        "reason",
        "first_seen_at",
        "last_seen_at",
        "kept",
    ];
    // The mark by which spreadsheets know UTF-8.
    let mut text = String::from("\u{feff}");
    text.push_str(&line(&names.map(str::to_owned)));
    for row in &rows {
        text.push_str(&line(&row.cells()));
    }
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(rows.len())
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell between quotes; one that a spreadsheet would take for a formula is told to be text.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
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

/// What trying again came to, as it is printed.
#[derive(Serialize)]
struct Told {
    source: String,
    dry_run: bool,
    mended: u64,
    overtaken: u64,
    still: Vec<Stays>,
    forgotten: u64,
    orphaned: u64,
    not_kept: Vec<Place>,
}

#[derive(Serialize)]
struct Stays {
    records: String,
    reason: String,
    rows: u64,
}

#[derive(Serialize)]
struct Place {
    place: String,
    rows: u64,
}

impl Retry {
    async fn run(&self, scope: &Scope, app: &App) -> anyhow::Result<()> {
        let sources = match self.source.as_deref() {
            Some(name) => vec![known_source(app, name)?],
            None => app.files.sources.iter().collect(),
        };
        let mut all = Vec::new();
        for source in sources {
            let retried = quarantine::retry(app, source, app.clock.now(), self.dry_run).await?;
            if retried != Retried::default() {
                all.push((source.name.clone(), retried));
            }
        }
        if scope.json {
            let told = all
                .into_iter()
                .map(|(name, retried)| self.told(name, retried));
            return output::json(&told.collect::<Vec<_>>());
        }
        if all.is_empty() {
            return output::line("nothing is kept aside");
        }
        all.iter()
            .try_for_each(|(name, retried)| self.print(name, retried))
    }

    fn told(&self, source: String, retried: Retried) -> Told {
        let stays = |cause: Cause| Stays {
            records: cause.records,
            reason: cause.reason,
            rows: cause.rows,
        };
        let place = |(place, rows)| Place { place, rows };
        Told {
            source,
            dry_run: self.dry_run,
            mended: retried.mended,
            overtaken: retried.overtaken,
            still: retried.still.into_iter().map(stays).collect(),
            forgotten: retried.forgotten,
            orphaned: retried.orphaned,
            not_kept: retried.not_kept.into_iter().map(place).collect(),
        }
    }

    fn print(&self, name: &str, retried: &Retried) -> anyhow::Result<()> {
        let would = if self.dry_run { " would" } else { "" };
        output::line(format!("{name}:{would} become records: {}", retried.mended))?;
        if retried.overtaken > 0 {
            output::line(format!(
                "  {}{would} leave: a later row with their code is stored",
                retried.overtaken
            ))?;
        }
        for cause in grouped(&retried.still) {
            let Cause {
                rows,
                records,
                reason,
                ..
            } = cause;
            output::line(format!("  {rows} of {records} stay aside: {reason}"))?;
        }
        for (place, rows) in &retried.not_kept {
            output::line(format!(
                "  {rows} stay aside: the mapping now looks at `{place}`, which was not kept of them"
            ))?;
        }
        if retried.forgotten > 0 {
            output::line(format!(
                "  {} stay aside: their texts are forgotten (rules.keep_texts)",
                retried.forgotten
            ))?;
        }
        if retried.orphaned > 0 {
            output::line(format!(
                "  {} stay aside: config/sources/{name}.toml does not pull their list any more",
                retried.orphaned
            ))?;
        }
        if retried.forgotten > 0 || !retried.not_kept.is_empty() {
            output::line(format!(
                "  `dondoc source resync {name}` makes the next pull fetch them again"
            ))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_it_looks_like() {
        for (cell, written) in [
            ("a", "\"a\""),
            ("say \"so\", please", "\"say \"\"so\"\", please\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("-1", "\"'-1\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}

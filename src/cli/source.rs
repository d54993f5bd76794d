//! `dondoc source`: help for whoever connects a system.
//!
//! Owns: printing.
//! Never: storing anything.
//! Reads next: `resync.rs`, `job/look.rs`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::infer::Infer;
use super::resync::{Resync, known_source};
use super::{Scope, output};
use crate::job::look::{self, Look};
use crate::source::mapping::sample::Sample;

/// Rejects of a page that are printed one by one.
const REJECTS: usize = 10;
/// Letters of a value in a column.
const WIDTH: usize = 48;

#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Fetch one page of each list and show its first rows, as they came and as they would be stored
    Test(Test),
    /// Let the next pull ask for everything, not only for what changed
    Resync(Resync),
    /// Propose a source file from a sample: a file, or an address that answers without sign-in
    Infer(Infer),
}

#[derive(Debug, Args)]
struct Test {
    /// The name of a file in config/sources, without `.toml`
    name: String,
    /// How many rows to show
    #[arg(long, default_value_t = 3)]
    rows: usize,
}

impl Source {
    /// # Errors
    /// When the site is not valid or the source unknown.
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        match &self.act {
            Act::Test(test) => test.run(scope).await,
            Act::Infer(infer) => infer.run(scope).await,
            Act::Resync(resync) => resync.run(scope).await.map(|()| ExitCode::SUCCESS),
        }
    }
}

impl Test {
    async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let Self { name, rows } = self;
        let app = scope.app().await?;
        let source = known_source(&app, name)?;
        let looks = look::at(&app, source, *rows).await;
        let ok = looks.iter().all(|look| look.error.is_none());
        if scope.json {
            output::json(&json!({ "source": name, "ok": ok, "lists": looks }))?;
        } else {
            for look in &looks {
                print(look)?;
            }
        }
        Ok(if ok {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn print(look: &Look) -> anyhow::Result<()> {
    output::line(format!("{}: {}", look.records, look.summary()))?;
    output::line(format!("  asked: {}", look.asked))?;
    for (index, sample) in look.samples.iter().enumerate() {
        output::line("")?;
        match &sample.reject {
            None => output::line(format!("row {index}"))?,
            Some(reason) => output::line(format!("row {index} is rejected: {reason}"))?,
        }
        output::table(["from", "raw", "field", "mapped"], rows(sample))?;
    }
    if !look.rejects.is_empty() {
        output::line("")?;
        output::line(format!(
            "{} of the page's rows are rejected:",
            look.rejected
        ))?;
        let shown = look.rejects.iter().take(REJECTS).map(|reject| {
            let code = reject.code.clone().unwrap_or_default();
            [reject.position.to_string(), code, reject.reason.clone()]
        });
        output::table(["#row", "code", "reason"], shown)?;
    }
    output::line("")
}

/// The fields with where they come from, then what no field takes.
fn rows(sample: &Sample) -> Vec<[String; 4]> {
    let fields = sample.fields.iter().map(|field| {
        let raw = field.raw.as_ref().map_or_else(String::new, plain);
        let mapped = field.mapped.clone().unwrap_or_default();
        [
            field.from.clone().unwrap_or_default(),
            raw,
            field.field.clone(),
            mapped,
        ]
    });
    let unused = sample
        .unused
        .iter()
        .map(|(at, value)| [at.clone(), plain(value), String::new(), String::new()]);
    fields.chain(unused).collect()
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= WIDTH {
        return text;
    }
    let short: String = text.chars().take(WIDTH - 1).collect();
    format!("{short}…")
}

//! `dondoc source`: one remote system.
//!
//! Owns: printing.
//! Never: pulling (`job::step::pull`).
//! Reads next: `quarantine.rs`.

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Scope, output};
use crate::config::problem::instead;
use crate::config::sources;
use crate::job::App;

#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Let the next pull ask for everything, not only for what changed
    Resync {
        /// A source of this site
        source: String,
    },
}

#[derive(Serialize)]
struct Owed<'a> {
    source: &'a str,
    records: Vec<&'a str>,
}

impl Source {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let Act::Resync { source } = &self.act;
        let app = scope.app().await?;
        resync(scope, &app, known_source(&app, source)?).await
    }
}

async fn resync(scope: &Scope, app: &App, source: &sources::Source) -> anyhow::Result<()> {
    let write = app.store.write().await?;
    let now = app.clock.now();
    for pull in &source.pulls {
        write
            .ask_for_everything(&source.name, &pull.records, now)
            .await?;
    }
    write.commit().await?;
    let records = source.pulls.iter().map(|pull| pull.records.as_str());
    let records: Vec<&str> = records.collect();
    if scope.json {
        let source = &source.name;
        return output::json(&Owed { source, records });
    }
    output::line(format!(
        "the next pull of {} asks for all of {}; what is known of each record is kept, and the number of rows that \
         comes is what later ones are compared with",
        source.name,
        records.join(", ")
    ))
}

/// The source of this name.
pub fn known_source<'a>(app: &'a App, name: &str) -> anyhow::Result<&'a sources::Source> {
    let mut known = app.files.sources.iter();
    known.find(|source| source.name == name).ok_or_else(|| {
        let names = app.files.sources.iter().map(|source| source.name.as_str());
        anyhow!("there is no source `{name}`: {}", instead(name, names))
    })
}

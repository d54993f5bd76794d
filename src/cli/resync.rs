//! `dondoc source resync`: everything is asked for anew.
//!
//! Owns: printing.
//! Never: pulling (`job::step::pull`).
//! Reads next: `quarantine.rs`.

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use super::{Scope, output};
use crate::config::problem::instead;
use crate::config::sources::Source;
use crate::job::App;

#[derive(Debug, Args)]
pub struct Resync {
    /// A source of this site
    name: String,
}

#[derive(Serialize)]
struct Owed<'a> {
    source: &'a str,
    records: Vec<&'a str>,
}

impl Resync {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        resync(scope, &app, known_source(&app, &self.name)?).await
    }
}

async fn resync(scope: &Scope, app: &App, source: &Source) -> anyhow::Result<()> {
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
pub fn known_source<'a>(app: &'a App, name: &str) -> anyhow::Result<&'a Source> {
    let mut known = app.files.sources.iter();
    known.find(|source| source.name == name).ok_or_else(|| {
        let names = app.files.sources.iter().map(|source| source.name.as_str());
        anyhow!("there is no source `{name}`: {}", instead(name, names))
    })
}

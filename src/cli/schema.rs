//! `dondoc schema`: the JSON Schemas by which an editor completes and checks the site's files.
//!
//! Owns: printing and writing them.
//! Never: what is in them (`config::schema`).
//! Reads next: `check.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::{Scope, output};
use crate::config::schema::FileKind;

#[derive(Debug, Args)]
pub struct Schema {
    /// Kind of file; without one the kinds are listed
    #[arg(value_name = "FILE-KIND", value_parser = PossibleValuesParser::new(FileKind::ALL.map(FileKind::name)))]
    kind: Option<String>,
    /// Write the schema, or without FILE-KIND all of them, into DIR; `config/schemas` is where a site's files look
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    files: &'static str,
}

impl Schema {
    pub fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let kind = self.kind.as_deref().and_then(FileKind::parse);
        match (&self.out, kind) {
            (Some(folder), Some(kind)) => write(folder, &[kind]),
            (Some(folder), None) => write(folder, &FileKind::ALL),
            (None, Some(kind)) => output::line(kind.schema().trim_end()),
            (None, None) => list(scope),
        }
    }
}

fn write(folder: &Path, kinds: &[FileKind]) -> anyhow::Result<()> {
    for kind in kinds {
        let path = folder.join(kind.schema_file());
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, kind.schema()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        output::line(path.display().to_string())?;
    }
    Ok(())
}

fn list(scope: &Scope) -> anyhow::Result<()> {
    let row = |kind: FileKind| Row {
        kind: kind.name(),
        files: kind.files(),
    };
    let rows = FileKind::ALL.map(row);
    if scope.json {
        return output::json(&rows);
    }
    output::table(
        ["Kind", "Files"],
        rows.iter()
            .map(|row| [row.kind.to_owned(), row.files.to_owned()]),
    )
}

//! `dondoc source infer`: a proposed source file from a sample.
//!
//! Owns: where the sample comes from, and where the proposal goes: never over a file that is there.
//! Never: what is proposed (`source::infer`).
//! Reads next: `../source/infer.rs`.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Scope, output};
use crate::config::sources::FOLDER;
use crate::job::App;
use crate::source::{http, infer};

#[derive(Debug, Args)]
pub struct Infer {
    /// A file, or an address that answers without sign-in: JSON, XLSX, XLS, ODS, CSV, an HTML table, an edXML message
    sample: String,
    /// The source's name; left out: the sample's
    #[arg(long)]
    name: Option<String>,
    /// Write it to config/sources/NAME.toml, if no file is there
    #[arg(long)]
    write: bool,
}

impl Infer {
    /// # Errors
    /// When the site is not valid, the sample cannot be read or recognised, or a file is in the way.
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let app = scope.app().await?;
        let name = slug(self.name.as_deref().unwrap_or(&stem(&self.sample)));
        let proposal = self.propose(&app, &name).await?;
        if !self.write {
            output::line(proposal.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        let path = app.site.join(FOLDER).join(format!("{name}.toml"));
        put(&path, &proposal)?;
        output::line(format!(
            "written: {}; `dondoc check`, then `dondoc source test {name}`",
            path.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn propose(&self, app: &App, name: &str) -> anyhow::Result<String> {
        let endpoints = &app.files.settings.endpoints;
        let under = endpoints.iter().find_map(|(endpoint, base)| {
            let rest = self.sample.strip_prefix(base.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((endpoint.as_str(), rest))
        });
        let is_address = self.sample.starts_with("http://") || self.sample.starts_with("https://");
        let first = endpoints
            .keys()
            .next()
            .map(String::as_str)
            .filter(|_| !is_address);
        let folder = tempfile::tempdir()?;
        let path = match is_address {
            true => fetched(&self.sample, folder.path(), app).await?,
            false => PathBuf::from(&self.sample),
        };
        let bytes =
            fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let hints = infer::Hints {
            name,
            units: &app.files.organisation.units,
            zone: app.zone(),
            today: app.day(app.clock.now()),
            endpoint: under.map(|(endpoint, _)| endpoint).or(first),
            address: under
                .map(|(_, rest)| rest)
                .or_else(|| path_of(&self.sample).filter(|_| is_address)),
        };
        Ok(infer::propose(&bytes, &path, &hints)?)
    }
}

/// The sample of an address, in a file.
async fn fetched(address: &str, folder: &Path, app: &App) -> anyhow::Result<PathBuf> {
    let bytes = http::sample(address, app.clock.now()).await?;
    let path = folder.join("sample");
    fs::write(&path, bytes)?;
    Ok(path)
}

/// What stands behind the host of an address.
fn path_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    Some(rest.find(['/', '?']).map_or("", |at| &rest[at..]))
}

fn stem(sample: &str) -> String {
    let path = sample.split('?').next().unwrap_or_default();
    let last = path
        .trim_end_matches('/')
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    last.rsplit_once('.')
        .map_or(last, |(stem, _)| stem)
        .to_owned()
}

/// A name that a file may have: small letters, digits and `-`.
fn slug(name: &str) -> String {
    let parts: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if parts.is_empty() {
        "sample".to_owned()
    } else {
        parts.join("-")
    }
}

fn put(path: &Path, proposal: &str) -> anyhow::Result<()> {
    let file = File::options().write(true).create_new(true).open(path);
    match file {
        Ok(mut file) => Ok(file.write_all(proposal.as_bytes())?),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!(
                "{} is there: it is not overwritten; choose another --name",
                path.display()
            )
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_after_its_sample() {
        for (sample, expected) in [
            ("/x/Ho so 2020.xlsx", "ho-so-2020"),
            ("https://a.example/api/v1/DanhSach?page=1", "danhsach"),
            ("https://a.example/", "a"),
            ("…", "sample"),
        ] {
            assert_eq!(slug(&stem(sample)), expected, "{sample}");
        }
        assert_eq!(path_of("https://a.example/x?y=1"), Some("/x?y=1"));
    }
}

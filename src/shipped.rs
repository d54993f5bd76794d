//! The files that ship in the binary: a site's config, jobs and templates.
//!
//! Owns: writing them into a new site's folder.
//! Never: overwriting what an administrator edited.
//! Reads next: `cli/demo.rs`.

use std::fs;
use std::io;
use std::path::Path;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "config/"]
#[include = "*.toml"]
#[include = "schemas/*.json"]
#[exclude = "local.toml"]
struct Config;

#[derive(RustEmbed)]
#[folder = "jobs/"]
struct Jobs;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Templates;

/// Writes every shipped file that `site` does not have yet.
///
/// # Errors
/// When a file cannot be written.
pub fn write_missing(site: &Path) -> io::Result<()> {
    write_folder::<Config>(&site.join("config"))?;
    write_folder::<Jobs>(&site.join("jobs"))?;
    write_folder::<Templates>(&site.join("templates"))
}

fn write_folder<F: RustEmbed>(folder: &Path) -> io::Result<()> {
    for name in F::iter() {
        let path = folder.join(name.as_ref());
        if let (false, Some(file)) = (path.exists(), F::get(&name)) {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, file.data)?;
        }
    }
    Ok(())
}

/// The text of a shipped file of `config/`, e.g. `calendars/vn.toml`.
#[must_use]
pub fn config_text(name: &str) -> Option<String> {
    Config::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

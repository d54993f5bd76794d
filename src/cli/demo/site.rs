//! The sample site's folder.
//!
//! Owns: what is written into it, and refusing a folder that is something else.
//! Never: overwriting a file that is there, but for those it wrote itself.
//! Reads next: `days.rs`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, bail};

use crate::shipped;

/// The name that the simulated city knows us by.
pub const CREDENTIAL: &str = "dondoc";
const LOCAL: &str = "config/local.toml";
const SECRET: &str = "config/secrets/city";
/// The simulated city on loopback takes it; it opens nothing else.
const CITY_SECRET: &str = "only-for-the-simulated-city";
const KEY: &str = "config/secrets/links";
/// Signs the links of sample sites, which answer on loopback alone: the same morning gives the same letters, byte for
/// byte. A real site makes a key of its own.
const SAMPLE_KEY: &str = "only-for-links-of-a-sample-site";
/// Where links in its letters lead.
const LISTEN: &str = "127.0.0.1:8030";
const MARK: &str = "# Written by `dondoc demo`.";

/// Writes the shipped files, the key of links and the city's secret, which is returned.
pub fn make(folder: &Path) -> anyhow::Result<&'static str> {
    refuse_foreign(folder)?;
    shipped::write_missing(folder)
        .with_context(|| format!("{} cannot be written", folder.display()))?;
    write(&folder.join(SECRET), CITY_SECRET)?;
    write(&folder.join(KEY), SAMPLE_KEY)?;
    Ok(CITY_SECRET)
}

/// Points the site at the city and fixes its clock.
pub fn point_at(folder: &Path, city: &SocketAddr, morning: &str) -> anyhow::Result<()> {
    let text = format!(
        "{MARK} It fixes the clock and points at the simulated city, which has a new port each time.\n\
         #:schema ./schemas/settings.schema.json\n\n\
         [site]\nnow = \"{morning}\"\nsimulated = true\n\n\
         [endpoints]\ncity = \"http://{city}\"\n\n\
         # Letters hold links, which `dondoc demo --serve` and `dondoc serve` answer.\n\
         [web]\nlisten = \"{LISTEN}\"\nurl = \"http://{LISTEN}\"\nkey_file = \"{KEY}\"\n"
    );
    write(&folder.join(LOCAL), &text)
}

/// A folder with a real site's settings is not ours to change.
fn refuse_foreign(folder: &Path) -> anyhow::Result<()> {
    let local = folder.join(LOCAL);
    let is_ours = fs::read_to_string(&local).is_ok_and(|text| text.starts_with(MARK));
    let holds_something = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if local.exists() && !is_ours || holds_something && !local.exists() && !is_half_made(folder) {
        bail!(
            "{} holds something else than a sample site: choose another folder with --dir",
            folder.display()
        );
    }
    Ok(())
}

/// A demonstration that was stopped before it wrote its settings left shipped files and the secret only.
fn is_half_made(folder: &Path) -> bool {
    let known = ["config", "jobs", "templates"];
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .into_iter()
        .all(|entry| known.iter().any(|name| entry.file_name() == *name))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

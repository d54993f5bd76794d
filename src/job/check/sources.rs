//! Sources against the settings.
//!
//! Owns: endpoints and credentials that sources name.
//! Never: what a source's file says about itself.
//! Reads next: `targets.rs`.

use super::Notes;
use crate::config::problem::instead;
use crate::config::settings::Settings;
use crate::config::sources::{FOLDER, SignIn, Source};

pub fn check(notes: &mut Notes<'_>, settings: &Settings) {
    if notes.site.source_names.is_empty() {
        let help = "add a file for each remote system";
        notes.problem(FOLDER, "", format!("no source stands in {FOLDER}"), help);
    }
    for source in &notes.site.sources {
        endpoint(notes, settings, source);
        credential(notes, settings, source);
    }
}

fn endpoint(notes: &mut Notes<'_>, settings: &Settings, source: &Source) {
    let name = &source.endpoint;
    if !settings.endpoints.contains_key(name) {
        let message = format!("`{name}` is not an endpoint of the settings");
        let help = remedy(name, "endpoints", settings.endpoints.keys());
        notes.problem(&file(source), "endpoint", message, help);
    }
}

fn credential(notes: &mut Notes<'_>, settings: &Settings, source: &Source) {
    let SignIn::ClientCredentials {
        credential: name, ..
    } = &source.sign_in
    else {
        return;
    };
    if !settings.credentials.contains_key(name) {
        let message = format!("`{name}` is not a credential of the settings");
        let help = remedy(
            name,
            &format!("credentials.{name}"),
            settings.credentials.keys(),
        );
        notes.problem(&file(source), "sign_in/credential", message, help);
    }
}

fn remedy<'a>(
    name: &str,
    section: &str,
    known: impl Iterator<Item = &'a String> + Clone,
) -> String {
    match known.clone().next() {
        Some(_) => instead(name, known.map(String::as_str)),
        None => format!("add it under `[{section}]` in config/local.toml"),
    }
}

pub fn file(source: &Source) -> String {
    format!("{FOLDER}/{}.toml", source.name)
}

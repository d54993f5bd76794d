//! Sources against the settings.
//!
//! Owns: endpoints and credentials that sources name.
//! Never: what a source's file says about itself.
//! Reads next: `targets.rs`.

use super::Notes;
use crate::config::problem::instead;
use crate::config::settings::Settings;
use crate::config::sources::http::HttpAccess;
use crate::config::sources::{FOLDER, Source};
use crate::domain::record::Value;

pub fn check(notes: &mut Notes<'_>, settings: &Settings) {
    units(notes);
    if notes.site.source_names.is_empty() {
        let help = "add a file for each remote system";
        notes.problem(FOLDER, "", format!("no source stands in {FOLDER}"), help);
    }
    for source in &notes.site.sources {
        if let Some(access) = source.access.http() {
            endpoint(notes, settings, source, access);
            credential(notes, settings, source, access);
        }
    }
}

/// A source's words for units lead to units that exist at some time.
fn units(notes: &mut Notes<'_>) {
    let Some(organisation) = &notes.site.organisation else {
        return;
    };
    let known: Vec<&str> = organisation
        .units
        .all()
        .iter()
        .map(|unit| unit.code.as_str())
        .collect();
    for source in &notes.site.sources {
        for (index, pull) in source.pulls.iter().enumerate() {
            let codes = pull
                .fields
                .get("unit")
                .into_iter()
                .flat_map(|field| &field.codes);
            for (word, code) in codes {
                if let Value::Text(code) = code
                    && !known.contains(&code.as_str())
                {
                    let place = format!("pull/{index}/fields/unit/codes/{word}");
                    let help = instead(code, known.iter().copied());
                    notes.problem(
                        &file(source),
                        &place,
                        format!("no unit has the code `{code}`"),
                        help,
                    );
                }
            }
        }
    }
}

fn endpoint(notes: &mut Notes<'_>, settings: &Settings, source: &Source, access: &HttpAccess) {
    let name = &access.endpoint;
    if !settings.endpoints.contains_key(name) {
        let message = format!("`{name}` is not an endpoint of the settings");
        let help = remedy(name, "endpoints", settings.endpoints.keys());
        notes.problem(&file(source), "endpoint", message, help);
    }
}

fn credential(notes: &mut Notes<'_>, settings: &Settings, source: &Source, access: &HttpAccess) {
    let Some(name) = access.sign_in.credential() else {
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

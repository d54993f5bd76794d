//! The program's own readers, one for each kind of file, with a document as text in and problems out.
//!
//! Owns: nothing but the way to them.
//! Never: cross-checks between files.
//! Reads next: `change.rs`.

use std::collections::BTreeSet;
use std::fmt::Debug;

use chrono_tz::Tz;
use dondoc::config::document::{Document, Documents};
use dondoc::config::layers::{DEFAULT, Layers};
use dondoc::config::reader::{Table, read};
use dondoc::config::schema::FileKind;
use dondoc::config::{Problem, calendar, organisation, settings, sources, targets};
use dondoc::job::spec;
use serde_json::{Value, json};

use super::change::at_mut;
use super::written;

const STRANGER: &str = "zzzzzz";

/// What the reader says about a text.
pub fn problems(kind: FileKind, text: &str) -> Vec<String> {
    let told = found(kind, text).into_iter();
    told.map(|problem| problem.message).collect()
}

/// What the reader makes of a text, if it is valid.
pub fn shown(kind: FileKind, text: &str) -> Option<String> {
    outcome(kind, text).ok().map(|value| format!("{value:?}"))
}

fn found(kind: FileKind, text: &str) -> Vec<Problem> {
    outcome(kind, text).err().unwrap_or_default()
}

fn outcome(kind: FileKind, text: &str) -> Result<Box<dyn Debug>, Vec<Problem>> {
    match kind {
        FileKind::Settings => of_settings(text),
        FileKind::Organisation => by(text, organisation::organisation),
        FileKind::Targets => by(text, targets::targets),
        FileKind::Calendar => by(text, calendar::years),
        FileKind::Source => by(text, |root| sources::source(root, "sample")),
        FileKind::Job => by(text, |root| {
            spec::job(root, "sample", Tz::Asia__Ho_Chi_Minh)
        }),
    }
}

fn by<T: Debug + 'static>(
    text: &str,
    shape: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<Box<dyn Debug>, Vec<Problem>> {
    let document = Document::new("sample.toml", text);
    read(&document, shape).map(|value| Box::new(value) as Box<dyn Debug>)
}

fn of_settings(text: &str) -> Result<Box<dyn Debug>, Vec<Problem>> {
    let mut documents = Documents::default();
    documents.keep(Document::new(DEFAULT, text));
    let layers = Layers::lay(&documents, &[])?;
    let read = settings::settings(&layers);
    let problems = layers.into_problems();
    match read {
        Some(settings) if problems.is_empty() => Ok(Box::new(settings)),
        _ => Err(problems),
    }
}

/// The keys that the reader knows at a table, by what it says about a key that it cannot know;
/// `None` where any key may stand.
pub fn known_keys(kind: FileKind, sample: &Value, place: &str) -> Option<BTreeSet<String>> {
    let mut document = sample.clone();
    let table = at_mut(&mut document, place).as_object_mut().unwrap();
    table.insert(STRANGER.to_owned(), json!("zzz"));
    let told = found(kind, &written(&document));
    let unknown = |problem: &&Problem| {
        let message = &problem.message;
        message.starts_with(&format!("unknown key `{STRANGER}`"))
            || message.starts_with(&format!("`{STRANGER}` is not a"))
    };
    let help = &told.iter().find(unknown)?.help;
    let table = sample.pointer(place)?;
    let absent = |name: &String| table.get(name).is_none();
    let others: BTreeSet<String> = one_of(place).into_iter().filter(absent).collect();
    Some(quoted(help).difference(&others).cloned().collect())
}

/// Keys of which one must stand in a table: its reader asks for all of them, to tell two at once from an unknown key.
fn one_of(place: &str) -> BTreeSet<String> {
    match place {
        "/schedule" => ["cron", "every"].map(str::to_owned).into(),
        _ if place.starts_with("/step/") => step_names(),
        _ => BTreeSet::new(),
    }
}

/// The steps there are, by what the reader says about one that does nothing.
fn step_names() -> BTreeSet<String> {
    let text = "title = \"x\"\nschedule = { cron = \"@daily\" }\n[[step]]\n";
    let told = found(FileKind::Job, text);
    told.iter()
        .flat_map(|problem| quoted(&problem.help))
        .collect()
}

/// The words that the reader knows for a text value, by what it says about a word that it cannot know;
/// `None` where it is not one of a few.
pub fn known_words(kind: FileKind, sample: &Value, place: &str) -> Option<BTreeSet<String>> {
    let mut document = sample.clone();
    *at_mut(&mut document, place) = json!(STRANGER);
    let told = found(kind, &written(&document));
    let unknown = |problem: &&Problem| {
        let message = &problem.message;
        message.starts_with(&format!("`{STRANGER}` is not a known value"))
            || message.starts_with(&format!("`{STRANGER}` is not a valid"))
            || message.starts_with(&format!("`{STRANGER}` is not an alert"))
    };
    Some(quoted(&told.iter().find(unknown)?.help))
}

fn quoted(help: &str) -> BTreeSet<String> {
    let words = help.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

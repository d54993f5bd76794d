//! The keys that only sources of the kind `edxml` have.
//!
//! Owns: their shape.
//! Never: keys that every kind has (`../read.rs`).
//! Reads next: `../fields.rs`.

use std::time::Duration;

use super::{Done, EdxmlAccess, EdxmlListing, HEADERS};
use crate::config::problem::instead;
use crate::config::reader::{Item, Table};
use crate::config::sources::drop::read::{folder, pattern};
use crate::domain::organ_id::OrganId;

/// Keys of the root and of `[[pull]]` that [`access`] and [`listing`] read.
pub const ROOT_KEYS: [&str; 4] = ["folder", "settle", "done", "own"];
pub const PULL_KEYS: [&str; 1] = ["files"];

const SETTLE: Duration = Duration::from_secs(30);
const DONE: [(&str, Done); 2] = [("leave", Done::Leave), ("move", Done::Move)];

/// The root of the file.
pub fn access(root: &Table<'_>) -> Option<EdxmlAccess> {
    let folder = root.required("folder", folder);
    let settle = root.or("settle", SETTLE, Item::duration);
    let done = root.or("done", Done::Leave, |item| item.word(&DONE));
    let own = root.required("own", |item| item.one_or_more(organ));
    Some(EdxmlAccess {
        folder: folder?,
        settle: settle?,
        done: done?,
        own: own?,
    })
}

/// `[[pull]]` but for what every kind has.
pub fn listing(table: &Table<'_>) -> Option<EdxmlListing> {
    let usual = vec!["*.edxml".to_owned(), "*.xml".to_owned()];
    let files = table.or("files", usual, |item| item.one_or_more(pattern));
    Some(EdxmlListing { files: files? })
}

fn organ(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let id = OrganId::parse(&text).map_err(|error| {
        item.problem(
            error.to_string(),
            "write what stands in `OrganId` of your messages",
        );
    });
    id.ok().map(|id| id.as_str().to_owned())
}

/// A name of what a document has.
pub fn header(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if HEADERS.contains(&text.as_str()) {
        return Some(text);
    }
    item.problem(
        format!("a message tells no `{text}`"),
        instead(&text, HEADERS),
    );
    None
}

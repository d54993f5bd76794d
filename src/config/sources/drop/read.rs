//! The keys that only sources of the kind `drop` have.
//!
//! Owns: their shape.
//! Never: keys that every kind has (`../read.rs`).
//! Reads next: `../fields.rs`.

use std::path::{Component, PathBuf};
use std::time::Duration;

use super::{DropAccess, DropListing, FileForm, TextEncoding};
use crate::config::reader::{Item, Table};

/// Keys of the root and of `[[pull]]` that [`access`] and [`listing`] read.
pub const ROOT_KEYS: [&str; 2] = ["folder", "settle"];
pub const PULL_KEYS: [&str; 6] = ["files", "whole", "sheet", "encoding", "separator", "header"];

const SETTLE: Duration = Duration::from_secs(30);
/// The last row of a sheet.
const LAST_ROW: u32 = 1_048_576;

/// The root of the file.
pub fn access(root: &Table<'_>) -> Option<DropAccess> {
    let folder = root.required("folder", folder);
    let settle = root.or("settle", SETTLE, Item::duration);
    Some(DropAccess {
        folder: folder?,
        settle: settle?,
    })
}

/// `[[pull]]` but for what every kind has.
pub fn listing(table: &Table<'_>) -> Option<DropListing> {
    let files = table.required("files", |item| item.one_or_more(pattern));
    let whole = table.or("whole", false, Item::flag);
    let sheet = table.maybe("sheet", Item::text);
    let encoding = table.maybe("encoding", |item| item.word(&TextEncoding::ALL));
    let separator = table.maybe("separator", separator);
    let header = table.maybe("header", |item| item.count(1, LAST_ROW));
    Some(DropListing {
        files: files?,
        whole: whole?,
        form: FileForm {
            sheet: sheet?,
            encoding: encoding?,
            separator: separator?,
            header: header?,
        },
    })
}

/// A folder, from the site's own on or in full.
pub fn folder(item: &Item<'_>) -> Option<PathBuf> {
    let folder = PathBuf::from(item.text()?);
    if folder.components().any(|part| part == Component::ParentDir) {
        let message = format!("`{}` leads out of the site by `..`", folder.display());
        item.problem(
            message,
            "write it from the site's folder on, or in full from `/` on",
        );
        return None;
    }
    Some(folder)
}

/// A pattern of file names, in one folder.
pub fn pattern(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let help = "write a name with `*` for any letters and `?` for one, such as `ho-so-*.xlsx`";
    if text.contains(['/', '\\']) {
        item.problem(format!("`{text}` is more than the name of a file"), help);
        return None;
    }
    let fits = globset::Glob::new(&text).map_err(|error| error.kind().to_string());
    if let Err(why) = &fits {
        item.problem(
            format!("`{text}` is not a pattern of file names: {why}"),
            help,
        );
    }
    fits.ok().map(|_| text)
}

fn separator(item: &Item<'_>) -> Option<char> {
    let words = [(";", ';'), (",", ','), ("tab", '\t'), ("|", '|')];
    item.word(&words)
}

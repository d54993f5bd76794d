//! The keys that only sources of the kind `edxml` have.
//!
//! Owns: their shape.
//! Never: keys that every kind has (`../read.rs`).
//! Reads next: `../fields.rs`.

use std::time::Duration;

use super::{Asked, Done, EdxmlAccess, EdxmlListing, FolderAccess, Get, HEADERS, Reach};
use crate::config::problem::instead;
use crate::config::reader::{Item, Table};
use crate::config::sources::drop::read::{folder, pattern};
use crate::config::sources::http::{HttpAccess, HttpListing};
use crate::config::sources::http::{read as http, read::ACCESS_KEYS as HTTP_KEYS};
use crate::config::sources::places::pointer;
use crate::domain::organ_id::OrganId;

const FOLDER_KEYS: [&str; 3] = ["folder", "settle", "done"];
/// Keys of the root and of `[[pull]]` that [`access`] and [`listing`] read.
pub const ROOT_KEYS: [&str; 12] = [
    "folder", "settle", "done", "own", "endpoint", "sign_in", "timeout", "attempts", "rate",
    "max_body", "headers", "query",
];
pub const PULL_KEYS: [&str; 3] = ["files", "list", "get"];

const SETTLE: Duration = Duration::from_secs(30);
const DONE: [(&str, Done); 2] = [("leave", Done::Leave), ("move", Done::Move)];

/// The root of the file.
pub fn access(root: &Table<'_>) -> Option<EdxmlAccess> {
    let reach = if root.has("endpoint") || root.is_misspelt("endpoint") {
        endpoint(root).map(Box::new).map(Reach::Endpoint)
    } else {
        in_folder(root).map(Reach::Folder)
    };
    let own = root.required("own", |item| item.one_or_more(organ));
    Some(EdxmlAccess {
        reach: reach?,
        own: own?,
    })
}

fn endpoint(root: &Table<'_>) -> Option<HttpAccess> {
    let help = "remove it, or remove `endpoint`: messages come from one place";
    let refused = refuse(root, &FOLDER_KEYS, "a folder of messages", help);
    http::access(root).filter(|_| !refused)
}

fn in_folder(root: &Table<'_>) -> Option<FolderAccess> {
    let help = "remove it, or name an `endpoint` in place of a folder";
    let refused = refuse(root, &HTTP_KEYS, "an endpoint that is asked", help);
    let folder = root.required("folder", folder);
    let settle = root.or("settle", SETTLE, Item::duration);
    let done = root.or("done", Done::Leave, |item| item.word(&DONE));
    let access = FolderAccess {
        folder: folder?,
        settle: settle?,
        done: done?,
    };
    (!refused).then_some(access)
}

/// Whether one of `keys` stands here, which are for something else: told.
fn refuse(table: &Table<'_>, keys: &[&str], of: &str, help: &str) -> bool {
    let told = keys
        .iter()
        .map(|key| table.refuse(key, format!("`{key}` belongs to {of}"), help));
    // Each of them is told, not only the first.
    told.fold(false, |any, told| any | told)
}

/// `[[pull]]` but for what every kind has.
pub fn listing(table: &Table<'_>, access: Option<&EdxmlAccess>) -> Option<EdxmlListing> {
    let is_asked = match access.map(|access| &access.reach) {
        Some(reach) => matches!(reach, Reach::Endpoint(_)),
        None => table.has("list") || table.has("get"),
    };
    if is_asked {
        let endpoint = access.and_then(EdxmlAccess::endpoint);
        return asked(table, endpoint)
            .map(Box::new)
            .map(EdxmlListing::Asked);
    }
    let help = "remove it, or name an `endpoint` in place of a folder";
    let refused = refuse(
        table,
        &["list", "get"],
        "messages of an endpoint that is asked",
        help,
    );
    let usual = vec!["*.edxml".to_owned(), "*.xml".to_owned()];
    let files = table.or("files", usual, |item| item.one_or_more(pattern))?;
    (!refused).then_some(EdxmlListing::Files(files))
}

/// `[pull.list]` and `[pull.get]`
fn asked(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<Asked> {
    let help = "remove it: `list` says which messages there are";
    let refused = refuse(table, &["files"], "a folder of messages", help);
    let list = table.required("list", |item| list(&item.table()?, access));
    let get = table.required("get", |item| get(&item.table()?, access));
    let (list, id) = list?;
    let get = get?;
    (!refused).then_some(Asked { list, id, get })
}

fn list(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<(HttpListing, String)> {
    let id = table.required("id", pointer);
    let help = "remove it: messages that were read are not asked for again";
    let refused = refuse(table, &["since"], "lists of the kind `http`", help);
    let listing = http::listing_since(table, access, None)?;
    Some((listing, id?)).filter(|_| !refused)
}

fn get(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<Get> {
    let content = table.maybe("content", pointer);
    let request = http::one(table, access, "message");
    Some(Get {
        request: request?,
        content: content?,
    })
}

impl EdxmlAccess {
    /// How its endpoint is reached, where it has one.
    #[must_use]
    pub fn endpoint(&self) -> Option<&HttpAccess> {
        match &self.reach {
            Reach::Folder(_) => None,
            Reach::Endpoint(access) => Some(access),
        }
    }
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

//! `sign_in = { … }` of a source.
//!
//! Owns: its keys, by its kind.
//! Never: the credential itself, which stands in the settings.
//! Reads next: `request.rs`.

use super::request::{path, tree};
use super::template::{Part, Slot, Text, Tree};
use super::{SignIn, read};
use crate::config::reader::{Item, Table};
use crate::config::sources::places::pointer;

#[derive(Clone, Copy)]
enum Kind {
    None,
    Basic,
    Bearer,
    ClientCredentials,
    Session,
}

const KINDS: [(&str, Kind); 5] = [
    ("none", Kind::None),
    ("basic", Kind::Basic),
    ("bearer", Kind::Bearer),
    ("client-credentials", Kind::ClientCredentials),
    ("session", Kind::Session),
];

pub fn sign_in(table: &Table<'_>) -> Option<SignIn> {
    let Some(kind) = table.required("kind", |item| item.word(&KINDS)) else {
        table.pass_over();
        return None;
    };
    if matches!(kind, Kind::None) {
        return Some(SignIn::None);
    }
    let credential = table.required("credential", Item::text);
    match kind {
        Kind::None => None,
        Kind::Basic => credential.map(|credential| SignIn::Basic { credential }),
        Kind::Bearer => bearer(table, credential),
        Kind::ClientCredentials => client_credentials(table, credential),
        Kind::Session => session(table, credential),
    }
}

fn bearer(table: &Table<'_>, credential: Option<String>) -> Option<SignIn> {
    let header = table.maybe("header", read::header);
    Some(SignIn::Bearer {
        credential: credential?,
        header: header?,
    })
}

fn client_credentials(table: &Table<'_>, credential: Option<String>) -> Option<SignIn> {
    let token_path = table.required("token_path", path);
    let scope = table.maybe("scope", Item::text);
    Some(SignIn::ClientCredentials {
        token_path: token_path?,
        credential: credential?,
        scope: scope?,
    })
}

fn session(table: &Table<'_>, credential: Option<String>) -> Option<SignIn> {
    let path = table.required("path", path);
    let session = table.required("session", pointer);
    let success = table.maybe("success", |item| read::success(&item.table()?));
    let body = table.or("body", usual_body(), |item| {
        tree(item, &[Slot::Id, Slot::Secret])
    });
    Some(SignIn::Session {
        path: path?,
        credential: credential?,
        body: body?,
        session: session?,
        success: success?,
    })
}

/// `{ username = "{id}", password = "{secret}" }`
fn usual_body() -> Tree {
    let slot = |slot| {
        let as_text = false;
        Tree::Text(Text(vec![Part::Slot { slot, as_text }]))
    };
    Tree::Table(vec![
        ("password".to_owned(), slot(Slot::Secret)),
        ("username".to_owned(), slot(Slot::Id)),
    ])
}

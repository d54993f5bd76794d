//! The keys that only sources of the kind `http` have.
//!
//! Owns: their shape.
//! Never: keys that every kind has (`../read.rs`).
//! Reads next: `../fields.rs`.

use std::time::Duration;

use super::{HttpAccess, HttpListing, HttpReport, Paging, SignIn, Success};
use crate::config::reader::{Item, Table};
use crate::config::sources::read::{self, Places, format, pointer};

/// Keys of the root and of `[[pull]]` that [`access`] and [`listing`] read.
pub const ROOT_KEYS: [&str; 4] = ["endpoint", "sign_in", "timeout", "attempts"];
pub const PULL_KEYS: [&str; 4] = ["path", "rows", "success", "paging"];

const TIMEOUT: Duration = Duration::from_secs(30);

/// The root of the file.
pub fn access(root: &Table<'_>) -> Option<HttpAccess> {
    let endpoint = root.required("endpoint", Item::text);
    let sign_in = root.or("sign_in", SignIn::None, |item| sign_in(&item.table()?));
    let timeout = root.or("timeout", TIMEOUT, Item::duration);
    let attempts = root.or("attempts", 4, |item| item.count(1, 20));
    Some(HttpAccess {
        endpoint: endpoint?,
        sign_in: sign_in?,
        timeout: timeout?,
        attempts: attempts?,
    })
}

fn sign_in(table: &Table<'_>) -> Option<SignIn> {
    let kinds = [("none", false), ("client-credentials", true)];
    match table.required("kind", |item| item.word(&kinds)) {
        Some(true) => {}
        Some(false) => return Some(SignIn::None),
        None => {
            table.pass_over();
            return None;
        }
    }
    let token_path = table.required("token_path", path);
    let credential = table.required("credential", Item::text);
    Some(SignIn::ClientCredentials {
        token_path: token_path?,
        credential: credential?,
    })
}

/// A JSON Pointer or a JSON Path in the body.
fn place(item: &Item<'_>) -> Option<String> {
    read::place(item, Places::Paths)
}

/// `[[pull]]` but for what every kind has.
pub fn listing(table: &Table<'_>) -> Option<HttpListing> {
    let path = table.required("path", path);
    let rows = table.or("rows", String::new(), place);
    let success = table.maybe("success", |item| success(&item.table()?));
    let paging = table.required("paging", |item| paging(&item.table()?));
    Some(HttpListing {
        path: path?,
        rows: rows?,
        success: success?,
        paging: paging?,
    })
}

fn success(table: &Table<'_>) -> Option<Success> {
    let field = table.required("field", pointer);
    let any_of = table.required("any_of", |item| item.one_or_more(Item::text));
    Some(Success {
        field: field?,
        any_of: any_of?,
    })
}

fn paging(table: &Table<'_>) -> Option<Paging> {
    let kinds = [("page", true), ("offset", false)];
    let Some(by_page) = table.required("kind", |item| item.word(&kinds)) else {
        table.pass_over();
        return None;
    };
    let (start, count) = if by_page {
        ("page", "size")
    } else {
        ("offset", "limit")
    };
    let start = table.required(start, Item::text);
    let count = table.required(count, Item::text);
    let rows = table.or("rows", 1000, |item| item.count(1, 100_000));
    let total = table.maybe("total", pointer);
    let (start, count, rows, total) = (start?, count?, rows?, total?);
    Some(if by_page {
        Paging::Page {
            page: start,
            size: count,
            rows,
            total,
        }
    } else {
        Paging::Offset {
            offset: start,
            limit: count,
            rows,
            total,
        }
    })
}

/// `[[stated]]` but for its fields.
pub fn report(table: &Table<'_>) -> Option<HttpReport> {
    let path = table.required("path", path);
    let rows = table.or("rows", String::new(), place);
    let from = table.required("from", Item::text);
    let to = table.required("to", Item::text);
    let day_format = table.required("day_format", format);
    Some(HttpReport {
        path: path?,
        rows: rows?,
        from: from?,
        to: to?,
        day_format: day_format?,
    })
}

/// What is appended to the endpoint's address.
fn path(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let fits = text.starts_with('/') && !text.contains([' ', '?', '#']);
    if !fits {
        item.problem(
            format!("`{text}` is not a path under the endpoint"),
            "begin it with `/`; parameters are written under `paging` and `since`",
        );
    }
    fits.then_some(text)
}

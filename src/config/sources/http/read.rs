//! The keys that only sources of the kind `http` have.
//!
//! Owns: their shape, and whether what changes from page to page is asked for at all.
//! Never: keys that every kind has (`../read.rs`).
//! Reads next: `sign_in.rs`, `paging.rs`, `request.rs`.

use std::time::Duration;

use super::request::{headers, path_template, request, texts, words};
use super::template::Slot;
use super::{
    AskApplicant, HttpAccess, HttpListing, HttpReport, OneRequest, Paging, Request, SignIn, Success,
};
use super::{limits, paging, sign_in};
use crate::config::reader::{Item, Table};
use crate::config::sources::kinds::shown;
use crate::config::sources::places::{self, Places, format, pointer};

/// Keys of the root that [`access`] reads.
pub const ACCESS_KEYS: [&str; 8] = [
    "endpoint", "sign_in", "timeout", "attempts", "rate", "max_body", "headers", "query",
];
/// Keys of the root and of `[[pull]]` that only this kind has.
pub const ROOT_KEYS: [&str; 9] = [
    "endpoint",
    "sign_in",
    "timeout",
    "attempts",
    "rate",
    "max_body",
    "headers",
    "query",
    "applicant",
];
pub const PULL_KEYS: [&str; 9] = [
    "path", "method", "query", "headers", "body", "form", "rows", "success", "paging",
];

const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_BODY: u64 = 64 << 20;

/// The root of the file.
pub fn access(root: &Table<'_>) -> Option<HttpAccess> {
    let endpoint = root.required("endpoint", Item::text);
    let sign_in = root.or("sign_in", SignIn::None, |item| {
        sign_in::sign_in(&item.table()?)
    });
    let timeout = root.or("timeout", TIMEOUT, Item::duration);
    let attempts = root.or("attempts", 4, |item| item.count(1, 20));
    let pace = root.maybe("rate", limits::pace);
    let max_body = root.or("max_body", MAX_BODY, limits::size);
    let known = session_of(sign_in.as_ref());
    let headers = root.or("headers", Vec::new(), |item| headers(item, known));
    let query = root.or("query", Vec::new(), |item| texts(item, known));
    Some(HttpAccess {
        endpoint: endpoint?,
        sign_in: sign_in?,
        timeout: timeout?,
        attempts: attempts?,
        pace: pace?,
        max_body: max_body?,
        headers: headers?,
        query: query?,
    })
}

/// `{session}`, where there is one; a sign-in that could not be read might have given one.
fn session_of(sign_in: Option<&SignIn>) -> &'static [Slot] {
    match sign_in {
        Some(SignIn::Session { .. }) | None => &[Slot::Session],
        Some(_) => &[],
    }
}

/// `[[pull]]` but for what every kind has.
pub fn listing(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<HttpListing> {
    listing_since(table, access, since(table))
}

/// As [`listing`]. `since`: rows are asked for by their change, and whether by a parameter of their own.
pub fn listing_since(
    table: &Table<'_>,
    access: Option<&HttpAccess>,
    since: Option<bool>,
) -> Option<HttpListing> {
    let rows = table.or("rows", String::new(), place);
    let success = table.maybe("success", |item| self::success(&item.table()?));
    let paging = table.required("paging", |item| {
        Some((paging::paging(&item.table()?)?, item.at()))
    });
    let mut known = session_of(access.map(|access| &access.sign_in)).to_vec();
    known.extend(since.is_some().then_some(Slot::Since));
    match &paging {
        Some(((paging, _), _)) => known.extend(paging.slots()),
        None => known.extend([Slot::Page, Slot::Size, Slot::Offset, Slot::Cursor]),
    }
    let request = request(table, &known)?;
    let ((paging, total), at) = paging?;
    asks_for_pages(table, at, &paging, &request);
    sends_session(table, access, &request);
    if since == Some(false) && !request.has(Slot::Since) {
        let help = "add `parameter = \"…\"` to `since`, or write `{since}` in `query`, `headers` or the body";
        table.problem("nothing asks for what changed since the last pull", help);
    }
    Some(HttpListing {
        request,
        rows: rows?,
        success: success?,
        paging,
        total,
    })
}

/// The request for one thing of a list, a `message` behind `/messages/`: somewhere it says `{id}`.
pub fn one(table: &Table<'_>, access: Option<&HttpAccess>, thing: &str) -> Option<OneRequest> {
    let mut known = session_of(access.map(|access| &access.sign_in)).to_vec();
    known.push(Slot::Id);
    let template = table.get("path").filter(Item::is_text);
    let template = template.map(|item| path_template(&item));
    let request = request(table, &known)?;
    let path = template??;
    sends_session(table, access, &request);
    if !path.has(Slot::Id) && !request.has(Slot::Id) {
        let help = format!("write `{{id}}` where its name belongs: `path = \"/{thing}s/{{id}}\"`");
        let message = format!("every {thing} would be asked for in the same words");
        table.problem(message, help);
    }
    Some(OneRequest { path, request })
}

/// `[applicant]`
pub fn applicant(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<AskApplicant> {
    let code = table.required("code", pointer);
    let name = table.required("name", pointer);
    let success = table.maybe("success", |item| self::success(&item.table()?));
    let request = one(table, access, "dossier");
    Some(AskApplicant {
        request: request?,
        success: success?,
        code: code?,
        name: name?,
    })
}

/// Whether rows are asked for by their change, and whether a parameter is named for it.
fn since(table: &Table<'_>) -> Option<bool> {
    let since = table.get("since").filter(Item::is_table)?.table()?;
    since.pass_over();
    Some(since.get("parameter").is_some())
}

/// A request that is the same for every page would give the first one for ever.
fn asks_for_pages(table: &Table<'_>, at: usize, paging: &Paging, request: &Request) {
    if let Some((slot, key)) = paging.unnamed().filter(|(slot, _)| !request.has(*slot)) {
        let help = format!(
            "add `{key} = \"…\"`, the parameter's name, or write {} in `query` or in the body",
            words(&[slot])
        );
        table.problem_at(at, "every page would be asked for in the same words", help);
    }
}

/// A session that no request shows was asked for in vain.
fn sends_session(table: &Table<'_>, access: Option<&HttpAccess>, request: &Request) {
    let Some(access) = access.filter(|access| matches!(access.sign_in, SignIn::Session { .. }))
    else {
        return;
    };
    let mut everywhere = access.headers.iter().chain(&access.query);
    if !request.has(Slot::Session) && !everywhere.any(|(_, text)| text.has(Slot::Session)) {
        let help = "write `{session}` in `query`, `headers` or the body: \
             `headers = { Cookie = \"SESSION={session}\" }`";
        table.problem("nothing sends the session of `sign_in`", help);
    }
}

pub fn success(table: &Table<'_>) -> Option<Success> {
    let field = table.required("field", pointer);
    let any_of = table.required("any_of", |item| {
        item.one_or_more(|item| item.value().map(|value| shown(&value)))
    });
    Some(Success {
        field: field?,
        any_of: any_of?,
    })
}

/// `[[stated]]` but for its fields.
pub fn report(table: &Table<'_>, access: Option<&HttpAccess>) -> Option<HttpReport> {
    let rows = table.or("rows", String::new(), place);
    let success = table.maybe("success", |item| self::success(&item.table()?));
    let from = table.maybe("from", Item::text);
    let to = table.maybe("to", Item::text);
    let day_format = table.required("day_format", format);
    let mut known = session_of(access.map(|access| &access.sign_in)).to_vec();
    known.extend([Slot::From, Slot::To]);
    let request = request(table, &known)?;
    sends_session(table, access, &request);
    for (name, slot) in [(&from, Slot::From), (&to, Slot::To)] {
        if matches!(name, Some(None)) && !request.has(slot) {
            let word = slot.word();
            let help =
                format!("add `{word} = \"…\"`, or write `{{{word}}}` in `query` or in the body");
            table.problem(
                format!("nothing asks for the period: `{word}` is missing"),
                help,
            );
        }
    }
    Some(HttpReport {
        request,
        rows: rows?,
        success: success?,
        from: from?,
        to: to?,
        day_format: day_format?,
    })
}

/// A JSON Pointer or a JSON Path in the body.
fn place(item: &Item<'_>) -> Option<String> {
    places::place(item, Places::Paths)
}

/// The name of a header.
pub fn header(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let fits = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !fits {
        item.problem(
            format!("`{text}` is not the name of a header"),
            "write it as in `X-Total-Count`",
        );
    }
    fits.then_some(text)
}

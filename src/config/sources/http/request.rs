//! A request as a file writes it: method, parameters, headers, body.
//!
//! Owns: its keys, and the places allowed in it.
//! Never: sign-in, paging.
//! Reads next: `paging.rs`.

use super::template::{Misplaced, Slot, Text, Tree, What};
use super::{Body, Method, Request};
use crate::config::problem::{closest, did_you_mean, quoted};
use crate::config::reader::{Item, Table};

/// The request of `[[pull]]` or `[[stated]]`, in which the places `known` may stand.
pub fn request(table: &Table<'_>, known: &[Slot]) -> Option<Request> {
    let path = table.required("path", path);
    let query = table.or("query", Vec::new(), |item| texts(item, known));
    let headers = table.or("headers", Vec::new(), |item| headers(item, known));
    let body = body(table, known);
    let method = method(table, matches!(body, Some(None)));
    Some(Request {
        path: path?,
        method: method?,
        query: query?,
        headers: headers?,
        body: body?,
    })
}

/// Left out, it follows from the body.
fn method(table: &Table<'_>, without_body: bool) -> Option<Method> {
    let usual = if without_body {
        Method::Get
    } else {
        Method::Post
    };
    table.or("method", usual, |item| {
        let method = item.word(&[("get", Method::Get), ("post", Method::Post)])?;
        if method == Method::Get && !without_body {
            item.problem(
                "a GET has no body",
                "leave `method` out, or move the body's members to `query`",
            );
        }
        Some(method)
    })
}

fn body(table: &Table<'_>, known: &[Slot]) -> Option<Option<Body>> {
    if table.has("body") {
        let twice = "a request has one body: `body` stands here too";
        let refused = table.refuse("form", twice, "keep `body` for JSON, or `form` for a form");
        let body = table.maybe("body", |item| tree(item, known).map(Body::Json));
        return body.filter(|_| !refused);
    }
    let form = table.maybe("form", |item| texts(item, known).map(Body::Form));
    if matches!(form, Some(None)) {
        return table.maybe("body", |item| tree(item, known).map(Body::Json));
    }
    form
}

/// `{ name = "value", … }`
pub fn texts(item: &Item<'_>, known: &[Slot]) -> Option<Vec<(String, Text)>> {
    let all = item.table()?.all();
    let read = all
        .iter()
        .map(|(name, item)| Some((name.clone(), plain(item, known)?)));
    read.collect::<Vec<_>>().into_iter().collect()
}

/// As [`texts`], of names and values that a header can have.
pub fn headers(item: &Item<'_>, known: &[Slot]) -> Option<Vec<(String, Text)>> {
    let all = item.table()?.all();
    let read = all.iter().map(|(name, item)| {
        let fits = is_header(item, name);
        let text = item.text()?;
        if !text.is_ascii() {
            item.problem(
                format!("`{text}` is not the value of a header"),
                "write it with letters without accents, digits and signs",
            );
            return None;
        }
        fits.then_some((name.clone(), template(item, &text, known)?))
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

fn is_header(item: &Item<'_>, name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_letter) {
        item.problem_at_key(
            format!("`{name}` is not the name of a header"),
            "names of headers have letters without accents, digits and `-`",
        );
        return false;
    }
    if name.eq_ignore_ascii_case("authorization") {
        item.problem_at_key(
            "a secret stands in a file that others read",
            "write `sign_in = { kind = \"bearer\", credential = \"…\" }` and keep the token in a file of its own",
        );
        return false;
    }
    true
}

/// Text, a number or a flag, as text.
fn plain(item: &Item<'_>, known: &[Slot]) -> Option<Text> {
    if item.is_text() {
        return template(item, &item.any_text()?, known);
    }
    let value = item.value()?;
    let fixed = crate::config::sources::kinds::shown(&value);
    Text::parse(&fixed, &[]).ok()
}

/// JSON with places in its texts.
pub fn tree(item: &Item<'_>, known: &[Slot]) -> Option<Tree> {
    if item.is_table() {
        let all = item.table()?.all();
        let read = all
            .iter()
            .map(|(name, item)| Some((name.clone(), tree(item, known)?)));
        let members: Option<Vec<_>> = read.collect::<Vec<_>>().into_iter().collect();
        return members.map(Tree::Table);
    }
    if item.is_list() {
        return item.each(|element| tree(element, known)).map(Tree::List);
    }
    if item.is_text() {
        return template(item, &item.any_text()?, known).map(Tree::Text);
    }
    item.value().map(Tree::Value)
}

fn template(item: &Item<'_>, text: &str, known: &[Slot]) -> Option<Text> {
    let told = |Misplaced { at, what }| {
        let help = match &what {
            What::Unknown(_) if known.is_empty() => "a brace is written `{{`".to_owned(),
            What::Unknown(word) => match closest(word, known.iter().map(|slot| slot.word())) {
                Some(close) => did_you_mean(&format!("{{{close}}}")),
                None => format!("write {}; a brace is written `{{{{`", words(known)),
            },
            What::NotClosed => "write `}` at its end; a brace is written `{{`".to_owned(),
        };
        item.problem_inside(at, what.to_string(), help);
    };
    Text::parse(text, known).map_err(told).ok()
}

/// `` `{page}`, `{size}` ``
pub fn words(slots: &[Slot]) -> String {
    let words: Vec<String> = slots
        .iter()
        .map(|slot| format!("{{{}}}", slot.word()))
        .collect();
    quoted(words.iter().map(String::as_str))
}

impl Request {
    /// Whether something of it says `{slot}`.
    pub(super) fn has(&self, slot: Slot) -> bool {
        let texts = self.query.iter().chain(&self.headers);
        let in_body = match &self.body {
            Some(Body::Json(tree)) => tree.has(slot),
            Some(Body::Form(fields)) => fields.iter().any(|(_, text)| text.has(slot)),
            None => false,
        };
        in_body || texts.into_iter().any(|(_, text)| text.has(slot))
    }
}

/// A path in which `{id}` may stand.
pub fn path_template(item: &Item<'_>) -> Option<Text> {
    template(item, &item.text()?, &[Slot::Id])
}

/// What is appended to the endpoint's address.
pub fn path(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let fits = text.starts_with('/') && !text.contains([' ', '?', '#']);
    if !fits {
        item.problem(
            format!("`{text}` is not a path under the endpoint"),
            "begin it with `/`; parameters are written under `query`, `paging` and `since`",
        );
    }
    fits.then_some(text)
}

//! An answer in JSON: where its rows stand, what says success.
//!
//! Owns: finding them by the names that systems use.
//! Never: asking a second time.
//! Reads next: `paging.rs`, `draft.rs`.

use serde_json::{Map, Value};

use super::column::Column;
use super::draft::{Draft, quoted};
use super::paging::paging;
use super::words::plain;
use super::{Hints, InferError};

/// Rows that are looked at, and how deep.
const ROWS: usize = 5_000;
pub(super) const DEEPEST: usize = 4;

const SUCCESS: [&str; 6] = [
    "errorcode",
    "resultcode",
    "success",
    "succeeded",
    "code",
    "status",
];

pub(super) fn propose(body: &Value, hints: &Hints<'_>) -> Result<String, InferError> {
    let (at, rows) = largest(body, String::new(), 0).ok_or(InferError::NoRows)?;
    let columns = columns(rows);
    let mut draft = Draft::new(hints, &columns);
    draft.head(&format!(
        "endpoint = {}",
        quoted(hints.endpoint.unwrap_or("city"))
    ));
    match (hints.endpoint, hints.address) {
        (None, _) => draft.fill("`endpoint`: add `city = \"https://…\"` under [endpoints] of config/local.toml, or name another"),
        (Some(_), None) => draft.fill("`endpoint`: the settings' first one; name the one of this system"),
        (Some(_), Some(_)) => draft.sure("`endpoint`: the address of the sample is under it"),
    }
    draft.fill("`sign_in`: nothing in a sample tells how one signs in (docs/sources.md)");
    let (path, query) = address(hints.address);
    if hints.address.is_none() {
        draft.fill("`path`: of a file nobody knows where it came from");
    }
    draft.list(&format!("path = {}", quoted(&path)));
    if !at.is_empty() {
        draft.list(&format!("rows = {}", quoted(&at)));
    }
    draft.sure(&format!(
        "rows: {} objects at `{}`",
        rows.len(),
        if at.is_empty() { "the root" } else { &at }
    ));
    let envelope = body.as_object().cloned().unwrap_or_default();
    success(&mut draft, &envelope);
    let rest = paging(&mut draft, body, &query, rows.len());
    if !rest.is_empty() {
        let pairs: Vec<String> = rest
            .iter()
            .map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)))
            .collect();
        draft.list(&format!("query = {{ {} }}", pairs.join(", ")));
    }
    draft.fields();
    Ok(draft.written())
}

/// The largest list of objects, the outermost of equal ones.
fn largest(value: &Value, at: String, depth: usize) -> Option<(String, &Vec<Value>)> {
    let own = value
        .as_array()
        .filter(|rows| rows.first().is_some_and(Value::is_object));
    let own = own.map(|rows| (at.clone(), rows));
    let inner = value
        .as_object()
        .filter(|_| depth < DEEPEST)
        .into_iter()
        .flatten();
    let inner = inner
        .filter_map(|(name, value)| largest(value, format!("{at}/{}", escaped(name)), depth + 1));
    own.into_iter().chain(inner).reduce(|best, other| {
        if other.1.len() > best.1.len() {
            other
        } else {
            best
        }
    })
}

pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Every place in the rows that holds a plain value in one of them.
fn columns(rows: &[Value]) -> Vec<Column> {
    let rows = &rows[..rows.len().min(ROWS)];
    let mut columns: Vec<Column> = Vec::new();
    for row in rows {
        places(row, String::new(), "", 0, false, &mut columns);
    }
    for column in &mut columns {
        for row in rows {
            let said = row.pointer(&column.place).and_then(plain_value);
            column.add(said);
        }
    }
    columns
}

fn places(
    value: &Value,
    at: String,
    name: &str,
    depth: usize,
    personal: bool,
    found: &mut Vec<Column>,
) {
    match value {
        Value::Object(members) if depth < DEEPEST => {
            for (name, member) in members {
                let personal = personal || super::words::is_personal(name);
                places(
                    member,
                    format!("{at}/{}", escaped(name)),
                    name,
                    depth + 1,
                    personal,
                    found,
                );
            }
        }
        Value::Array(elements) => {
            if let Some(first) = elements.first().filter(|_| depth < DEEPEST) {
                places(first, format!("{at}/0"), name, depth + 1, personal, found);
            }
        }
        Value::Object(_) => {}
        _ if found.iter().any(|column| column.place == at) => {}
        _ => {
            let mut column = Column::new(at, name.to_owned());
            column.personal |= personal;
            found.push(column);
        }
    }
}

fn plain_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn success(draft: &mut Draft<'_>, envelope: &Map<String, Value>) {
    let found = envelope.iter().find(|(name, value)| {
        let said = plain_value(value).unwrap_or_default();
        let says =
            ["0", "00", "200", "true", "success", "ok"].contains(&said.to_lowercase().as_str());
        SUCCESS.contains(&plain(name).as_str()) && says
    });
    if let Some((name, value)) = found {
        let said = plain_value(value).unwrap_or_default();
        let any_of = if ["0", "00"].contains(&said.as_str()) {
            "\"0\", \"00\"".to_owned()
        } else {
            quoted(&said)
        };
        draft.list(&format!(
            "success = {{ field = {}, any_of = [{any_of}] }}",
            quoted(&format!("/{}", escaped(name)))
        ));
        draft.guess(&format!(
            "`success`: by the name `{name}` and what it says in this sample"
        ));
    }
}

/// The path of the sample's address, and its parameters.
fn address(address: Option<&str>) -> (String, Vec<(String, String)>) {
    let Some(address) = address else {
        return ("/fill-in".to_owned(), Vec::new());
    };
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let parsed = reqwest::Url::parse(&format!("http://sample/?{query}"));
    let query = parsed
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default();
    (if path.is_empty() { "/" } else { path }.to_owned(), query)
}

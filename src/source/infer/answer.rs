//! An answer in JSON: where its rows stand, how one comes to the next page, what says success.
//!
//! Owns: finding them by the names that systems use.
//! Never: asking a second time.
//! Reads next: `draft.rs`.

use serde_json::{Map, Value};

use super::column::Column;
use super::draft::{Draft, quoted};
use super::words::plain;
use super::{Hints, InferError};

/// Rows that are looked at, and how deep.
const ROWS: usize = 5_000;
const DEEPEST: usize = 4;

const TOTALS: [&str; 8] = [
    "total",
    "totalcount",
    "totalrecords",
    "recordstotal",
    "totalelements",
    "count",
    "tongso",
    "totalrows",
];
const PAGES: [&str; 7] = [
    "page",
    "pageindex",
    "pagenumber",
    "currentpage",
    "trang",
    "p",
    "pageno",
];
const SIZES: [&str; 6] = [
    "size",
    "pagesize",
    "perpage",
    "kichthuoc",
    "rowsperpage",
    "sotrang",
];
const OFFSETS: [&str; 4] = ["skipcount", "offset", "start", "skip"];
const LIMITS: [&str; 4] = ["maxresultcount", "limit", "length", "take"];
const NEXTS: [&str; 4] = ["next", "nextlink", "nexturl", "nextpage"];
const CURSORS: [&str; 4] = ["nextcursor", "cursor", "nexttoken", "continuationtoken"];
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

fn escaped(name: &str) -> String {
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

/// How one comes to the next page; gives the parameters of the address that have nothing to do with it.
fn paging(
    draft: &mut Draft<'_>,
    body: &Value,
    query: &[(String, String)],
    rows: usize,
) -> Vec<(String, String)> {
    let place = |names: &[&str]| find(body, names, String::new(), 0);
    let parameter = |names: &[&str]| {
        query
            .iter()
            .find(|(name, _)| names.contains(&plain(name).as_str()))
    };
    let total = place(&TOTALS).filter(|(_, value)| {
        value.is_u64()
            || value
                .as_str()
                .is_some_and(|text| text.parse::<u64>().is_ok())
    });
    let total = total.map_or_else(String::new, |(at, _)| format!(", total = {}", quoted(&at)));
    let first = |names: &[&str], usual: &str| {
        parameter(names)
            .map(|(name, _)| name.clone())
            .or_else(|| place(names).map(|(at, _)| last(&at)))
            .unwrap_or_else(|| usual.to_owned())
    };
    let size = |names: &[&str]| {
        parameter(names)
            .and_then(|(_, value)| value.parse::<u32>().ok())
            .unwrap_or(rows.clamp(1, 100_000).try_into().unwrap_or(1000))
    };
    let has = |names: &[&str]| parameter(names).is_some() || place(names).is_some();
    let is_link = |value: &Value| {
        value.is_null()
            || value.as_str().is_some_and(|text| {
                text.starts_with("http") || text.starts_with('/') || text.starts_with('?')
            })
    };
    let line = if let Some((at, _)) = place(&CURSORS) {
        draft.guess("`paging`: by a cursor; the parameter's name is a guess");
        format!(
            "paging = {{ kind = \"cursor\", cursor = {}, parameter = \"cursor\" }}",
            quoted(&at)
        )
    } else if let Some((at, _)) = place(&NEXTS).filter(|(_, value)| is_link(value)) {
        draft.sure("`paging`: the answer holds the address of the next page");
        format!("paging = {{ kind = \"next\", next = {} }}", quoted(&at))
    } else if has(&OFFSETS) {
        draft.guess("`paging`: by offset; compare the names of its parameters");
        let (offset, limit) = (first(&OFFSETS, "offset"), first(&LIMITS, "limit"));
        format!(
            "paging = {{ kind = \"offset\", offset = {}, limit = {}, rows = {}{total} }}",
            quoted(&offset),
            quoted(&limit),
            size(&LIMITS)
        )
    } else if has(&PAGES) || has(&SIZES) || !total.is_empty() {
        draft.guess("`paging`: by page; compare the names of its parameters, and whether the first page is 0 or 1");
        let (page, size_name) = (first(&PAGES, "page"), first(&SIZES, "size"));
        format!(
            "paging = {{ kind = \"page\", page = {}, size = {}, rows = {}{total} }}",
            quoted(&page),
            quoted(&size_name),
            size(&SIZES)
        )
    } else {
        draft.guess(
            "`paging`: nothing tells of pages; if there are more, say how one comes to them",
        );
        "paging = { kind = \"none\" }".to_owned()
    };
    draft.list(&line);
    let of_paging = |name: &str| {
        [&PAGES[..], &SIZES, &OFFSETS, &LIMITS, &CURSORS]
            .iter()
            .any(|names| names.contains(&plain(name).as_str()))
    };
    query
        .iter()
        .filter(|(name, _)| !of_paging(name))
        .cloned()
        .collect()
}

/// The first member of that name outside of lists.
fn find<'v>(
    value: &'v Value,
    names: &[&str],
    at: String,
    depth: usize,
) -> Option<(String, &'v Value)> {
    let members = value.as_object().filter(|_| depth < DEEPEST)?;
    let place = |name: &String| format!("{at}/{}", escaped(name));
    let by_name = |name: &&str| {
        members
            .iter()
            .find(|(own, value)| plain(own) == **name && !value.is_object() && !value.is_array())
    };
    let own = names.iter().find_map(by_name);
    own.map(|(name, value)| (place(name), value)).or_else(|| {
        members
            .iter()
            .find_map(|(name, value)| find(value, names, place(name), depth + 1))
    })
}

fn last(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or_default().to_owned()
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

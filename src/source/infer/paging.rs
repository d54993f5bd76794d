//! How one comes from page to page, by the names in an answer and in its address.
//!
//! Owns: the names that systems use.
//! Never: asking a second time.
//! Reads next: `draft.rs`.

use serde_json::Value;

use super::answer::{DEEPEST, escaped};
use super::draft::{Draft, quoted};
use super::words::plain;

/// Rows of a page where nothing says how many, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 100_000;

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

/// How one comes to the next page; gives the parameters of the address that have nothing to do with it.
pub(super) fn paging(
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
        let of_address = parameter(names).map(|(_, value)| value.clone());
        let of_answer = || place(names).map(|(_, value)| value.to_string());
        let said = of_address
            .or_else(of_answer)
            .and_then(|said| said.trim_matches('"').parse().ok());
        // A short sample does not say how long pages are.
        said.unwrap_or(u32::try_from(rows).unwrap_or(MOST))
            .clamp(if said.is_some() { 1 } else { USUAL }, MOST)
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

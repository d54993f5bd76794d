//! What an answer says: success, a total, rows, where the next page is.
//!
//! Owns: finding them.
//! Never: asking.
//! Reads next: `paging.rs`, `../mapping.rs`.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;

use super::client::same_host;
use super::fill::shown;
use crate::config::sources::http::{Paging, Success, Total};
use crate::source::SourceError;
use crate::source::spot::Spot;

/// Letters of a word that a source says about success.
const WORD: usize = 40;

/// What came back.
pub(super) struct Answer {
    /// Its address, without parameters.
    pub(super) shown: String,
    /// Its whole address.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    fn body(&self, what: String) -> SourceError {
        SourceError::Body {
            url: self.shown.clone(),
            what,
        }
    }

    /// Whether it says that the request succeeded, or need not say so. Numbers and texts are alike.
    pub(super) fn succeeded(&self, success: Option<&Success>) -> Result<(), SourceError> {
        let Some(success) = success else {
            return Ok(());
        };
        let said = Spot::new(&success.field).find(&self.body);
        let said = said.map(shown).unwrap_or_default();
        if success.any_of.contains(&said) {
            return Ok(());
        }
        let word: String = said.chars().take(WORD).collect();
        Err(SourceError::NoSuccess {
            url: self.shown.clone(),
            field: success.field.clone(),
            said: word,
        })
    }

    /// A text at a place of the body.
    pub(super) fn text(&self, at: &str) -> Result<String, SourceError> {
        match Spot::new(at).find(&self.body) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(self.body(format!("no text at `{at}`"))),
        }
    }

    pub(super) fn total(&self, total: Option<&Total>) -> Option<u64> {
        match total? {
            Total::Field(at) => match Spot::new(at).find(&self.body)? {
                Value::Number(number) => number.as_u64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            },
            Total::Header(name) => self.headers.get(name)?.to_str().ok()?.trim().parse().ok(),
        }
    }

    /// Takes the rows out of the body.
    pub(super) fn take_rows(&mut self, at: &str) -> Result<Vec<Value>, SourceError> {
        let spot = Spot::new(at);
        let rows = match at.strip_suffix("[*]").filter(|_| spot.is_path()) {
            Some(lists) => all_of(&Spot::new(lists).find_all(&self.body)),
            None if spot.is_path() => found_by(&spot.find_all(&self.body), at.contains('?')),
            None => match spot.find_mut(&mut self.body).map(Value::take) {
                Some(Value::Array(rows)) => Some(rows),
                _ => None,
            },
        };
        rows.ok_or_else(|| self.body(format!("no list of rows at `{at}`")))
    }

    /// Where the answer leads: a cursor, or the path of the next page on this host.
    pub(super) fn leads_to(&self, paging: &Paging) -> Result<Option<Value>, SourceError> {
        match paging {
            Paging::Cursor { cursor, .. } => Ok(self.said(cursor).cloned()),
            Paging::Next { next } => match self.said(next) {
                None => Ok(None),
                Some(Value::String(link)) => self.at_home(link).map(Some),
                Some(_) => Err(self.body(format!("no address of a page at `{next}`"))),
            },
            Paging::Link => {
                let links = self.headers.get_all(LINK).iter();
                let next = links.filter_map(|link| next_of(link.to_str().ok()?)).next();
                next.map(|link| self.at_home(link)).transpose()
            }
            Paging::Page { .. } | Paging::Offset { .. } | Paging::None => Ok(None),
        }
    }

    /// The value at a place, where it says something.
    fn said(&self, at: &str) -> Option<&Value> {
        let value = Spot::new(at).find(&self.body)?;
        let says = !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("");
        says.then_some(value)
    }

    /// The path and parameters of a link that stays on this host.
    fn at_home(&self, link: &str) -> Result<Value, SourceError> {
        let to = self.url.join(link);
        let to =
            to.map_err(|_| self.body("a link to the next page that is no address".to_owned()))?;
        // A system behind a proxy may not know that it is reached over TLS: it is asked as before.
        let mut as_asked = to.clone();
        if as_asked.scheme() == "http" && self.url.scheme() == "https" {
            let _ = as_asked.set_scheme("https");
        }
        if !same_host(&self.url, &as_asked) {
            return Err(SourceError::Elsewhere {
                url: self.shown.clone(),
                host: to.host_str().unwrap_or("nowhere").to_owned(),
            });
        }
        let query = to
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        Ok(Value::String(format!("{}{query}", to.path())))
    }
}

/// The rows of all lists; nothing unless there is one.
fn all_of(lists: &[&Value]) -> Option<Vec<Value>> {
    let rows: Option<Vec<&Vec<Value>>> = lists.iter().map(|list| list.as_array()).collect();
    rows.filter(|lists| !lists.is_empty())
        .map(|lists| lists.into_iter().flatten().cloned().collect())
}

/// One list of rows, or every row by itself; a path with a condition may well find none.
fn found_by(found: &[&Value], may_be_none: bool) -> Option<Vec<Value>> {
    match found {
        [] => may_be_none.then(Vec::new),
        [Value::Array(rows)] => Some(rows.clone()),
        rows => Some(rows.iter().copied().cloned().collect()),
    }
}

/// The address in `<…>; rel="next"`.
fn next_of(header: &str) -> Option<&str> {
    let is_next = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let words = value.trim().trim_matches('"');
        let says = words
            .split_whitespace()
            .any(|word| word.eq_ignore_ascii_case("next"));
        (name.trim().eq_ignore_ascii_case("rel") && says).then_some(())
    };
    let mut links = header.split('<').skip(1);
    links.find_map(|link| {
        let (address, rest) = link.split_once('>')?;
        let parameters = rest.trim_end().trim_end_matches(',');
        parameters.split(';').find_map(is_next).map(|()| address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_leads_on_by_its_next_link() {
        for (header, expected, why) in [
            ("</a?p=2>; rel=\"next\"", Some("/a?p=2"), "one link"),
            (
                "</a?p=1>; rel=prev, </a?p=3>; rel=next",
                Some("/a?p=3"),
                "the second of two",
            ),
            (
                "</a?x=1,2;3>; title=\"a\"; rel=\"last next\"",
                Some("/a?x=1,2;3"),
                "signs within",
            ),
            ("</a?p=1>; rel=\"last\"", None, "none that is next"),
            ("nonsense", None, "no link at all"),
        ] {
            assert_eq!(next_of(header), expected, "{why}");
        }
    }
}

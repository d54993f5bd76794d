//! One request, as it is sent and as it may be shown.
//!
//! Owns: address, parameters, headers and body put together.
//! Never: sending it.
//! Reads next: `client.rs`.

use reqwest::{Client, RequestBuilder, Url};

use super::fill::Fill;
use crate::config::sources::http::template::{Slot, Text};
use crate::config::sources::http::{Body, HttpAccess, Method, Request};
use crate::source::SourceError;

/// What is asked for, but for what signs us in.
pub(super) struct Order<'r> {
    pub(super) request: &'r Request,
    /// Parameters that come by paging, `since` or a period.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) fill: Fill,
    /// The path and parameters of a page that a link led to.
    pub(super) link: Option<String>,
}

/// An endpoint's address with a path under it.
fn address(base: &str, path: &str) -> Result<Url, SourceError> {
    let text = format!("{base}{path}");
    let parsed = text.parse::<Url>();
    parsed.map_err(|_| SourceError::Settings(format!("{text} is not an address")))
}

/// Where a link leads.
fn joined(from: &Url, link: &str) -> Result<Url, SourceError> {
    let to = from.join(link);
    to.map_err(|_| SourceError::Settings(format!("{from}: no way to the next page")))
}

/// The parameters that hold a session.
fn of_session(access: &HttpAccess, request: &Request) -> Vec<(String, Text)> {
    let own = access.query.iter().chain(&request.query);
    own.filter(|(_, text)| text.has(Slot::Session))
        .cloned()
        .collect()
}

impl Order<'_> {
    /// Where it goes, with its parameters; those in which a session stands say what `fill` says. A link has its
    /// parameters already, but for a session.
    pub(super) fn url(
        &self,
        base: &str,
        access: &HttpAccess,
        fill: &Fill,
    ) -> Result<Url, SourceError> {
        let mut url = address(base, &self.request.path)?;
        let mut parameters = match &self.link {
            Some(link) => {
                url = joined(&url, link)?;
                fill.pairs(&of_session(access, self.request))
            }
            None => {
                let mut own = fill.pairs(&access.query);
                own.extend(fill.pairs(&self.request.query));
                own
            }
        };
        parameters.extend(self.parameters.iter().cloned());
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(url)
    }

    /// The whole request but for `Authorization`.
    pub(super) fn build(
        &self,
        client: &Client,
        url: Url,
        access: &HttpAccess,
        fill: &Fill,
    ) -> RequestBuilder {
        let mut request = match self.request.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
        };
        for headers in [&access.headers, &self.request.headers] {
            for (name, value) in fill.pairs(headers) {
                request = request.header(name, value);
            }
        }
        match &self.request.body {
            None => request,
            Some(Body::Json(tree)) => request.json(&fill.tree(tree)),
            Some(Body::Form(fields)) => request.form(&fill.pairs(fields)),
        }
    }

    /// As people may see it: method, address and body, with `•••` for a session.
    pub(super) fn shown(&self, base: &str, access: &HttpAccess) -> Result<String, SourceError> {
        let fill = self.fill.with(Slot::Session, "•••");
        let url = self.url(base, access, &fill)?;
        let method = match self.request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let body = match &self.request.body {
            None => String::new(),
            Some(Body::Json(tree)) => format!(" {}", fill.tree(tree).unwrap_or_default()),
            Some(Body::Form(fields)) => {
                let pairs = fill.pairs(fields);
                let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
                format!(" {}", pairs.collect::<Vec<_>>().join("&"))
            }
        };
        Ok(format!("{method} {}{body}", readable(&url)))
    }
}

/// Takes parameters out of an address that the source wrote: a session in it may have ended.
fn without(url: &mut Url, names: &[(String, Text)]) {
    if names.is_empty() {
        return;
    }
    let is_kept = |name: &str| names.iter().all(|(other, _)| other != name);
    let pairs = url.query_pairs().into_owned();
    let kept: Vec<(String, String)> = pairs.filter(|(name, _)| is_kept(name)).collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
}

/// An address with the mask readable.
fn readable(url: &Url) -> String {
    url.as_str().replace("%E2%80%A2%E2%80%A2%E2%80%A2", "•••")
}

/// A link as it may be kept: without what signs us in.
pub(super) fn kept(
    link: &str,
    base: &str,
    access: &HttpAccess,
    request: &Request,
) -> Result<String, SourceError> {
    let mut url = joined(&address(base, "")?, link)?;
    without(&mut url, &of_session(access, request));
    let query = url
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    Ok(format!("{}{query}", url.path()))
}

//! Whether a form was sent from our own page.
//!
//! Owns: reading what a browser says of it.
//! Never: who may answer: the link says so. A program that says nothing is let through.
//! Reads next: `form.rs`.

use axum::http::{HeaderMap, header};

/// `url` is the address by which readers reach us.
///
/// A browser of today says where a request comes from (`Sec-Fetch-Site`). An older one names the origin of the page;
/// it says `null` of ours, because our pages send no referrer.
pub fn is_ours(headers: &HeaderMap, url: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return ["same-origin", "none"].contains(&site);
    }
    match text(header::ORIGIN.as_str()) {
        None | Some("null") => true,
        Some(origin) => {
            let host = text(header::HOST.as_str());
            host.is_some() && authority(origin) == host
                || url.is_some_and(|url| begins(url, origin))
        }
    }
}

fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

/// Whether an address is of this origin.
fn begins(url: &str, origin: &str) -> bool {
    let rest = url.strip_prefix(origin);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_cannot_send_our_form() {
        let url = Some("https://dondoc.longbien.example/answers");
        for (headers, is_taken, sentence) in [
            (&[][..], true, "a program says nothing"),
            (
                &[("sec-fetch-site", "same-origin"), ("origin", "null")],
                true,
                "our page, which sends no referrer",
            ),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "null")],
                false,
                "another page",
            ),
            (
                &[("sec-fetch-site", "same-site")],
                false,
                "a neighbour on the same domain",
            ),
            (&[("origin", "null")], true, "an old browser on our page"),
            (
                &[("origin", "https://dondoc.longbien.example")],
                true,
                "behind a proxy",
            ),
            (
                &[
                    ("origin", "http://127.0.0.1:8030"),
                    ("host", "127.0.0.1:8030"),
                ],
                true,
                "without a proxy",
            ),
            (
                &[("origin", "https://dondoc.longbien.example.evil.example")],
                false,
                "a longer name",
            ),
            (
                &[
                    ("origin", "https://evil.example"),
                    ("host", "127.0.0.1:8030"),
                ],
                false,
                "an old browser on another page",
            ),
        ] {
            let mut given = HeaderMap::new();
            for (name, value) in headers {
                given.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_ours(&given, url), is_taken, "{sentence}");
        }
    }
}

//! Whether links in letters can be trusted.
//!
//! Owns: warnings about the address of the links.
//! Never: addresses that cannot be (`config::settings`).
//! Reads next: `jobs.rs`.

use super::Notes;
use crate::config::layers::{DEFAULT, LOCAL};
use crate::config::settings::Settings;

/// Hosts that no network comes between.
const OWN: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub fn check(notes: &mut Notes<'_>, settings: &Settings) {
    let plain = settings
        .web
        .url
        .as_deref()
        .and_then(|url| url.strip_prefix("http://"));
    if plain.is_some_and(|rest| !is_own(rest)) {
        let local = notes.site.documents.get(LOCAL.as_ref());
        let is_local = local.is_some_and(|document| document.has("web/url"));
        let file = if is_local { LOCAL } else { DEFAULT };
        notes.warning(
            file,
            "web/url",
            "links in letters travel unencrypted: whoever reads them on the way can answer",
            "put a proxy with TLS before `listen`, and write its `https://` address",
        );
    }
}

fn is_own(rest: &str) -> bool {
    OWN.iter().any(|own| {
        let port_or_path = rest.strip_prefix(own);
        port_or_path.is_some_and(|more| more.is_empty() || more.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_its_own() {
        for (rest, own) in [
            ("127.0.0.1:8030", true),
            ("localhost", true),
            ("[::1]:8030/dondoc", true),
            ("127.0.0.1.longbien.example", false),
            ("dondoc.longbien.example", false),
        ] {
            assert_eq!(is_own(rest), own, "{rest}");
        }
    }
}

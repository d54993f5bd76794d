//! The settings of `[operator]` from their layers: the way to the operator beside mail.
//!
//! Owns: how these settings are written.
//! Never: telling anybody (`job::alarm`); the webhook's address in a message, for it may hold a token.
//! Reads next: `../layers.rs`.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::Operator;
use super::read::{length, text};
use crate::config::layers::Layers;

const AFTER: Duration = Duration::from_secs(30 * 60);

pub fn operator(layers: &Layers<'_>) -> Option<Operator> {
    let webhook = webhook(layers);
    let file = layers.maybe("operator.file", text, "write the path of a file");
    let after = layers.or(
        "operator.after",
        AFTER,
        length,
        "write a length of time such as `30m`",
    );
    Some(Operator {
        webhook: webhook?,
        file: file?.map(PathBuf::from),
        after: after?,
    })
}

fn webhook(layers: &Layers<'_>) -> Option<Option<SecretString>> {
    let path = "operator.webhook";
    if layers.told(path) {
        return None;
    }
    let Some(address) = layers.text(path) else {
        return Some(None);
    };
    if !is_safe(&address) {
        layers.problem(
            path,
            "the webhook is no address of HTTPS",
            "write `https://…`; `http://` is for this machine only",
        );
        return None;
    }
    Some(Some(SecretString::from(address)))
}

/// Encrypted, or not leaving this machine.
fn is_safe(address: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    let host = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.to_owned()
    };
    if let Some(rest) = address.strip_prefix("https://") {
        return !host(rest).is_empty() && rest.chars().all(plain);
    }
    let Some(rest) = address.strip_prefix("http://") else {
        return false;
    };
    let authority = host(rest);
    let name = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok())
        .map_or(authority.as_str(), |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name) && rest.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_is_told_crosses_no_network_in_plain_text() {
        for (address, safe) in [
            ("https://chat.longbien.example/hooks/a?b=c", true),
            ("https://", false),
            ("http://chat.longbien.example/hooks", false),
            ("http://127.0.0.1:8080/hooks", true),
            ("http://localhost/hooks", true),
            ("http://127.0.0.1.example/hooks", false),
            ("http://127.0.0.1:80@evil.example/", false),
            ("ftp://127.0.0.1/", false),
            ("https://a b.example/", false),
        ] {
            assert_eq!(is_safe(address), safe, "{address}");
        }
    }
}

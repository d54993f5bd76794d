//! The settings of `[mail]` from their layers.
//!
//! Owns: how mail settings are written, and those that must agree with each other.
//! Never: sending (`mail`).
//! Reads next: `../organisation.rs`.

use std::path::PathBuf;
use std::time::Duration;

use super::read::{length, secret, text};
use super::{Delivery, Mail, Relay, Security};
use crate::config::layers::Layers;
use crate::config::organisation::Address;

const TIMEOUT: Duration = Duration::from_secs(30);

pub fn mail(layers: &Layers<'_>) -> Option<Mail> {
    let mailbox_help = "write `Name <name@domain>` or `name@domain`";
    let from = layers.required("mail.from", mailbox, mailbox_help);
    let reply_to = layers.maybe("mail.reply_to", mailbox, mailbox_help);
    let allowed_domains: Vec<_> = layers
        .texts("mail.allowed_domains")
        .iter()
        .map(|text| text.to_lowercase())
        .collect();
    if allowed_domains.is_empty() && !layers.told("mail.allowed_domains") {
        layers.problem(
            "mail.allowed_domains",
            "no mail domain is allowed, so no mail could ever be sent",
            "list the domains of your recipients: `allowed_domains = [\"longbien.example\"]`",
        );
    }
    for domain in allowed_domains
        .iter()
        .filter(|domain| Address::parse(&format!("a@{domain}")).is_err())
    {
        let help = "write a domain such as `longbien.example`, without `@`";
        layers.problem(
            "mail.allowed_domains",
            &format!("`{domain}` is not a mail domain"),
            help,
        );
    }
    let delivery = delivery(layers);
    Some(Mail {
        from: from?,
        reply_to: reply_to?,
        allowed_domains,
        delivery: delivery?,
    })
}

fn delivery(layers: &Layers<'_>) -> Option<Delivery> {
    let kind = |text: &str| ["file", "smtp"].into_iter().find(|kind| *kind == text);
    match layers.required("mail.delivery.kind", kind, "write `file` or `smtp`")? {
        "smtp" => relay(layers).map(Delivery::Smtp),
        _ => {
            let folder = layers.or(
                "mail.delivery.folder",
                "data/mails".to_owned(),
                text,
                "write a folder",
            )?;
            Some(Delivery::File {
                folder: folder.into(),
            })
        }
    }
}

fn relay(layers: &Layers<'_>) -> Option<Relay> {
    let key = |name: &str| format!("mail.delivery.{name}");
    let host = layers.required(
        &key("host"),
        text,
        "write the relay's name: `host = \"mail.longbien.example\"`",
    );
    let port = layers.or(
        &key("port"),
        587,
        port,
        "write a number from 1 to 65535; 587 is usual for `starttls`",
    );
    let security = layers.or(
        &key("security"),
        Security::Starttls,
        security,
        "write `starttls`, `tls` or `none`",
    );
    let username = layers.maybe(&key("username"), text, "write the name to sign in with");
    let password = secret(layers, "mail.delivery", "password");
    let timeout = layers.or(
        &key("timeout"),
        TIMEOUT,
        length,
        "write a length of time such as `30s`",
    );
    let trust = layers.maybe(&key("trust"), text, "write the path of a PEM file");
    let relay = Relay {
        host: host?,
        port: port?,
        security: security?,
        username: username?,
        password,
        timeout: timeout?,
        trust: trust?.map(PathBuf::from),
    };
    agrees(layers, &relay).then_some(relay)
}

/// A user needs a password, and neither it nor a mail crosses a network in plain text.
fn agrees(layers: &Layers<'_>, relay: &Relay) -> bool {
    let loopback = ["localhost", "127.0.0.1", "::1"].contains(&relay.host.as_str());
    if relay.security == Security::None && !loopback {
        let message = format!(
            "mails to `{}` would cross the network in plain text",
            relay.host
        );
        layers.problem(
            "mail.delivery.security",
            &message,
            "write `starttls` or `tls`; `none` is for loopback only",
        );
        return false;
    }
    let told = layers.told("mail.delivery.password");
    if relay.username.is_some() != relay.password.is_some() && !told {
        let help = "give both `username` and `password_file`, or neither";
        layers.problem(
            "mail.delivery",
            "a user name and a password belong together",
            help,
        );
        return false;
    }
    true
}

fn security(text: &str) -> Option<Security> {
    let words = [
        ("none", Security::None),
        ("starttls", Security::Starttls),
        ("tls", Security::Tls),
    ];
    words
        .into_iter()
        .find(|(word, _)| *word == text)
        .map(|(_, security)| security)
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// `Name <name@domain>` or the bare address.
fn mailbox(text: &str) -> Option<String> {
    let text = super::read::text(text)?;
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => &text,
    };
    Address::parse(address).ok().map(|_| text.clone())
}

//! The settings of `[mail]` from their layers.
//!
//! Owns: how mail settings are written, and those that must agree with each other.
//! Never: sending (`mail`).
//! Reads next: `../organisation.rs`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::read::{length, secret, text};
use super::{Bounds, Delivery, Mail, Relay, Security};
use crate::config::layers::Layers;
use crate::config::organisation::Address;

const TIMEOUT: Duration = Duration::from_secs(30);
/// More at once than that is no courtesy to any relay.
const MOST_CONNECTIONS: usize = 16;

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
    let bounces = layers.maybe(
        "mail.bounces.maildir",
        text,
        "write the path of a maildir: a folder with `new` and `cur` in it",
    );
    Some(Mail {
        from: from?,
        reply_to: reply_to?,
        allowed_domains,
        delivery: delivery?,
        bounces: bounces?.map(PathBuf::from),
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
    let bounds = bounds(layers);
    let relay = Relay {
        host: host?,
        port: port?,
        security: security?,
        username: username?,
        password,
        timeout: timeout?,
        trust: trust?.map(PathBuf::from),
        bounds: bounds?,
    };
    agrees(layers, &relay).then_some(relay)
}

fn bounds(layers: &Layers<'_>) -> Option<Bounds> {
    let key = |name: &str| format!("mail.delivery.{name}");
    let usual = Bounds::default();
    let connections = layers.or(
        &key("connections"),
        usual.connections,
        |text| {
            text.parse()
                .ok()
                .filter(|n| (1..=MOST_CONNECTIONS).contains(n))
        },
        "write a number from 1 to 16",
    );
    let rate = layers.maybe(
        &key("rate"),
        number,
        "write how many mails a minute the relay takes, 1 or more",
    );
    let per_connection = layers.or(
        &key("per_connection"),
        usual.per_connection,
        number,
        "write how many mails go over one connection, 1 or more",
    );
    let max_size = layers.maybe(
        &key("max_size"),
        size,
        "write a size such as `10 MB` or `500 kB`",
    );
    Some(Bounds {
        connections: connections?,
        rate: rate?,
        per_connection: per_connection?,
        max_size: max_size?,
    })
}

fn number(text: &str) -> Option<NonZeroU32> {
    text.parse().ok()
}

/// `10 MB`, `500 kB`. Thousands, not powers of two: the smaller limit is the safe one.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = text
        .strip_suffix("MB")
        .map(|number| (number, 1_000_000))
        .or_else(|| text.strip_suffix("kB").map(|number| (number, 1_000)))?;
    let number = number.trim_end_matches(' ');
    let fits = number.len() <= 12 && number.chars().all(|c| c.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| fits)?;
    number.checked_mul(unit).filter(|size| *size > 0)
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

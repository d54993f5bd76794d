//! The settings of `[letters]` and `[web]` from their layers.
//!
//! Owns: when people are written to, where everything goes while a site is tried out, where answers come in.
//! Never: sending (`mail`), answering (`web`).
//! Reads next: `../organisation.rs`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveTime;

use super::read::{base_address, length, secret};
use super::{Letters, Web};
use crate::config::layers::Layers;
use crate::config::organisation::Address;
use crate::config::secret::SecretSource;
use crate::domain::letter_hour::Hours;

const FROM: NaiveTime = half_past(7);
const UNTIL: NaiveTime = half_past(17);
const GATHER: Duration = Duration::from_secs(30 * 60);
const KEY: &str = "data/links.key";
/// Links in letters are open this long.
const EXPIRE: Duration = Duration::from_secs(30 * 24 * 3600);

pub fn letters(layers: &Layers<'_>) -> Option<Letters> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let help = "write a time of day such as `07:30`";
    let from = layers.or("letters.from", FROM, time, help);
    let until = layers.or("letters.until", UNTIL, time, help);
    let help = "write a length of time such as `30min`";
    let gather = layers.or("letters.gather", GATHER, length, help);
    let address = |text: &str| Address::parse(text).ok();
    let all_to = layers.maybe("letters.all_to", address, "write `name@domain`");
    let hours = Hours {
        from: from?,
        until: until?,
    };
    if hours.from >= hours.until {
        let message = "people could never be written to: the hours end before they begin";
        layers.problem("letters.until", message, "write a time after `from`");
        return None;
    }
    Some(Letters {
        hours,
        gather: gather?,
        all_to: all_to?,
    })
}

pub fn web(layers: &Layers<'_>) -> Option<Web> {
    let address = |text: &str| text.parse().ok().filter(|at: &SocketAddr| at.port() > 0);
    let help = "write an address of this machine and a port, such as `127.0.0.1:8030`";
    let listen = layers.maybe("web.listen", address, help);
    let help = "write the address by which readers of mails reach `listen`, such as `https://dondoc.longbien.example`";
    let url = layers.maybe("web.url", base_address, help);
    let help = "write a length of time such as `30days`";
    let expire = layers.or("web.links_expire", EXPIRE, length, help);
    let key = secret(layers, "web", "key");
    let (listen, url) = (listen?, url?);
    if url.is_some() && listen.is_none() {
        let message = "letters would hold links that nobody answers";
        layers.problem("web.url", message, "set `listen` too, or leave `url` out");
        return None;
    }
    Some(Web {
        listen,
        url,
        links_expire: expire?,
        key: key.unwrap_or_else(|| SecretSource::File(PathBuf::from(KEY))),
    })
}

const fn half_past(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 30, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

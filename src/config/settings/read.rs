//! The settings from their layers.
//!
//! Owns: how each setting is written, but for mail (`mail.rs`) and letters (`letters.rs`).
//! Never: reading a file or a variable (`layers.rs`).
//! Reads next: `mail.rs`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveTime};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::letters::{letters, web};
use super::mail::mail;
use super::operator::operator;
use super::{
    Confidence, Credential, Database, Language, Letters, Mail, Metrics, Rules, Settings, Site,
};
use crate::config::layers::Layers;
use crate::config::organisation::Address;
use crate::config::secret::SecretSource;
use crate::config::zone;

const KEEP_TEXTS: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a statement waits for its database.
const PATIENCE: Duration = Duration::from_secs(20);

/// All settings; `None` if one of them is wrong, which `layers` then tells.
#[must_use]
pub fn settings(layers: &Layers<'_>) -> Option<Settings> {
    let site = site(layers);
    let database = database(layers);
    let endpoints: Vec<_> = layers
        .names("endpoints")
        .into_iter()
        .map(|name| endpoint(layers, name))
        .collect();
    let credentials: Vec<_> = layers
        .names("credentials")
        .into_iter()
        .map(|name| credential(layers, name))
        .collect();
    let mail = mail(layers);
    let letters = letters(layers);
    let web = web(layers);
    let trial_is_allowed = trial_is_allowed(layers, mail.as_ref(), letters.as_ref());
    let rules = rules(layers);
    let metrics = metrics(layers);
    let operator = operator(layers);
    trial_is_allowed.then_some(())?;
    Some(Settings {
        site: site?,
        database: database?,
        endpoints: endpoints.into_iter().collect::<Option<_>>()?,
        credentials: credentials.into_iter().collect::<Option<_>>()?,
        mail: mail?,
        letters: letters?,
        web: web?,
        rules: rules?,
        metrics: metrics?,
        operator: operator?,
    })
}

/// Where everything goes while a site is tried out must be allowed like anywhere else, or no letter could be written.
fn trial_is_allowed(layers: &Layers<'_>, mail: Option<&Mail>, letters: Option<&Letters>) -> bool {
    let (Some(mail), Some(letters)) = (mail, letters) else {
        return true;
    };
    let outside = letters.all_to.as_ref().map(Address::domain);
    match outside.filter(|domain| !mail.allowed_domains.contains(domain)) {
        None => true,
        Some(domain) => {
            let message = format!("`{domain}` is not among mail.allowed_domains");
            let help = "name an address of an allowed domain, or extend `mail.allowed_domains`";
            layers.problem("letters.all_to", &message, help);
            false
        }
    }
}

fn site(layers: &Layers<'_>) -> Option<Site> {
    let name = layers.required(
        "site.name",
        text,
        "write the administration's name as it stands in mails",
    );
    let language = layers.or(
        "site.language",
        Language::Vi,
        language,
        "write `vi` or `en`",
    );
    let help = zone::instead_of(&layers.text("site.zone").unwrap_or_default());
    let zone = layers.required("site.zone", |text| text.parse::<Tz>().ok(), &help);
    let now = layers.maybe(
        "site.now",
        |text| DateTime::parse_from_rfc3339(text).ok(),
        "write the instant as `2020-06-01T07:30:00+07:00`, or leave it out for the real clock",
    );
    let simulated = layers.or(
        "site.simulated",
        false,
        |text| text.parse().ok(),
        "write `true` or `false`",
    );
    Some(Site {
        name: name?,
        language: language?,
        zone: zone?,
        now: now?,
        simulated: simulated?,
    })
}

fn database(layers: &Layers<'_>) -> Option<Database> {
    let path = "database.url";
    let url = layers
        .text(path)
        .unwrap_or_else(|| "sqlite://data/dondoc.sqlite".to_owned());
    let known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if !known {
        // The address may hold a password: it is not repeated here.
        layers.problem(
            path,
            "the address of the database begins with neither `sqlite://` nor `postgres://`",
            "write `sqlite://data/dondoc.sqlite` or `postgres://host/database`",
        );
        return None;
    }
    if holds_password(&url) && !layers.from_environment(path) {
        layers.problem(
            path,
            "the address of the database holds a password",
            "set the address in DONDOC__DATABASE__URL instead, and leave it out of the file",
        );
        return None;
    }
    let patience = layers.or(
        "database.patience",
        PATIENCE,
        length,
        "write a length of time such as `20s`",
    );
    Some(Database {
        url: SecretString::from(url),
        patience: patience?,
    })
}

fn endpoint(layers: &Layers<'_>, name: String) -> Option<(String, String)> {
    let help = "write the base address, such as `https://lgsp.example.vn/mot-cua`, without a name or password in it";
    let address = layers.required(&format!("endpoints.{name}"), base_address, help)?;
    Some((name, address))
}

fn credential(layers: &Layers<'_>, name: String) -> Option<(String, Credential)> {
    let section = format!("credentials.{name}");
    let id = layers.required(
        &format!("{section}.id"),
        text,
        "write the name this program signs in with",
    );
    let Some(secret) = secret(layers, &section, "secret") else {
        if layers.told(&format!("{section}.secret")) {
            return None;
        }
        layers.problem(
            &section,
            &format!("credential `{name}` has no secret"),
            &format!("name the file that holds it: `secret_file = \"config/secrets/{name}\"`"),
        );
        return None;
    };
    Some((name, Credential { id: id?, secret }))
}

/// The environment's own value goes before the file that a lower layer names.
pub fn secret(layers: &Layers<'_>, section: &str, key: &str) -> Option<SecretSource> {
    let value = layers.text(&format!("{section}.{key}"));
    let file = layers.text(&format!("{section}.{key}_file"));
    let value = value.map(|secret| SecretSource::Value(SecretString::from(secret)));
    value.or(file.map(|file| SecretSource::File(PathBuf::from(file))))
}

fn rules(layers: &Layers<'_>) -> Option<Rules> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let due_time = layers.required(
        "rules.due_time",
        time,
        "write a time of day such as `17:00`",
    );
    let confidence = layers.or(
        "rules.confidence",
        Confidence::P95,
        confidence,
        "write `90`, `95` or `99`",
    );
    let time = |text: &str| {
        humantime::parse_duration(text)
            .ok()
            .filter(|time| !time.is_zero())
    };
    let keep_texts = layers.or(
        "rules.keep_texts",
        KEEP_TEXTS,
        time,
        "write a length of time such as `30days`",
    );
    Some(Rules {
        due_time: due_time?,
        confidence: confidence?,
        keep_texts: keep_texts?,
    })
}

fn metrics(layers: &Layers<'_>) -> Option<Metrics> {
    let address = |text: &str| text.parse().ok().filter(|at: &SocketAddr| at.port() > 0);
    let listen = layers.maybe(
        "metrics.listen",
        address,
        "write an address of this machine and a port, such as `127.0.0.1:9464`",
    );
    Some(Metrics { listen: listen? })
}

pub fn text(text: &str) -> Option<String> {
    let fits = !text.trim().is_empty() && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// A length of time that is not nothing.
pub fn length(text: &str) -> Option<Duration> {
    let length = humantime::parse_duration(text).ok()?;
    (!length.is_zero()).then_some(length)
}

fn language(text: &str) -> Option<Language> {
    [("vi", Language::Vi), ("en", Language::En)]
        .into_iter()
        .find(|(word, _)| *word == text)
        .map(|(_, it)| it)
}

fn confidence(text: &str) -> Option<Confidence> {
    let words = [
        ("90", Confidence::P90),
        ("95", Confidence::P95),
        ("99", Confidence::P99),
    ];
    words
        .into_iter()
        .find(|(word, _)| *word == text)
        .map(|(_, confidence)| confidence)
}

/// An address over HTTP(S), without the slash at its end.
pub fn base_address(text: &str) -> Option<String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let fits = !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['@', ' ', '?', '#']);
    fits.then(|| text.trim_end_matches('/').to_owned())
}

/// `scheme://user:password@host/…`
fn holds_password(url: &str) -> bool {
    let authority = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or_default();
    let in_authority = authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'));
    in_authority || url.contains("password=")
}

#[cfg(test)]
mod tests;

//! The settings there are, by their paths, and the variables that override them.
//!
//! Owns: how a setting is written in a file.
//! Never: the value of a setting.
//! Reads next: `../settings/read.rs`.

use crate::config::problem::closest;

/// How the variables begin that override settings.
pub const PREFIX: &str = "DONDOC__";

/// How a setting is written in a file. In the environment everything is text; a list is split at commas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// Text, or a TOML date with time.
    Moment,
    Number,
    Flag,
    Texts,
    /// Never in a file: the environment only.
    Secret,
}

/// Every setting; `*` is a name that the administrator chooses.
const SETTINGS: &[(&str, Shape)] = &[
    ("site.name", Shape::Text),
    ("site.language", Shape::Text),
    ("site.zone", Shape::Text),
    ("site.now", Shape::Moment),
    ("site.simulated", Shape::Flag),
    ("database.url", Shape::Text),
    ("database.patience", Shape::Text),
    ("endpoints.*", Shape::Text),
    ("credentials.*.id", Shape::Text),
    ("credentials.*.secret_file", Shape::Text),
    ("credentials.*.secret", Shape::Secret),
    ("mail.from", Shape::Text),
    ("mail.reply_to", Shape::Text),
    ("mail.allowed_domains", Shape::Texts),
    ("mail.delivery.kind", Shape::Text),
    ("mail.delivery.folder", Shape::Text),
    ("mail.delivery.host", Shape::Text),
    ("mail.delivery.port", Shape::Number),
    ("mail.delivery.security", Shape::Text),
    ("mail.delivery.username", Shape::Text),
    ("mail.delivery.password_file", Shape::Text),
    ("mail.delivery.password", Shape::Secret),
    ("mail.delivery.timeout", Shape::Text),
    ("mail.delivery.trust", Shape::Text),
    ("mail.delivery.connections", Shape::Number),
    ("mail.delivery.rate", Shape::Number),
    ("mail.delivery.per_connection", Shape::Number),
    ("mail.delivery.max_size", Shape::Text),
    ("mail.bounces.maildir", Shape::Text),
    ("letters.from", Shape::Text),
    ("letters.until", Shape::Text),
    ("letters.gather", Shape::Text),
    ("letters.all_to", Shape::Text),
    ("web.listen", Shape::Text),
    ("web.url", Shape::Text),
    ("web.links_expire", Shape::Text),
    ("web.key_file", Shape::Text),
    ("web.key", Shape::Secret),
    ("rules.due_time", Shape::Text),
    ("rules.confidence", Shape::Text),
    ("rules.keep_texts", Shape::Text),
    ("metrics.listen", Shape::Text),
    ("operator.webhook", Shape::Text),
    ("operator.file", Shape::Text),
    ("operator.after", Shape::Text),
];

pub fn shape_of(path: &str) -> Option<Shape> {
    SETTINGS
        .iter()
        .find(|(pattern, _)| matches(pattern, path))
        .map(|(_, shape)| *shape)
}

pub fn is_section(path: &str) -> bool {
    SETTINGS.iter().any(|(pattern, _)| {
        let depth = path.split('.').count();
        let head: Vec<&str> = pattern.split('.').take(depth).collect();
        pattern.split('.').count() > depth && matches(&head.join("."), path)
    })
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut steps = path.split('.');
    let fits = pattern.split('.').all(|wanted| {
        steps
            .next()
            .is_some_and(|step| wanted == step || (wanted == "*" && is_name(step)))
    });
    fits && steps.next().is_none()
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// The keys that may stand in a section of the settings.
pub fn keys_of(section: &str) -> Vec<&'static str> {
    let depth = if section.is_empty() {
        0
    } else {
        section.split('.').count()
    };
    let mut keys: Vec<&str> = SETTINGS
        .iter()
        .filter(|(pattern, shape)| {
            let head: Vec<&str> = pattern.split('.').take(depth).collect();
            *shape != Shape::Secret && matches(&head.join("."), section) || depth == 0
        })
        .filter_map(|(pattern, _)| pattern.split('.').nth(depth))
        .filter(|key| *key != "*")
        .collect();
    keys.dedup();
    keys
}

/// `mail.reply_to` is overridden by `DONDOC__MAIL__REPLY_TO`.
pub fn variable_of(path: &str) -> String {
    format!(
        "{PREFIX}{}",
        path.replace('.', "__").replace('-', "_").to_uppercase()
    )
}

/// The setting that a variable overrides: one that a file gives, or one that could stand in a file.
pub fn setting_of<'a>(
    variable: &str,
    given: impl Iterator<Item = &'a String> + Clone,
) -> Result<String, String> {
    if let Some(path) = given.clone().find(|path| variable_of(path) == variable) {
        return Ok(path.clone());
    }
    let path = variable
        .trim_start_matches(PREFIX)
        .to_lowercase()
        .replace("__", ".");
    let steps: Vec<&str> = path.split('.').collect();
    let named = given.clone().find_map(|known| {
        let known: Vec<&str> = known.split('.').collect();
        let same = known.len() > 1
            && steps.len() > 1
            && known[0] == steps[0]
            && known[1].replace('-', "_") == steps[1];
        same.then(|| [&known[..2], &steps[2..]].concat().join("."))
    });
    let path = named.unwrap_or(path);
    match shape_of(&path) {
        Some(_) => Ok(path),
        None => {
            let known: Vec<String> = SETTINGS
                .iter()
                .map(|(pattern, _)| variable_of(pattern))
                .collect();
            Err(closest(variable, known.iter().map(String::as_str)).map_or_else(
                || "write DONDOC__SECTION__KEY, with a section and a key of config/default.toml".to_owned(),
                |name| format!("did you mean {name}?"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_finds_its_setting_even_under_a_name_with_a_hyphen() {
        let given = ["credentials.one-stop.id".to_owned()];
        let cases = [
            ("DONDOC__SITE__ZONE", Ok("site.zone")),
            ("DONDOC__MAIL__REPLY_TO", Ok("mail.reply_to")),
            (
                "DONDOC__MAIL__DELIVERY__PASSWORD",
                Ok("mail.delivery.password"),
            ),
            (
                "DONDOC__CREDENTIALS__ONE_STOP__ID",
                Ok("credentials.one-stop.id"),
            ),
            (
                "DONDOC__CREDENTIALS__ONE_STOP__SECRET",
                Ok("credentials.one-stop.secret"),
            ),
            ("DONDOC__ENDPOINTS__CITY", Ok("endpoints.city")),
            (
                "DONDOC__SITE__ZNOE",
                Err("did you mean DONDOC__SITE__ZONE?"),
            ),
        ];
        for (variable, expected) in cases {
            let found = setting_of(variable, given.iter());
            assert_eq!(
                found.as_deref().map_err(String::as_str),
                expected,
                "{variable}"
            );
        }
    }
}

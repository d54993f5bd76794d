//! Settings in layers: `config/default.toml` < `config/local.toml` < `DONDOC__SECTION__KEY`.
//!
//! Owns: which settings there are, which layer wins, and where the winning value stands.
//! Never: the type of a setting beyond text, number, flag or list (`settings.rs`).
//! Reads next: `settings.rs`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use config::{Config, FileFormat};

use super::document::Documents;
use super::problem::{Problem, closest, instead};
use super::reader::{self, Item, Table};

pub const DEFAULT: &str = "config/default.toml";
pub const LOCAL: &str = "config/local.toml";
const PREFIX: &str = "DONDOC__";

/// How a setting is written in a file. In the environment everything is text; a list is split at commas.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
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
    ("rules.due_time", Shape::Text),
    ("rules.confidence", Shape::Text),
];

/// Where the winning value of a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(&'static str),
    Variable(String),
}

/// The layers laid over each other, and the problems found while their values are read.
pub struct Layers<'d> {
    merged: Config,
    places: BTreeMap<String, Place>,
    /// Settings of a wrong kind, which the problems tell already.
    told: BTreeSet<String>,
    documents: &'d Documents,
    problems: RefCell<Vec<Problem>>,
}

impl<'d> Layers<'d> {
    /// Lays `variables` over the local file over the defaults.
    ///
    /// # Errors
    /// When a file is not TOML: then no value can be told from a missing one.
    pub fn lay(
        documents: &'d Documents,
        variables: &[(String, String)],
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut places = BTreeMap::new();
        let mut told = BTreeSet::new();
        let mut builder = Config::builder();
        let mut broken = false;
        for file in [DEFAULT, LOCAL] {
            let Some(document) = documents.get(Path::new(file)) else {
                continue;
            };
            let (settings, found) = reader::read_partly(document, settings_in);
            broken |= settings.is_none();
            problems.extend(found);
            for (path, fits) in settings.unwrap_or_default() {
                if !fits {
                    told.insert(path.clone());
                }
                places.insert(path, Place::File(file));
            }
            builder = builder.add_source(config::File::from_str(&document.text, FileFormat::Toml));
        }
        for (variable, text) in variables
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
        {
            match setting_of(variable, &places) {
                Ok(path) => {
                    builder = builder
                        .set_override(&path, text.as_str())
                        .map_err(|error| vec![merge(&error)])?;
                    places.insert(path, Place::Variable(variable.clone()));
                }
                Err(help) => problems.push(of_variable(variable, "names no setting", &help)),
            }
        }
        if broken {
            return Err(problems);
        }
        let merged = builder.build().map_err(|error| vec![merge(&error)])?;
        Ok(Self {
            merged,
            places,
            told,
            documents,
            problems: RefCell::new(problems),
        })
    }

    /// Whether a problem with the setting was told already.
    #[must_use]
    pub fn told(&self, path: &str) -> bool {
        self.told.contains(path)
    }

    /// The value of a setting as text, if a layer gives one.
    pub fn text(&self, path: &str) -> Option<String> {
        if self.told(path) || !self.places.contains_key(path) {
            return None;
        }
        self.merged.get_string(path).ok()
    }

    /// The values of a list; a list from the environment is split at commas.
    pub fn texts(&self, path: &str) -> Vec<String> {
        let list = self.merged.get_array(path);
        let from_file = list.map(|values| {
            values
                .into_iter()
                .flat_map(|value| value.into_string().ok())
                .collect()
        });
        from_file.unwrap_or_else(|_| {
            let text = self.text(path).unwrap_or_default();
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        })
    }

    /// A setting that may be absent, parsed; the outer `None` is a problem, whose remedy is `help`.
    pub fn maybe<T>(
        &self,
        path: &str,
        parse: impl Fn(&str) -> Option<T>,
        help: &str,
    ) -> Option<Option<T>> {
        if self.told(path) {
            return None;
        }
        let Some(text) = self.text(path) else {
            return Some(None);
        };
        let parsed = parse(&text);
        if parsed.is_none() {
            let key = path.rsplit('.').next().unwrap_or(path);
            self.problem(path, &format!("`{text}` is not a valid `{key}`"), help);
        }
        parsed.map(Some)
    }

    pub fn or<T>(
        &self,
        path: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
        help: &str,
    ) -> Option<T> {
        self.maybe(path, parse, help)
            .map(|value| value.unwrap_or(default))
    }

    pub fn required<T>(
        &self,
        path: &str,
        parse: impl Fn(&str) -> Option<T>,
        help: &str,
    ) -> Option<T> {
        let value = self.maybe(path, parse, help)?;
        if value.is_none() {
            self.problem(path, &format!("the setting `{path}` is missing"), help);
        }
        value
    }

    /// The names that stand directly under `section`: of endpoints, of credentials.
    pub fn names(&self, section: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .places
            .keys()
            .filter_map(|path| {
                path.strip_prefix(section)?
                    .strip_prefix('.')?
                    .split('.')
                    .next()
            })
            .map(str::to_owned)
            .collect();
        names.dedup();
        names
    }

    #[must_use]
    pub fn from_environment(&self, path: &str) -> bool {
        matches!(self.places.get(path), Some(Place::Variable(_)))
    }

    /// Notes a problem at the winning value of a setting, or where it ought to stand.
    pub fn problem(&self, path: &str, message: &str, help: &str) {
        let place = path.replace('.', "/");
        let problem = match self.places.get(path) {
            Some(Place::Variable(variable)) => of_variable(variable, message, help),
            Some(Place::File(file)) => self.documents.problem(file, &place, message, help),
            None => self
                .documents
                .problem(self.file_of(path), &place, message, help),
        };
        self.problems.borrow_mut().push(problem);
    }

    /// The upper file that gives a setting of the same section: where one that is missing belongs.
    fn file_of(&self, path: &str) -> &'static str {
        let section = path.rsplit_once('.').map_or(path, |(section, _)| section);
        let beside = |known: &str| {
            known
                .rsplit_once('.')
                .is_some_and(|(other, _)| other == section || other == path)
        };
        let local =
            |(known, place): (&String, &Place)| beside(known) && *place == Place::File(LOCAL);
        if self.places.iter().any(local) {
            LOCAL
        } else {
            DEFAULT
        }
    }

    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

fn of_variable(variable: &str, message: &str, help: &str) -> Problem {
    Problem::of_file("environment", format!("{variable}: {message}"), help)
}

fn merge(error: &config::ConfigError) -> Problem {
    Problem::of_file(
        DEFAULT,
        format!("the settings cannot be laid together: {error}"),
        "compare it with local.toml",
    )
}

/// The paths of all settings in a file, each with whether it has the right kind; notes what is wrong.
fn settings_in(root: &Table<'_>) -> Option<Vec<(String, bool)>> {
    let mut paths = Vec::new();
    for (key, item) in root.all() {
        collect(&key, &item, &mut paths);
    }
    Some(paths)
}

fn collect(path: &str, item: &Item<'_>, paths: &mut Vec<(String, bool)>) {
    match shape_of(path) {
        Some(shape) => paths.push((path.to_owned(), fits(path, shape, item))),
        None if is_section(path) => {
            let Some(table) = item.table() else { return };
            for (key, item) in table.all() {
                collect(&format!("{path}.{key}"), &item, paths);
            }
        }
        None => unknown(path, item),
    }
}

fn fits(path: &str, shape: Shape, item: &Item<'_>) -> bool {
    match shape {
        Shape::Moment if !item.is_text() => item.moment().is_some(),
        Shape::Text | Shape::Moment => item.text().is_some(),
        Shape::Number => item.number().is_some(),
        Shape::Flag => item.flag().is_some(),
        Shape::Texts => item.each(Item::text).is_some(),
        Shape::Secret => {
            let key = path.rsplit('.').next().unwrap_or(path);
            item.problem(
                format!("a secret must not stand in a file: `{path}`"),
                format!(
                    "put it alone in a file and name that as `{key}_file`, or set {}",
                    variable_of(path)
                ),
            );
            false
        }
    }
}

fn unknown(path: &str, item: &Item<'_>) {
    let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
    let place = if section.is_empty() {
        String::new()
    } else {
        format!(" in `[{section}]`")
    };
    item.problem_at_key(
        format!("unknown key `{key}`{place}"),
        instead(key, keys_of(section)),
    );
}

fn shape_of(path: &str) -> Option<Shape> {
    SETTINGS
        .iter()
        .find(|(pattern, _)| matches(pattern, path))
        .map(|(_, shape)| *shape)
}

fn is_section(path: &str) -> bool {
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
fn keys_of(section: &str) -> Vec<&'static str> {
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
fn variable_of(path: &str) -> String {
    format!(
        "{PREFIX}{}",
        path.replace('.', "__").replace('-', "_").to_uppercase()
    )
}

/// The setting that a variable overrides: one that a file gives, or one that could stand in a file.
fn setting_of(variable: &str, places: &BTreeMap<String, Place>) -> Result<String, String> {
    if let Some(path) = places.keys().find(|path| variable_of(path) == variable) {
        return Ok(path.clone());
    }
    let path = variable
        .trim_start_matches(PREFIX)
        .to_lowercase()
        .replace("__", ".");
    let steps: Vec<&str> = path.split('.').collect();
    let named = places.keys().find_map(|known| {
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
        let places = BTreeMap::from([("credentials.one-stop.id".to_owned(), Place::File(DEFAULT))]);
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
            let found = setting_of(variable, &places);
            assert_eq!(
                found.as_deref().map_err(String::as_str),
                expected,
                "{variable}"
            );
        }
    }
}

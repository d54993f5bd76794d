//! Settings in layers: `config/default.toml` < `config/local.toml` < `DONDOC__SECTION__KEY`.
//!
//! Owns: which layer wins, and where the winning value stands.
//! Never: the type of a setting beyond text, number, flag or list (`settings.rs`).
//! Reads next: `layers/known.rs`, `settings.rs`.

mod known;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use config::{Config, FileFormat};

use self::known::{PREFIX, Shape, is_section, keys_of, setting_of, shape_of, variable_of};
use super::document::Documents;
use super::problem::{Problem, did_you_mean, instead};
use super::reader::{self, Item, Table};

pub const DEFAULT: &str = "config/default.toml";
pub const LOCAL: &str = "config/local.toml";

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
            match setting_of(variable, places.keys()) {
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
        if value.is_none() && !self.is_misspelt(path) {
            self.problem(path, &format!("the setting `{path}` is missing"), help);
        }
        value
    }

    /// Whether a key of the same section was told to be a misspelling of this one.
    fn is_misspelt(&self, path: &str) -> bool {
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        let (place, help) = (place_of(section), did_you_mean(key));
        let told = self.problems.borrow();
        told.iter().any(|problem| {
            problem.message.starts_with("unknown key ")
                && problem.message.ends_with(&place)
                && problem.help == help
        })
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
    let place = place_of(section);
    item.problem_at_key(
        format!("unknown key `{key}`{place}"),
        instead(key, keys_of(section)),
    );
}

fn place_of(section: &str) -> String {
    if section.is_empty() {
        String::new()
    } else {
        format!(" in `[{section}]`")
    }
}

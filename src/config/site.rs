//! The site: the folder with everything an administrator edits, read as a whole.
//!
//! Owns: which files there are, their common hash.
//! Never: what one file says.
//! Reads next: `reader.rs`, then a file's own module.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::document::{Document, Documents, toml_files};
use super::layers::{DEFAULT, LOCAL, Layers};
use super::organisation::{self, Organisation};
use super::problem::{Problem, sorted};
use super::reader::{Table, read};
use super::settings::{self, Settings};
use super::sources::{self, Source};
use super::{calendar, targets};
use crate::domain::calendar::{Calendar, PublishedYear};
use crate::domain::target::Target;

/// Folders whose files decide what the program does.
const FOLDERS: [&str; 3] = ["config", "jobs", "templates"];

/// Of these, what decides nothing: secrets must not be read, schemas are for editors.
const APART: [&str; 2] = ["config/secrets", "config/schemas"];

/// A site whose files are all valid by themselves; `job::check` compares them with each other.
#[derive(Clone, Debug)]
pub struct Files {
    pub settings: Settings,
    pub organisation: Organisation,
    pub targets: Vec<Target>,
    pub sources: Vec<Source>,
    pub calendar: Calendar,
    /// The texts, to show the line of a problem.
    pub documents: Documents,
    /// First 12 hexadecimal digits of SHA-256 over all files that decide what the program does.
    pub hash: String,
}

/// What could be read of a site; a part that is wrong is `None` and its problems are told.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub settings: Option<Settings>,
    pub organisation: Option<Organisation>,
    pub targets: Option<Vec<Target>>,
    pub calendar: Option<Calendar>,
    /// The sources whose files are valid.
    pub sources: Vec<Source>,
    /// All sources, by the names of their files.
    pub source_names: Vec<String>,
    pub documents: Documents,
    pub problems: Vec<Problem>,
}

/// Reads the site in `folder`, with the overrides of `variables`.
///
/// # Errors
/// With every problem of every file.
pub fn load(folder: &Path, variables: &[(String, String)]) -> Result<Files, Vec<Problem>> {
    read_site(folder, variables).into_files(folder)
}

/// As [`load`], but keeps what could be read beside the problems.
#[must_use]
pub fn read_site(folder: &Path, variables: &[(String, String)]) -> Reading {
    let mut reading = Reading::default();
    if !folder.join(DEFAULT).is_file() {
        reading.problems.push(not_a_site(folder));
        return reading;
    }
    for file in [DEFAULT, LOCAL] {
        if folder.join(file).exists() {
            reading.document(folder, Path::new(file));
        }
    }
    reading.settings = reading.read_settings(variables);
    reading.organisation = reading.file(
        folder,
        Path::new(organisation::FILE),
        organisation::organisation,
    );
    reading.targets = reading.file(folder, Path::new(targets::FILE), targets::targets);
    reading.calendar = reading.read_calendar(folder);
    reading.read_sources(folder);
    reading
}

/// The variables of this process, by name.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn not_a_site(folder: &Path) -> Problem {
    Problem::of_file(
        DEFAULT,
        format!("`{}` is not a site: it has no {DEFAULT}", folder.display()),
        "run `dondoc demo` for a sample site, or copy config/, jobs/ and templates/ from the repository",
    )
}

impl Reading {
    fn into_files(self, folder: &Path) -> Result<Files, Vec<Problem>> {
        let Self {
            settings,
            organisation,
            targets,
            calendar,
            sources,
            documents,
            problems,
            ..
        } = self;
        match (settings, organisation, targets, calendar) {
            (Some(settings), Some(organisation), Some(targets), Some(calendar))
                if problems.is_empty() =>
            {
                let hash = hash(folder);
                Ok(Files {
                    settings,
                    organisation,
                    targets,
                    sources,
                    calendar,
                    documents,
                    hash,
                })
            }
            _ => Err(sorted(problems)),
        }
    }

    fn read_settings(&mut self, variables: &[(String, String)]) -> Option<Settings> {
        let layers = match Layers::lay(&self.documents, variables) {
            Ok(layers) => layers,
            Err(found) => {
                self.problems.extend(found);
                return None;
            }
        };
        let settings = settings::settings(&layers);
        let found = layers.into_problems();
        let valid = found.is_empty();
        self.problems.extend(found);
        settings.filter(|_| valid)
    }

    fn read_calendar(&mut self, folder: &Path) -> Option<Calendar> {
        let files = toml_files(folder, calendar::FOLDER);
        if files.is_empty() {
            let message = format!("no calendar stands in {}", calendar::FOLDER);
            let help = "copy config/calendars/vn.toml from the repository";
            self.problems
                .push(Problem::of_file(calendar::FOLDER, message, help));
        }
        let read: Vec<_> = files
            .iter()
            .map(|file| self.file(folder, file, calendar::years))
            .collect();
        let years: Vec<PublishedYear> = read
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        let distinct: BTreeSet<i32> = years.iter().map(|year| year.year).collect();
        if distinct.len() < years.len() {
            let message = "a year stands in two calendars";
            self.problems.push(Problem::of_file(
                calendar::FOLDER,
                message,
                "keep each year in one file",
            ));
        }
        (!years.is_empty()).then(|| Calendar::new(years))
    }

    fn read_sources(&mut self, folder: &Path) {
        for file in toml_files(folder, sources::FOLDER) {
            let name = file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default()
                .to_owned();
            let source = self.file(folder, &file, |root| sources::source(root, &name));
            self.sources.extend(source);
            self.source_names.push(name);
        }
    }

    fn file<T>(
        &mut self,
        folder: &Path,
        file: &Path,
        shape: impl FnOnce(&Table<'_>) -> Option<T>,
    ) -> Option<T> {
        let document = self.document(folder, file)?;
        read(&document, shape)
            .map_err(|found| self.problems.extend(found))
            .ok()
    }

    fn document(&mut self, folder: &Path, file: &Path) -> Option<Document> {
        match Document::read(folder, file) {
            Ok(document) => {
                self.documents.keep(document.clone());
                Some(document)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

/// Names and contents of all files, in the order of their names; secrets and schemas are left out.
#[must_use]
pub fn hash(folder: &Path) -> String {
    let mut digest = Sha256::new();
    for file in FOLDERS
        .iter()
        .flat_map(|under| files_under(folder, Path::new(under)))
    {
        let content = fs::read(folder.join(&file)).unwrap_or_default();
        digest.update(file.to_string_lossy().as_bytes());
        digest.update([0]);
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    let hex = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    hex.chars().take(12).collect()
}

fn files_under(folder: &Path, under: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(under))
        .into_iter()
        .flatten()
        .flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| under.join(entry.file_name())).collect();
    paths.retain(|path| !APART.iter().any(|apart| path == Path::new(apart)));
    paths.sort();
    let descend = |path: PathBuf| {
        if folder.join(&path).is_dir() {
            files_under(folder, &path)
        } else {
            vec![path]
        }
    };
    paths.into_iter().flat_map(descend).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sources::http::{Paging, Total};
    use crate::config::sources::{FieldKind, Listing};
    use crate::domain::record::Value;

    fn repository() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn the_shipped_site_is_read_as_a_whole() {
        let reading = read_site(repository(), &[]);
        assert_eq!(reading.problems, []);
        let names: Vec<&str> = reading
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "documents",
                "meetings",
                "one-stop-shop",
                "processes",
                "schools",
                "staff",
                "work-items"
            ]
        );
        assert_eq!(reading.targets.unwrap().len(), 10);
        let shop = &reading.sources[2];
        let dossiers = &shop.pulls[0];
        let Listing::Http(listing) = &dossiers.listing else {
            panic!("{dossiers:?}");
        };
        assert!(matches!(
            (&listing.paging, &listing.total),
            (Paging::Page { rows: 1000, first: 1, .. }, Some(Total::Field(total))) if total == "/total"
        ));
        assert_eq!(
            dossiers.fields["finished_at"].from,
            ["/NgayKetThucXuLy", "/NgayTra"]
        );
        assert!(!dossiers.fields["finished_at"].required && dossiers.fields["due_at"].required);
        let channel = &dossiers.fields["channel"];
        assert_eq!(channel.codes["2"], Value::Text("postal".to_owned()));
        let certificate = &reading.sources[5].pulls[0].fields["it_certificate"];
        assert_eq!(
            (&certificate.kind, &certificate.default),
            (&FieldKind::Flag, &Some(Value::Flag(false)))
        );
    }

    #[test]
    fn the_hash_changes_with_any_file_but_a_secret() {
        let site = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = site.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("config/default.toml", "a = 1\n");
        write("templates/digest/subject.hbs", "x");
        let before = hash(site.path());
        assert_eq!(before.len(), 12);
        write("config/secrets/city", "s3cret");
        write("data/dondoc.sqlite", "rows");
        assert_eq!(hash(site.path()), before);
        write("templates/digest/subject.hbs", "y");
        assert_ne!(hash(site.path()), before);
    }
}

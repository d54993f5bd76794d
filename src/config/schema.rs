//! JSON Schemas (draft-07) of the files an administrator edits, for editors: `#:schema` in a file's first line.
//!
//! Owns: which schema describes which file. The schemas are data, in `config/schemas`; `tests/it/schema.rs` holds
//! each to its reader, in both directions.
//! Never: reading a site's files: the readers do, and say more.
//! Reads next: `reader.rs`.

use std::path::Path;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Settings,
    Organisation,
    Targets,
    Calendar,
    Source,
    Job,
}

impl FileKind {
    pub const ALL: [Self; 6] = [
        Self::Settings,
        Self::Organisation,
        Self::Targets,
        Self::Calendar,
        Self::Source,
        Self::Job,
    ];

    /// Its name in `dondoc schema`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Organisation => "organisation",
            Self::Targets => "targets",
            Self::Calendar => "calendar",
            Self::Source => "source",
            Self::Job => "job",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The files of this kind, for people.
    #[must_use]
    pub fn files(self) -> &'static str {
        match self {
            Self::Settings => "config/default.toml, config/local.toml",
            Self::Organisation => "config/organisation.toml",
            Self::Targets => "config/targets.toml",
            Self::Calendar => "config/calendars/*.toml",
            Self::Source => "config/sources/*.toml",
            Self::Job => "jobs/*.toml",
        }
    }

    /// The kind of a file, by its path relative to the site's folder.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        let fits = |pattern: &str| match pattern.strip_suffix("/*.toml") {
            Some(folder) => {
                file.parent() == Some(Path::new(folder))
                    && file
                        .extension()
                        .is_some_and(|extension| extension == "toml")
            }
            None => file == Path::new(pattern),
        };
        Self::ALL
            .into_iter()
            .find(|kind| kind.files().split(", ").any(fits))
    }

    /// Name of the schema's file.
    #[must_use]
    pub fn schema_file(self) -> String {
        format!("{}.schema.json", self.name())
    }

    /// The schema, as JSON text.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::Settings => include_str!("../../config/schemas/settings.schema.json"),
            Self::Organisation => include_str!("../../config/schemas/organisation.schema.json"),
            Self::Targets => include_str!("../../config/schemas/targets.schema.json"),
            Self::Calendar => include_str!("../../config/schemas/calendar.schema.json"),
            Self::Source => include_str!("../../config/schemas/source.schema.json"),
            Self::Job => include_str!("../../config/schemas/job.schema.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_kind_that_its_place_says() {
        let kind = |file: &str| FileKind::of(Path::new(file));
        assert_eq!(kind("config/default.toml"), Some(FileKind::Settings));
        assert_eq!(kind("config/local.toml"), Some(FileKind::Settings));
        assert_eq!(
            kind("config/organisation.toml"),
            Some(FileKind::Organisation)
        );
        assert_eq!(kind("config/sources/staff.toml"), Some(FileKind::Source));
        assert_eq!(kind("config/calendars/vn.toml"), Some(FileKind::Calendar));
        assert_eq!(kind("jobs/ward-lag.toml"), Some(FileKind::Job));
        assert_eq!(kind("jobs/README.md"), None);
        assert_eq!(kind("jobs/old/ward-lag.toml"), None);
    }
}

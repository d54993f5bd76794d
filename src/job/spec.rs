//! `jobs/*.toml`: one job a file, which names things and never computes.
//!
//! Owns: the typed form of a job.
//! Never: whether the things it names exist (`check.rs`), when it is due (`plan.rs`).
//! Reads next: `spec/read.rs`, `check.rs`.

mod read;
mod steps;

use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;

pub use read::{FOLDER, job};

use crate::config::document::{Document, Documents, toml_files};
use crate::config::organisation::Role;
use crate::config::problem::{Problem, sorted};
use crate::config::reader;
use crate::domain::schedule::Timing;
use crate::domain::unit::UnitCode;

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The file's stem: `overdue-alerts`.
    pub name: String,
    pub title: String,
    pub timing: Timing,
    /// Bounds one attempt of a run.
    pub timeout: Duration,
    pub retry: Retry,
    pub steps: Vec<Step>,
}

/// Attempts of a run in all; the waits between them grow from `first` to at most `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub attempts: u32,
    pub first: Duration,
    pub max: Duration,
}

/// A part of a run. Steps run in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read what is new in a source.
    Pull {
        source: String,
    },
    /// Compare what is stored with the totals that the source states.
    Reconcile {
        source: String,
    },
    /// Compare all targets with the data.
    Assess,
    Alert(Alert),
    Digest(Digest),
}

impl Step {
    /// The step's name in `runs`: `pull one-stop-shop`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Pull { source } => format!("pull {source}"),
            Self::Reconcile { source } => format!("reconcile {source}"),
            Self::Assess => "assess".to_owned(),
            Self::Alert(alert) => format!("alert {}", alert.name()),
            Self::Digest(digest) => format!("digest {}", digest.mail),
        }
    }
}

/// Something a person must hear about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    OverdueDossiers(OverdueDossiers),
    LaggingWards(LaggingWards),
}

impl Alert {
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OverdueDossiers(_) => "overdue-dossiers",
            Self::LaggingWards(_) => "lagging-wards",
        }
    }

    /// The folder under `templates/` of its mail.
    #[must_use]
    pub fn mail(&self) -> &str {
        match self {
            Self::OverdueDossiers(alert) => &alert.mail,
            Self::LaggingWards(alert) => &alert.mail,
        }
    }
}

/// Late dossiers to the head of their unit, and upwards the later they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueDossiers {
    /// Warn this many working days before the due day; 0: never before.
    pub soon: u32,
    /// Working days between mails about the same dossier to the same person; `None`: tell once.
    pub remind: Option<u32>,
    /// In order of lateness, at least one rung.
    pub ladder: Vec<Rung>,
    pub mail: String,
}

/// From `late` working days on, `to` hears too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    pub late: i64,
    pub to: Role,
}

/// Wards that lag, to their head and to the leaders of the district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaggingWards {
    /// Posts of the ward itself (`Head`), or of the district.
    pub to: Vec<Role>,
    pub mail: String,
}

/// The periodic report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub mail: String,
    pub to: Vec<PostRef>,
}

/// A post: `chair` (of the district) or `head of 00118`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRef {
    pub role: Role,
    /// `None`: the district.
    pub unit: Option<UnitCode>,
}

impl PostRef {
    /// The role, and the unit after ` of `.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((role, unit)) = text.split_once(" of ") else {
            return Role::parse(text).map(|role| Self { role, unit: None });
        };
        Some(Self {
            role: Role::parse(role.trim())?,
            unit: Some(UnitCode::parse(unit.trim()).ok()?),
        })
    }
}

/// What could be read of the jobs of a site.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The jobs whose files are valid.
    pub jobs: Vec<Job>,
    pub documents: Documents,
    pub problems: Vec<Problem>,
}

/// Reads all jobs of the site in `folder`, by name; `zone` is that of a schedule which names none.
///
/// # Errors
/// With every problem of every file.
pub fn load(folder: &Path, zone: Tz) -> Result<Vec<Job>, Vec<Problem>> {
    let reading = read_jobs(folder, zone);
    if reading.problems.is_empty() {
        Ok(reading.jobs)
    } else {
        Err(sorted(reading.problems))
    }
}

/// As [`load`], but keeps what could be read beside the problems.
#[must_use]
pub fn read_jobs(folder: &Path, zone: Tz) -> Reading {
    let mut reading = Reading::default();
    for file in toml_files(folder, FOLDER) {
        match Document::read(folder, &file) {
            Ok(document) => reading.add(document, zone),
            Err(problem) => reading.problems.push(problem),
        }
    }
    reading
}

impl Reading {
    fn add(&mut self, document: Document, zone: Tz) {
        match reader::read(&document, |root| job(root, document.stem(), zone)) {
            Ok(job) => self.jobs.push(job),
            Err(found) => self.problems.extend(found),
        }
        self.documents.keep(document);
    }
}

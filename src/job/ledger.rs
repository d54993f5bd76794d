//! What an operator has at hand whatever state the files are in: the history, the outbox, the jobs that are valid.
//!
//! Owns: `Ledger`; why a job is not in it.
//! Never: a run, or a figure: neither comes from files that `dondoc check` refuses.
//! Reads next: `pause.rs`.

use std::path::PathBuf;

use chrono_tz::Tz;

use super::spec::{self, Job};
use crate::clock::Clock;
use crate::config::document::Documents;
use crate::config::problem::{Problem, instead};
use crate::config::settings::Settings;
use crate::domain::calendar::Calendar;
use crate::store::Store;

/// The database of a site whose settings can be read, with what else is valid of its files.
#[derive(Debug)]
pub struct Ledger {
    pub site: PathBuf,
    pub settings: Settings,
    /// The jobs whose files are valid.
    pub jobs: Vec<Job>,
    /// The statutory days off where the files of the calendar are not valid.
    pub calendar: Calendar,
    /// All sources, by the names of their files.
    pub sources: Vec<String>,
    /// What is wrong with the files, and their texts.
    pub problems: Vec<Problem>,
    pub documents: Documents,
    pub store: Store,
    pub clock: Clock,
}

/// Why there is no such job at hand.
#[derive(Debug, thiserror::Error)]
pub enum NoJob {
    #[error("there is no job `{name}`: {help}")]
    Unknown { name: String, help: String },
    #[error("{file} is not valid: `dondoc check` says what is wrong", file = file.display())]
    Invalid { file: PathBuf },
}

impl Ledger {
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.settings.site.zone
    }

    /// The job of this name.
    ///
    /// # Errors
    /// When there is none, or its file is not valid.
    pub fn job(&self, name: &str) -> Result<&Job, NoJob> {
        let found = self.jobs.iter().find(|job| job.name == name);
        found.ok_or_else(|| {
            let file = PathBuf::from(spec::FOLDER).join(format!("{name}.toml"));
            if self.site.join(&file).is_file() {
                NoJob::Invalid { file }
            } else {
                no_job(&self.jobs, name)
            }
        })
    }
}

/// What to say of a name that no file has.
#[must_use]
pub fn no_job(jobs: &[Job], name: &str) -> NoJob {
    NoJob::Unknown {
        name: name.to_owned(),
        help: instead(name, jobs.iter().map(|job| job.name.as_str())),
    }
}

//! Cross-checks of everything an administrator edits: whether names name something, on a given day.
//!
//! Owns: `dondoc check` but for templates, which `mail` checks itself.
//! Never: what a single file can tell about itself (`config`, `spec.rs`); the clock.
//! Reads next: `check/jobs.rs`, `plan.rs`.

mod jobs;
mod order;
mod organisation;
mod sources;
mod targets;
mod web;

use std::path::Path;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::config::document::Documents;
use crate::config::problem::{Problem, sorted};
use crate::config::settings::Settings;
use crate::config::site::{self, Reading};
use crate::job::spec::{self, Job};

/// What was found, by file and position.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Each of these would stop or falsify something.
    pub problems: Vec<Problem>,
    /// Worth a look; the site works.
    pub warnings: Vec<Problem>,
    /// The jobs whose files are valid.
    pub jobs: Vec<Job>,
    /// The texts, to show the line of a problem.
    pub documents: Documents,
}

/// Checks the site in `folder` as it stands on `today`, with the overrides of `variables`.
#[must_use]
pub fn check(folder: &Path, today: NaiveDate, variables: &[(String, String)]) -> Findings {
    let mut site = site::read_site(folder, variables);
    let zone = site
        .settings
        .as_ref()
        .map_or(Tz::Asia__Ho_Chi_Minh, |settings| settings.site.zone);
    let jobs = if site.documents.iter().next().is_some() {
        spec::read_jobs(folder, zone)
    } else {
        spec::Reading::default()
    };
    site.documents.extend(jobs.documents);
    let mut problems = std::mem::take(&mut site.problems);
    problems.extend(jobs.problems);
    let mut notes = Notes {
        site: &site,
        folder,
        today,
        problems,
        warnings: Vec::new(),
    };
    if let Some(settings) = &site.settings {
        notes.secrets(settings);
        sources::check(&mut notes, settings);
        web::check(&mut notes, settings);
    }
    targets::check(&mut notes);
    organisation::check(&mut notes);
    jobs::check(&mut notes, &jobs.jobs);
    let Notes {
        problems, warnings, ..
    } = notes;
    Findings {
        problems: sorted(problems),
        warnings: sorted(warnings),
        jobs: jobs.jobs,
        documents: site.documents,
    }
}

/// What is checked, and what was found so far.
struct Notes<'a> {
    site: &'a Reading,
    folder: &'a Path,
    today: NaiveDate,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Notes<'_> {
    /// A problem at a place of a file: `config/targets.toml`, `target/0/records`.
    fn problem(
        &mut self,
        file: &str,
        place: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems
            .push(self.site.documents.problem(file, place, message, help));
    }

    fn warning(
        &mut self,
        file: &str,
        place: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.warnings
            .push(self.site.documents.problem(file, place, message, help));
    }

    /// Secrets are read when they are needed; that one is not there yet is no fault of the files.
    fn secrets(&mut self, settings: &Settings) {
        for (name, credential) in &settings.credentials {
            if let Err(error) = credential.secret.reveal(self.folder) {
                let help = format!("until then, sources that sign in as `{name}` cannot be read");
                let place = format!("credentials/{name}/secret_file");
                self.warning(
                    crate::config::layers::DEFAULT,
                    &place,
                    error.to_string(),
                    help,
                );
            }
        }
    }
}

/// The file of a job.
fn job_file(job: &Job) -> String {
    format!("{}/{}.toml", spec::FOLDER, job.name)
}

#[cfg(test)]
mod tests;

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
use crate::word_enum;

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The file's stem: `overdue-alerts`.
    pub name: String,
    pub title: String,
    pub timing: Timing,
    /// How far back `catch_up` reaches.
    pub catch_up_window: Duration,
    /// How many occurrences `catch_up = "all"` runs at most; the latest of them.
    pub catch_up_cap: u32,
    /// Bounds one attempt of a run.
    pub timeout: Duration,
    pub retry: Retry,
    /// What to do with an occurrence that falls into a run of the same job.
    pub overlap: Overlap,
    /// An occurrence that could not begin within this is skipped; `None`: it may begin however late.
    pub late_limit: Option<Duration>,
    /// Jobs that must have succeeded for the same local day before this one begins.
    pub after: Vec<String>,
    /// The operator hears when the job has not succeeded for this long.
    pub expect_success_within: Option<Duration>,
    pub steps: Vec<Step>,
}

word_enum! {
    pub enum Overlap {
        /// It is not run, and recorded with that reason.
        Skip = "skip",
        /// It waits.
        Queue = "queue",
    }
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
pub struct Step {
    pub act: Act,
    /// Bounds one attempt of the step; `None`: the run's timeout alone does.
    pub timeout: Option<Duration>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
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
    /// Tell an external watchdog that the run came this far.
    Ping {
        url: String,
    },
}

impl Act {
    /// The step's name in `runs`: `pull one-stop-shop`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Pull { source } => format!("pull {source}"),
            Self::Reconcile { source } => format!("reconcile {source}"),
            Self::Assess => "assess".to_owned(),
            Self::Alert(alert) => format!("alert {}", alert.name()),
            Self::Digest(digest) => format!("digest {}", digest.mail),
            Self::Ping { .. } => "ping".to_owned(),
        }
    }
}

/// Something a person must hear about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    OverdueDossiers(OverdueDossiers),
    LaggingWards(LaggingWards),
    /// Sources that are not as fresh as expected, to the operator.
    StaleSource,
}

impl Alert {
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OverdueDossiers(_) => "overdue-dossiers",
            Self::LaggingWards(_) => "lagging-wards",
            Self::StaleSource => "stale-source",
        }
    }

    /// The folder under `templates/` of its mail.
    #[must_use]
    pub fn mail(&self) -> &str {
        match self {
            Self::OverdueDossiers(alert) => &alert.mail,
            Self::LaggingWards(alert) => &alert.mail,
            Self::StaleSource => "notice",
        }
    }
}

/// Late dossiers to the head of their unit, and upwards the later they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueDossiers {
    /// Warn this many working days before the due day; 0: never before.
    pub soon: u32,
    /// Working days between mails about the same dossier to the same person: to the first reminder, to the second,
    /// and so on; the last repeats. Empty: tell once.
    pub remind: Vec<u32>,
    /// In order of lateness, at least one rung.
    pub ladder: Vec<Rung>,
    /// Does not wait for the day's letter.
    pub urgent: bool,
    /// Attaches drafts of apology slips for what falls due soon.
    pub apology: bool,
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
    /// Does not wait for the day's letter.
    pub urgent: bool,
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

#[cfg(test)]
mod tests {
    use chrono_tz::Tz::Asia__Ho_Chi_Minh;

    use super::*;
    use crate::domain::schedule::{CatchUp, OnlyOn};

    fn shipped() -> Vec<Job> {
        load(Path::new(env!("CARGO_MANIFEST_DIR")), chrono_tz::UTC).unwrap()
    }

    #[test]
    fn the_shipped_jobs_pull_before_they_speak() {
        let jobs = shipped();
        let steps: Vec<(String, Vec<String>)> = jobs
            .iter()
            .map(|job| {
                (
                    job.name.clone(),
                    job.steps.iter().map(|step| step.act.name()).collect(),
                )
            })
            .collect();
        let expected = [
            (
                "overdue-alerts",
                vec![
                    "pull one-stop-shop",
                    "reconcile one-stop-shop",
                    "alert overdue-dossiers",
                ],
            ),
            (
                "pull-city",
                vec![
                    "pull one-stop-shop",
                    "pull documents",
                    "pull meetings",
                    "pull work-items",
                    "pull processes",
                    "pull staff",
                    "pull schools",
                    "reconcile one-stop-shop",
                ],
            ),
            ("ward-lag", vec!["assess", "alert lagging-wards"]),
            ("weekly-digest", vec!["assess", "digest digest"]),
        ];
        for ((name, steps), (expected_name, expected_steps)) in steps.iter().zip(expected) {
            assert_eq!(
                (name.as_str(), steps),
                (
                    expected_name,
                    &expected_steps.iter().map(|&s| s.to_owned()).collect()
                )
            );
        }
        assert_eq!(jobs.len(), 4);
    }

    #[test]
    fn a_job_of_title_schedule_and_step_has_the_defaults_that_the_readme_tells() {
        let text = "title = \"A\"\nschedule = { cron = \"30 7 * * *\" }\n[[step]]\nalert = \"overdue-dossiers\"\n";
        let job = reader::read(&Document::new("jobs/a.toml", text), |root| {
            job(root, "a", Asia__Ho_Chi_Minh)
        })
        .unwrap();
        assert_eq!(job.timing.schedule.zone(), Asia__Ho_Chi_Minh);
        assert_eq!(
            (job.timing.only_on, job.timing.catch_up),
            (None, CatchUp::Latest)
        );
        assert_eq!(job.timeout, Duration::from_secs(600));
        assert_eq!(
            job.retry,
            Retry {
                attempts: 3,
                first: Duration::from_secs(30),
                max: Duration::from_secs(900)
            }
        );
        let alert = OverdueDossiers {
            soon: 2,
            remind: Vec::new(),
            ladder: vec![Rung {
                late: 0,
                to: Role::Head,
            }],
            urgent: false,
            apology: false,
            mail: "overdue".to_owned(),
        };
        let act = Act::Alert(Alert::OverdueDossiers(alert));
        assert_eq!(job.steps, [Step { act, timeout: None }]);
    }

    #[test]
    fn the_overdue_alert_speaks_on_working_days_at_half_past_seven() {
        let jobs = shipped();
        let timing = &jobs[0].timing;
        assert_eq!(
            (timing.schedule.text(), timing.only_on),
            ("30 7 * * *", Some(OnlyOn::WorkingDays))
        );
        assert_eq!(timing.schedule.zone(), Asia__Ho_Chi_Minh);
    }

    #[test]
    fn a_post_is_a_role_and_perhaps_a_unit() {
        let unit = |code| Some(UnitCode::parse(code).unwrap());
        assert_eq!(
            PostRef::parse("chair"),
            Some(PostRef {
                role: Role::Chair,
                unit: None
            })
        );
        assert_eq!(
            PostRef::parse("head of 00118"),
            Some(PostRef {
                role: Role::Head,
                unit: unit("00118")
            })
        );
        for text in ["mayor", "head of", "head of Ngọc Thụy", "head 00118", ""] {
            assert_eq!(PostRef::parse(text), None, "{text}");
        }
    }
}

//! `dondoc check`: every problem of every file, and with `--explain` every schedule in words.
//!
//! Owns: printing them.
//! Never: finding them (`daemon::check_site`), the words (`domain::schedule`).
//! Reads next: `job/check.rs`.

use std::io::stdout;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::next::{Upcoming, upcoming};
use super::{Scope, open, output};
use crate::config::problem::{Problem, Severity};
use crate::config::settings::Language;
use crate::config::site;
use crate::daemon;
use crate::domain::calendar::Calendar;
use crate::domain::schedule;
use crate::job::spec::{self, Job};

/// Runs told of each job.
const NEXT: usize = 5;

#[derive(Debug, Args)]
pub struct Check {
    /// Tell each job's schedule in words, with its next five runs
    #[arg(long)]
    explain: bool,
    /// Language of the words; the site's if it is left out
    #[arg(long, value_name = "LANGUAGE", requires = "explain")]
    language: Option<Tongue>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tongue {
    Vi,
    En,
}

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    problems: Vec<Row<'a>>,
    warnings: Vec<Row<'a>>,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<Vec<Explained>>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: String,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

/// One job: when it runs, in words and in instants.
#[derive(Serialize)]
struct Explained {
    job: String,
    title: String,
    schedule: String,
    words: String,
    zone: &'static str,
    next: Vec<Upcoming>,
}

impl Check {
    pub fn run(&self, scope: &Scope) -> anyhow::Result<ExitCode> {
        let found = daemon::check_site(&scope.site, daemon::today(&scope.site, scope.now()));
        let ok = found.problems.is_empty();
        let (language, jobs) = self.explained(scope).unzip();
        if scope.json {
            let problems = found.problems.iter().map(row).collect();
            let warnings = found.warnings.iter().map(row).collect();
            output::json(&Checked {
                ok,
                problems,
                warnings,
                jobs,
            })?;
        } else {
            for job in jobs.iter().flatten() {
                tell(job, language.unwrap_or(Language::Vi))?;
            }
            let look = output::look(&stdout());
            let kinds = [
                (&found.problems, Severity::Problem),
                (&found.warnings, Severity::Warning),
            ];
            for (problems, severity) in kinds.into_iter().filter(|(found, _)| !found.is_empty()) {
                output::line(open::shown(problems, &found.documents, severity, look).trim_end())?;
                output::line("")?;
            }
            output::line(summary(found.problems.len(), found.warnings.len()))?;
        }
        Ok(if ok {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// The jobs whose files are valid, by the calendar of the site; by the statutory one where that is not valid.
    fn explained(&self, scope: &Scope) -> Option<(Language, Vec<Explained>)> {
        if !self.explain {
            return None;
        }
        let site = site::read_site(&scope.site, &site::environment());
        let settings = site.settings.as_ref().map(|settings| &settings.site);
        let zone = settings.map_or(chrono_tz::Asia::Ho_Chi_Minh, |settings| settings.zone);
        let language = match (self.language, settings) {
            (Some(Tongue::Vi), _) | (None, None) => Language::Vi,
            (Some(Tongue::En), _) => Language::En,
            (None, Some(settings)) => settings.language,
        };
        let calendar = site.calendar.unwrap_or_else(|| Calendar::new(Vec::new()));
        let jobs = spec::read_jobs(&scope.site, zone).jobs;
        let now = scope.now();
        let explained = |job| explain(job, now, &calendar, language);
        Some((language, jobs.iter().map(explained).collect()))
    }
}

fn explain(job: &Job, now: DateTime<Utc>, calendar: &Calendar, language: Language) -> Explained {
    let timing = &job.timing;
    let zone = timing.schedule.zone();
    Explained {
        job: job.name.clone(),
        title: job.title.clone(),
        schedule: timing.schedule.text().to_owned(),
        words: schedule::words(timing, language),
        zone: zone.name(),
        next: upcoming(now, NEXT, |from| timing.next_after(from, calendar))
            .map(|occurrence| Upcoming::in_language(&occurrence, zone, language))
            .collect(),
    }
}

fn tell(job: &Explained, language: Language) -> anyhow::Result<()> {
    output::line(format!("{}: {}", job.job, job.title))?;
    output::line(format!("  {} ({}, {})", job.words, job.schedule, job.zone))?;
    for next in &job.next {
        output::line(format!("    {}", next.line(language)))?;
    }
    if job.next.is_empty() {
        output::line(match language {
            Language::Vi => "    không còn lần chạy nào (xét đến bốn mươi năm tới)",
            Language::En => "    no run is left (looked forty years ahead)",
        })?;
    }
    output::line("")
}

/// `everything is valid`, `1 problem`, `3 problems, 1 warning`.
fn summary(problems: usize, warnings: usize) -> String {
    let count = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    match (problems, warnings) {
        (0, 0) => "everything is valid".to_owned(),
        (0, _) => format!("everything is valid; {}", count(warnings, "warning")),
        (_, 0) => count(problems, "problem"),
        (_, _) => format!(
            "{}, {}",
            count(problems, "problem"),
            count(warnings, "warning")
        ),
    }
}

fn row(problem: &Problem) -> Row<'_> {
    Row {
        file: problem.file.display().to_string(),
        line: problem.line,
        column: problem.column,
        message: &problem.message,
        help: &problem.help,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::calendar::PublishedYear;

    #[test]
    fn the_shipped_jobs_are_told_in_words_with_what_moves_their_runs() {
        let jobs = spec::read_jobs(
            Path::new(env!("CARGO_MANIFEST_DIR")),
            chrono_tz::Asia::Ho_Chi_Minh,
        )
        .jobs;
        let calendar = Calendar::new(vec![PublishedYear {
            year: 2020,
            off: vec!["2020-09-02".parse().unwrap()],
            worked: vec![],
            tentative_off: vec![],
        }]);
        let now = "2020-09-01T00:30:00Z".parse().unwrap();
        let told = |language| -> Vec<String> {
            let explained = jobs
                .iter()
                .map(|job| explain(job, now, &calendar, language));
            explained
                .map(|job| {
                    let next = job.next[0].line(language);
                    format!("{}: {} | {next}", job.job, job.words)
                })
                .collect()
        };
        assert_eq!(
            told(Language::Vi),
            [
                "overdue-alerts: 07:30 các ngày làm việc | \
                 thứ Năm 03/09/2020 07:30 +07:00 (02/09/2020 là ngày nghỉ: bỏ qua)",
                "pull-city: 06:00 hằng ngày | thứ Tư 02/09/2020 06:00 +07:00",
                "ward-lag: 07:10 thứ Hai hằng tuần | thứ Hai 07/09/2020 07:10 +07:00",
                "weekly-digest: 07:00 thứ Hai hằng tuần | thứ Hai 07/09/2020 07:00 +07:00",
            ]
        );
        assert_eq!(
            told(Language::En)[0],
            "overdue-alerts: 07:30 on working days | \
             Thursday 3 September 2020 07:30 +07:00 (2020-09-02 is not a working day: skipped)"
        );
    }
}

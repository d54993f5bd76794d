//! `dondoc check`: every problem of every file.
//!
//! Owns: printing them.
//! Never: finding them (`daemon::check_site`).
//! Reads next: `job/check.rs`.

use std::io::stdout;
use std::process::ExitCode;

use serde::Serialize;

use super::{Scope, open, output};
use crate::config::problem::{Problem, Severity};
use crate::daemon;

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    problems: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: String,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

pub fn run(scope: &Scope) -> anyhow::Result<ExitCode> {
    let today = daemon::today(&scope.site, scope.now());
    let found = daemon::check_site(&scope.site, today);
    let ok = found.problems.is_empty();
    if scope.json {
        let problems = found.problems.iter().map(row).collect();
        output::json(&Checked { ok, problems })?;
    } else {
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

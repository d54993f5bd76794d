//! `dondoc check`: every problem of every file.
//!
//! Owns: printing them.
//! Never: finding them (`daemon::check_site`).
//! Reads next: `job/check.rs`.

use std::process::ExitCode;

use serde::Serialize;

use super::{Scope, open, output};
use crate::config::problem::Problem;
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
        for (problems, word) in [(&found.problems, "problem"), (&found.warnings, "warning")] {
            if !problems.is_empty() {
                output::line(open::shown(problems, &found.documents).trim_end())?;
                output::line(format!("{} {word}(s)", problems.len()))?;
            }
        }
        if ok {
            output::line("everything is valid")?;
        }
    }
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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

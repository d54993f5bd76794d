//! Asks a source for the figures it states about itself, and compares them with what is stored at the same instant.
//!
//! Owns: the stated figures of the period, and what was found.
//! Never: the comparisons (`domain::form_ii06`, `domain::legal_due`); which boards show them (`findings.rs`).
//! Reads next: `assess.rs`.

use serde_json::json;

use super::{Context, Done, pull};
use crate::config::sources::{DOSSIERS, Report, Source, Stated};
use crate::domain::board::{DossierCounts, DossierTable};
use crate::domain::finding::{About, Finding};
use crate::domain::form_ii06::{self, Form};
use crate::domain::period::Period;
use crate::domain::ratio::Percent;
use crate::domain::unit::Level;
use crate::job::figures::Figures;
use crate::job::{App, JobError};
use crate::source::SourceError;
use crate::source::mapping::{Mapping, StatedRow};
use crate::store::findings::Found;
use crate::store::pulls::StatedFigures;

/// What the source states in one row, and how much of it may be wrong.
struct Statement {
    row: StatedRow,
    tolerance: Percent,
}

/// 1. Ask for the stated figures. 2. Compare them with what is counted at this `as_of`; compare due dates with the
///    statutory ones. 3. Keep both, in the place of what was found before.
///
/// # Errors
/// When the source fails or states something that is not a figure, or the database refuses.
pub async fn perform(context: &Context<'_>, name: &str) -> Result<Done, JobError> {
    let app = context.app;
    let source = pull::find(app, name)?;
    let period = app.year_to_date(context.as_of);
    let statements = ask(context, source, period).await?;
    let figures = Figures::load(app, context.as_of, period).await?;
    let counted = figures.board(app).dossiers;
    let mut findings = compared(name, &statements, &counted);
    if is_first_of_dossiers(app, name) {
        findings.extend(figures.legal_due(app, name));
    }
    let found = findings.into_iter().map(|finding| Found {
        finding,
        period: Some(period),
        at: context.as_of,
    });
    let found: Vec<Found> = found.collect();
    let write = context.write().await?;
    for Statement { row, .. } in &statements {
        let figures = StatedFigures {
            source: name.to_owned(),
            level: row.level,
            unit: row.unit.clone(),
            from: period.from,
            to: period.to,
            figures: row.figures.clone(),
            as_of: context.as_of,
        };
        write.save_stated_figures(&figures).await?;
    }
    write.save_findings(name, &found).await?;
    write.commit().await?;
    Ok(Done {
        counts: json!({ "stated": statements.len(), "findings": found.len() }),
    })
}

async fn ask(
    context: &Context<'_>,
    source: &Source,
    period: Period,
) -> Result<Vec<Statement>, JobError> {
    let failed = |cause| JobError::Source {
        name: source.name.clone(),
        cause,
    };
    let mut connection = pull::open(context.app, source)?;
    let mut statements = Vec::new();
    for spec in &source.stated {
        let now = context.app.clock.now();
        let rows = connection.stated(spec, period, now).await;
        for row in rows.map_err(failed)? {
            let row = Mapping::stated(&spec.fields, &row);
            let row = row.map_err(|what| failed(not_a_figure(spec, what)))?;
            let tolerance = spec.tolerance;
            statements.push(Statement { row, tolerance });
        }
    }
    Ok(statements)
}

fn not_a_figure(spec: &Stated, what: String) -> SourceError {
    let Report::Http(report) = &spec.report;
    SourceError::Body {
        url: report.request.path.clone(),
        what,
    }
}

fn compared(source: &str, statements: &[Statement], counted: &DossierTable) -> Vec<Finding> {
    let forms: Vec<(About, Form)> = statements
        .iter()
        .map(|statement| (about(&statement.row), Form::from(&statement.row.figures)))
        .collect();
    let differences = statements
        .iter()
        .zip(&forms)
        .flat_map(|(statement, (about, form))| {
            let counts = counts_of(about, counted);
            form_ii06::reconcile(source, about, form, &counts, statement.tolerance)
        });
    let mut all: Vec<Finding> = differences.collect();
    all.extend(form_ii06::same_figures(source, &forms));
    all
}

fn about(row: &StatedRow) -> About {
    About {
        records: Some(DOSSIERS.to_owned()),
        level: Some(row.level),
        unit: row.unit.clone(),
    }
}

/// A unit without a row has received nothing.
fn counts_of(about: &About, counted: &DossierTable) -> DossierCounts {
    match (&about.unit, about.level) {
        (Some(code), _) => {
            let unit = counted.units.iter().rfind(|row| row.unit == *code);
            unit.map(|row| row.counts.clone()).unwrap_or_default()
        }
        (None, Some(Level::District)) => counted.district.clone(),
        (None, _) => counted.ward.clone(),
    }
}

/// A stored dossier does not say which source told it: the first of those that tell dossiers speaks for all.
fn is_first_of_dossiers(app: &App, name: &str) -> bool {
    let mut sources = app.files.sources.iter();
    let first = sources.find(|source| source.pulls.iter().any(|pull| pull.records == DOSSIERS));
    first.is_some_and(|first| first.name == name)
}

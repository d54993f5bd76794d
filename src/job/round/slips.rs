//! Drafts of apology slips that go with a head's letter.
//!
//! Owns: which dossiers have one attached, and that each is remembered as drafted.
//! Never: the form (`report::apology`), an applicant's name, another unit's dossiers.
//! Reads next: `../apology.rs`.

use super::Facts;
use super::item::{Item, Subject};
use crate::config::organisation::Role;
use crate::domain::apology::permit;
use crate::domain::decide::Occasion;
use crate::domain::dossier::Dossier;
use crate::job::spec::{Act, Alert};
use crate::job::{App, JobError, apology};
use crate::mail::attachment::Attachment;
use crate::report::apology::Slip;
use crate::store::Write;
use crate::store::apologies::Apology;

/// Slips of one letter, those due first; further ones are drafted by command.
const MOST: usize = 10;

/// The slips of the dossiers of which this letter warns a head: the law wants them sent a working day before the due
/// date. Each is remembered as drafted; one that was drafted before is left out.
///
/// # Errors
/// When the database refuses or a row does not convert.
pub async fn due(
    app: &App,
    write: &Write,
    facts: &Facts,
    items: &[Item],
) -> Result<Vec<Slip>, JobError> {
    let mut slips = Vec::new();
    if !are_wanted(app) {
        return Ok(slips);
    }
    for dossier in warned_of(app, write, facts, items).await? {
        let Ok(permit) = permit(&apology::inputs(app, &dossier, facts.as_of)) else {
            continue;
        };
        let drafted = write.apology(&dossier.code, dossier.due_at).await?;
        if slips.len() == MOST || drafted.is_some() {
            continue;
        }
        slips.push(apology::slip(app, &dossier, permit, facts.as_of));
        let drafted = Apology {
            code: dossier.code,
            due_at: dossier.due_at,
            drafted_at: facts.as_of,
            new_due: None,
            has_reason: false,
        };
        write.remember_apology(&drafted).await?;
    }
    Ok(slips)
}

/// Whether any alert asks for them.
fn are_wanted(app: &App) -> bool {
    let mut steps = app.jobs.iter().flat_map(|job| &job.steps);
    steps
        .any(|step| matches!(&step.act, Act::Alert(Alert::OverdueDossiers(alert)) if alert.apology))
}

async fn warned_of(
    app: &App,
    write: &Write,
    facts: &Facts,
    items: &[Item],
) -> Result<Vec<Dossier>, JobError> {
    let codes: Vec<&str> = items
        .iter()
        .filter(|item| matches!(item.occasion, Occasion::Soon { .. }))
        .filter_map(|item| own(app, facts, item))
        .collect();
    let mut dossiers = write.dossiers_of(&codes).await?;
    dossiers.sort_by(|a, b| (a.due_at, &a.code).cmp(&(b.due_at, &b.code)));
    Ok(dossiers)
}

/// The code of a dossier that the reader answers for as head of its unit.
fn own<'f>(app: &App, facts: &'f Facts, item: &'f Item) -> Option<&'f str> {
    let recipient = item.recipient(app, facts.as_of)?;
    match item.subject(facts, &recipient) {
        Ok(Some(Subject::Dossier(row))) if recipient.role == Role::Head => Some(&row.code),
        _ => None,
    }
}

/// One file with a page for each slip; none where there is nothing to print.
///
/// # Errors
/// When the template does not fit.
pub fn file(app: &App, slips: &[Slip]) -> Result<Vec<Attachment>, JobError> {
    if slips.is_empty() {
        return Ok(Vec::new());
    }
    let rendered = app
        .templates
        .slips(slips)
        .map_err(|error| JobError::Missing(format!("the apology slips: {error}")))?;
    Ok(vec![Attachment {
        name: "du-thao-phieu-xin-loi.html".to_owned(),
        content_type: "text/html; charset=utf-8".to_owned(),
        bytes: rendered.html.into_bytes(),
    }])
}

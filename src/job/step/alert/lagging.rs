//! Lagging wards, to the ward's own head and to the leaders of the district.
//!
//! Owns: which lags each recipient is to hear of.
//! Never: another ward to a head; a ward that is only on *watch*.
//! Reads next: `domain/assess.rs`.

use chrono::NaiveDate;
use serde_json::json;

use super::addressee::Vacancies;
use super::ended::Still;
use super::{ByRecipient, Past, ended, facts_to_hold, put, record, row};
use crate::config::organisation::{Recipient, Role};
use crate::domain::board::{Board, Status};
use crate::domain::decide::{self, Decision};
use crate::domain::unit::UnitCode;
use crate::job::round::Facts;
use crate::job::spec::LaggingWards;
use crate::job::step::{Context, Done, assess};
use crate::job::{JobError, figures};

/// A ward that lags by a target since a day.
#[derive(Clone)]
struct Matter {
    unit: UnitCode,
    about: String,
    since: NaiveDate,
}

/// 1. Assess and record what changed. 2. List the wards that lag and since when. 3. For every recipient:
///    decide on each, in one transaction. 4. What lags no more is told with the next letter.
///
/// # Errors
/// When the database refuses.
pub async fn perform(context: &Context<'_>, alert: &LaggingWards) -> Result<Done, JobError> {
    let app = context.app;
    let board = figures::board(app, context.as_of, app.year_to_date(context.as_of)).await?;
    let matters = matters(context, &board).await?;
    let mut vacancies = Vacancies::default();
    let recipients = recipients(context, alert, &matters, &mut vacancies);
    let mut people = 0;
    let facts = facts_to_hold(context).await?;
    for (recipient, matters) in recipients.values() {
        people +=
            usize::from(decide_each(context, (alert, facts.as_ref()), recipient, matters).await?);
    }
    let still = matters.iter().map(|matter| {
        let still = Still {
            unit: matter.unit.clone(),
            is_warning: false,
        };
        (matter.about.clone(), still)
    });
    let unknown = unknown(&board);
    let over = if unknown {
        0
    } else {
        ended::wards(context, &still.collect()).await?
    };
    let vacant = vacancies.count();
    vacancies.tell(context).await?;
    Ok(Done {
        counts: json!({ "lagging": matters.len(), "recipients": people, "over": over, "vacant_posts": vacant }),
    })
}

/// Whether of some ward nobody knows how it stands: then nobody has recovered either.
fn unknown(board: &Board) -> bool {
    let mut assessments = board.dossiers.units.iter().flat_map(|row| &row.assessments);
    assessments.any(|assessment| assessment.status == Status::Unknown)
}

async fn matters(context: &Context<'_>, board: &Board) -> Result<Vec<Matter>, JobError> {
    let write = context.write().await?;
    let (_, since) = assess::record(context, &write, board).await?;
    write.commit().await?;
    let mut matters = Vec::new();
    for row in &board.dossiers.units {
        let lagging = |found: &&_| is_lagging(found);
        for assessment in row.assessments.iter().filter(lagging) {
            let target = assessment.target.clone();
            let subject = (target, "ward".to_owned(), row.unit.to_string());
            let began = since.get(&subject).copied().unwrap_or(context.as_of);
            matters.push(Matter {
                unit: row.unit.clone(),
                about: format!("ward/{}/{}", row.unit, assessment.target),
                since: context.app.day(began),
            });
        }
    }
    Ok(matters)
}

fn is_lagging(assessment: &crate::domain::board::UnitAssessment) -> bool {
    assessment.status == Status::Lagging
}

/// Who holds several of the posts hears of a ward once.
fn recipients(
    context: &Context<'_>,
    alert: &LaggingWards,
    matters: &[Matter],
    vacancies: &mut Vacancies,
) -> ByRecipient<Matter> {
    let district = &context.app.files.organisation.district;
    let mut grouped = ByRecipient::new();
    for matter in matters {
        let mut hear: Vec<Recipient> = Vec::new();
        for role in &alert.to {
            let unit = match role {
                Role::Head => &matter.unit,
                _ => district,
            };
            let recipient = vacancies.addressee(context, unit, *role);
            hear.extend(
                recipient.filter(|new| hear.iter().all(|known| known.address != new.address)),
            );
        }
        for recipient in hear {
            put(&mut grouped, recipient, matter.clone());
        }
    }
    grouped
}

/// Whether anything is to be said.
async fn decide_each(
    context: &Context<'_>,
    (alert, facts): (&LaggingWards, Option<&Facts>),
    recipient: &Recipient,
    matters: &[Matter],
) -> Result<bool, JobError> {
    let abouts: Vec<String> = matters.iter().map(|matter| matter.about.clone()).collect();
    let write = context.write().await?;
    let past = Past::load(context, &write, recipient, &abouts).await?;
    let today = context.app.day(context.as_of);
    let calendar = &context.app.files.calendar;
    let decide = |matter: &Matter| {
        let previous = past.of(&matter.about);
        decide::about_lagging(matter.since, previous, today, calendar)
    };
    let decided: Vec<Decision> = matters.iter().map(decide).collect();
    let speaks = |decision: &Decision| matches!(decision, Decision::Speak(..));
    let any = decided.iter().any(speaks);
    let again: Vec<String> = abouts
        .iter()
        .filter(|about| past.has_heard(about))
        .cloned()
        .collect();
    if facts.is_none() {
        write
            .reopen_alerts(recipient.address.full(), &again)
            .await?;
    }
    let rows = abouts
        .into_iter()
        .zip(&decided)
        .map(|(about, decision)| row(context, recipient, about, decision, alert.urgent));
    record(context, facts, write, recipient, rows.collect()).await?;
    Ok(any)
}

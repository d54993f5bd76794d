//! Overdue dossiers, and those that soon will be, to the head of their unit and up the ladder.
//!
//! Owns: which dossiers each recipient is to hear of.
//! Never: a dossier to another unit's head; an alarm from old figures.
//! Reads next: `domain/decide.rs`.

use serde_json::json;

use super::addressee::Vacancies;
use super::ended::Still;
use super::{ByRecipient, Past, blind, ended, facts_to_hold, put, record, row};
use crate::config::organisation::{Recipient, Role};
use crate::domain::assess::SourceHealth;
use crate::domain::decide::{self, Decision, Occasion, Policy, Standing};
use crate::domain::dossier::State;
use crate::domain::overdue::{DueStatus, OverdueRow};
use crate::job::round::{self, Facts};
use crate::job::spec::OverdueDossiers;
use crate::job::step::{Context, Done};
use crate::job::{JobError, figures};
use crate::store::decisions::DecisionRow;

/// A dossier, and the rungs for which this recipient hears of it.
#[derive(Clone, Debug)]
struct Matter<'a> {
    dossier: &'a OverdueRow,
    rungs: Vec<i64>,
    /// Only the head is warned beforehand.
    is_head: bool,
}

#[derive(Default)]
struct Tally {
    people: usize,
    late: usize,
    soon: usize,
}

/// 1. From old figures nobody is alarmed: the operator hears that the source is blind, and what it tells of waits.
/// 2. List what is overdue or soon due. 3. Find who hears of each. 4. For every recipient: decide on each dossier, in
///    one transaction. 5. What was told of and is over is told with the next letter.
///
/// # Errors
/// When no source feeds dossiers or the database refuses.
pub async fn perform(context: &Context<'_>, alert: &OverdueDossiers) -> Result<Done, JobError> {
    let app = context.app;
    let feeding = figures::dossier_sources(app, context.as_of).await?;
    blind::tell(context, &feeding).await?;
    let stale: Vec<&str> = feeding
        .iter()
        .filter(|source| source.stale)
        .map(|source| source.source.as_str())
        .collect();
    if !stale.is_empty() && context.run.holds_mails {
        return Err(no_backfill(context, &feeding));
    }
    if stale.len() == feeding.len() {
        return Ok(Done {
            counts: json!({ "blind": stale }),
        });
    }
    let known = figures::overdue_at(app, context.as_of, Some(round::soon(app)), &[]).await?;
    // What only another job warns of is not over for that.
    let still = known.iter().map(|row| {
        let still = Still {
            unit: row.answerable.as_ref().unwrap_or(&row.unit).clone(),
            is_warning: row.status == DueStatus::Soon,
        };
        (about(row), still)
    });
    let still = still.collect();
    let unseen = figures::unseen_dossiers(app, &feeding).await?;
    let mut rows = known;
    rows.retain(|row| is_told_of(row, alert) && !unseen.contains(&row.code));
    let mut vacancies = Vacancies::default();
    let recipients = recipients(context, alert, &rows, &mut vacancies);
    let mut tally = Tally::default();
    let facts = facts_to_hold(context).await?;
    for (recipient, matters) in recipients.values() {
        decide_each(
            context,
            (alert, facts.as_ref()),
            recipient,
            matters,
            &mut tally,
        )
        .await?;
    }
    let over = ended::dossiers(context, &still).await?;
    let vacant = vacancies.count();
    vacancies.tell(context).await?;
    let Tally { people, late, soon } = tally;
    let mut counts = json!({ "dossiers": rows.len(), "recipients": people, "late": late, "soon": soon, "over": over, "vacant_posts": vacant });
    if !stale.is_empty() {
        counts["blind"] = stale.into();
    }
    Ok(Done { counts })
}

/// A backfill speaks of all dossiers or of none.
fn no_backfill(context: &Context<'_>, feeding: &[SourceHealth]) -> JobError {
    let zone = context.app.zone();
    let why: Vec<String> = feeding
        .iter()
        .filter_map(|source| source.doubt(zone))
        .collect();
    JobError::Missing(format!(
        "no alert is filled up from old figures: {}",
        why.join("; ")
    ))
}

fn is_told_of(dossier: &OverdueRow, alert: &OverdueDossiers) -> bool {
    dossier.status == DueStatus::Overdue || dossier.working_days_left <= i64::from(alert.soon)
}

fn about(dossier: &OverdueRow) -> String {
    format!("dossier/{}", dossier.code)
}

/// Who stands on several rungs of a dossier hears of it in the lowest post, for all of them.
fn recipients<'a>(
    context: &Context<'_>,
    alert: &OverdueDossiers,
    rows: &'a [OverdueRow],
    vacancies: &mut Vacancies,
) -> ByRecipient<Matter<'a>> {
    let mut grouped = ByRecipient::new();
    for dossier in rows {
        let unit = dossier.answerable.as_ref().unwrap_or(&dossier.unit);
        let mut hear: Vec<(Recipient, Matter<'_>)> = Vec::new();
        for rung in &alert.ladder {
            let addressee = match dossier.answerable {
                Some(_) => vacancies.addressee(context, unit, rung.to),
                None => vacancies.orphaned(context, unit, rung.to),
            };
            let Some(recipient) = addressee else {
                continue;
            };
            match hear
                .iter_mut()
                .find(|(known, _)| known.address == recipient.address)
            {
                Some((_, matter)) => matter.rungs.push(rung.late),
                None => {
                    let matter = Matter {
                        dossier,
                        rungs: vec![rung.late],
                        is_head: rung.to == Role::Head,
                    };
                    hear.push((recipient, matter));
                }
            }
        }
        for (recipient, matter) in hear {
            put(&mut grouped, recipient, matter);
        }
    }
    grouped
}

async fn decide_each(
    context: &Context<'_>,
    (alert, facts): (&OverdueDossiers, Option<&Facts>),
    recipient: &Recipient,
    matters: &[Matter<'_>],
    tally: &mut Tally,
) -> Result<(), JobError> {
    let abouts: Vec<String> = matters.iter().map(|matter| about(matter.dossier)).collect();
    let write = context.write().await?;
    let past = Past::load(context, &write, recipient, &abouts).await?;
    let today = context.app.day(context.as_of);
    let calendar = &context.app.files.calendar;
    let mut decisions: Vec<DecisionRow> = Vec::new();
    let (late, soon) = (tally.late, tally.soon);
    for (matter, about) in matters.iter().zip(abouts) {
        let policy = policy(alert, matter);
        let decision = decide::about_dossier(
            standing(matter.dossier),
            &policy,
            past.of(&about),
            today,
            calendar,
        );
        if let Decision::Speak(occasion, _) = &decision {
            tally.count(*occasion);
        }
        decisions.push(row(context, recipient, about, &decision, alert.urgent));
    }
    let is_overdue = |matter: &Matter<'_>| matter.dossier.status == DueStatus::Overdue;
    let again: Vec<String> = matters
        .iter()
        .zip(&decisions)
        .filter(|(matter, row)| is_overdue(matter) && row.occasion.is_none())
        .filter(|(_, row)| past.has_heard(&row.about))
        .map(|(_, row)| row.about.clone())
        .collect();
    if facts.is_none() {
        write
            .reopen_alerts(recipient.address.full(), &again)
            .await?;
    }
    tally.people += usize::from((late, soon) != (tally.late, tally.soon));
    record(context, facts, write, recipient, decisions).await
}

impl Tally {
    fn count(&mut self, occasion: Occasion) {
        match occasion {
            Occasion::Soon { .. } => self.soon += 1,
            _ => self.late += 1,
        }
    }
}

fn standing(dossier: &OverdueRow) -> Standing {
    Standing {
        state: match dossier.status {
            DueStatus::Overdue => State::Overdue,
            DueStatus::Soon => State::InTime,
        },
        due: dossier.due_at.date_naive(),
        days_late: dossier.working_days_late,
        days_left: dossier.working_days_left,
    }
}

fn policy(alert: &OverdueDossiers, matter: &Matter<'_>) -> Policy {
    Policy {
        rungs: matter.rungs.clone(),
        soon: matter.is_head.then_some(i64::from(alert.soon)),
        remind: alert.remind.iter().copied().map(i64::from).collect(),
    }
}

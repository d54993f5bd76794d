//! What was told of and is over: told once, with the next letter.
//!
//! Owns: how each open alert came to its end.
//! Never: an end that nobody can know, because the source is blind.
//! Reads next: `domain/decide/occasion.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Past, row};
use crate::config::organisation::Recipient;
use crate::domain::decide::{self, Ending, Occasion};
use crate::domain::dossier::{Dossier, State, state};
use crate::domain::unit::UnitCode;
use crate::job::step::Context;
use crate::job::{JobError, letter};
use crate::store::alerts::Alert;

/// What is still so, whoever hears of it, by thing.
pub type StillSo = BTreeMap<String, Still>;

#[derive(Clone, Debug)]
pub struct Still {
    /// Answers for it.
    pub unit: UnitCode,
    /// It is not late, and of that only is warned: whoever heard that it is late hears that this is over.
    pub is_warning: bool,
}

/// Closes the alerts about dossiers that are overdue no more, or not this recipient's. Returns how many are told of.
///
/// # Errors
/// When the database refuses.
pub async fn dossiers(context: &Context<'_>, still: &StillSo) -> Result<usize, JobError> {
    let over = over(context, "dossier/", still).await?;
    let codes: Vec<&str> = over.iter().filter_map(code).collect();
    let now: BTreeMap<String, Dossier> = context
        .app
        .store
        .dossiers_of(&codes)
        .await?
        .into_iter()
        .map(|dossier| (dossier.code.clone(), dossier))
        .collect();
    let ending = |alert: &Alert| {
        let dossier = code(alert).and_then(|code| now.get(code));
        match dossier {
            Some(dossier) if still.get(&alert.about).is_none_or(|still| still.is_warning) => {
                ending(context, dossier)
            }
            _ => (Ending::Gone, context.as_of),
        }
    };
    close(context, &over, ending).await
}

/// Closes the alerts about wards that lag no more. Returns how many are told of.
///
/// # Errors
/// When the database refuses.
pub async fn wards(context: &Context<'_>, still: &StillSo) -> Result<usize, JobError> {
    let over = over(context, "ward/", still).await?;
    let ending = |alert: &Alert| {
        let how = if still.contains_key(&alert.about) {
            Ending::Gone
        } else {
            Ending::Recovered
        };
        (how, context.as_of)
    };
    close(context, &over, ending).await
}

/// Open alerts of what is so no more, or went to another unit, or whose reader left the post. A backfill knows nothing
/// of the present.
async fn over(context: &Context<'_>, about: &str, still: &StillSo) -> Result<Vec<Alert>, JobError> {
    if context.run.holds_mails {
        return Ok(Vec::new());
    }
    let mut open = context.app.store.open_alerts().await?;
    open.retain(|alert| alert.about.starts_with(about) && !concerns(context, alert, still));
    Ok(open)
}

fn concerns(context: &Context<'_>, alert: &Alert, still: &StillSo) -> bool {
    let (Some(still), Some(recipient)) = (still.get(&alert.about), holds(context, alert)) else {
        return false;
    };
    if still.is_warning && told_late(alert).is_some() {
        return false;
    }
    // Above all units it does not matter which one has it.
    is_above(context, &recipient) || still.unit == alert.unit
}

/// The reader of the alert, if the post is still theirs.
fn holds(context: &Context<'_>, alert: &Alert) -> Option<Recipient> {
    let recipient = letter::holder(context.app, &alert.post, context.as_of)?;
    (recipient.address.full() == alert.recipient).then_some(recipient)
}

/// Since when what was told last is late; `None`: it was a warning, or about a ward.
fn told_late(alert: &Alert) -> Option<NaiveDate> {
    Occasion::parse(&alert.occasion)?.late_since()
}

fn code(alert: &Alert) -> Option<&str> {
    alert.about.strip_prefix("dossier/")
}

/// How a dossier that is not overdue stands, and since when.
fn ending(context: &Context<'_>, dossier: &Dossier) -> (Ending, DateTime<Utc>) {
    let (as_of, zone) = (context.as_of, context.app.zone());
    match state(dossier, as_of, zone) {
        State::Overdue => (Ending::Gone, as_of),
        State::InTime => (Ending::Rescheduled, as_of),
        State::Stopped => (Ending::Stopped, dossier.stopped_at.unwrap_or(as_of)),
        _ => (Ending::Resolved, dossier.finished_at.unwrap_or(as_of)),
    }
}

async fn close(
    context: &Context<'_>,
    over: &[Alert],
    ending: impl Fn(&Alert) -> (Ending, DateTime<Utc>),
) -> Result<usize, JobError> {
    let mut told = 0;
    for alert in over {
        let (how, at) = ending(alert);
        told += usize::from(close_one(context, alert, how, at).await?);
    }
    Ok(told)
}

/// Whether it is to be told: whoever was only warned, or is not concerned any more, needs no news of the end.
async fn close_one(
    context: &Context<'_>,
    alert: &Alert,
    how: Ending,
    at: DateTime<Utc>,
) -> Result<bool, JobError> {
    let write = context.write().await?;
    let mut is_told = false;
    if let Some((due, recipient)) = news(context, alert, how) {
        let abouts = [alert.about.clone()];
        let past = Past::load(context, &write, &recipient, &abouts).await?;
        let decision = decide::about_end(how, due, past.of(&alert.about));
        let row = row(context, &recipient, alert.about.clone(), &decision, false);
        is_told = row.occasion.is_some();
        crate::job::step::record(context, &write, vec![row]).await?;
    }
    write.close_alert(alert, how, at).await?;
    write.commit().await?;
    Ok(is_told)
}

fn news(context: &Context<'_>, alert: &Alert, how: Ending) -> Option<(NaiveDate, Recipient)> {
    let due = match Occasion::parse(&alert.occasion)? {
        Occasion::Lagging { since } => since,
        occasion => occasion.late_since()?,
    };
    let recipient = holds(context, alert)?;
    (how != Ending::Gone || !is_above(context, &recipient)).then_some((due, recipient))
}

fn is_above(context: &Context<'_>, recipient: &Recipient) -> bool {
    recipient.unit == context.app.files.organisation.district
}

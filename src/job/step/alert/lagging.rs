//! Lagging wards, to the ward's own head and to the leaders of the district.
//!
//! Owns: one mail per recipient with the lags that are new to them.
//! Never: another ward in a head's mail; a ward that is only on *watch*.
//! Reads next: `domain/assess.rs`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{ByRecipient, carried_by, group, heard, key, row};
use crate::config::organisation::{Recipient, Role};
use crate::domain::board::{Board, Status};
use crate::domain::decide::{self, Decision, Heard};
use crate::domain::unit::UnitCode;
use crate::job::spec::LaggingWards;
use crate::job::step::{Context, Done, assess};
use crate::job::{JobError, figures, letter};
use crate::report::Letter;
use crate::report::ward_lag::{Audience, Lag, WardLag};
use crate::store::decisions::DecisionRow;
use chrono::NaiveDate;

/// A ward that lags by a target since a day.
#[derive(Clone)]
struct Matter {
    unit: UnitCode,
    about: String,
    since: NaiveDate,
    lag: Lag,
}

/// 1. Assess and record what changed. 2. List the wards that lag and since when. 3. For every recipient:
///    decide on each, and queue one mail with what is to be said, in one transaction.
///
/// # Errors
/// When a mail cannot be made or the database refuses.
pub async fn perform(context: &Context<'_>, alert: &LaggingWards) -> Result<Done, JobError> {
    let app = context.app;
    let board = figures::board(app, context.as_of, app.year_to_date(context.as_of)).await?;
    let matters = matters(context, &board).await?;
    let mut mails = 0;
    for (recipient, matters) in recipients(context, alert, &matters).into_values() {
        mails += usize::from(tell(context, &board, &recipient, &matters).await?);
    }
    Ok(Done {
        counts: json!({ "lagging": matters.len(), "mails": mails }),
    })
}

async fn matters(context: &Context<'_>, board: &Board) -> Result<Vec<Matter>, JobError> {
    let write = context.write().await?;
    let (_, since) = assess::record(context, &write, board).await?;
    write.commit().await?;
    let mut matters = Vec::new();
    for row in &board.dossiers.units {
        for assessment in row
            .assessments
            .iter()
            .filter(|found| found.status == Status::Lagging)
        {
            let subject = (
                assessment.target.clone(),
                "ward".to_owned(),
                row.unit.to_string(),
            );
            let began = since.get(&subject).copied().unwrap_or(context.as_of);
            let total = board
                .targets
                .iter()
                .find(|target| target.id == assessment.target && target.level != "district");
            let Some(total) = total else { continue };
            let mut lag = Lag::of(&row.name, assessment, total);
            lag.target = letter::target_title(context.app, &assessment.target);
            matters.push(Matter {
                unit: row.unit.clone(),
                about: format!("ward/{}/{}", row.unit, assessment.target),
                since: context.app.day(began),
                lag,
            });
        }
    }
    Ok(matters)
}

fn recipients(
    context: &Context<'_>,
    alert: &LaggingWards,
    matters: &[Matter],
) -> ByRecipient<Matter> {
    let organisation = &context.app.files.organisation;
    let today = context.app.day(context.as_of);
    let mut grouped = ByRecipient::new();
    for matter in matters {
        let hear = alert.to.iter().filter_map(|role| {
            let unit = if *role == Role::Head {
                &matter.unit
            } else {
                &organisation.district
            };
            let recipient = organisation.holder(unit, *role, today);
            if recipient.is_none() {
                tracing::warn!(%unit, role = role.as_str(), "nobody holds this post: not told");
            }
            Some((recipient?, matter.clone()))
        });
        group(&mut grouped, hear);
    }
    grouped
}

/// Whether a mail was queued.
async fn tell(
    context: &Context<'_>,
    board: &Board,
    recipient: &Recipient,
    matters: &[Matter],
) -> Result<bool, JobError> {
    let write = context.write().await?;
    let heard = heard(context, &write, recipient, "ward/").await?;
    let (mut decisions, lags) = decide_each(context, recipient, matters, &heard);
    let speaks = !lags.is_empty();
    if speaks {
        let letter = letter_of(context, board, recipient, lags);
        let key = key("ward-lag", recipient, &decisions);
        let message_id = letter::queue(
            context.app,
            &write,
            context.run,
            recipient,
            &letter,
            &key,
            context.as_of,
        )
        .await?;
        carried_by(&mut decisions, &message_id);
    }
    crate::job::step::record(context, &write, decisions).await?;
    write.commit().await?;
    Ok(speaks)
}

fn decide_each(
    context: &Context<'_>,
    recipient: &Recipient,
    matters: &[Matter],
    heard: &BTreeMap<String, Vec<Heard>>,
) -> (Vec<DecisionRow>, Vec<Lag>) {
    let mut decisions = Vec::new();
    let mut lags = Vec::new();
    for matter in matters {
        let told = heard.get(&matter.about).map_or(&[][..], Vec::as_slice);
        let (occasion, reason) = match decide::about_lagging(matter.since, told) {
            Decision::Speak(occasion, reason) => {
                lags.push(matter.lag.clone());
                (Some(occasion), reason)
            }
            Decision::Silent(reason) => (None, reason),
        };
        decisions.push(row(
            context,
            recipient,
            matter.about.clone(),
            occasion,
            reason,
        ));
    }
    (decisions, lags)
}

fn letter_of(
    context: &Context<'_>,
    board: &Board,
    recipient: &Recipient,
    lags: Vec<Lag>,
) -> Letter {
    let app = context.app;
    let audience = match (recipient.role, lags.first()) {
        (Role::Head, Some(lag)) => Audience::Chair {
            ward: lag.ward.clone(),
        },
        _ => Audience::Leaders,
    };
    Letter::WardLag(WardLag {
        site: app.files.settings.site.name.clone(),
        recipient: letter::title(app, recipient),
        as_of: context.as_of.with_timezone(&app.zone()).fixed_offset(),
        fresh_at: board
            .sources
            .iter()
            .filter_map(|source| source.fresh_at)
            .min(),
        audience,
        lags,
    })
}

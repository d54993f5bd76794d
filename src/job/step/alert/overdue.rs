//! Overdue dossiers, and those that soon will be, to the head of their unit and up the ladder.
//!
//! Owns: one mail per recipient with what is new to them.
//! Never: a dossier in the mail of another unit's head.
//! Reads next: `domain/decide.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{ByRecipient, carried_by, group, heard, key, row};
use crate::config::organisation::{Recipient, Role};
use crate::domain::decide::{self, Decision, Heard, Occasion, Policy, Standing};
use crate::domain::dossier::State;
use crate::domain::overdue::{DueStatus, OverdueRow};
use crate::domain::unit::UnitCode;
use crate::job::spec::{OverdueDossiers, Rung as Step};
use crate::job::step::{Context, Done};
use crate::job::{JobError, figures, letter};
use crate::report::Letter;
use crate::report::dossier::{Line, Mark};
use crate::report::overdue::{Overdue, Rung};
use crate::store::decisions::DecisionRow;

/// A dossier and the rung from which this recipient hears of it.
type Matter<'a> = (&'a OverdueRow, Step);

#[derive(Default)]
struct Tally {
    mails: usize,
    late: usize,
    soon: usize,
    vacant: usize,
}

/// 1. List what is overdue or soon due. 2. Find who hears of each. 3. For every recipient: decide on
///    each dossier, and queue one mail with what is to be said, in one transaction.
///
/// # Errors
/// When the dossiers are stale, a mail cannot be made or the database refuses.
pub async fn perform(context: &Context<'_>, alert: &OverdueDossiers) -> Result<Done, JobError> {
    let app = context.app;
    let read_at = figures::dossiers_read_at(app, context.as_of).await?;
    let rows = figures::overdue_at(app, context.as_of, Some(alert.soon), &[]).await?;
    let mut tally = Tally::default();
    for (recipient, matters) in recipients(context, alert, &rows, &mut tally).into_values() {
        tell(context, alert, read_at, &recipient, &matters, &mut tally).await?;
    }
    let Tally {
        mails,
        late,
        soon,
        vacant,
    } = tally;
    Ok(Done {
        counts: json!({ "dossiers": rows.len(), "mails": mails, "late": late, "soon": soon, "vacant_posts": vacant }),
    })
}

fn recipients<'a>(
    context: &Context<'_>,
    alert: &OverdueDossiers,
    rows: &'a [OverdueRow],
    tally: &mut Tally,
) -> ByRecipient<Matter<'a>> {
    let mut grouped = ByRecipient::new();
    for row in rows {
        let hear = alert.ladder.iter().filter_map(|rung| {
            let recipient = holder_or_above(context, &row.unit, rung.to);
            if recipient.is_none() {
                tally.vacant += 1;
                tracing::error!(unit = %row.unit, role = rung.to.as_str(), dossier = row.code, "nobody to tell");
            }
            Some((recipient?, (row, *rung)))
        });
        group(&mut grouped, hear);
    }
    grouped
}

/// Who holds the post; where it is vacant, the next rung above hears instead.
fn holder_or_above(context: &Context<'_>, unit: &UnitCode, role: Role) -> Option<Recipient> {
    let organisation = &context.app.files.organisation;
    let today = context.app.day(context.as_of);
    let above = [Role::Head, Role::ViceChair, Role::Chair]
        .into_iter()
        .filter(|rung| *rung > role);
    let found = std::iter::once(role)
        .chain(above)
        .find_map(|rung| organisation.rung(unit, rung, today));
    if let Some(recipient) = found.as_ref().filter(|recipient| recipient.role != role) {
        let (post, instead) = (role.as_str(), recipient.role.as_str());
        tracing::warn!(%unit, post, instead, "the post is vacant: the next rung hears");
    }
    found
}

async fn tell(
    context: &Context<'_>,
    alert: &OverdueDossiers,
    read_at: DateTime<Utc>,
    recipient: &Recipient,
    matters: &[Matter<'_>],
    tally: &mut Tally,
) -> Result<(), JobError> {
    let write = context.write().await?;
    let heard = heard(context, &write, recipient, "dossier/").await?;
    let mut news = news(context, alert, recipient, matters, &heard);
    if news.is_any() {
        tally.mails += 1;
        tally.late += news.late.len();
        tally.soon += news.soon.len();
        let letter = letter_of(context, read_at, recipient, matters, &news);
        let key = key("overdue", recipient, &news.decisions);
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
        carried_by(&mut news.decisions, &message_id);
    }
    crate::job::step::record(context, &write, news.decisions).await?;
    Ok(write.commit().await?)
}

/// What one recipient is to hear, and every decision that led to it.
#[derive(Default)]
struct News {
    late: Vec<Line>,
    soon: Vec<Line>,
    already_told: usize,
    decisions: Vec<DecisionRow>,
}

impl News {
    fn is_any(&self) -> bool {
        !self.late.is_empty() || !self.soon.is_empty()
    }
}

fn news(
    context: &Context<'_>,
    alert: &OverdueDossiers,
    recipient: &Recipient,
    matters: &[Matter<'_>],
    heard: &BTreeMap<String, Vec<Heard>>,
) -> News {
    let today = context.app.day(context.as_of);
    let calendar = &context.app.files.calendar;
    let mut news = News::default();
    for (dossier, rung) in matters {
        let about = format!("dossier/{}", dossier.code);
        let told = heard.get(&about).map_or(&[][..], Vec::as_slice);
        let decision = decide::about_dossier(
            standing(dossier),
            policy(alert, *rung),
            told,
            today,
            calendar,
        );
        let (occasion, reason) = match decision {
            Decision::Speak(occasion, reason) => {
                let lines = match dossier.status {
                    DueStatus::Overdue => &mut news.late,
                    DueStatus::Soon => &mut news.soon,
                };
                lines.push(Line::of(dossier, mark(occasion)));
                (Some(occasion), reason)
            }
            Decision::Silent(reason) => {
                let known = dossier.status == DueStatus::Overdue && !told.is_empty();
                news.already_told += usize::from(known);
                (None, reason)
            }
        };
        news.decisions
            .push(row(context, recipient, about, occasion, reason));
    }
    news
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

/// Only the head is warned beforehand.
fn policy(alert: &OverdueDossiers, rung: Step) -> Policy {
    Policy {
        rung: rung.late,
        soon: (rung.to == Role::Head).then_some(i64::from(alert.soon)),
        remind: alert.remind.map(i64::from),
    }
}

fn mark(occasion: Occasion) -> Mark {
    match occasion {
        Occasion::Reminder { .. } => Mark::Reminder,
        Occasion::Soon { .. } | Occasion::Late { .. } | Occasion::Lagging { .. } => Mark::New,
    }
}

fn letter_of(
    context: &Context<'_>,
    read_at: DateTime<Utc>,
    recipient: &Recipient,
    matters: &[Matter<'_>],
    news: &News,
) -> Letter {
    let app = context.app;
    let settings = &app.files.settings;
    let unit = app
        .files
        .organisation
        .units
        .find(&recipient.unit, app.day(context.as_of));
    let rung = match recipient.role {
        Role::Head => Rung::Head,
        _ => Rung::Upper {
            late_at_least: matters
                .iter()
                .map(|(_, rung)| rung.late)
                .min()
                .map_or(0, clamped),
        },
    };
    Letter::Overdue(Overdue {
        site: settings.site.name.clone(),
        recipient: letter::title(app, recipient),
        unit: unit.map_or_else(|| recipient.unit.to_string(), letter::unit_in_sentence),
        rung,
        as_of: context.as_of.with_timezone(&app.zone()).fixed_offset(),
        fresh_at: Some(read_at.with_timezone(&app.zone()).fixed_offset()),
        due_time: settings.rules.due_time,
        late: news.late.clone(),
        soon: news.soon.clone(),
        already_told: news.already_told,
    })
}

fn clamped(days: i64) -> u32 {
    u32::try_from(days).unwrap_or(0)
}

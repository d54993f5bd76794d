//! The periodic digest for leaders.
//!
//! Owns: what a digest is computed from, and what it compares itself with.
//! Never: layout and wording (`report::digest`).
//! Reads next: `report/digest.rs`.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Context, Done};
use crate::config::organisation::Recipient;
use crate::domain::board::{Board, Status};
use crate::domain::overdue::{DueStatus, OverdueRow};
use crate::domain::unit::UnitKind;
use crate::job::spec::{Digest as Spec, PostRef};
use crate::job::{App, JobError, figures, letter};
use crate::report::Letter;
use crate::report::digest::{Change, Changes, Digest};
use crate::report::dossier::{Line, Mark};
use crate::store::decisions::DecisionRow;
use crate::store::transitions::Transition;

/// Working days that *soon due* means in a digest.
const SOON: u32 = 5;
/// Overdue dossiers that a digest shows; the rest is counted.
const ROWS: usize = 20;

/// 1. Compute the board, the overdue list and what changed since the last digest. 2. For every
///    recipient, unless they have today's digest: queue it with its decision, in one transaction.
///
/// # Errors
/// When a mail cannot be made or the database refuses.
pub async fn perform(context: &Context<'_>, spec: &Spec) -> Result<Done, JobError> {
    let app = context.app;
    let board = figures::board(app, context.as_of, app.year_to_date(context.as_of)).await?;
    let rows = figures::overdue_at(app, context.as_of, Some(SOON), &[]).await?;
    let changes = changes(context, &rows).await?;
    let mut mails = 0;
    for post in &spec.to {
        match recipient(context, post) {
            Some(recipient) => {
                let letter = letter_of(app, &recipient, &board, &rows, changes.clone());
                mails += usize::from(tell(context, &recipient, &letter).await?);
            }
            None => tracing::warn!(
                role = post.role.as_str(),
                "nobody holds this post: no digest"
            ),
        }
    }
    Ok(Done {
        counts: json!({ "overdue": count(&rows, DueStatus::Overdue), "mails": mails }),
    })
}

fn recipient(context: &Context<'_>, post: &PostRef) -> Option<Recipient> {
    let organisation = &context.app.files.organisation;
    let unit = post.unit.as_ref().unwrap_or(&organisation.district);
    organisation.holder(unit, post.role, context.app.day(context.as_of))
}

/// Whether a mail was queued: not if this recipient has the digest of that day.
async fn tell(
    context: &Context<'_>,
    recipient: &Recipient,
    letter: &Letter,
) -> Result<bool, JobError> {
    let app = context.app;
    let about = format!("digest/{}", context.job.name);
    let occasion = format!("of {}", app.day(context.as_of));
    let write = context.write().await?;
    let told = write
        .told(recipient.address.full(), &about, context.goes())
        .await?;
    let mut decision = DecisionRow {
        run_id: Some(context.run.id),
        about: about.clone(),
        post: letter::post(recipient),
        recipient: recipient.address.full().to_owned(),
        reason: format!("the digest {occasion}"),
        occasion: None,
        message_id: None,
        decided_at: context.as_of,
        urgent: true,
    };
    let speaks = !told
        .iter()
        .any(|told| told.about == about && told.occasion == occasion);
    if speaks {
        let key = format!("{about}|{occasion}|{}", recipient.address.full());
        let id = letter::queue(
            app,
            &write,
            context.run,
            recipient,
            letter,
            &key,
            context.as_of,
        )
        .await?;
        decision.message_id = Some(id);
        decision.occasion = Some(occasion);
    } else {
        decision.reason = format!("has the digest {occasion} already");
    }
    super::record(context, &write, vec![decision]).await?;
    write.commit().await?;
    Ok(speaks)
}

/// What changed since the last finished run of this job.
async fn changes(context: &Context<'_>, rows: &[OverdueRow]) -> Result<Changes, JobError> {
    let app = context.app;
    let Some(last) = app
        .store
        .last_finished_before(&context.job.name, context.as_of)
        .await?
    else {
        return Ok(Changes::First);
    };
    let transitions = app.store.transitions_between(last, context.as_of).await?;
    let mut list: Vec<Change> = net(&transitions)
        .iter()
        .filter_map(|change| told(app, change, context.as_of))
        .collect();
    let before = count(
        &figures::overdue_at(app, last, None, &[]).await?,
        DueStatus::Overdue,
    );
    let now = count(rows, DueStatus::Overdue);
    if before != now {
        list.push(Change::Overdue { before, now });
    }
    Ok(Changes::Since {
        at: last.with_timezone(&app.zone()).fixed_offset(),
        list,
    })
}

/// One transition per subject, from its first status to its last; none where it came back.
fn net(transitions: &[Transition]) -> Vec<Transition> {
    let mut net: Vec<Transition> = Vec::new();
    for change in transitions {
        let same = |known: &&mut Transition| {
            (&known.target, &known.level, &known.unit)
                == (&change.target, &change.level, &change.unit)
        };
        match net.iter_mut().find(same) {
            Some(known) => known.to.clone_from(&change.to),
            None => net.push(change.clone()),
        }
    }
    net.retain(|change| change.from.as_ref() != Some(&change.to));
    net
}

/// A transition as a change in the letter; first assessments are no change.
fn told(app: &App, change: &Transition, as_of: DateTime<Utc>) -> Option<Change> {
    let from = Status::parse(change.from.as_deref()?)?;
    let to = Status::parse(&change.to)?;
    let title = letter::target_title(app, &change.target);
    let Some(unit) = &change.unit else {
        return Some(Change::Target { title, from, to });
    };
    let today = app.day(as_of);
    let ward = app
        .files
        .organisation
        .units
        .on(today)
        .find(|known| known.code.as_str() == unit)?;
    Some(Change::Ward {
        ward: ward.name.clone(),
        target: title,
        from,
        to,
    })
}

fn letter_of(
    app: &App,
    recipient: &Recipient,
    board: &Board,
    rows: &[OverdueRow],
    changes: Changes,
) -> Letter {
    let settings = &app.files.settings;
    let lines = |status: DueStatus| -> Vec<Line> {
        rows.iter()
            .filter(|row| row.status == status)
            .map(|row| Line::of(row, Mark::None))
            .collect()
    };
    let wards = app
        .files
        .organisation
        .units
        .on(board.period.to)
        .filter(|unit| unit.kind == UnitKind::Ward);
    let mut board = board.clone();
    for target in &mut board.targets {
        target.title = letter::target_title(app, &target.id);
    }
    Letter::Digest(Box::new(Digest {
        site: settings.site.name.clone(),
        recipient: letter::title(app, recipient),
        wards: wards.map(|unit| unit.code.clone()).collect(),
        overdue: lines(DueStatus::Overdue),
        soon: lines(DueStatus::Soon),
        soon_within: SOON,
        due_time: settings.rules.due_time,
        rows: ROWS,
        changes,
        source_titles: app
            .files
            .sources
            .iter()
            .map(|s| (s.name.clone(), s.title.clone()))
            .collect(),
        board,
    }))
}

fn count(rows: &[OverdueRow], status: DueStatus) -> u64 {
    rows.iter().filter(|row| row.status == status).count() as u64
}

//! The day's letter to each person: what the alerts of all jobs have to say, merged and written when its hour has come.
//!
//! Owns: when a letter is written, and that it carries the decisions it tells of, in one transaction.
//! Never: deciding (`step/alert`); what a letter looks like (`report`); another unit's dossiers in it.
//! Reads next: `round/facts.rs`, `round/item.rs`, `round/sheet.rs`, `round/slips.rs`.

mod facts;
mod item;
mod sheet;
mod slips;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

pub use facts::{Facts, soon};
use item::Item;
use sheet::Sheet;

use super::letter::{self, Draft};
use super::spec::Act;
use super::step::Context;
use super::{App, JobError};
use crate::config::organisation::{Address, Recipient};
use crate::domain::decide::Occasion;
use crate::domain::letter_hour::{Hour, hour};
use crate::store::Write;
use crate::store::decisions::{DecisionRow, Waiting};

/// What is over and found no letter to be told with is forgotten after this long.
const FORGOTTEN: TimeDelta = TimeDelta::days(40);
/// A letter that waits for alerts under way looks again after this long.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);

/// Whether letters wait for alerts that are still being decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    Gathers,
    /// Nobody decides anything any more: a command, a simulation.
    Now,
}

/// What became of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Letters put into the outbox.
    pub letters: usize,
    /// People whose letter waits for its hour.
    pub waiting: usize,
    /// The earliest instant at which one that waits may be written.
    pub next: Option<DateTime<Utc>>,
}

/// Writes every letter whose hour has come.
///
/// 1. Who waits, and may be written to now? 2. Are alerts still being decided? Then a little later. 3. How does what
///    is told stand now? 4. For each person, in one transaction: what is true no more is withdrawn, the rest becomes
///    one letter in the outbox, which carries its decisions.
///
/// # Errors
/// When a letter could not be made, after all others were, or the database refuses; what was written stays written.
pub async fn write(app: &App, haste: Haste) -> Result<Round, JobError> {
    let now = app.clock.now();
    let waiting = app.store.waiting().await?;
    forget(app, &waiting, now).await?;
    let (due, mut round) = due(app, &waiting, now).await?;
    if due.is_empty() {
        return Ok(round);
    }
    if haste == Haste::Gathers && is_gathering(app, &waiting, now).await? {
        round.next = Some(now + LOOK_AGAIN);
        return Ok(round);
    }
    let facts = Facts::load(app, now, &waiting).await?;
    // What was decided since belongs to the next round: the facts may know nothing of it.
    let last = waiting.iter().map(|one| one.id).max().unwrap_or_default();
    let mut failure = None;
    for (address, due) in due {
        match write_to(app, &facts, &address, (due, last)).await {
            Ok(written) => round.letters += usize::from(written),
            Err(error) if error.is_outage() => return Err(error),
            // One letter that cannot be made keeps no other from its reader.
            Err(error) => {
                tracing::error!(%error, "a letter cannot be written");
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or(Ok(round), Err)
}

/// What of it may be told to somebody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    All,
    /// The day's letter is not due; what is urgent goes beside it.
    UrgentOnly,
}

async fn due(
    app: &App,
    waiting: &[Waiting],
    now: DateTime<Utc>,
) -> Result<(Vec<(String, Due)>, Round), JobError> {
    let mut people: BTreeMap<&str, Vec<&Waiting>> = BTreeMap::new();
    for one in waiting.iter().filter(|one| asks_for_letter(one)) {
        people.entry(&one.recipient).or_default().push(one);
    }
    let wall = now.with_timezone(&app.zone()).naive_local();
    let hours = app.files.settings.letters.hours;
    let (mut due, mut round) = (Vec::new(), Round::default());
    for (address, waits) in people {
        let written = app.store.has_letter(address, wall.date()).await?;
        match hour(wall, written, hours, &app.files.calendar) {
            Hour::Now => due.push((address.to_owned(), Due::All)),
            Hour::Later(then, _) => {
                if waits.iter().any(|one| one.urgent) {
                    due.push((address.to_owned(), Due::UrgentOnly));
                }
                let then = app.zone().from_local_datetime(&then).earliest();
                let then = then.map(|then| then.to_utc());
                round.waiting += 1;
                round.next = then.into_iter().chain(round.next).min();
            }
        }
    }
    Ok((due, round))
}

fn asks_for_letter(waiting: &Waiting) -> bool {
    Occasion::parse(&waiting.occasion).is_some_and(|occasion| occasion.asks_for_letter())
}

/// Whether a run that may have more to say is queued or under way; not for ever.
async fn is_gathering(
    app: &App,
    waiting: &[Waiting],
    now: DateTime<Utc>,
) -> Result<bool, JobError> {
    let gather = TimeDelta::from_std(app.files.settings.letters.gather).unwrap_or_default();
    let hour = app.files.settings.letters.hours.from;
    let today = app.day(now).and_time(hour);
    let opened = app.zone().from_local_datetime(&today).earliest();
    let opened = opened.map_or(now, |opened| opened.to_utc()).min(now);
    let latest = waiting.iter().map(|one| one.decided_at).max();
    if now - latest.map_or(opened, |at| at.max(opened)) > gather {
        return Ok(false);
    }
    let under_way = app.store.jobs_under_way(now).await?;
    Ok(under_way.iter().any(|job| {
        let steps = app.job(job).map(|job| job.steps.as_slice());
        let alerts = |step: &super::spec::Step| matches!(step.act, Act::Alert(_));
        steps.is_some_and(|steps| steps.iter().any(alerts))
    }))
}

/// Whether a letter was written, of what waits up to the decision `last`.
async fn write_to(
    app: &App,
    facts: &Facts,
    address: &str,
    (due, last): (Due, i64),
) -> Result<bool, JobError> {
    let write = app.store.write().await?;
    let mut waiting = write.waiting_for(address).await?;
    waiting.retain(|one| one.id <= last);
    if due == Due::UrgentOnly {
        waiting.retain(|one| one.urgent);
    }
    let (items, withdrawn) = item::sorted(app, &write, facts, waiting).await?;
    for (one, why) in withdrawn {
        write.withdraw_decision(&one, &why).await?;
    }
    let is_written = items.iter().any(Item::asks_for_letter)
        && queue(app, &write, facts, address, due, &items).await?;
    write.commit().await?;
    Ok(is_written)
}

async fn queue(
    app: &App,
    write: &Write,
    facts: &Facts,
    address: &str,
    due: Due,
    items: &[Item],
) -> Result<bool, JobError> {
    let open = write.open_alerts_of(address).await?;
    let Some(sheet) = Sheet::of(app, facts, address, items, &open) else {
        return Ok(false);
    };
    let key = key(
        address,
        items
            .iter()
            .map(|item| (&item.waiting.about, &item.waiting.occasion)),
    );
    if due == Due::All {
        let (today, message_id) = (app.day(facts.as_of), letter::message_id(app, None, &key)?);
        let is_first = write
            .note_letter(address, today, &message_id, facts.as_of)
            .await?;
        if !is_first {
            return Ok(false);
        }
    }
    let slips = slips::due(app, write, facts, items).await?;
    let letter = sheet.letter(
        app,
        facts,
        &letter::message_id(app, None, &key)?,
        slips.len(),
    )?;
    let first = first_told(write, address, items).await?;
    let draft = Draft {
        letter: &letter,
        key: &key,
        as_of: facts.as_of,
        references: first.as_deref(),
        files: &slips::file(app, &slips)?,
    };
    let message_id = letter::queue_draft(app, write, None, &sheet.recipient, draft).await?;
    let ids: Vec<i64> = items.iter().map(|item| item.waiting.id).collect();
    write
        .carry_decisions(&ids, &message_id, facts.as_of)
        .await?;
    let alerts: Vec<_> = items
        .iter()
        .filter_map(|item| item.alert(app, facts, address))
        .collect();
    write.open_alerts(&alerts).await?;
    Ok(true)
}

/// What is told to whom, as one line: the same line is the same mail.
fn key<'k>(address: &str, told: impl Iterator<Item = (&'k String, &'k String)>) -> String {
    let told: Vec<String> = told
        .map(|(about, occasion)| format!("{about} {occasion}"))
        .collect();
    format!("letter|{address}|{}", told.join("|"))
}

/// The mail that first told of something of which this one reminds.
async fn first_told(
    write: &Write,
    address: &str,
    items: &[Item],
) -> Result<Option<String>, JobError> {
    let reminded = items.iter().filter(|item| item.reminds());
    let reminded: Vec<String> = reminded.map(|item| item.waiting.about.clone()).collect();
    let told = write
        .told_of(address, &reminded, crate::store::decisions::Goes::Out)
        .await?;
    Ok(told.into_iter().find_map(|told| told.message_id))
}

/// Writes at once what a backfill has to say to `recipient`, as it stood then, and holds it for the operator.
///
/// # Errors
/// When the letter cannot be made or the database refuses.
pub async fn hold(
    context: &Context<'_>,
    facts: &Facts,
    write: &Write,
    recipient: &Recipient,
    mut decisions: Vec<DecisionRow>,
) -> Result<(), JobError> {
    let app = context.app;
    let items: Vec<Item> = decisions.iter().filter_map(Item::of_row).collect();
    let address = recipient.address.full();
    if let Some(sheet) = Sheet::of(app, facts, address, &items, &[]) {
        let key = key(
            address,
            items
                .iter()
                .map(|item| (&item.waiting.about, &item.waiting.occasion)),
        );
        let message_id = letter::message_id(app, Some(context.run), &key)?;
        let letter = sheet.letter(app, facts, &message_id, 0)?;
        let draft = Draft {
            letter: &letter,
            key: &key,
            as_of: context.as_of,
            references: None,
            files: &[],
        };
        letter::queue_draft(app, write, Some(context.run), recipient, draft).await?;
        for row in decisions.iter_mut().filter(|row| row.occasion.is_some()) {
            row.message_id = Some(message_id.clone());
        }
    }
    super::step::record(context, write, decisions).await
}

/// What a held letter told of is open once it is released, as far as it is still so.
///
/// # Errors
/// When the database refuses.
pub async fn open_released(
    app: &App,
    write: &Write,
    facts: &Facts,
    told: Vec<Waiting>,
) -> Result<(), JobError> {
    let items = told.into_iter().filter_map(Item::of);
    let alert = |item: Item| {
        let recipient = item.recipient(app, facts.as_of)?;
        let is_so = matches!(item.subject(facts, &recipient), Ok(Some(_)));
        item.alert(app, facts, &item.waiting.recipient)
            .filter(|_| is_so)
    };
    let alerts: Vec<_> = items.filter_map(alert).collect();
    Ok(write.open_alerts(&alerts).await?)
}

/// Forgets what is over and found no letter in a long while.
async fn forget(app: &App, waiting: &[Waiting], now: DateTime<Utc>) -> Result<(), JobError> {
    let before = now - FORGOTTEN;
    let is_old = |one: &&Waiting| one.decided_at < before && !asks_for_letter(one);
    for one in waiting.iter().filter(is_old) {
        let write = app.store.write().await?;
        let why = "no letter was written in a long while";
        write.withdraw_decision(one, why).await?;
        write.commit().await?;
    }
    Ok(())
}

fn is(address: &Address, text: &str) -> bool {
    address.full() == text
}

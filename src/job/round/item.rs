//! One thing to be told, held against the facts of the moment.
//!
//! Owns: what is not true any more, was answered meanwhile, or belongs to somebody else is not told.
//! Never: the order of a letter.
//! Reads next: `sheet.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Facts, is};
use crate::config::organisation::Recipient;
use crate::domain::answer::Standing;
use crate::domain::decide::{Ending, Occasion};
use crate::domain::dossier::start_of;
use crate::domain::overdue::{DueStatus, OverdueRow};
use crate::job::{App, JobError, letter};
use crate::report::ward_lag::Lag;
use crate::store::Write;
use crate::store::alerts::ToldAlert;
use crate::store::decisions::{DecisionRow, Waiting};

/// A decision to speak, read.
#[derive(Clone, Debug)]
pub struct Item {
    pub waiting: Waiting,
    pub occasion: Occasion,
}

/// What an item tells of.
#[derive(Debug)]
pub enum Subject<'f> {
    Dossier(&'f OverdueRow),
    Ward(&'f Lag),
    /// Its code or its ward and target.
    Over(Ending, &'f str),
}

/// Items to tell now, and those to withdraw with why; what must wait for a source is in neither.
///
/// # Errors
/// When the database does not answer.
pub async fn sorted(
    app: &App,
    write: &Write,
    facts: &Facts,
    waiting: Vec<Waiting>,
) -> Result<(Vec<Item>, Vec<(Waiting, String)>), JobError> {
    let abouts: Vec<String> = waiting.iter().map(|one| one.about.clone()).collect();
    let answers = write.answers_to(&abouts).await?;
    let today = app.day(facts.as_of);
    let (mut items, mut withdrawn) = (Vec::new(), Vec::new());
    for waiting in waiting {
        let Some(item) = Item::of(waiting) else {
            continue;
        };
        let given = answers
            .get(&item.waiting.about)
            .map_or(&[][..], Vec::as_slice);
        let given: Vec<_> = given
            .iter()
            .map(|answer| answer.answer(app.day(answer.at)))
            .collect();
        let standing = Standing::of(&given, &item.waiting.post);
        let is_answered = standing.not_mine
            || standing.silenced_on(today).is_some()
            || standing.promised_on(today).is_some();
        let recipient = item.recipient(app, facts.as_of);
        match recipient.map(|recipient| item.subject(facts, &recipient)) {
            None => withdrawn.push((item.waiting, "the post has passed to somebody else".into())),
            Some(_) if is_answered && item.asks_for_letter() => {
                withdrawn.push((item.waiting, "answered meanwhile".into()));
            }
            Some(Ok(Some(_))) => items.push(item),
            Some(Ok(None)) => {}
            Some(Err(why)) => withdrawn.push((item.waiting, why.to_owned())),
        }
    }
    let (items, again) = once_each(items);
    withdrawn.extend(
        again
            .into_iter()
            .map(|item| (item.waiting, "told as it stands now".to_owned())),
    );
    Ok((items, withdrawn))
}

/// One thing is told once in a letter, as it was decided last, but for what is over and due soon again: then the
/// warning says it all. The rest.
fn once_each(items: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    let mut told: BTreeMap<String, (bool, i64)> = BTreeMap::new();
    for item in &items {
        let this = (item.asks_for_letter(), item.waiting.id);
        let told = told.entry(item.waiting.about.clone()).or_insert(this);
        *told = this.max(*told);
    }
    let is_told = |item: &Item| {
        told.get(&item.waiting.about)
            .is_some_and(|(_, id)| *id == item.waiting.id)
    };
    items.into_iter().partition(is_told)
}

impl Item {
    /// `None`: its occasion is not one that this program knows.
    pub fn of(waiting: Waiting) -> Option<Self> {
        let occasion = Occasion::parse(&waiting.occasion)?;
        Some(Self { waiting, occasion })
    }

    /// Of a decision that is not stored yet; `None`: it stays silent.
    pub fn of_row(row: &DecisionRow) -> Option<Self> {
        let occasion = row.occasion.clone()?;
        Some(Self {
            occasion: Occasion::parse(&occasion)?,
            waiting: Waiting {
                id: 0,
                run_id: row.run_id.unwrap_or_default(),
                about: row.about.clone(),
                post: row.post.clone(),
                recipient: row.recipient.clone(),
                reason: row.reason.clone(),
                occasion,
                decided_at: row.decided_at,
                urgent: row.urgent,
            },
        })
    }

    pub fn asks_for_letter(&self) -> bool {
        self.occasion.asks_for_letter()
    }

    /// Whether the reader has heard of it before.
    pub fn reminds(&self) -> bool {
        matches!(
            self.occasion,
            Occasion::Reminder { .. } | Occasion::Broken { .. }
        )
    }

    /// Whoever holds the post, if it is still the person who was to be told.
    pub fn recipient(&self, app: &App, at: DateTime<Utc>) -> Option<Recipient> {
        let recipient = letter::holder(app, &self.waiting.post, at)?;
        is(&recipient.address, &self.waiting.recipient).then_some(recipient)
    }

    /// What it tells of as it stands now; `None`: nobody knows, because the source is blind.
    ///
    /// # Errors
    /// With why it is not told.
    pub fn subject<'f>(
        &'f self,
        facts: &'f Facts,
        recipient: &Recipient,
    ) -> Result<Option<Subject<'f>>, &'static str> {
        let about = &self.waiting.about;
        match (about.strip_prefix("dossier/"), self.occasion) {
            (Some(code), Occasion::Over { how, .. }) => match facts.rows.get(code) {
                Some(row)
                    if row.status == DueStatus::Overdue
                        && (how != Ending::Gone
                            || row.answerable.as_ref() == Some(&recipient.unit)) =>
                {
                    Err("overdue again")
                }
                _ => Ok(Some(Subject::Over(how, code))),
            },
            (Some(code), _) if facts.is_unseen(code) => Ok(None),
            (Some(code), occasion) => dossier(facts, code, occasion, recipient),
            (None, Occasion::Over { how, .. }) => match facts.lags.contains_key(about) {
                true => Err("lagging again"),
                false => Ok(Some(Subject::Over(how, about))),
            },
            (None, _) => ward(facts, about, recipient),
        }
    }

    /// The alert that is open from now on.
    pub fn alert(&self, app: &App, facts: &Facts, address: &str) -> Option<ToldAlert> {
        let about = &self.waiting.about;
        let row = about
            .strip_prefix("dossier/")
            .and_then(|code| facts.rows.get(code));
        let (unit, since) = match self.occasion {
            Occasion::Over { .. } => return None,
            Occasion::Lagging { since } => (
                facts.lags.get(about).map(|(unit, _)| unit.clone())?,
                start_of(since, app.zone()),
            ),
            _ => {
                let row = row?;
                let unit = row.answerable.as_ref().unwrap_or(&row.unit);
                (unit.clone(), row.due_at.to_utc())
            }
        };
        Some(ToldAlert {
            about: about.clone(),
            recipient: address.to_owned(),
            post: self.waiting.post.clone(),
            unit,
            since,
            occasion: self.waiting.occasion.clone(),
            told_at: facts.as_of,
        })
    }
}

fn dossier<'f>(
    facts: &'f Facts,
    code: &str,
    occasion: Occasion,
    recipient: &Recipient,
) -> Result<Option<Subject<'f>>, &'static str> {
    let warns = matches!(occasion, Occasion::Soon { .. });
    match facts.rows.get(code) {
        None => Err("not overdue any more"),
        Some(row) if warns != (row.status == DueStatus::Soon) => Err("it stands otherwise now"),
        // A unit's letter holds its own dossiers only.
        Some(row) if !facts.concerns(recipient, row.answerable.as_ref().unwrap_or(&row.unit)) => {
            Err("another unit has it")
        }
        Some(row) => Ok(Some(Subject::Dossier(row))),
    }
}

fn ward<'f>(
    facts: &'f Facts,
    about: &str,
    recipient: &Recipient,
) -> Result<Option<Subject<'f>>, &'static str> {
    match facts.lags.get(about) {
        None => Err("not lagging any more"),
        Some((unit, _)) if !facts.concerns(recipient, unit) => Err("another ward"),
        Some((_, lag)) => Ok(Some(Subject::Ward(lag))),
    }
}

//! Alerts: who must hear about what, decided by `domain::decide`. What is to be said waits for the day's letter.
//!
//! Owns: what every alert shares: grouping by recipient, what is known from before, the rows of decisions.
//! Never: rules, wording; writing letters (`job/round.rs`).
//! Reads next: `alert/overdue.rs`, `alert/lagging.rs`, `alert/blind.rs`.

use std::collections::BTreeMap;

use crate::config::organisation::Recipient;
use crate::domain::answer;
use crate::domain::decide::{Decision, Heard, Occasion, Previous};
use crate::job::JobError;
use crate::job::letter::post;
use crate::job::round::{self, Facts};
use crate::job::step::Context;
use crate::store::Write;
use crate::store::answers::Answered;
use crate::store::decisions::DecisionRow;

mod addressee;
pub mod blind;
mod ended;
pub mod lagging;
pub mod overdue;

/// Things grouped by the address and post of the person who hears of them: in a letter each post has its own part.
type ByRecipient<T> = BTreeMap<(String, String), (Recipient, Vec<T>)>;

fn put<T>(grouped: &mut ByRecipient<T>, recipient: Recipient, thing: T) {
    let key = (recipient.address.full().to_owned(), post(&recipient));
    grouped
        .entry(key)
        .or_insert_with(|| (recipient, Vec::new()))
        .1
        .push(thing);
}

/// What is known from before to one recipient, by thing.
#[derive(Debug, Default)]
struct Past {
    heard: BTreeMap<String, Vec<Heard>>,
    answers: BTreeMap<String, answer::Standing>,
}

impl Past {
    /// Read in the transaction that will write the next decisions.
    async fn load(
        context: &Context<'_>,
        write: &Write,
        recipient: &Recipient,
        abouts: &[String],
    ) -> Result<Self, JobError> {
        let mut past = Self::default();
        let address = recipient.address.full();
        for told in write.told_of(address, abouts, context.goes()).await? {
            // What still waits for its letter was not heard: it is decided as if nothing had been said, and stored once.
            if told.message_id.is_none() {
                continue;
            }
            let on = context.app.day(told.at);
            let Some(occasion) = Occasion::parse(&told.occasion) else {
                continue;
            };
            let heard = past.heard.entry(told.about).or_default();
            heard.push(Heard { occasion, on });
        }
        for (about, answers) in write.answers_to(abouts).await? {
            past.answers
                .insert(about, standing(context, &answers, &post(recipient)));
        }
        Ok(past)
    }

    fn has_heard(&self, about: &str) -> bool {
        self.heard.contains_key(about)
    }

    fn of(&self, about: &str) -> Previous<'_> {
        Previous {
            heard: self.heard.get(about).map_or(&[][..], Vec::as_slice),
            answers: self.answers.get(about).copied().unwrap_or_default(),
        }
    }
}

fn standing(context: &Context<'_>, answers: &[Answered], post: &str) -> answer::Standing {
    let until_now = answers.iter().filter(|answer| answer.at <= context.as_of);
    let answers: Vec<_> = until_now
        .map(|answer| answer.answer(context.app.day(answer.at)))
        .collect();
    answer::Standing::of(&answers, post)
}

/// The row of a decision, about what `about` names.
fn row(
    context: &Context<'_>,
    recipient: &Recipient,
    about: String,
    decision: &Decision,
    urgent: bool,
) -> DecisionRow {
    let (occasion, reason) = match decision {
        Decision::Speak(occasion, reason) => (Some(occasion.to_string()), reason),
        Decision::Silent(reason) => (None, reason),
    };
    DecisionRow {
        run_id: Some(context.run.id),
        about,
        post: post(recipient),
        recipient: recipient.address.full().to_owned(),
        reason: reason.to_string(),
        occasion,
        message_id: None,
        decided_at: context.as_of,
        urgent,
    }
}

/// What a backfill's letters are written from; `None`: this run's wait for the day's letter.
async fn facts_to_hold(context: &Context<'_>) -> Result<Option<Facts>, JobError> {
    if !context.run.holds_mails {
        return Ok(None);
    }
    Ok(Some(Facts::all(context.app, context.as_of).await?))
}

/// Records decisions. What is to be said waits for the letter; of a backfill it is written at once and held.
async fn record(
    context: &Context<'_>,
    facts: Option<&Facts>,
    write: Write,
    recipient: &Recipient,
    decisions: Vec<DecisionRow>,
) -> Result<(), JobError> {
    match facts {
        Some(facts) => round::hold(context, facts, &write, recipient, decisions).await?,
        None => crate::job::step::record(context, &write, decisions).await?,
    }
    Ok(write.commit().await?)
}

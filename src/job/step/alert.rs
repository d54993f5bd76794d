//! Alerts: who must hear about what, decided by `domain::decide` and queued in the same transaction.
//!
//! Owns: what every alert shares: grouping by recipient, what a recipient has heard.
//! Never: rules, wording.
//! Reads next: `alert/overdue.rs`, `alert/lagging.rs`.

use std::collections::BTreeMap;

use crate::config::organisation::Recipient;
use crate::domain::decide::{Heard, Occasion};
use crate::job::letter::post;
use crate::job::step::Context;
use crate::store::Write;
use crate::store::decisions::DecisionRow;

pub mod lagging;
pub mod overdue;

/// Things grouped by the address and post of the person who hears of them: who holds two posts has a mail
/// for each, and no thing in both.
type ByRecipient<T> = BTreeMap<(String, String), (Recipient, Vec<T>)>;

/// Puts `thing` to each of its recipients; a person named twice hears as the first.
fn group<T: Clone>(
    grouped: &mut ByRecipient<T>,
    recipients: impl IntoIterator<Item = (Recipient, T)>,
) {
    let mut hear: Vec<String> = Vec::new();
    for (recipient, thing) in recipients {
        let address = recipient.address.full().to_owned();
        if hear.contains(&address) {
            continue;
        }
        hear.push(address.clone());
        put(grouped, (address, post(&recipient)), recipient, thing);
    }
}

fn put<T>(grouped: &mut ByRecipient<T>, key: (String, String), recipient: Recipient, thing: T) {
    grouped
        .entry(key)
        .or_insert_with(|| (recipient, Vec::new()))
        .1
        .push(thing);
}

/// What `recipient` has heard of things that begin with `about`, by thing.
async fn heard(
    context: &Context<'_>,
    write: &Write,
    recipient: &Recipient,
    about: &str,
) -> Result<BTreeMap<String, Vec<Heard>>, crate::job::JobError> {
    let mut heard: BTreeMap<String, Vec<Heard>> = BTreeMap::new();
    let goes = context.goes();
    for told in write.told(recipient.address.full(), about, goes).await? {
        let on = context.app.day(told.at);
        heard.entry(told.about).or_default().push(Heard {
            occasion: told.occasion,
            on,
        });
    }
    Ok(heard)
}

/// The row of a decision; with an occasion it is one to speak.
fn row(
    context: &Context<'_>,
    recipient: &Recipient,
    about: String,
    occasion: Option<Occasion>,
    reason: String,
) -> DecisionRow {
    DecisionRow {
        run_id: Some(context.run.id),
        about,
        post: post(recipient),
        recipient: recipient.address.full().to_owned(),
        reason,
        occasion: occasion.map(|occasion| occasion.to_string()),
        message_id: None,
        decided_at: context.as_of,
    }
}

/// What is told to whom, as one line: the same line is the same mail.
fn key(kind: &str, recipient: &Recipient, decisions: &[DecisionRow]) -> String {
    let told = decisions
        .iter()
        .filter_map(|row| Some(format!("{} {}", row.about, row.occasion.as_ref()?)));
    let told: Vec<String> = told.collect();
    format!("{kind}|{}|{}", recipient.address.full(), told.join("|"))
}

/// Writes under every spoken decision which mail carries it.
fn carried_by(decisions: &mut [DecisionRow], message_id: &str) {
    for row in decisions.iter_mut().filter(|row| row.occasion.is_some()) {
        row.message_id = Some(message_id.to_owned());
    }
}

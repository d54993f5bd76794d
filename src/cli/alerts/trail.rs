//! `dondoc alerts trail`: the proof of who was told what, and what they answered.
//!
//! Owns: the order of tellings and answers; the table for a spreadsheet.
//! Never: addresses, unless they are asked for.
//! Reads next: `store/trail.rs`.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::cli::moment::day;
use crate::cli::{Scope, output, spreadsheet};
use crate::domain::dossier::start_of;
use crate::job::answers::named;
use crate::job::ledger::Ledger;
use crate::store::answers::Answered;
use crate::store::outbox::MailStatus;
use crate::store::trail::{Stretch, Telling};

#[derive(Debug, Args)]
pub struct Trail {
    /// Only this: a dossier's code, or what an alert is about (ward/00118/ward-on-time)
    #[arg(long, value_name = "ABOUT")]
    about: Option<String>,
    /// From this day on
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<NaiveDate>,
    /// Until this day, included
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
    /// Print a table for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Also the addresses of people; posts are always named
    #[arg(long)]
    addresses: bool,
}

/// One entry of the trail.
#[derive(Serialize)]
struct Entry {
    at: DateTime<FixedOffset>,
    /// `told`, `answered`, or `decided` where it waits for the day's letter or the letter is held
    what: &'static str,
    about: String,
    post: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// `late+0 2020-05-29`; of an answer, what was answered.
    occasion: String,
    /// Why it was told.
    reason: Option<String>,
    /// Of an answer, its last day and how it came.
    until: Option<NaiveDate>,
    via: Option<String>,
    /// The mail that told it, or whose link was used.
    message_id: Option<String>,
    /// Of that mail; `waiting`: for the day's letter.
    status: Option<String>,
    attempts: Option<i32>,
    reply: Option<String>,
    finished_at: Option<DateTime<FixedOffset>>,
}

impl Trail {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let ledger = scope.ledger().await?;
        let entries = self.entries(&ledger).await?;
        if scope.json {
            return output::json(&entries);
        }
        if self.csv {
            return print_csv(&entries);
        }
        if entries.is_empty() {
            return output::line("nothing was told or answered");
        }
        output::table(
            ["at", "what", "about", "post", "as", "why", "mail"],
            entries.iter().map(cells),
        )
    }

    async fn entries(&self, ledger: &Ledger) -> anyhow::Result<Vec<Entry>> {
        let zone = ledger.zone();
        let stretch = Stretch {
            about: self.about.as_deref().map(named::about),
            from: self.from.map(|day| start_of(day, zone)),
            until: self.to.map(|day| start_of(day + Days::new(1), zone)),
        };
        let told = ledger.store.tellings(&stretch).await?;
        let answered = ledger.store.answers(&stretch).await?;
        let told = told.into_iter().map(|told| self.told(zone, told));
        let answered = answered.into_iter().map(|one| self.answered(zone, one));
        let mut entries: Vec<Entry> = told.chain(answered).collect();
        // Stable: of one second, what was told comes before what was answered.
        entries.sort_by_key(|entry| entry.at);
        Ok(entries)
    }

    fn told(&self, zone: Tz, told: Telling) -> Entry {
        let mail = told.mail;
        let status = mail.as_ref().map_or("waiting", |mail| mail.status.as_str());
        Entry {
            at: local(zone, told.at),
            what: match &mail {
                Some(mail) if mail.status != MailStatus::Held => "told",
                _ => "decided",
            },
            about: told.about,
            post: told.post,
            address: self.addresses.then_some(told.recipient),
            occasion: told.occasion,
            reason: Some(told.reason),
            until: None,
            via: None,
            status: Some(status.to_owned()),
            attempts: mail.as_ref().map(|mail| mail.attempts),
            reply: mail.as_ref().and_then(|mail| mail.reply.clone()),
            finished_at: mail
                .as_ref()
                .and_then(|mail| mail.finished_at)
                .map(|at| local(zone, at)),
            message_id: mail.map(|mail| mail.message_id),
        }
    }

    fn answered(&self, zone: Tz, answered: Answered) -> Entry {
        Entry {
            at: local(zone, answered.at),
            what: "answered",
            about: answered.about,
            post: answered.post,
            address: self.addresses.then_some(answered.recipient),
            occasion: answered.kind.to_string(),
            reason: None,
            until: answered.until,
            via: Some(answered.via.to_string()),
            message_id: answered.message_id,
            status: None,
            attempts: None,
            reply: None,
            finished_at: None,
        }
    }
}

fn local(zone: Tz, at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&zone).fixed_offset()
}

fn cells(entry: &Entry) -> [String; 7] {
    let until = entry.until.map(|day| format!(" until {day}"));
    let why = entry.reason.clone().or_else(|| entry.via.clone());
    let mail = [entry.status.as_deref(), entry.reply.as_deref()];
    let mail: Vec<&str> = mail.into_iter().flatten().collect();
    let post = match &entry.address {
        Some(address) => format!("{} <{address}>", entry.post),
        None => entry.post.clone(),
    };
    [
        entry.at.format("%Y-%m-%d %H:%M").to_string(),
        entry.what.to_owned(),
        entry.about.clone(),
        post,
        format!("{}{}", entry.occasion, until.unwrap_or_default()),
        why.unwrap_or_default(),
        mail.join(": "),
    ]
}

fn print_csv(entries: &[Entry]) -> anyhow::Result<()> {
    let names = [
        "at",
        "what",
        "about",
        "post",
        "address",
        "occasion",
        "reason",
        "until",
        "via",
        "message_id",
        "status",
        "attempts",
        "reply",
        "finished_at",
    ];
    let rows: Vec<[String; 14]> = entries.iter().map(row).collect();
    output::text(spreadsheet::table(&names, &rows))
}

fn row(entry: &Entry) -> [String; 14] {
    fn text<T: ToString>(value: Option<&T>) -> String {
        value.map(T::to_string).unwrap_or_default()
    }
    [
        entry.at.to_rfc3339(),
        entry.what.to_owned(),
        entry.about.clone(),
        entry.post.clone(),
        text(entry.address.as_ref()),
        entry.occasion.clone(),
        text(entry.reason.as_ref()),
        text(entry.until.as_ref()),
        text(entry.via.as_ref()),
        text(entry.message_id.as_ref()),
        text(entry.status.as_ref()),
        text(entry.attempts.as_ref()),
        text(entry.reply.as_ref()),
        entry
            .finished_at
            .map(|at| at.to_rfc3339())
            .unwrap_or_default(),
    ]
}

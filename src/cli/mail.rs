//! `dondoc mail`: the outbox, and how the mails look.
//!
//! Owns: printing; addresses masked.
//! Never: sending (`mail/send.rs` has it done).
//! Reads next: `mail/preview.rs`, `mail/send.rs`, `../job/deliver.rs`.

mod preview;
mod send;

use std::io::Write;

use anyhow::{Context, bail};
use chrono::{DateTime, FixedOffset};
use chrono_tz::Tz;
use clap::{Args, Subcommand, ValueEnum};
use mail_parser::MessageParser;
use serde::Serialize;

use super::{Scope, beside, output};
use crate::config::organisation::Address;
use crate::job::App;
use crate::job::retry::{self, Retried};
use crate::store::Store;
use crate::store::outbox::{Mail as Row, MailKind, MailStatus};

#[derive(Debug, Args)]
pub struct Mail {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// All mails, oldest first
    List {
        /// held, queued, sending, accepted, rejected, ambiguous or bounced
        #[arg(long, value_parser = status)]
        status: Option<MailStatus>,
    },
    /// One mail, as its reader sees the text part
    Show {
        id: i64,
        /// Which part
        #[arg(long, default_value = "text")]
        part: Part,
    },
    /// Deliver now what is due, without a daemon
    Send,
    /// Queue mails again that were held, refused, given back or ended in doubt
    Retry {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// A sample of a mail, or of a page that its links lead to
    Preview {
        /// Which mail; left out, mails and their samples are listed
        mail: Option<String>,
        /// Which sample: typical, empty, hostile, …
        #[arg(long, default_value = "typical")]
        sample: String,
        #[arg(long, default_value = "vi")]
        language: Words,
        #[arg(long, default_value = "text")]
        part: Part,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Text,
    Html,
    Subject,
    /// What becomes the HTML (in a preview only)
    Mjml,
    /// The whole message as it travels (not in a preview)
    Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Words {
    Vi,
    En,
}

fn status(text: &str) -> Result<MailStatus, String> {
    let words: Vec<&str> = MailStatus::ALL
        .iter()
        .map(|status| status.as_str())
        .collect();
    MailStatus::parse(text).ok_or_else(|| format!("write one of {}", words.join(", ")))
}

#[derive(Serialize)]
struct Listed {
    id: i64,
    message_id: String,
    to: String,
    subject: String,
    kind: MailKind,
    status: MailStatus,
    attempts: i32,
    next_attempt_at: Option<DateTime<FixedOffset>>,
    reply: Option<String>,
}

impl Mail {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        match &self.question {
            Question::List { status } => list(scope, *status).await,
            Question::Show { id, part } => show(scope, *id, *part).await,
            Question::Send => send::send(scope).await,
            Question::Retry { ids } => retry_all(scope, ids).await,
            Question::Preview {
                mail,
                sample,
                language,
                part,
            } => match mail {
                Some(mail) => preview::show(scope, mail, sample, *language, *part),
                None => preview::list(scope),
            },
        }
    }
}

async fn list(scope: &Scope, status: Option<MailStatus>) -> anyhow::Result<()> {
    let ledger = scope.ledger().await?;
    let mails = ledger.store.mails(status).await?;
    let rows: Vec<Listed> = mails
        .into_iter()
        .map(|mail| listed(ledger.zone(), mail))
        .collect();
    if scope.json {
        return output::json(&rows);
    }
    let text = |row: Listed| {
        let [id, kind, status] = [
            row.id.to_string(),
            row.kind.to_string(),
            row.status.to_string(),
        ];
        [
            id,
            row.to,
            kind,
            status,
            row.attempts.to_string(),
            row.subject,
        ]
    };
    output::table(
        ["#id", "to", "kind", "status", "#attempts", "subject"],
        rows.into_iter().map(text),
    )
}

fn listed(zone: Tz, mail: Row) -> Listed {
    let waits = mail.status == MailStatus::Queued;
    Listed {
        id: mail.id,
        to: format!("{} <{}>", mail.post, Address::new(mail.recipient)),
        kind: mail.kind,
        status: mail.status,
        attempts: mail.attempts,
        next_attempt_at: waits.then(|| mail.next_attempt_at.with_timezone(&zone).fixed_offset()),
        reply: mail.reply,
        message_id: mail.message_id,
        subject: mail.subject,
    }
}

async fn show(scope: &Scope, id: i64, part: Part) -> anyhow::Result<()> {
    let ledger = scope.ledger().await?;
    let mail = found(&ledger.store, id).await?;
    let bytes = ledger.store.mail_body(id).await?.whole;
    if part == Part::Source {
        return Ok(std::io::stdout().lock().write_all(&bytes)?);
    }
    let parsed = MessageParser::default()
        .parse(&bytes)
        .context("the stored message does not parse")?;
    let text = |n| {
        parsed
            .body_text(n)
            .map(|text| text.into_owned())
            .unwrap_or_default()
    };
    let html = |n| {
        parsed
            .body_html(n)
            .map(|html| html.into_owned())
            .unwrap_or_default()
    };
    if scope.json {
        let body = serde_json::json!({ "text": text(0), "html": html(0) });
        let mut value = serde_json::to_value(listed(ledger.zone(), mail.clone()))?;
        if let (Some(value), Some(body)) = (value.as_object_mut(), body.as_object()) {
            value.extend(body.clone());
        }
        return output::json(&value);
    }
    match part {
        Part::Subject => output::line(&mail.subject),
        Part::Html => output::line(html(0)),
        Part::Mjml => bail!("a stored mail is HTML already: choose text, html, subject or source"),
        Part::Text | Part::Source => {
            output::line(format!(
                "To: {} <{}>",
                mail.post,
                Address::new(mail.recipient.clone())
            ))?;
            output::line(format!("Subject: {}\n", mail.subject))?;
            output::line(text(0))
        }
    }
}

async fn found(store: &Store, id: i64) -> anyhow::Result<Row> {
    let mail = store.mail(id).await?;
    mail.with_context(|| format!("there is no mail {id}: see `dondoc mail list`"))
}

async fn retry_all(scope: &Scope, ids: &[i64]) -> anyhow::Result<()> {
    let app = scope.app().await?;
    let mut queued = Vec::new();
    let mut failures = Vec::new();
    for id in ids {
        match retry_one(&app, *id).await? {
            Ok(mail) => queued.push(mail),
            Err(why) => failures.push(why),
        }
    }
    if scope.json {
        output::json(&queued)?;
    } else if !queued.is_empty() {
        let to: Vec<String> = queued
            .iter()
            .map(|mail| format!("{} to {}", mail.id, mail.to))
            .collect();
        let when = match beside::daemon(&app.store, &app.clock).await? {
            Some(_) => "the daemon sends them within seconds",
            None => "they go with `dondoc mail send`, or when `dondoc serve` runs",
        };
        output::line(format!("queued: mail {}; {when}", to.join(", ")))?;
    }
    if failures.is_empty() {
        Ok(())
    } else {
        bail!(failures.join("\n"))
    }
}

/// The mail as it is queued, or why it is not.
async fn retry_one(app: &App, id: i64) -> anyhow::Result<Result<Listed, String>> {
    let mail = found(&app.store, id).await?;
    let to = format!("mail {id} to {}", mail.post);
    Ok(match retry::retry(app, &mail).await? {
        Retried::Queued => Ok(listed(app.zone(), found(&app.store, id).await?)),
        Retried::LeftAlone(MailStatus::Queued) => {
            Err(format!("{to} is queued already: it goes by itself"))
        }
        Retried::LeftAlone(status) => Err(format!(
            "{to} is {status}: only held, rejected, bounced and ambiguous mails can be sent again"
        )),
        Retried::NobodyKnows => Err(format!(
            "{to} stays held: the source of its dossiers is older than it may be, so nobody knows what of it is \
             still so; pull it first, see `dondoc doctor`"
        )),
        Retried::ToldMeanwhile(about) => Err(format!(
            "{to} stays held: other mails have told meanwhile of {}; what it says besides goes with the next run",
            some_of(&about)
        )),
    })
}

/// The first few things, and how many more.
fn some_of(about: &[String]) -> String {
    let shown = about.iter().take(3).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match about.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

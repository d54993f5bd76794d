//! From a letter to a row in the outbox.
//!
//! Owns: rendering and composing for one recipient; the key that makes a mail the same mail.
//! Never: deciding; sending.
//! Reads next: `step/alert/overdue.rs`, `deliver.rs`.

use chrono::{DateTime, Utc};

use super::{App, JobError};
use crate::config::organisation::Recipient;
use crate::domain::format::Language;
use crate::domain::unit::{Unit, UnitKind};
use crate::mail::message::{self, Envelope, Kind};
use crate::report::Letter;
use crate::store::Write;
use crate::store::outbox::{MailKind, MailStatus, NewMail};
use crate::store::runs::Run;

/// `head@00118`
#[must_use]
pub fn post(recipient: &Recipient) -> String {
    format!("{}@{}", recipient.role.as_str(), recipient.unit)
}

/// The recipient's post in the site's language.
#[must_use]
pub fn title(app: &App, recipient: &Recipient) -> String {
    match app.files.settings.site.language {
        Language::Vi => recipient.title.clone(),
        Language::En => recipient.title_en.clone(),
    }
}

/// The target's title in the site's language.
#[must_use]
pub fn target_title(app: &App, id: &str) -> String {
    let target = app.files.targets.iter().find(|target| target.id == id);
    target.map_or_else(
        || id.to_owned(),
        |target| match app.files.settings.site.language {
            Language::Vi => target.title.clone(),
            Language::En => target.title_en.clone(),
        },
    )
}

/// A unit as it stands in a sentence: `phường Ngọc Thụy`, `Phòng Tư pháp`.
#[must_use]
pub fn unit_in_sentence(unit: &Unit) -> String {
    match unit.kind {
        UnitKind::Ward => format!("phường {}", unit.name),
        UnitKind::District | UnitKind::Department => unit.name.clone(),
    }
}

/// Renders `letter` for `recipient` and puts it into the outbox, in the transaction of its decision.
/// `key` says what is told to whom: the same key is the same mail and is queued once. `run` is the one that tells
/// it; `None`: the daemon itself. Returns its Message-ID.
///
/// # Errors
/// When the letter cannot be rendered, the recipient is outside the allowed domains or the database refuses.
pub async fn queue<'r>(
    app: &App,
    write: &Write,
    run: impl Into<Option<&'r Run>>,
    recipient: &Recipient,
    letter: &Letter,
    key: &str,
    as_of: DateTime<Utc>,
) -> Result<String, JobError> {
    let mail = compose(app, run.into(), recipient, letter, key, as_of)?;
    let message_id = mail.message_id.clone();
    write.queue_mail(mail).await?;
    Ok(message_id)
}

fn compose(
    app: &App,
    run: Option<&Run>,
    recipient: &Recipient,
    letter: &Letter,
    key: &str,
    as_of: DateTime<Utc>,
) -> Result<NewMail, JobError> {
    let post = post(recipient);
    let failed = |cause: String| JobError::Mail {
        post: post.clone(),
        cause,
    };
    let settings = &app.files.settings;
    let allowed = &settings.mail.allowed_domains;
    let domain = recipient.address.domain();
    if !allowed
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(&domain))
    {
        return Err(failed(format!(
            "{domain} is not among mail.allowed_domains"
        )));
    }
    let rendered = app
        .templates
        .render(letter, settings.site.language)
        .map_err(|error| failed(error.to_string()))?;
    let sender = message::sender(&settings.mail.from).map_err(|error| failed(error.to_string()))?;
    // A held mail is another one than the mail that a real run sends about the same things.
    let held_by = run.filter(|run| run.holds_mails);
    let key = held_by.map_or_else(
        || key.to_owned(),
        |run| format!("held by run {}|{key}", run.id),
    );
    let message_id = message::message_id(&key, &sender.domain());
    let kind = kind(letter);
    let envelope = Envelope {
        from: &settings.mail.from,
        reply_to: settings.mail.reply_to.as_deref(),
        to: &recipient.address,
        to_title: &title(app, recipient),
        message_id: &message_id,
        date: as_of.with_timezone(&app.zone()).fixed_offset(),
        kind,
        references: None,
    };
    let body = message::compose(&rendered, &envelope).map_err(|error| failed(error.to_string()))?;
    Ok(NewMail {
        message_id,
        run_id: run.map(|run| run.id),
        kind: match kind {
            Kind::Alert => MailKind::Alert,
            Kind::Digest => MailKind::Digest,
        },
        post,
        sender: sender.full().to_owned(),
        recipient: recipient.address.full().to_owned(),
        subject: rendered.subject,
        body,
        light: None,
        created_at: as_of,
        status: held_by.map_or(MailStatus::Queued, |_| MailStatus::Held),
    })
}

fn kind(letter: &Letter) -> Kind {
    match letter {
        Letter::Overdue(_) | Letter::WardLag(_) | Letter::Notice(_) => Kind::Alert,
        Letter::Digest(_) => Kind::Digest,
    }
}

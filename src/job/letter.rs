//! From a letter to a row in the outbox.
//!
//! Owns: rendering and composing for one recipient; the key that makes a mail the same mail.
//! Never: deciding; sending.
//! Reads next: `round.rs`, `deliver.rs`.

use chrono::{DateTime, Utc};

use super::{App, JobError, Pulls};
use crate::config::organisation::{Address, Recipient, Role};
use crate::domain::format::Language;
use crate::domain::unit::{Unit, UnitCode, UnitKind};
use crate::mail::attachment::{self, Attachment};
use crate::mail::message::{self, Composed, Envelope, Kind};
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

/// What an alert is about, in words: a dossier's code, a ward and its target.
#[must_use]
pub fn thing(app: &App, about: &str) -> String {
    let Some((ward, target)) = about
        .strip_prefix("ward/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return about.strip_prefix("dossier/").unwrap_or(about).to_owned();
    };
    let units = app.files.organisation.units.all();
    let unit = units.iter().rfind(|unit| unit.code.as_str() == ward);
    let ward = unit.map_or_else(|| ward.to_owned(), unit_in_sentence);
    format!("{ward} ({})", target_title(app, target))
}

/// Whoever holds the post `head@00118` at an instant, or stands in for it.
#[must_use]
pub fn holder(app: &App, post: &str, at: DateTime<Utc>) -> Option<Recipient> {
    let (role, unit) = post.split_once('@')?;
    let (role, unit) = (Role::parse(role)?, UnitCode::parse(unit).ok()?);
    app.files.organisation.holder(&unit, role, app.day(at))
}

/// A letter and what makes it the same mail.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    pub letter: &'a Letter,
    /// Says what is told to whom: the same key is the same mail and is queued once.
    pub key: &'a str,
    pub as_of: DateTime<Utc>,
    /// Message-ID of the mail that this one reminds of.
    pub references: Option<&'a str>,
    /// What goes with it.
    pub files: &'a [Attachment],
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
    let draft = Draft {
        letter,
        key,
        as_of,
        references: None,
        files: &[],
    };
    queue_draft(app, write, run.into(), recipient, draft).await
}

/// As [`queue`].
///
/// # Errors
/// As [`queue`].
pub async fn queue_draft(
    app: &App,
    write: &Write,
    run: Option<&Run>,
    recipient: &Recipient,
    draft: Draft<'_>,
) -> Result<String, JobError> {
    let files = draft.files;
    let mail = compose(app, run, recipient, draft)?;
    let message_id = mail.message_id.clone();
    keep(app, recipient, &message_id, files).await?;
    write.queue_mail(mail).await?;
    Ok(message_id)
}

/// Files lie beside the database too: a mail that is too large for the relay names them. Of mails that are only
/// tried out nothing remains.
async fn keep(
    app: &App,
    recipient: &Recipient,
    message_id: &str,
    files: &[Attachment],
) -> Result<(), JobError> {
    if app.pulls != Pulls::FromSources {
        return Ok(());
    }
    let kept = attachment::keep(&app.site, message_id, files).await;
    kept.map_err(|error| JobError::Mail {
        post: post(recipient),
        cause: format!("its attachments cannot be written: {error}"),
    })
}

/// The Message-ID of the mail with this key. A held mail is another one than the mail that a real run sends about the
/// same things.
///
/// # Errors
/// When the settings name no sender.
pub fn message_id(app: &App, run: Option<&Run>, key: &str) -> Result<String, JobError> {
    let sender = message::sender(&app.files.settings.mail.from);
    let sender = sender.map_err(|error| JobError::Missing(error.to_string()))?;
    Ok(match run.filter(|run| run.holds_mails) {
        Some(run) => {
            message::message_id(&format!("held by run {}|{key}", run.id), &sender.domain())
        }
        None => message::message_id(key, &sender.domain()),
    })
}

fn compose(
    app: &App,
    run: Option<&Run>,
    recipient: &Recipient,
    draft: Draft<'_>,
) -> Result<NewMail, JobError> {
    let Draft {
        letter,
        key,
        as_of,
        references,
        files,
    } = draft;
    let post = post(recipient);
    let failed = |cause: String| JobError::Mail {
        post: post.clone(),
        cause,
    };
    let settings = &app.files.settings;
    let title = title(app, recipient);
    let to = settings
        .letters
        .all_to
        .as_ref()
        .unwrap_or(&recipient.address);
    is_allowed(app, to).map_err(failed)?;
    let on_trial = settings.letters.all_to.is_some().then_some(title.as_str());
    let rendered = app
        .templates
        .render_for(letter, settings.site.language, on_trial)
        .map_err(|error| failed(error.to_string()))?;
    let sender = message::sender(&settings.mail.from).map_err(|error| failed(error.to_string()))?;
    let message_id = message_id(app, run, key)?;
    let kind = kind(letter);
    let envelope = Envelope {
        from: &settings.mail.from,
        reply_to: settings.mail.reply_to.as_deref(),
        to,
        to_title: &title,
        message_id: &message_id,
        date: as_of.with_timezone(&app.zone()).fixed_offset(),
        kind,
        references,
    };
    let Composed { bytes, light } =
        message::compose_with(&rendered, &envelope, files, settings.site.language)
            .map_err(|error| failed(error.to_string()))?;
    let is_held = run.is_some_and(|run| run.holds_mails);
    Ok(NewMail {
        message_id,
        run_id: run.map(|run| run.id),
        kind: match kind {
            Kind::Alert => MailKind::Alert,
            Kind::Digest => MailKind::Digest,
        },
        post,
        sender: sender.full().to_owned(),
        recipient: to.full().to_owned(),
        subject: rendered.subject,
        body: bytes,
        light,
        created_at: as_of,
        status: if is_held {
            MailStatus::Held
        } else {
            MailStatus::Queued
        },
    })
}

/// Nothing is ever sent outside the allowed domains.
///
/// # Errors
/// With the domain that is not among them.
pub fn is_allowed(app: &App, to: &Address) -> Result<(), String> {
    let allowed = &app.files.settings.mail.allowed_domains;
    let domain = to.domain();
    let same = |allowed: &String| allowed.eq_ignore_ascii_case(&domain);
    if allowed.iter().any(same) {
        Ok(())
    } else {
        Err(format!("{domain} is not among mail.allowed_domains"))
    }
}

fn kind(letter: &Letter) -> Kind {
    match letter {
        Letter::Overdue(_) | Letter::WardLag(_) | Letter::Notice(_) => Kind::Alert,
        Letter::Digest(_) => Kind::Digest,
    }
}

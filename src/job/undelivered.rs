//! A mail that did not arrive is followed up the same day: the operator hears of it, the deputy gets it. Of one that
//! may have arrived only the operator hears.
//!
//! Owns: once for each mail; one notice a post and day.
//! Never: a mail to somebody outside the allowed domains; a digest to a deputy.
//! Reads next: `notice.rs`, `bounces.rs`.

use sha2::{Digest as _, Sha256};

use super::notice::{Matter, tell_operator};
use super::{App, JobError, alarm, letter};
use crate::config::organisation::{Address, Recipient, Role};
use crate::domain::unit::UnitCode;
use crate::mail::message;
use crate::report::notice::{Trouble, Undelivered, What};
use crate::store::outbox::{Body, Mail, MailKind, MailStatus, NewMail};

/// Followed up at once; the next beat takes more.
const AT_ONCE: u64 = 20;

/// Follows up what was refused, came back or ended ambiguously since the last call. Returns how many mails that was.
///
/// # Errors
/// When the database refuses, or a notice cannot be made.
pub async fn follow_up(app: &App) -> Result<usize, JobError> {
    let mut followed = 0;
    for mail in app.store.unfollowed_mails(AT_ONCE).await? {
        // A letter of several posts holds what is not this deputy's: who sees to it is the operator's to say.
        let posts = app.store.posts_of(&mail.message_id).await?;
        let deputy = deputy(app, &mail).filter(|_| posts.len() <= 1);
        // A mail to the operator that does not arrive is no matter for another one.
        if !alarm::is_to_operator(&mail.post) {
            // Boxed: a letter in the making is large, and hardly any mail comes back.
            let told = Box::pin(tell_operator(app, matter(app, &mail, deputy.as_ref()))).await;
            match told {
                Err(error) if error.is_outage() => return Err(error),
                Err(error) => {
                    tracing::error!(id = mail.id, %error, "the operator cannot be told of this mail");
                }
                Ok(_) => {}
            }
        }
        let copy = match deputy {
            Some(deputy) => copy(app, &mail, &app.store.mail_body(mail.id).await?, &deputy),
            None => None,
        };
        let now = app.clock.now();
        let write = app.store.write().await?;
        let is_followed = write.follow_mail(&mail, now).await?;
        if is_followed && let Some(copy) = copy {
            tracing::info!(id = mail.id, to = copy.post, "the deputy gets the mail");
            write.queue_mail(copy).await?;
        }
        write.commit().await?;
        followed += usize::from(is_followed);
    }
    Ok(followed)
}

fn matter(app: &App, mail: &Mail, deputy: Option<&Recipient>) -> Matter {
    let now = app.clock.now();
    let status = mail.status;
    Matter {
        about: format!("undelivered/{}", mail.post),
        occasion: match status {
            // Nobody gets a copy, and what the operator finds out of one mail says nothing of the next.
            MailStatus::Ambiguous => format!("{status} {}/{}", mail.id, mail.attempts),
            // An address is mended or not: once a day is enough, and a new address is another matter.
            _ => format!("{status} {} {}", app.day(now), fingerprint(&mail.recipient)),
        },
        reason: format!("mail {} {status}", mail.id),
        what: What::Undelivered(Undelivered {
            mail: mail.id,
            post: mail.post.clone(),
            address: Address::new(mail.recipient.clone()).to_string(),
            subject: mail.subject.clone(),
            trouble: match status {
                MailStatus::Bounced => Trouble::CameBack,
                MailStatus::Ambiguous => Trouble::Unknown,
                _ => Trouble::Refused,
            },
            reply: mail.reply.clone().unwrap_or_default(),
            deputy: deputy.map(|deputy| letter::title(app, deputy)),
        }),
    }
}

/// Tells addresses apart in a row that must not hold one.
fn fingerprint(address: &str) -> String {
    let hash = Sha256::digest(address.to_lowercase());
    hash.iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Who gets an alert that its addressee does not.
fn deputy(app: &App, mail: &Mail) -> Option<Recipient> {
    // A site that is tried out writes to nobody else.
    let is_on_trial = app.files.settings.letters.all_to.is_some();
    let may_be_there = mail.status == MailStatus::Ambiguous;
    let is_alert = mail.kind == MailKind::Alert;
    if is_on_trial || may_be_there || !is_alert || alarm::is_to_operator(&mail.post) {
        return None;
    }
    let (role, unit) = mail.post.split_once('@')?;
    let (role, unit) = (Role::parse(role)?, UnitCode::parse(unit).ok()?);
    let today = app.day(app.clock.now());
    let found = app.files.organisation.deputy(&unit, role, today)?;
    let is_other = !found.address.full().eq_ignore_ascii_case(&mail.recipient);
    (is_other && letter::is_allowed(app, &found.address).is_ok()).then_some(found)
}

/// The same letter for the deputy. Its Message-ID follows from the first one's: it cannot be queued twice, and what
/// comes back of a copy is not copied again.
fn copy(app: &App, mail: &Mail, body: &Body, deputy: &Recipient) -> Option<NewMail> {
    if mail.message_id.starts_with(COPY) {
        return None;
    }
    let (key, domain) = mail.message_id.split_once('@')?;
    let message_id = format!("{COPY}{key}@{domain}");
    let title = letter::title(app, deputy);
    let readdressed =
        |bytes: &[u8]| message::readdress(bytes, &deputy.address, &title, &message_id);
    let whole = match readdressed(&body.whole) {
        Ok(whole) => whole,
        Err(error) => {
            tracing::error!(id = mail.id, %error, "the deputy cannot get the mail");
            return None;
        }
    };
    Some(NewMail {
        light: body
            .light
            .as_deref()
            .and_then(|light| readdressed(light).ok()),
        message_id,
        run_id: None,
        kind: mail.kind,
        post: mail.post.clone(),
        sender: mail.sender.clone(),
        recipient: deputy.address.full().to_owned(),
        subject: mail.subject.clone(),
        body: whole,
        created_at: app.clock.now(),
        status: MailStatus::Queued,
    })
}

/// How the Message-ID of a deputy's copy begins.
const COPY: &str = "deputy.";

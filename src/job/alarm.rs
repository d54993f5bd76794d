//! The second channel: the operator hears that mail itself fails, by a webhook and a file.
//!
//! Owns: what is worth an alarm; that each is told once when it begins and once when it is over, across restarts.
//! Never: a name or an address of a person; a mail.
//! Reads next: `deliver/books.rs`, `../store/alarms.rs`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{App, JobError};
use crate::config::organisation::Role;
use crate::domain::format::Language;
use crate::source::http;
use crate::store::Write;
use crate::store::alarms::{Alarm, AlarmState, NewAlarm, Ways};
use crate::store::outbox::{Mail, MailStatus};
use crate::store::rests::Rest;

/// The relay takes no mail.
const RELAY: &str = "relay";
/// A mail to the operator did not arrive.
const OPERATOR: &str = "mail-to-operator";
/// Waits after each failure to tell, in minutes; the last one repeats.
const WAITS: [i64; 4] = [1, 5, 15, 60];

fn ways(app: &App) -> Ways {
    let operator = &app.files.settings.operator;
    Ways {
        posts: operator.webhook.is_some(),
        files: operator.file.is_some(),
    }
}

fn is_mute(app: &App) -> bool {
    ways(app)
        == Ways {
            posts: false,
            files: false,
        }
}

/// Raises an alarm once the relay has been away for longer than the settings say.
///
/// # Errors
/// When the database refuses.
pub async fn of_rest(
    app: &App,
    write: &Write,
    rest: &Rest,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    let after = TimeDelta::from_std(app.files.settings.operator.after).unwrap_or(TimeDelta::MAX);
    if is_mute(app) || now - rest.since < after {
        return Ok(());
    }
    let text = match app.files.settings.site.language {
        Language::Vi => format!(
            "Từ {} không gửi được thư nào: máy chủ thư {} không nhận ({}). Thư được giữ lại để gửi sau.",
            local(app, rest.since),
            rest.relay,
            rest.cause
        ),
        Language::En => format!(
            "No mail has left since {}: {} takes none ({}). The mails wait.",
            local(app, rest.since),
            rest.relay,
            rest.cause
        ),
    };
    raise(
        app,
        write,
        RELAY,
        AlarmState::Begins,
        &rest.since.timestamp().to_string(),
        text,
        now,
    )
    .await
}

/// Tells that a relay of which was told takes mails again.
///
/// # Errors
/// When the database refuses.
pub async fn of_rest_over(
    app: &App,
    write: &Write,
    rest: &Rest,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    if is_mute(app) || write.standing_alarm(RELAY).await?.is_none() {
        return Ok(());
    }
    let (since, until) = (local(app, rest.since), local(app, now));
    let text = match app.files.settings.site.language {
        Language::Vi => format!("Thư gửi được trở lại từ {until}, sau khi phải chờ từ {since}."),
        Language::En => format!("Mails leave again since {until}; they had waited since {since}."),
    };
    raise(
        app,
        write,
        RELAY,
        AlarmState::Over,
        &rest.since.timestamp().to_string(),
        text,
        now,
    )
    .await
}

/// Raises an alarm when a mail to the operator ends in `status`, or ends it when one arrives.
///
/// # Errors
/// When the database refuses.
pub async fn of_mail(
    app: &App,
    write: &Write,
    mail: &Mail,
    status: MailStatus,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    if is_mute(app) || !is_to_operator(&mail.post) {
        return Ok(());
    }
    let stands = write.standing_alarm(OPERATOR).await?.is_some();
    let state = match status {
        MailStatus::Rejected | MailStatus::Ambiguous | MailStatus::Bounced if !stands => {
            AlarmState::Begins
        }
        MailStatus::Accepted if stands => AlarmState::Over,
        _ => return Ok(()),
    };
    let (id, post) = (mail.id, &mail.post);
    let text = match (app.files.settings.site.language, state) {
        (Language::Vi, AlarmState::Begins) => {
            format!(
                "Thư số {id} gửi người vận hành ({post}) không đến nơi ({status}). Xem bằng lệnh `dondoc mail list`."
            )
        }
        (Language::Vi, AlarmState::Over) => {
            format!("Thư gửi người vận hành ({post}) đã được nhận trở lại.")
        }
        (Language::En, AlarmState::Begins) => {
            format!(
                "Mail {id} to the operator ({post}) did not arrive ({status}): see `dondoc mail list`."
            )
        }
        (Language::En, AlarmState::Over) => {
            format!("Mails to the operator ({post}) are taken again.")
        }
    };
    // A mail that is sent again may fail again.
    let which = format!("{id}/{} {status}", mail.attempts);
    raise(app, write, OPERATOR, state, &which, text, now).await
}

/// `operator@004`
#[must_use]
pub fn is_to_operator(post: &str) -> bool {
    let role = post.split('@').next().unwrap_or_default();
    role == Role::Operator.as_str()
}

async fn raise(
    app: &App,
    write: &Write,
    about: &str,
    state: AlarmState,
    which: &str,
    text: String,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    let site = &app.files.settings.site.name;
    let alarm = NewAlarm {
        occasion: format!("{about} {which} {state}"),
        about: about.to_owned(),
        state,
        text: format!("{site}: {text}"),
        raised_at: now,
    };
    let (occasion, text) = (alarm.occasion.clone(), alarm.text.clone());
    if write.raise(alarm).await? {
        tracing::warn!(occasion, text, "the operator is told beside mail");
    }
    Ok(())
}

/// Tells what was raised and is not told yet, in order. What fails is tried again later, and fails nothing else: a
/// webhook that answers no more keeps no line from the file.
///
/// # Errors
/// When the database refuses.
pub async fn tell(app: &App) -> Result<(), JobError> {
    let all = ways(app);
    for ways in [all, all.files_alone(), all.posts_alone()] {
        tell_by(app, ways).await?;
    }
    Ok(())
}

async fn tell_by(app: &App, ways: Ways) -> Result<(), JobError> {
    while let Some(mut alarm) = app.store.untold_alarm(ways, app.clock.now()).await? {
        let is_told = tell_one(app, &mut alarm, ways).await;
        let now = app.clock.now();
        let next = if is_told {
            now
        } else {
            now + wait(alarm.failures)
        };
        alarm.failures += i32::from(!is_told);
        let write = app.store.write().await?;
        write.note_alarm(&alarm, next).await?;
        write.commit().await?;
        if !is_told {
            break;
        }
    }
    Ok(())
}

/// By each of `ways` that has not told it; whether all have now.
async fn tell_one(app: &App, alarm: &mut Alarm, ways: Ways) -> bool {
    let (operator, now) = (&app.files.settings.operator, app.clock.now());
    let mut is_told = true;
    if ways.posts
        && let (Some(url), None) = (&operator.webhook, alarm.posted_at)
    {
        match http::post(url.expose_secret(), &body(app, alarm), now).await {
            Ok(()) => alarm.posted_at = Some(now),
            Err(error) => is_told = failed(alarm, &error),
        }
    }
    if ways.files
        && let (Some(file), None) = (&operator.file, alarm.filed_at)
    {
        match add_line(app.site.join(file), line(app, alarm)).await {
            Ok(()) => alarm.filed_at = Some(now),
            Err(error) => is_told = failed(alarm, &format!("{}: {error}", file.display())),
        }
    }
    is_told
}

fn failed(alarm: &Alarm, error: &dyn std::fmt::Display) -> bool {
    let occasion = &alarm.occasion;
    tracing::error!(occasion, %error, "the operator cannot be told; it is tried again");
    false
}

/// `text` is what chat programs show. The same `id` is the same alarm.
fn body(app: &App, alarm: &Alarm) -> serde_json::Value {
    json!({
        "id": alarm.occasion,
        "site": app.files.settings.site.name,
        "about": alarm.about,
        "state": alarm.state,
        "at": stamp(app, alarm.raised_at),
        "text": alarm.text,
    })
}

fn line(app: &App, alarm: &Alarm) -> String {
    let text: String = alarm
        .text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let at = stamp(app, alarm.raised_at);
    format!("{at} {} {}: {text}\n", alarm.about, alarm.state)
}

async fn add_line(path: std::path::PathBuf, line: String) -> io::Result<()> {
    let work = tokio::task::spawn_blocking(move || add(&path, &line));
    work.await.map_err(io::Error::other)?
}

fn add(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

fn stamp(app: &App, at: DateTime<Utc>) -> String {
    at.with_timezone(&app.zone()).to_rfc3339()
}

fn local(app: &App, at: DateTime<Utc>) -> String {
    at.with_timezone(&app.zone())
        .format("%H:%M %d/%m/%Y")
        .to_string()
}

fn wait(failures: i32) -> TimeDelta {
    let nth = usize::try_from(failures).unwrap_or(0).min(WAITS.len() - 1);
    TimeDelta::minutes(WAITS[nth])
}

//! Answers to alerts, whoever gives them: by the link of a letter, by a command.
//!
//! Owns: what may be answered, that the same answer is kept once, that the operator hears of what is not theirs.
//! Never: who may answer (`link`, and being at this machine); how long an answer holds (`domain::answer`).
//! Reads next: `answers/question.rs`, `answers/named.rs`, `domain/answer.rs`.

pub mod named;
pub mod question;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::notice::{Matter, tell_with};
use super::{App, JobError, letter};
use crate::domain::answer::{self, AnswerKind};
use crate::domain::decide::Ending;
use crate::report::notice::{Disowned, What};
use crate::store::Write;
use crate::store::alerts::Alert;
use crate::store::answers::{Answered, Answers, Via};

/// An alert as one post was told of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// `dossier/CODE`, `ward/00118/ward-on-time`
    pub about: String,
    /// `head@00118`
    pub post: String,
    /// Address of whoever was told.
    pub recipient: String,
}

/// What is answered, and how it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub kind: AnswerKind,
    /// The last day on which it holds; of a promise and a silence only.
    pub until: Option<NaiveDate>,
    pub via: Via,
    /// The letter whose link was used.
    pub message_id: Option<String>,
}

/// What became of an answer to one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    Kept,
    /// The post said the same before, and nothing else since.
    Known,
    /// It was over by then.
    Over(DateTime<Utc>, Option<Ending>),
    /// Nobody was told of it there.
    Unknown,
}

#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    #[error("`{kind}` cannot be answered: {why}")]
    Refused {
        kind: AnswerKind,
        why: answer::AnswerError,
    },
    #[error(transparent)]
    Job(#[from] JobError),
}

impl From<crate::store::StoreError> for GiveError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Job(error.into())
    }
}

/// Notes one answer to each of `asked`.
///
/// 1. May this be answered today? 2. In one transaction: which of the alerts are open, and not answered so already?
///    3. Keep the answer to each of them. 4. The operator hears of what is not theirs.
///
/// # Errors
/// When the answer cannot be taken or the database refuses; then nothing was noted.
pub async fn give(app: &App, asked: &[Asked], reply: &Reply) -> Result<Vec<Noted>, GiveError> {
    let now = app.clock.now();
    let (kind, today) = (reply.kind, app.day(now));
    answer::may_answer(kind, reply.until, today, &app.files.calendar)
        .map_err(|why| GiveError::Refused { kind, why })?;
    let write = app.store.write().await?;
    let known = Known::load(&write, asked).await?;
    let noted: Vec<Noted> = asked
        .iter()
        .map(|asked| known.noted(app, asked, reply, today))
        .collect();
    let kept: Vec<&Asked> = asked
        .iter()
        .zip(&noted)
        .filter_map(|(asked, noted)| (*noted == Noted::Kept).then_some(asked))
        .collect();
    for asked in &kept {
        write.save_answer(&answered(asked, reply, now)).await?;
    }
    if kind == AnswerKind::NotMine {
        Box::pin(tell(app, &write, &kept)).await?;
    }
    write.commit().await?;
    log(&kept, reply);
    Ok(noted)
}

fn answered(asked: &Asked, reply: &Reply, at: DateTime<Utc>) -> Answered {
    Answered {
        about: asked.about.clone(),
        post: asked.post.clone(),
        recipient: asked.recipient.clone(),
        kind: reply.kind,
        until: reply.until,
        via: reply.via,
        message_id: reply.message_id.clone(),
        at,
    }
}

/// What is known of the alerts, read where nobody else answers for these people.
struct Known {
    alerts: Vec<Alert>,
    answers: Answers,
}

impl Known {
    async fn load(write: &Write, asked: &[Asked]) -> Result<Self, JobError> {
        let abouts: Vec<String> = asked.iter().map(|asked| asked.about.clone()).collect();
        let people: BTreeSet<&str> = asked.iter().map(|asked| asked.recipient.as_str()).collect();
        let mut alerts = Vec::new();
        for recipient in people {
            alerts.extend(write.alerts_of(recipient, &abouts).await?);
        }
        Ok(Self {
            alerts,
            answers: write.answers_to(&abouts).await?,
        })
    }

    fn noted(&self, app: &App, asked: &Asked, reply: &Reply, today: NaiveDate) -> Noted {
        let told =
            |alert: &&Alert| alert.about == asked.about && alert.recipient == asked.recipient;
        let Some(alert) = self.alerts.iter().find(told) else {
            return Noted::Unknown;
        };
        if let Some(at) = alert.closed_at {
            return Noted::Over(at, alert.ending);
        }
        let answers = self.answers.get(&asked.about);
        let last = answers.and_then(|answers| answers.iter().rfind(|it| it.post == asked.post));
        match last {
            Some(last) if is_same(app, last, reply, today) => Noted::Known,
            _ => Noted::Kept,
        }
    }
}

/// The same link twice is one answer on whatever days; a command says the same once a day.
fn is_same(app: &App, last: &Answered, reply: &Reply, today: NaiveDate) -> bool {
    let is_again = last.message_id.is_some() || app.day(last.at) == today;
    (last.kind, last.until, &last.message_id) == (reply.kind, reply.until, &reply.message_id)
        && is_again
}

/// One mail for each post that says so.
async fn tell(app: &App, write: &Write, kept: &[&Asked]) -> Result<(), JobError> {
    let mut posts: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for asked in kept {
        posts.entry(&asked.post).or_default().push(asked);
    }
    for (post, asked) in posts {
        tell_with(app, write, matter(app, post, &asked)).await?;
    }
    Ok(())
}

fn matter(app: &App, post: &str, asked: &[&Asked]) -> Matter {
    let holder = letter::holder(app, post, app.clock.now());
    let title = holder.map_or_else(|| post.to_owned(), |holder| letter::title(app, &holder));
    let things = asked.iter().map(|asked| letter::thing(app, &asked.about));
    Matter {
        about: format!("answer/{post}"),
        occasion: AnswerKind::NotMine.to_string(),
        reason: format!("{} thing(s) said not to be theirs", asked.len()),
        what: What::Disowned(Disowned {
            post: post.to_owned(),
            title,
            things: things.collect(),
        }),
    }
}

fn log(kept: &[&Asked], reply: &Reply) {
    let posts: BTreeSet<&str> = kept.iter().map(|asked| asked.post.as_str()).collect();
    if !kept.is_empty() {
        let alerts = kept.len();
        tracing::info!(?posts, answer = %reply.kind, alerts, via = %reply.via, "answered");
    }
}

//! What a letter asks its reader: the alerts it told of that are still open, as they stand now.
//!
//! Owns: that a letter asks about nothing but what it told, and a head about nothing that went to another unit.
//! Never: wording (`report::screen`); answering (`answers.rs`).
//! Reads next: `report/screen.rs`.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Asked;
use crate::domain::answer::{AnswerKind, Standing};
use crate::domain::decide::Occasion;
use crate::domain::overdue::{DueStatus, OverdueRow};
use crate::job::{App, JobError, figures, letter};
use crate::report::dossier::{Line, Mark, Nature};
use crate::report::screen::Subject;
use crate::store::alerts::Alert;
use crate::store::answers::Answers;
use crate::store::trail::Telling;

/// One alert of a letter.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of the alert.
    pub id: i64,
    pub asked: Asked,
    pub subject: Subject,
    /// What the post has answered already.
    pub standing: Standing,
}

/// What was answered last by a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub kind: AnswerKind,
    pub until: Option<NaiveDate>,
    /// Codes of dossiers, wards with their targets.
    pub things: Vec<String>,
}

/// What the letter asks now, oldest first; `None`: there is no such letter.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn of_letter(app: &App, message_id: &str) -> Result<Option<Vec<Question>>, JobError> {
    let told = app.store.told_in(message_id).await?;
    let Some(recipient) = told.first().map(|told| told.recipient.as_str()) else {
        return Ok(None);
    };
    let open = app.store.open_alerts_of(recipient).await?;
    let asks: Vec<(&Telling, &Alert)> = told
        .iter()
        .filter(|told| asks(told))
        .filter_map(|told| Some((told, open.iter().find(|alert| alert.about == told.about)?)))
        .collect();
    let abouts: Vec<String> = asks.iter().map(|(told, _)| told.about.clone()).collect();
    let now = Now::load(app, &abouts).await?;
    let questions = asks.into_iter();
    Ok(Some(
        questions
            .filter_map(|(told, alert)| now.question(app, told, alert))
            .collect(),
    ))
}

/// What is over asks for no answer.
fn asks(told: &Telling) -> bool {
    Occasion::parse(&told.occasion).is_some_and(|occasion| occasion.asks_for_letter())
}

/// How things stand.
struct Now {
    rows: BTreeMap<String, OverdueRow>,
    answers: Answers,
}

impl Now {
    async fn load(app: &App, abouts: &[String]) -> Result<Self, JobError> {
        let codes = abouts.iter().filter_map(|about| code(about));
        let codes: Vec<&str> = codes.collect();
        let rows = figures::standing_of(app, app.clock.now(), &codes).await?;
        Ok(Self {
            rows: rows
                .into_iter()
                .map(|row| (row.code.clone(), row))
                .collect(),
            answers: app.store.answers_to(abouts).await?,
        })
    }

    fn question(&self, app: &App, told: &Telling, alert: &Alert) -> Option<Question> {
        let subject = match code(&told.about) {
            Some(code) => {
                let row = self
                    .rows
                    .get(code)
                    .filter(|row| may_see(app, &told.post, row))?;
                let nature = match row.status {
                    DueStatus::Overdue => Nature::Late,
                    DueStatus::Soon => Nature::Soon,
                };
                Subject::Dossier(Line::of(row, Mark::None), nature)
            }
            None => Subject::Ward(letter::thing(app, &told.about)),
        };
        let given = self.answers.get(&told.about);
        let given: Vec<_> = given
            .into_iter()
            .flatten()
            .map(|answer| answer.answer(app.day(answer.at)))
            .collect();
        Some(Question {
            id: alert.id,
            asked: Asked {
                about: told.about.clone(),
                post: told.post.clone(),
                recipient: told.recipient.clone(),
            },
            subject,
            standing: Standing::of(&given, &told.post),
        })
    }
}

fn code(about: &str) -> Option<&str> {
    about.strip_prefix("dossier/")
}

/// A unit's own posts see their own dossiers only, also where one went to another unit after the letter.
fn may_see(app: &App, post: &str, row: &OverdueRow) -> bool {
    let unit = row.answerable.as_ref().unwrap_or(&row.unit).as_str();
    let district = app.files.organisation.district.as_str();
    post.split_once('@')
        .is_some_and(|(_, of)| of == district || of == unit)
}

/// The last answer of this kind that came by the letter's link, with all that it was given to at once.
///
/// # Errors
/// When the database does not answer or a row does not convert.
pub async fn given(
    app: &App,
    message_id: &str,
    kind: AnswerKind,
) -> Result<Option<Given>, JobError> {
    let mut answers = app.store.answers_by(message_id).await?;
    answers.retain(|answer| answer.kind == kind);
    let Some(last) = answers.last().cloned() else {
        return Ok(None);
    };
    answers.retain(|answer| (answer.at, answer.until) == (last.at, last.until));
    let things = answers
        .iter()
        .map(|answer| letter::thing(app, &answer.about));
    Ok(Some(Given {
        kind,
        until: last.until,
        things: things.collect(),
    }))
}

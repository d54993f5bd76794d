//! `dondoc alerts ack` and `dondoc alerts silence`: the same answers as by the links in letters.
//!
//! Owns: words and options; which answer they mean.
//! Never: whether it is taken (`job::answers`).
//! Reads next: `job/answers.rs`.

use anyhow::bail;
use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use crate::cli::moment::day;
use crate::cli::{Scope, output};
use crate::domain::answer::AnswerKind;
use crate::job::answers::{Noted, Reply, give, named};
use crate::store::answers::Via;

#[derive(Debug, Args)]
pub struct Ack {
    /// A dossier's code, what an alert is about (ward/00118/ward-on-time), or its number
    #[arg(value_name = "ABOUT-or-ID")]
    about: String,
    /// The post that answers, where several were told
    #[arg(long, value_name = "POST")]
    post: Option<String>,
    #[command(flatten)]
    answer: Answer,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Answer {
    /// Read: reminders count from today (this is meant if nothing else is said)
    #[arg(long)]
    seen: bool,
    /// It will be done by this working day; nobody is reminded until it has passed
    #[arg(long, value_name = "DATE", value_parser = day)]
    done_by: Option<NaiveDate>,
    /// It is not the post's own: the operator is told
    #[arg(long)]
    not_mine: bool,
    /// What the post answered before holds no more
    #[arg(long)]
    withdraw: bool,
}

#[derive(Debug, Args)]
pub struct Silence {
    /// A dossier's code, what an alert is about (ward/00118/ward-on-time), or its number
    #[arg(value_name = "ABOUT-or-ID")]
    about: String,
    /// The last day of the silence
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: NaiveDate,
    /// The post that is silenced, where several were told
    #[arg(long, value_name = "POST")]
    post: Option<String>,
}

/// What was noted, as it is printed.
#[derive(Serialize)]
struct Done<'a> {
    about: &'a str,
    post: &'a str,
    answer: AnswerKind,
    until: Option<NaiveDate>,
    /// `false`: it was known already.
    new: bool,
}

impl Answer {
    fn meant(&self) -> (AnswerKind, Option<NaiveDate>) {
        match self {
            Self {
                done_by: Some(day), ..
            } => (AnswerKind::Promised, Some(*day)),
            Self { not_mine: true, .. } => (AnswerKind::NotMine, None),
            Self { withdraw: true, .. } => (AnswerKind::Withdrawn, None),
            _ => (AnswerKind::Seen, None),
        }
    }
}

impl Ack {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let (kind, until) = self.answer.meant();
        answer(scope, &self.about, self.post.as_deref(), kind, until).await
    }
}

impl Silence {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let until = Some(self.until);
        answer(
            scope,
            &self.about,
            self.post.as_deref(),
            AnswerKind::Silenced,
            until,
        )
        .await
    }
}

async fn answer(
    scope: &Scope,
    about: &str,
    post: Option<&str>,
    kind: AnswerKind,
    until: Option<NaiveDate>,
) -> anyhow::Result<()> {
    let app = scope.app().await?;
    let asked = named::open_alert(&app.store, about, post).await?;
    let reply = Reply {
        kind,
        until,
        via: Via::Command,
        message_id: None,
    };
    let noted = give(&app, std::slice::from_ref(&asked), &reply).await?;
    let new = match noted.first() {
        Some(Noted::Kept) => true,
        Some(Noted::Known) => false,
        _ => bail!("`{}` came to its end meanwhile", asked.about),
    };
    let done = Done {
        about: &asked.about,
        post: &asked.post,
        answer: kind,
        until,
        new,
    };
    if scope.json {
        return output::json(&done);
    }
    output::line(done.text())
}

impl Done<'_> {
    fn text(&self) -> String {
        let Self { about, post, .. } = self;
        let until = self.until.map(|day| day.to_string()).unwrap_or_default();
        let said = match self.answer {
            AnswerKind::Seen => "was seen: reminders count from today".to_owned(),
            AnswerKind::Promised => {
                format!("is promised for {until}: nobody is reminded until that day has passed")
            }
            AnswerKind::NotMine => {
                "is not theirs: the operator is told, the post is reminded no more".to_owned()
            }
            AnswerKind::Silenced => format!("is silent for this post until {until} has passed"),
            AnswerKind::Withdrawn => "is open again as if nothing had been answered".to_owned(),
        };
        let again = if self.new {
            ""
        } else {
            " (it was known already)"
        };
        format!("{post}: {about} {said}{again}")
    }
}

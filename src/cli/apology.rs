//! `dondoc apology`: drafts the slip that apologises for a late dossier and promises another day.
//!
//! Owns: arguments and printing.
//! Never: the rule (`domain::apology`), an applicant's name on the screen.
//! Reads next: `job/apology.rs`.

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, NaiveDate};
use clap::Args;
use serde::Serialize;

use super::moment::day;
use super::{Scope, output};
use crate::domain::apology::{Need, NewDue, Timing};
use crate::job::App;
use crate::job::apology::{self, Drafted, Order};

#[derive(Debug, Args)]
pub struct Apology {
    /// The dossier's code
    code: String,
    /// The day that is promised instead, a working day; left out, it is left blank
    #[arg(long, value_name = "DATE", value_parser = day)]
    new_due: Option<NaiveDate>,
    /// Why it is late, in Vietnamese, for the applicant; left out, it is left blank
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Where the files go; default: data/apologies of the site
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Ask the source for the applicant's name: it is in the draft only, and kept nowhere
    #[arg(long)]
    with_applicant: bool,
    /// Write the slip anew that was drafted before
    #[arg(long)]
    again: bool,
}

/// The longest reason for which the form has room.
const LONGEST: usize = 500;

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("write the reason, or leave it out to write it by hand".to_owned()),
        length if length > LONGEST => Err(format!(
            "the form has room for {LONGEST} letters, not for {length}"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// The keys of `--json`.
#[derive(Serialize)]
struct Told<'t> {
    code: &'t str,
    need: &'static str,
    due_at: DateTime<FixedOffset>,
    new_due: Option<NaiveDate>,
    /// The last day for sending it.
    send_by: NaiveDate,
    in_time: bool,
    law: &'static str,
    law_confirmed: bool,
    tentative: bool,
    has_applicant: bool,
    drafted_at: DateTime<FixedOffset>,
    copy: bool,
    files: [String; 2],
}

impl Apology {
    pub async fn run(&self, scope: &Scope) -> anyhow::Result<()> {
        let app = scope.app().await?;
        let usual = app.site.join(apology::FOLDER);
        let order = Order {
            code: self.code.trim(),
            new_due: self.new_due,
            reason: self.reason.as_deref(),
            with_applicant: self.with_applicant,
            again: self.again,
            folder: self.out.as_deref().unwrap_or(&usual),
        };
        let drafted = apology::draft(&app, &order).await?;
        if scope.json {
            return output::json(&told(&app, &drafted));
        }
        lines(&app, &drafted).into_iter().try_for_each(output::line)
    }
}

fn told<'t>(app: &App, drafted: &'t Drafted) -> Told<'t> {
    let local = |at: DateTime<chrono::Utc>| at.with_timezone(&app.zone()).fixed_offset();
    let (in_time, send_by) = timing(drafted);
    Told {
        code: &drafted.dossier.code,
        need: match drafted.permit.need {
            Need::Soon { .. } => "soon",
            Need::Overdue { .. } => "overdue",
            Need::FinishedLate { .. } => "finished-late",
        },
        due_at: local(drafted.dossier.due_at),
        new_due: drafted.new_due.map(|due| due.day),
        send_by,
        in_time,
        law: drafted.permit.law.decree,
        law_confirmed: drafted.permit.law.is_confirmed,
        tentative: is_tentative(drafted),
        has_applicant: drafted.has_applicant,
        drafted_at: local(drafted.drafted_at),
        copy: drafted.is_copy,
        files: [&drafted.text, &drafted.html].map(|path| path.display().to_string()),
    }
}

fn timing(drafted: &Drafted) -> (bool, NaiveDate) {
    match drafted.permit.timing {
        Timing::Until(last) => (true, last),
        Timing::TooLate(last) => (false, last),
    }
}

fn is_tentative(drafted: &Drafted) -> bool {
    drafted.permit.tentative || drafted.new_due.is_some_and(|due| due.tentative)
}

fn lines(app: &App, drafted: &Drafted) -> Vec<String> {
    let code = &drafted.dossier.code;
    let what = if drafted.is_copy {
        let on = app.day(drafted.drafted_at);
        format!("{code}: the slip drafted on {on}, written anew")
    } else {
        format!("{code}: a draft to complete, number and sign")
    };
    let mut lines = vec![
        what,
        format!("  why       {}", need(drafted.permit.need)),
        format!("  send      {}", send(drafted)),
        format!("  promises  {}", promise(drafted.new_due)),
        format!("  text      {}", drafted.text.display()),
        format!("  page      {}", drafted.html.display()),
    ];
    if !drafted.permit.law.is_confirmed {
        let law = drafted.permit.law;
        lines.push(format!(
            "note: the law is {law}; the rule of the decree before it is applied"
        ));
    }
    if is_tentative(drafted) {
        lines.push("note: a day off that is not confirmed took part in these dates".to_owned());
    }
    lines
}

fn need(need: Need) -> String {
    match need {
        Need::Soon { left: 0 } => "falls due today".to_owned(),
        Need::Soon { left } => format!("falls due in {left} working day(s)"),
        Need::Overdue { late: 0 } => "overdue since today".to_owned(),
        Need::Overdue { late } => format!("overdue by {late} working day(s)"),
        Need::FinishedLate { late } => {
            format!("finished {late} working day(s) late, not handed over yet")
        }
    }
}

fn send(drafted: &Drafted) -> String {
    match timing(drafted) {
        (true, last) => format!("by {last}, one working day before the due date: in time"),
        (false, last) => {
            format!(
                "was to be sent by {last}, one working day before the due date: too late, send it now"
            )
        }
    }
}

fn promise(new_due: Option<NewDue>) -> String {
    new_due.map_or_else(
        || "left blank: `--new-due DATE` fills it in".to_owned(),
        |due| due.day.to_string(),
    )
}

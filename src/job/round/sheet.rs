//! The parts of one person's letter, by post.
//!
//! Owns: what stands in which part, and in which letter.
//! Never: wording (`report`), what is told (`item.rs`).
//! Reads next: `report/overdue.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};

use super::item::{Item, Subject};
use super::{Facts, is};
use crate::config::organisation::{Recipient, Role};
use crate::domain::decide::Occasion;
use crate::domain::overdue::DueStatus;
use crate::job::spec::{self, Act};
use crate::job::{App, JobError, letter};
use crate::link::{Claim, Key};
use crate::report::dossier::{Line, Mark};
use crate::report::overdue::{Blind, Ended, Overdue, Post, Rung};
use crate::report::ward_lag::{Audience, WardLag};
use crate::report::{Answering, Letter};
use crate::store::alerts::Alert;

/// A letter in the making.
pub struct Sheet {
    /// In the first of the posts.
    pub recipient: Recipient,
    posts: Vec<(Recipient, Post)>,
}

impl Sheet {
    /// `open` are the alerts of this person that are open already. `None`: nothing asks for a letter.
    pub fn of(
        app: &App,
        facts: &Facts,
        address: &str,
        items: &[Item],
        open: &[Alert],
    ) -> Option<Self> {
        if !items.iter().any(Item::asks_for_letter) {
            return None;
        }
        let mut posts: BTreeMap<(Role, String), (Recipient, Post)> = BTreeMap::new();
        for item in items {
            let Some(recipient) = item.recipient(app, facts.as_of) else {
                continue;
            };
            let Ok(Some(subject)) = item.subject(facts, &recipient) else {
                continue;
            };
            let key = (recipient.role, item.waiting.post.clone());
            let (_, post) = posts
                .entry(key)
                .or_insert_with(|| (recipient.clone(), empty(app, facts, &recipient)));
            let known = open.iter().find(|alert| alert.about == item.waiting.about);
            add(app, post, (item.occasion, known), &subject);
        }
        let posts: Vec<_> = posts
            .into_values()
            .map(|(recipient, post)| {
                let already_told = known(facts, items, open, &letter::post(&recipient));
                (
                    recipient,
                    Post {
                        already_told,
                        ..post
                    },
                )
            })
            .collect();
        let (recipient, _) = posts.first()?;
        debug_assert!(is(&recipient.address, address));
        Some(Self {
            recipient: recipient.clone(),
            posts,
        })
    }

    /// `slips` apology slips go with it.
    ///
    /// # Errors
    /// When the key of the links cannot be read or made.
    pub fn letter(
        &self,
        app: &App,
        facts: &Facts,
        message_id: &str,
        slips: usize,
    ) -> Result<Letter, JobError> {
        let answering = answering(app, facts, message_id)?;
        let site = app.files.settings.site.name.clone();
        let as_of = local(app, facts.as_of);
        let blind = blind(app, facts);
        if let [(recipient, post)] = self.posts.as_slice()
            && blind.is_empty()
            && is_of_wards_only(post)
        {
            let lags = post.lags.clone();
            let audience = match (recipient.role, lags.first()) {
                (Role::Head, Some(lag)) => Audience::Chair {
                    ward: lag.ward.clone(),
                },
                _ => Audience::Leaders,
            };
            return Ok(Letter::WardLag(WardLag {
                site,
                recipient: letter::title(app, recipient),
                as_of,
                fresh_at: facts.read_at.map(|at| local(app, at)),
                audience,
                lags,
                answering,
            }));
        }
        Ok(Letter::Overdue(Overdue {
            site,
            recipient: letter::title(app, &self.recipient),
            as_of,
            fresh_at: facts.read_at.map(|at| local(app, at)),
            due_time: app.files.settings.rules.due_time,
            posts: self.posts.iter().map(|(_, post)| post.clone()).collect(),
            slips,
            blind,
            answering,
        }))
    }
}

fn is_of_wards_only(post: &Post) -> bool {
    !post.lags.is_empty()
        && post.late.is_empty()
        && post.soon.is_empty()
        && post.ended.is_empty()
        && post.already_told == 0
}

fn empty(app: &App, facts: &Facts, recipient: &Recipient) -> Post {
    let units = &app.files.organisation.units;
    let unit = units.find(&recipient.unit, app.day(facts.as_of));
    Post {
        title: letter::title(app, recipient),
        unit: unit.map_or_else(|| recipient.unit.to_string(), letter::unit_in_sentence),
        rung: match recipient.role {
            Role::Head => Rung::Head,
            role => Rung::Upper {
                late_at_least: rung(app, role),
            },
        },
        late: Vec::new(),
        soon: Vec::new(),
        already_told: 0,
        ended: Vec::new(),
        lags: Vec::new(),
    }
}

/// The lowest rung on which any ladder names this role.
fn rung(app: &App, role: Role) -> u32 {
    let steps = app.jobs.iter().flat_map(|job| &job.steps);
    let ladders = steps.filter_map(|step| match &step.act {
        Act::Alert(spec::Alert::OverdueDossiers(alert)) => Some(&alert.ladder),
        _ => None,
    });
    let rungs = ladders.flatten().filter(|rung| rung.to == role);
    let lowest = rungs.map(|rung| rung.late).min().unwrap_or(0);
    u32::try_from(lowest).unwrap_or(0)
}

/// How many dossiers were told of before, are overdue still and are not told of again.
fn known(facts: &Facts, items: &[Item], open: &[Alert], post: &str) -> usize {
    let is_told = |alert: &&Alert| items.iter().any(|item| item.waiting.about == alert.about);
    let is_overdue = |alert: &&Alert| {
        let code = alert.about.strip_prefix("dossier/");
        let row = code.and_then(|code| facts.rows.get(code));
        row.is_some_and(|row| row.status == DueStatus::Overdue) && late_since(alert).is_some()
    };
    let of_post = open.iter().filter(|alert| alert.post == post);
    of_post
        .filter(|alert| is_overdue(alert) && !is_told(alert))
        .count()
}

fn late_since(alert: &Alert) -> Option<NaiveDate> {
    Occasion::parse(&alert.occasion)?.late_since()
}

fn add(
    app: &App,
    post: &mut Post,
    (occasion, known): (Occasion, Option<&Alert>),
    subject: &Subject<'_>,
) {
    match subject {
        Subject::Dossier(row) => match row.status {
            DueStatus::Overdue => post.late.push(Line::of(row, mark(occasion, known))),
            DueStatus::Soon => post.soon.push(Line::of(row, Mark::New)),
        },
        Subject::Ward(lag) => post.lags.push((*lag).clone()),
        Subject::Over(how, about) => post.ended.push(Ended {
            code: letter::thing(app, about),
            how: *how,
        }),
    }
}

fn mark(occasion: Occasion, known: Option<&Alert>) -> Mark {
    match occasion {
        Occasion::Reminder { .. } => Mark::Reminder,
        Occasion::Broken { .. } => Mark::Broken,
        Occasion::Late { due, .. } if known.and_then(late_since) == Some(due) => Mark::Worse,
        Occasion::Soon { .. }
        | Occasion::Late { .. }
        | Occasion::Lagging { .. }
        | Occasion::Over { .. } => Mark::New,
    }
}

fn blind(app: &App, facts: &Facts) -> Vec<Blind> {
    let stale = facts.sources.iter().filter(|source| source.stale);
    stale
        .map(|source| Blind {
            source: source.source.clone(),
            fresh_at: source.fresh_at.map(|at| local(app, at)),
        })
        .collect()
}

/// Where the letter is answered, if this site takes answers.
fn answering(app: &App, facts: &Facts, message_id: &str) -> Result<Option<Answering>, JobError> {
    let web = &app.files.settings.web;
    let Some(url) = &web.url else {
        return Ok(None);
    };
    let key = Key::open(web, &app.site).map_err(|error| JobError::Missing(error.to_string()))?;
    let days = web.links_expire.as_secs() / (24 * 3600);
    // A letter about a day long past is written now.
    let written = app.day(facts.as_of.max(app.clock.now()));
    let until = written + Days::new(days);
    let claim = Claim {
        message_id: message_id.to_owned(),
        until,
    };
    Ok(Some(Answering {
        url: format!("{url}/t/{}", key.sign(&claim)),
        until,
    }))
}

fn local(app: &App, at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&app.zone()).fixed_offset()
}

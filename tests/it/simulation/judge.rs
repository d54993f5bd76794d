//! The judge: what must be in the database at the end, reckoned from schedules, dossiers and what was done.
//!
//! Owns: every rule by which an occurrence or a mail counts as lost or doubled.
//! Never: a look into the program; its tables are read as anybody reads them.
//! Reads next: `../simulation.rs`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use dondoc::config::organisation::Role;
use dondoc::domain::dossier::Dossier;
use dondoc::job::App;
use dondoc::store::Store;
use dondoc::store::outbox::{Mail, MailKind, MailStatus};
use dondoc::store::runs::{Run, RunStatus, Trigger};
use mail_parser::MessageParser;

use super::jobs::{CatchUp, Plan};
use super::process::Life;
use super::world::{Carried, State};

/// Nights, days off and a process that is away: by then a letter has been written.
const PATIENCE: TimeDelta = TimeDelta::days(14);

struct Case<'a> {
    app: &'a App,
    plans: &'a [Plan],
    dossiers: &'a [Dossier],
    state: &'a State,
}

/// What became of everything, as read from the database.
pub struct Evidence {
    pub runs: Vec<Run>,
    pub mails: Vec<Mail>,
    /// What they say, by their numbers.
    pub bodies: BTreeMap<i64, Vec<u8>>,
}

impl Evidence {
    pub async fn collect(store: &Store) -> Self {
        let mails = store.mails(None).await.unwrap();
        let mut bodies = BTreeMap::new();
        for mail in &mails {
            bodies.insert(mail.id, store.mail_body(mail.id).await.unwrap().whole);
        }
        Self {
            runs: store.runs(None, 10_000_000).await.unwrap(),
            mails,
            bodies,
        }
    }
}

/// What must have become of an occurrence when it was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Queued,
    DayOff,
    TooOld,
    NotCaughtUp,
}

/// Every breach of a rule, in words.
pub fn judge(
    life: &Life,
    plans: &[Plan],
    dossiers: &[Dossier],
    evidence: &Evidence,
) -> Vec<String> {
    let case = Case {
        app: &life.app,
        plans,
        dossiers,
        state: &life.world.state(),
    };
    case.judge(evidence)
}

impl Case<'_> {
    fn judge(&self, evidence: &Evidence) -> Vec<String> {
        let mut breaches = Vec::new();
        for plan in self.plans {
            self.occurrences(plan, evidence, &mut breaches);
        }
        for run in &evidence.runs {
            self.ending(run, evidence, &mut breaches);
        }
        self.mails(evidence, &mut breaches);
        self.told(evidence, &mut breaches);
        breaches
    }

    /// Each occurrence has one row, and the row says what the rules say.
    fn occurrences(&self, plan: &Plan, evidence: &Evidence, breaches: &mut Vec<String>) {
        let mut rows: BTreeMap<DateTime<Utc>, Vec<&Run>> = BTreeMap::new();
        for run in evidence
            .runs
            .iter()
            .filter(|run| run.job == plan.name && run.trigger != Trigger::Manual)
        {
            rows.entry(run.scheduled_for).or_default().push(run);
        }
        let Some((first, rest)) = self.state.ticks.split_first() else {
            return;
        };
        let mut cursor = *first;
        for tick in rest.iter().filter(|tick| **tick > *first) {
            if *tick <= cursor {
                continue;
            }
            let group = plan.occurrences(cursor, *tick);
            cursor = *tick;
            for (at, fate) in group.iter().zip(self.fates(plan, &group, *tick)) {
                let found = rows.remove(at).unwrap_or_default();
                let [run] = found[..] else {
                    breaches.push(format!(
                        "{} at {at} has {} rows, planned at {tick}",
                        plan.name,
                        found.len()
                    ));
                    continue;
                };
                if !agrees(run, fate) {
                    breaches.push(format!(
                        "{} at {at}, planned at {tick}: {fate:?}, but it is {}: {}",
                        plan.name, run.status, run.reason
                    ));
                }
                let is_late = *tick - *at > TimeDelta::seconds(60);
                if is_late != (run.trigger == Trigger::CatchUp) {
                    breaches.push(format!(
                        "{} at {at}, planned at {tick}, is of trigger {}",
                        plan.name, run.trigger
                    ));
                }
            }
        }
        breaches.extend(
            rows.keys()
                .map(|at| format!("{} at {at} was never due", plan.name)),
        );
    }

    fn fates(&self, plan: &Plan, group: &[DateTime<Utc>], tick: DateTime<Utc>) -> Vec<Fate> {
        let mut fates: Vec<Fate> = group
            .iter()
            .map(|at| {
                if plan.is_day_off(*at, &self.app.files.calendar) {
                    Fate::DayOff
                } else if tick - *at > plan.window {
                    Fate::TooOld
                } else {
                    Fate::Queued
                }
            })
            .collect();
        let open: Vec<usize> = (0..group.len())
            .filter(|nth| fates[*nth] == Fate::Queued)
            .collect();
        let kept = match plan.catch_up {
            CatchUp::All { cap } => cap,
            CatchUp::Latest | CatchUp::None => 1,
        };
        for (nth, place) in open.iter().rev().enumerate() {
            let is_late = tick - group[*place] > TimeDelta::seconds(60);
            if nth >= kept || (plan.catch_up == CatchUp::None && is_late) {
                fates[*place] = Fate::NotCaughtUp;
            }
        }
        fates
    }

    /// Nothing is under way, and who did not succeed may say so.
    fn ending(&self, run: &Run, evidence: &Evidence, breaches: &mut Vec<String>) {
        let plan = self.plans.iter().find(|plan| plan.name == run.job).unwrap();
        let of_schedule = run.trigger == Trigger::Schedule;
        let is_allowed = match run.status {
            RunStatus::Succeeded | RunStatus::Missed => true,
            RunStatus::Skipped if run.reason.contains("the limit is") => plan.late_limit.is_some(),
            RunStatus::Skipped if run.reason.contains("was still under way") => {
                plan.skips_overlap && of_schedule
            }
            RunStatus::Skipped if run.reason.contains("did not succeed on that day") => {
                self.lacked(plan, run, evidence)
            }
            RunStatus::Skipped => run.reason.contains("is not a working day"),
            RunStatus::Failed => {
                run.reason.contains("injected") || run.reason.contains("it panicked")
            }
            RunStatus::Queued | RunStatus::Running | RunStatus::Partial | RunStatus::Abandoned => {
                false
            }
        };
        if !is_allowed {
            breaches.push(format!(
                "{} at {} ended {}: {}",
                run.job, run.scheduled_for, run.status, run.reason
            ));
        }
        let began = run.attempts > 0;
        if began != run.started_at.is_some()
            || began != run.as_of.is_some()
            || run.finished_at.is_none() && began
        {
            breaches.push(format!(
                "{} at {} contradicts itself: {run:?}",
                run.job, run.scheduled_for
            ));
        }
    }

    /// The job that should have come before had not succeeded for that day.
    fn lacked(&self, plan: &Plan, run: &Run, evidence: &Evidence) -> bool {
        let day = |at: DateTime<Utc>| at.with_timezone(&plan.zone).date_naive();
        plan.after.is_some_and(|before| {
            !evidence.runs.iter().any(|other| {
                other.job == before
                    && other.status == RunStatus::Succeeded
                    && day(other.scheduled_for) == day(run.scheduled_for)
                    && other.finished_at < run.finished_at
            })
        })
    }

    /// Every mail has its ending; its reader got it as often as the rules allow.
    fn mails(&self, evidence: &Evidence, breaches: &mut Vec<String>) {
        let ids: Vec<&str> = evidence
            .mails
            .iter()
            .map(|mail| mail.message_id.as_str())
            .collect();
        for id in self
            .state
            .carried
            .keys()
            .filter(|id| !ids.contains(&id.as_str()))
        {
            breaches.push(format!("mail {id} was sent and is not in the outbox"));
        }
        for mail in &evidence.mails {
            let carried = self
                .state
                .carried
                .get(&mail.message_id)
                .cloned()
                .unwrap_or_default();
            let most = match mail.kind {
                MailKind::Alert => 1 + carried.doubts.min(1),
                MailKind::Digest => 1,
            };
            let is_allowed = match mail.status {
                MailStatus::Accepted => carried.arrived >= 1,
                MailStatus::Rejected => carried.refused,
                MailStatus::Ambiguous => carried.doubts > usize::from(mail.kind == MailKind::Alert),
                MailStatus::Held
                | MailStatus::Queued
                | MailStatus::Sending
                | MailStatus::Bounced => false,
            };
            if !is_allowed || carried.arrived > most || carried.has_changed {
                let Carried {
                    arrived,
                    refused,
                    doubts,
                    has_changed,
                    ..
                } = carried;
                breaches.push(format!(
                    "{mail:?} ({}): arrived {arrived} times, in doubt {doubts} times, refused: {refused}, changed: {has_changed}",
                    mail.kind
                ));
            }
        }
    }

    /// Every late dossier is told to its head, and to nobody twice.
    fn told(&self, evidence: &Evidence, breaches: &mut Vec<String>) {
        let mut told: BTreeMap<(&str, &str, bool), usize> = BTreeMap::new();
        for mail in evidence
            .mails
            .iter()
            .filter(|mail| mail.kind == MailKind::Alert)
        {
            let parsed = MessageParser::default()
                .parse(&evidence.bodies[&mail.id])
                .unwrap();
            let text = parsed.body_text(0).unwrap();
            // What is over is told again, as that.
            let text = text.split("== Không còn quá hạn").next().unwrap();
            for dossier in self
                .dossiers
                .iter()
                .filter(|dossier| text.contains(&dossier.code))
            {
                let is_late = mail.created_at > dossier.due_at;
                *told
                    .entry((&mail.recipient, &dossier.code, is_late))
                    .or_default() += 1;
            }
        }
        for ((recipient, code, is_late), times) in told.iter().filter(|(_, times)| **times > 1) {
            breaches.push(format!(
                "{recipient} is told {times} times of {code} (late: {is_late})"
            ));
        }
        let alerts = evidence
            .runs
            .iter()
            .filter(|run| run.job == "alerts" && run.status == RunStatus::Succeeded);
        for as_of in alerts.filter_map(|run| run.as_of) {
            for dossier in self
                .dossiers
                .iter()
                .filter(|dossier| is_overdue(dossier, as_of))
                // One that is resolved before a letter could be written needs none.
                .filter(|dossier| is_overdue(dossier, as_of + PATIENCE))
            {
                let head = self.head(dossier, as_of);
                if !told.contains_key(&(head.as_str(), dossier.code.as_str(), true)) {
                    breaches.push(format!(
                        "{head} is never told of {}, overdue at {as_of}",
                        dossier.code
                    ));
                }
            }
        }
    }

    fn head(&self, dossier: &Dossier, on: DateTime<Utc>) -> String {
        let organisation = &self.app.files.organisation;
        let head = organisation.holder(&dossier.unit, Role::Head, self.app.day(on));
        head.unwrap().address.full().to_owned()
    }
}

fn is_overdue(dossier: &Dossier, as_of: DateTime<Utc>) -> bool {
    dossier.received_at <= as_of
        && dossier.due_at < as_of
        && dossier.finished_at.is_none_or(|at| at > as_of)
}

fn agrees(run: &Run, fate: Fate) -> bool {
    match fate {
        Fate::DayOff => {
            run.status == RunStatus::Skipped && run.reason.contains("is not a working day")
        }
        Fate::TooOld => {
            run.status == RunStatus::Missed && run.reason.contains("catching up reaches back")
        }
        Fate::NotCaughtUp => run.status == RunStatus::Missed,
        Fate::Queued => {
            run.status != RunStatus::Missed && !run.reason.contains("is not a working day")
        }
    }
}

//! Jobs that wait for others: `after`.
//!
//! Owns: names in it, circles, days that never meet.
//! Never: whether a run may begin (`../admit.rs`).
//! Reads next: `jobs.rs`.

use std::collections::{BTreeSet, VecDeque};

use chrono::{NaiveDate, TimeDelta};

use super::{Notes, job_file};
use crate::config::problem::instead;
use crate::domain::calendar::Calendar;
use crate::domain::dossier::{day_of, end_of, start_of};
use crate::job::spec::Job;

/// Days in which a job and the one before it should meet.
const AHEAD: TimeDelta = TimeDelta::days(60);

/// Every job named in `after` exists, no job waits for itself by way of others, and the two run on a common day.
pub fn check(notes: &mut Notes<'_>, jobs: &[Job], job: &Job) {
    for (index, name) in job.after.iter().enumerate() {
        let place = format!("after/{index}");
        match jobs.iter().find(|known| known.name == *name) {
            None => {
                let help = instead(name, jobs.iter().map(|job| job.name.as_str()));
                let message = format!("there is no job `{name}`");
                notes.problem(&job_file(job), &place, message, help);
            }
            Some(before) if before.name != job.name => meets(notes, job, before, &place),
            Some(_) => {}
        }
    }
    if let Some(circle) = circle(jobs, job) {
        stands_still(notes, job, &circle);
    }
}

/// Told once, at the first of its jobs.
fn stands_still(notes: &mut Notes<'_>, job: &Job, circle: &[&str]) {
    if circle.iter().any(|name| *name < job.name.as_str()) {
        return;
    }
    let index = job.after.iter().position(|name| *name == circle[1]);
    let place = format!("after/{}", index.unwrap_or_default());
    let (message, help) = if circle.len() == 2 {
        (
            format!("`{}` waits for itself: it would never run", job.name),
            "leave it out of its own `after`",
        )
    } else {
        (
            format!(
                "{} wait for each other: none of them would ever run",
                circle.join(" → ")
            ),
            "leave one of them out of the `after` of the one before it",
        )
    };
    notes.problem(&job_file(job), &place, message, help);
}

/// The shortest way from `job` to what it waits for, and on, back to itself: `aa`, `bb`, `aa`.
fn circle<'a>(jobs: &'a [Job], job: &'a Job) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![job.name.as_str()]]);
    while let Some(way) = ways.pop_front() {
        let here = jobs
            .iter()
            .find(|known| Some(&known.name.as_str()) == way.last());
        for next in here.into_iter().flat_map(|here| &here.after) {
            let further = [&way[..], &[next.as_str()]].concat();
            if *next == job.name {
                return Some(further);
            }
            if seen.insert(next) {
                ways.push_back(further);
            }
        }
    }
    None
}

/// A run waits for a success of its own day: without a common day none ever begins.
fn meets(notes: &mut Notes<'_>, job: &Job, before: &Job, place: &str) {
    let Some(calendar) = &notes.site.calendar else {
        return;
    };
    let last = notes.today + AHEAD;
    let days: Vec<NaiveDate> = days(job, calendar, notes.today)
        .take_while(|day| *day <= last)
        .collect();
    if days.is_empty() || days.iter().any(|day| runs_on(before, *day, job, calendar)) {
        return;
    }
    let message = format!(
        "`{}` runs on none of the days of `{}` until {last}: it would wait in vain",
        before.name, job.name
    );
    let help = format!(
        "give both schedules a day in common, or leave `{}` out",
        before.name
    );
    notes.warning(&job_file(job), place, message, help);
}

/// The days of `job` from `today` on.
fn days<'a>(
    job: &'a Job,
    calendar: &'a Calendar,
    today: NaiveDate,
) -> impl Iterator<Item = NaiveDate> + 'a {
    let zone = job.timing.schedule.zone();
    let next = move |after| {
        let next = job.timing.next_after(after, calendar)?;
        Some(day_of(next.at, zone))
    };
    let before = start_of(today, zone) - TimeDelta::seconds(1);
    std::iter::successors(next(before), move |day| next(end_of(*day, zone)))
}

/// Whether `before` runs on `day` as `job` counts days.
fn runs_on(before: &Job, day: NaiveDate, job: &Job, calendar: &Calendar) -> bool {
    let zone = job.timing.schedule.zone();
    let eve = start_of(day, zone) - TimeDelta::seconds(1);
    let next = before.timing.next_after(eve, calendar);
    next.is_some_and(|next| next.at <= end_of(day, zone))
}

//! Occurrences in a stretch of time, and the row that each becomes.
//!
//! Owns: catching up, days off, pauses: everything that keeps an occurrence from being run at its time.
//! Never: the database.
//! Reads next: `../admit.rs`.

use chrono::{DateTime, TimeDelta, Utc};

use super::new_run;
use crate::domain::format::Language;
use crate::domain::schedule::{CatchUp, Due};
use crate::job::App;
use crate::job::spec::Job;
use crate::store::runs::{NewRun, RunStatus, Trigger};
use crate::store::schedules::Pause;

/// Occurrences planned in one transaction; the rest of a long absence follows at the next heartbeat.
const BATCH: usize = 5_000;
/// An occurrence noticed later than this was caught up.
const ON_TIME: TimeDelta = TimeDelta::seconds(60);

/// What became due after the cursor, and where the cursor stands after it.
#[derive(Debug)]
pub struct Planned {
    due: Vec<Due>,
    pub cursor: DateTime<Utc>,
    /// All of it was listed: none is left for the next heartbeat.
    is_complete: bool,
}

impl Planned {
    pub fn nothing(cursor: DateTime<Utc>) -> Self {
        Self {
            due: Vec::new(),
            cursor,
            is_complete: true,
        }
    }
}

/// When a job with this cursor must be planned next.
pub fn next_after(app: &App, job: &Job, cursor: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let due = job.timing.due_after(cursor, &app.files.calendar);
    due.map(|due| due.due_at())
}

/// The cursor moves to the last occurrence listed: one that a jitter delays is still to come.
pub fn between(app: &App, job: &Job, cursor: DateTime<Utc>, now: DateTime<Utc>) -> Planned {
    let listed = job.timing.between(cursor, now, &app.files.calendar);
    let due: Vec<Due> = listed.take(BATCH).collect();
    Planned {
        cursor: due.last().map_or(cursor, Due::at),
        is_complete: due.len() < BATCH,
        due,
    }
}

/// An occurrence, and why its job does not run on that day, if so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub at: DateTime<Utc>,
    pub day_off: Option<String>,
}

/// Every occurrence in (after, until] that was due by `now`, in order, whatever became of it.
pub fn listed<'a>(
    app: &'a App,
    job: &'a Job,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> impl Iterator<Item = Listed> + 'a {
    job.timing
        .between(after, now, &app.files.calendar)
        .take_while(move |due| due.at() <= until)
        .map(|due| Listed {
            at: due.at(),
            day_off: match &due {
                Due::Run(_) => None,
                Due::Skip(skipped) => Some(skipped.reason.to_string()),
            },
        })
}

/// One row for each occurrence, with what is to become of it.
pub fn rows(
    app: &App,
    job: &Job,
    planned: &Planned,
    pause: Option<&Pause>,
    now: DateTime<Utc>,
) -> Vec<NewRun> {
    let fates: Vec<Fate> = planned
        .due
        .iter()
        .map(|due| fate(job, due, pause, now))
        .collect();
    let open = fates
        .iter()
        .filter(|fate| matches!(fate, Fate::Run))
        .count()
        + open_beyond(app, job, planned, pause, now);
    let mut nth = 0;
    let rows = planned.due.iter().zip(fates).map(|(due, fate)| {
        let late = now - due.due_at() > ON_TIME;
        let trigger = if late {
            Trigger::CatchUp
        } else {
            Trigger::Schedule
        };
        let (status, reason) = match fate {
            Fate::Not(status, reason) => (status, reason),
            Fate::Run => {
                nth += 1;
                caught_up(job, late, open - nth)
            }
        };
        NewRun {
            status,
            reason,
            note: note(job, due),
            ..new_run(app, job, due.at(), trigger)
        }
    });
    rows.collect()
}

/// What the calendar or a change of the clock did to an occurrence; a skipped one has its reason.
fn note(job: &Job, due: &Due) -> String {
    let remark = match due {
        Due::Run(occurrence) => occurrence.remark(job.timing.schedule.zone(), Language::En),
        Due::Skip(_) => None,
    };
    remark.unwrap_or_default()
}

/// How many occurrences after those listed may be run, counted no further than it matters.
fn open_beyond(
    app: &App,
    job: &Job,
    planned: &Planned,
    pause: Option<&Pause>,
    now: DateTime<Utc>,
) -> usize {
    if planned.is_complete {
        return 0;
    }
    let enough = match job.timing.catch_up {
        CatchUp::All => job.catch_up_cap as usize,
        CatchUp::Latest | CatchUp::None => 1,
    };
    let too_old = now.checked_sub_signed(window(job) + TimeDelta::seconds(1));
    let after = too_old.map_or(planned.cursor, |at| planned.cursor.max(at));
    let beyond = job.timing.between(after, now, &app.files.calendar);
    let open = beyond.filter(|due| matches!(fate(job, due, pause, now), Fate::Run));
    open.take(enough).count()
}

/// How far back catching up reaches.
fn window(job: &Job) -> TimeDelta {
    TimeDelta::from_std(job.catch_up_window).unwrap_or(TimeDelta::days(100 * 366))
}

enum Fate {
    Run,
    Not(RunStatus, String),
}

fn fate(job: &Job, due: &Due, pause: Option<&Pause>, now: DateTime<Utc>) -> Fate {
    let at = due.at();
    // What was due before the pause and has not begun by now is not begun in it either.
    if let Some(pause) = pause.filter(|pause| pause.holds_at(at) || pause.holds_at(now)) {
        return Fate::Not(RunStatus::Skipped, pause.reason());
    }
    if let Due::Skip(skipped) = due {
        return Fate::Not(RunStatus::Skipped, skipped.reason.to_string());
    }
    if now - due.due_at() > window(job) {
        let window = humantime::format_duration(job.catch_up_window);
        return Fate::Not(
            RunStatus::Missed,
            format!("nothing ran at the time, and catching up reaches back {window}"),
        );
    }
    Fate::Run
}

/// Whether an occurrence with `later` others after it that may be run is run itself.
fn caught_up(job: &Job, late: bool, later: usize) -> (RunStatus, String) {
    let missed = |why: &str| (RunStatus::Missed, format!("nothing ran at the time; {why}"));
    match job.timing.catch_up {
        CatchUp::None if late => missed("this job does not catch up"),
        CatchUp::All if later >= job.catch_up_cap as usize => {
            missed("more were missed than are caught up")
        }
        CatchUp::All => (RunStatus::Queued, String::new()),
        CatchUp::Latest | CatchUp::None if later > 0 => {
            missed("a later occurrence takes its place")
        }
        CatchUp::Latest | CatchUp::None => (RunStatus::Queued, String::new()),
    }
}

//! A job's file read, but for its steps.
//!
//! Owns: schedule, timeout and retry, with their defaults.
//! Never: computing occurrences (`domain::schedule`).
//! Reads next: `steps.rs`.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::steps::step;
use super::{Job, Overlap, Retry};
use crate::config::reader::{Item, Table};
use crate::config::zone;
use crate::domain::schedule::{CatchUp, DstGap, Jitter, OnlyOn, Period, Schedule, Shift, Timing};

pub const FOLDER: &str = "jobs";

const MINUTE: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(32 * 24 * 3600);
const CAP: u32 = 100;
const LONGEST_JITTER: Duration = Duration::from_secs(86_400);

/// Keys of a job that are easily taken for keys of its schedule.
const BESIDE: [&str; 8] = [
    "overlap",
    "late_limit",
    "after",
    "catch_up_window",
    "catch_up_cap",
    "expect_success_within",
    "timeout",
    "retry",
];

/// The file of the job `name`.
pub fn job(root: &Table<'_>, name: &str, zone: Tz) -> Option<Job> {
    if !name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    {
        let help = "rename the file with lower-case letters, digits and `-`";
        root.problem(format!("`{name}` is not a name of a job"), help);
    }
    let title = root.required("title", Item::text);
    let timing = root.required("schedule", |item| timing(&item.table()?, name, zone));
    let timeout = root.or("timeout", 10 * MINUTE, Item::duration);
    let retry = root.or("retry", Retry::default(), |item| retry(&item.table()?));
    let overlaps = words(Overlap::ALL, Overlap::as_str);
    let overlap = root.or("overlap", Overlap::Queue, |item| item.word(&overlaps));
    let late_limit = root.maybe("late_limit", Item::duration);
    let after = root.or("after", Vec::new(), |item| item.one_or_more(Item::text));
    let window = root.or("catch_up_window", WINDOW, Item::duration);
    let cap = root.or("catch_up_cap", CAP, |item| item.count(1, 10_000));
    let expected = root.maybe("expect_success_within", Item::duration);
    let steps = root.required_tables("step", step);
    let steps = steps?;
    if steps.is_empty() {
        root.problem("a job without steps does nothing", "add a `[[step]]`");
    }
    Some(Job {
        name: name.to_owned(),
        title: title?,
        timing: timing?,
        timeout: timeout?,
        retry: retry?,
        catch_up_window: window?,
        catch_up_cap: cap?,
        overlap: overlap?,
        late_limit: late_limit?,
        after: after?,
        expect_success_within: expected?,
        steps,
    })
}

/// `cron` or `every`, within `start` and `end`; what is wrong with one key hides nothing that is wrong with another.
fn timing(table: &Table<'_>, job: &str, site_zone: Tz) -> Option<Timing> {
    let zone = table.or("zone", site_zone, zone_named);
    let schedule = schedule(table, zone.unwrap_or(site_zone));
    let period = period(table);
    let only_on = table.maybe("only_on", |item| {
        item.word(&words(OnlyOn::ALL, OnlyOn::as_str))
    });
    let shift = shift(table, only_on != Some(None));
    let jitter = table.maybe("jitter", |item| jitter(item, job));
    let catch_up = table.or("catch_up", CatchUp::Latest, |item| {
        item.word(&words(CatchUp::ALL, CatchUp::as_str))
    });
    for key in BESIDE {
        let message = format!("`{key}` belongs to the job, not to its schedule");
        table.refuse(
            key,
            message,
            "write it on a line of its own, before the first `[[step]]`",
        );
    }
    zone?;
    let schedule = schedule?.within(period?);
    if schedule.is_empty() {
        table.problem(
            "this schedule runs on no day from `start` to `end`",
            "change the days of the schedule, or `start` and `end`",
        );
        return None;
    }
    Some(Timing {
        schedule,
        only_on: only_on?,
        shift: shift?,
        jitter: jitter?,
        catch_up: catch_up?,
    })
}

fn schedule(table: &Table<'_>, zone: Tz) -> Option<Schedule> {
    match (table.get("cron"), table.get("every")) {
        (Some(cron), None) => self::cron(table, &cron, zone),
        (None, Some(every)) => {
            let help =
                "leave it out: `every` counts real time, which no change of the clocks touches";
            table.refuse("dst_gap", "`dst_gap` belongs to `cron`", help);
            self::every(&every, zone)
        }
        (Some(_), Some(every)) => {
            let help = "keep one: `cron` for times of the day, `every` for a length of time";
            every.problem_at_key("`every` beside `cron`", help);
            table.get("dst_gap");
            None
        }
        (None, None) if ["cron", "every"].iter().any(|key| table.is_misspelt(key)) => {
            table.get("dst_gap");
            None
        }
        (None, None) => {
            let help = "add `cron = \"30 7 * * *\"` or `every = \"15m\"`";
            table.problem("neither `cron` nor `every` stands in `schedule`", help);
            table.get("dst_gap");
            None
        }
    }
}

fn cron(table: &Table<'_>, item: &Item<'_>, zone: Tz) -> Option<Schedule> {
    let gaps = words(DstGap::ALL, DstGap::as_str);
    let dst_gap = table.or("dst_gap", DstGap::Shift, |item| item.word(&gaps));
    let text = item.text()?;
    for error in Schedule::problems(&text) {
        item.problem_inside(error.span.start, error.message, error.help);
    }
    let schedule = Schedule::parse(&text, zone).ok()?;
    Some(schedule.with_dst_gap(dst_gap?))
}

fn every(item: &Item<'_>, zone: Tz) -> Option<Schedule> {
    let interval = exact_length(item)?;
    Schedule::every(interval, zone)
        .map_err(|error| item.problem(error.to_string(), error.help()))
        .ok()
}

/// A length of time in units that are always equally long: `1M` would be a month of 30.44 days.
fn exact_length(item: &Item<'_>) -> Option<Duration> {
    let length = item.duration()?;
    let text = item.text()?;
    let mut units = text.split(|c: char| !c.is_ascii_alphabetic());
    let uneven = units.find(|unit| {
        matches!(
            *unit,
            "M" | "month" | "months" | "y" | "yr" | "yrs" | "year" | "years"
        )
    });
    if let Some(unit) = uneven {
        let help = "for minutes write `15m`; for days of a month or year write `cron`, such as `0 7 1 * *`";
        item.problem(
            format!("`{unit}` in `{text}` is not always equally long"),
            help,
        );
        return None;
    }
    Some(length)
}

fn period(table: &Table<'_>) -> Option<Period> {
    let start = table.maybe("start", Item::day);
    let end = table.maybe("end", Item::day);
    let period = Period {
        start: start?,
        end: end?,
    };
    if period.is_backwards() {
        table.problem(
            "the schedule ends before it starts",
            "make `start` at most `end`",
        );
        return None;
    }
    Some(period)
}

/// Read in any case, so that both of its slips are told; without `only_on` it cannot stand.
fn shift(table: &Table<'_>, has_only_on: bool) -> Option<Shift> {
    let known = words(Shift::ALL, Shift::as_str);
    let shift = table.or("shift", Shift::Skip, |item| item.word(&known));
    if !has_only_on {
        let help = "add `only_on = \"working-days\"`, or leave `shift` out";
        table.refuse("shift", "`shift` says nothing without `only_on`", help);
    }
    shift
}

fn jitter(item: &Item<'_>, job: &str) -> Option<Jitter> {
    let length = exact_length(item)?;
    if length.subsec_nanos() > 0 || length > LONGEST_JITTER {
        let help = "write whole seconds, minutes or hours, at most a day, such as `10m`";
        item.problem("a jitter is at most a day, in whole seconds", help);
        return None;
    }
    Some(Jitter::new(job, TimeDelta::from_std(length).ok()?))
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (word(*value), *value)).collect()
}

fn zone_named(item: &Item<'_>) -> Option<Tz> {
    let text = item.text()?;
    let zone = text.parse::<Tz>().ok();
    if zone.is_none() {
        let help = zone::instead_of(&text);
        item.problem(format!("`{text}` is not a time zone"), help);
    }
    zone
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            first: MINUTE / 2,
            max: 15 * MINUTE,
        }
    }
}

fn retry(table: &Table<'_>) -> Option<Retry> {
    let default = Retry::default();
    let attempts = table.or("attempts", default.attempts, |item| item.count(1, 20));
    let first = table.or("first", default.first, Item::duration);
    let max = table.or("max", default.max, Item::duration);
    let retry = Retry {
        attempts: attempts?,
        first: first?,
        max: max?,
    };
    if retry.first > retry.max {
        table.problem(
            "the first wait is longer than the longest",
            "make `first` at most `max`",
        );
    }
    Some(retry)
}

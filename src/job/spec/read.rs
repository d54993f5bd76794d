//! A job's file read, but for its steps.
//!
//! Owns: schedule, timeout and retry, with their defaults.
//! Never: computing occurrences (`domain::schedule`).
//! Reads next: `steps.rs`.

use std::time::Duration;

use chrono_tz::Tz;

use super::steps::step;
use super::{Job, Overlap, Retry};
use crate::config::problem::closest;
use crate::config::reader::{Item, Table};
use crate::domain::schedule::{CatchUp, DstGap, OnlyOn, Schedule, Timing};

pub const FOLDER: &str = "jobs";

const MINUTE: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(32 * 24 * 3600);
const CAP: u32 = 100;

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
    let timing = root.required("schedule", |item| self::timing(&item.table()?, zone));
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

fn timing(table: &Table<'_>, site_zone: Tz) -> Option<Timing> {
    let zone = table.or("zone", site_zone, zone);
    let schedule = table.required("cron", |item| schedule(item, zone.unwrap_or(site_zone)));
    let only_on = table.maybe("only_on", |item| {
        item.word(&words(OnlyOn::ALL, OnlyOn::as_str))
    });
    let catch_up = table.or("catch_up", CatchUp::Latest, |item| {
        item.word(&words(CatchUp::ALL, CatchUp::as_str))
    });
    let gaps = words(DstGap::ALL, DstGap::as_str);
    let dst_gap = table.or("dst_gap", DstGap::Shift, |item| item.word(&gaps));
    zone?;
    Some(Timing {
        schedule: schedule?.with_dst_gap(dst_gap?),
        only_on: only_on?,
        catch_up: catch_up?,
    })
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|value| (word(*value), *value)).collect()
}

fn zone(item: &Item<'_>) -> Option<Tz> {
    let text = item.text()?;
    let zone = text.parse::<Tz>().ok();
    if zone.is_none() {
        let known = closest(&text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let help = known.map_or_else(
            || "write a name of the IANA time zone database, such as `Asia/Ho_Chi_Minh`".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        item.problem(format!("`{text}` is not a time zone"), help);
    }
    zone
}

fn schedule(item: &Item<'_>, zone: Tz) -> Option<Schedule> {
    let text = item.text()?;
    Schedule::parse(&text, zone)
        .map_err(|error| item.problem_inside(error.span.start, error.message, error.help))
        .ok()
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

//! Report II.06 as the city states it about itself: totals, but no column for what is overdue.
//!
//! Owns: the city's own count, from its stories.
//! Never: the program's count: the two are reconciled.
//! Reads next: `routes.rs`.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

use super::story::{Kind, Story, View};
use crate::domain::dossier::Channel;
use crate::domain::unit::Level;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub received: usize,
    pub online: usize,
    pub resolved: usize,
    pub in_time: usize,
    pub late: usize,
}

/// The rows of the report for `from` to `to`, as far as `now` knows.
pub fn report(stories: &[Story], from: NaiveDate, to: NaiveDate, now: NaiveDateTime) -> Value {
    let end = (to + Days::new(1)).and_time(NaiveTime::MIN).min(now);
    Level::ALL
        .map(|level| row(level, count(stories, level, from, end)))
        .into_iter()
        .collect()
}

fn row(level: Level, stated: Stated) -> Value {
    json!({
        "Cap": match level { Level::District => "H", Level::Ward => "X" },
        "TiepNhan": stated.received.to_string(),
        "TrucTuyen": stated.online.to_string(),
        "DaGiaiQuyet": stated.resolved.to_string(),
        "TrongHan": stated.in_time.to_string(),
        "GiaiQuyetQuaHan": stated.late.to_string(),
    })
}

/// Counts the dossiers of `level` that were received in the period or not finished before it.
pub fn count(stories: &[Story], level: Level, from: NaiveDate, end: NaiveDateTime) -> Stated {
    let begin = from.and_time(NaiveTime::MIN);
    let mut stated = Stated::default();
    let accepted = stories
        .iter()
        .filter(|story| story.level == level && !matches!(story.kind, Kind::NotReceived(_)));
    for (story, view) in accepted.filter_map(|story| Some((story, story.at(end)?))) {
        if view.finished.is_none_or(|at| at >= begin) {
            stated.add(story, &view, begin, end);
        }
    }
    stated
}

impl Stated {
    fn add(&mut self, story: &Story, view: &View, begin: NaiveDateTime, end: NaiveDateTime) {
        let online = story.channel == Channel::Online && story.received >= begin;
        let stopped = matches!(view.status, 5 | 6 | 8);
        self.received += 1;
        self.online += usize::from(online);
        match view.finished {
            Some(at) => {
                self.resolved += 1;
                self.late += usize::from(view.status != 7 && at > view.due);
            }
            None => self.in_time += usize::from(stopped || end <= view.due),
        }
    }
}

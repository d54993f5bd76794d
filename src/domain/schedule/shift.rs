//! Occurrences on days off, moved to a working day.
//!
//! Owns: where each lands, and the order of all of them, moved or not.
//! Never: skipping (`timing.rs`).
//! Reads next: `zone.rs`.

use std::cmp::Ordering;
use std::iter::successors;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::timing::{Due, HORIZON, SkipReason, Skipped};
use super::zone::{self, Placed, Stretch};
use super::{ClockNote, DstGap, Note, Occurrence, Schedule};
use crate::domain::calendar::Calendar;
use crate::domain::dossier::day_of;

/// No rest is longer; what lies farther from a working day is not moved.
const LONGEST_REST: usize = 366;

/// A schedule whose occurrences on days off move, forward or back.
pub(super) struct Shifted<'a> {
    pub schedule: &'a Schedule,
    pub calendar: &'a Calendar,
    pub forward: bool,
}

/// Consecutive days off, and the working day to which all of their occurrences move.
#[derive(Clone, Copy, Debug)]
struct Rest {
    first: NaiveDate,
    last: NaiveDate,
    target: Option<NaiveDate>,
}

impl Shifted<'_> {
    pub(super) fn next_run(&self, from: DateTime<Utc>) -> Option<Occurrence> {
        match self.next(from, false)? {
            Due::Run(occurrence) => Some(occurrence),
            Due::Skip(_) => None,
        }
    }

    pub(super) fn next_due(&self, from: DateTime<Utc>) -> Option<Due> {
        self.next(from, true)
    }

    /// The earliest of what lands after `from`.
    ///
    /// 1. Begin where the first occurrence may lie that can still land after `from`.
    /// 2. Take the occurrences in order, one of each working day and one of each rest.
    /// 3. End where no later one can land before the best found.
    fn next(&self, from: DateTime<Utc>, with_skips: bool) -> Option<Due> {
        let horizon = from.checked_add_signed(HORIZON)?;
        let mut after = self.begin(from);
        let mut best: Option<Due> = None;
        while let Some(next) = self.schedule.next_after(after)
            && next.at <= horizon
        {
            let (at, day) = (next.at, self.day(next.at));
            let rest = self.rest_around(day);
            if best
                .as_ref()
                .is_some_and(|best| self.earliest(at, day, rest) > best.at())
            {
                break;
            }
            let found = match rest {
                None => (at > from).then_some(Due::Run(next)),
                Some(rest) => self.first_of(rest, from, with_skips),
            };
            best = earlier(best, found);
            after = match rest {
                None if at <= from => from,
                rest => zone::last_second_of(self.zone(), at, rest.map_or(day, |rest| rest.last)),
            };
            if rest.is_none() && at > from && self.nothing_moves_before(at, day) {
                break;
            }
        }
        best
    }

    /// Before every occurrence that may land after `from`.
    fn begin(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.day(from);
        let lands = today
            .iter_days()
            .take(LONGEST_REST)
            .find(|day| self.is_worked(*day));
        let eve = lands.and_then(|day| day.pred_opt());
        match eve.and_then(|eve| self.rest_around(eve)) {
            Some(rest) if self.forward => zone::start_of(self.zone(), rest.first)
                .map_or(from, |start| from.min(start - TimeDelta::seconds(1))),
            _ => from,
        }
    }

    /// No occurrence from `at` on lands earlier than this; `rest` is the one in which `at`, on `day`, lies.
    fn earliest(&self, at: DateTime<Utc>, day: NaiveDate, rest: Option<Rest>) -> DateTime<Utc> {
        let target = rest.map_or(Some(day), |rest| rest.target);
        target
            .filter(|day| self.schedule.period().holds(*day))
            .and_then(|day| zone::start_of(self.zone(), day))
            .unwrap_or(at)
    }

    /// Whether `at`, on the working day `day`, comes before all that moves later.
    fn nothing_moves_before(&self, at: DateTime<Utc>, day: NaiveDate) -> bool {
        let tomorrow = day.succ_opt();
        self.forward
            || tomorrow.is_some_and(|next| {
                self.is_worked(next)
                    && zone::start_of(self.zone(), next).is_some_and(|start| start > at)
            })
    }

    /// The earliest of a rest's occurrences after `from`, where they land.
    fn first_of(&self, rest: Rest, from: DateTime<Utc>, with_skips: bool) -> Option<Due> {
        match rest.target {
            Some(target) if self.schedule.period().holds(target) => {
                self.first_moved(rest, target, from).map(Due::Run)
            }
            target if with_skips => self.first_skipped(rest, target, from).map(Due::Skip),
            _ => None,
        }
    }

    fn first_moved(
        &self,
        rest: Rest,
        target: NaiveDate,
        from: DateTime<Utc>,
    ) -> Option<Occurrence> {
        if target < self.day(from) {
            return None;
        }
        let days = rest.first.iter_days().take_while(|day| *day <= rest.last);
        let landed: Vec<(NaiveDate, Placed)> = days
            .filter_map(|day| Some((day, self.first_from(day, target, from)?)))
            .collect();
        let (_, Placed { at, note: clock }) =
            landed.iter().copied().min_by_key(|(_, placed)| placed.at)?;
        let mut together = landed
            .iter()
            .filter(|(_, placed)| placed.at == at)
            .map(|(day, _)| *day);
        let first = together.next()?;
        let note = Note::Moved {
            first,
            days: 1 + together.count(),
            to: target,
            clock,
        };
        Some(Occurrence::new(at, Some(note)))
    }

    /// Where the first occurrence of `day` lands that lands on `target` after `from`.
    fn first_from(&self, day: NaiveDate, target: NaiveDate, from: DateTime<Utc>) -> Option<Placed> {
        let now = zone::wall(self.zone(), from);
        // A wall time up to that of `from` stands for `from` at the latest.
        let passed = (now.date() == target).then(|| day.and_time(now.time()));
        zone::stretches(self.zone(), day)
            .into_iter()
            .filter_map(|stretch| {
                self.occurrences(day, stretch, passed)
                    .filter_map(|occurrence| self.land(&occurrence, target))
                    .find(|placed| placed.at > from)
            })
            .min_by_key(|placed| placed.at)
    }

    /// The occurrences of a day in one stretch of it, after a wall time.
    fn occurrences(
        &self,
        day: NaiveDate,
        stretch: Stretch,
        passed: Option<NaiveDateTime>,
    ) -> impl Iterator<Item = Occurrence> {
        let before = stretch.start - TimeDelta::seconds(1);
        let passed = passed.and_then(|wall| wall.checked_sub_offset(stretch.offset));
        let after = passed.map_or(before, |wall| wall.and_utc().max(before));
        successors(self.schedule.next_after(after), |last| {
            self.schedule.next_after(last.at)
        })
        .take_while(move |next| next.at < stretch.end)
        .filter(move |next| self.day(next.at) == day)
    }

    /// The wall time for which an occurrence is meant, on another day.
    fn land(&self, occurrence: &Occurrence, target: NaiveDate) -> Option<Placed> {
        let time = match occurrence.note {
            Some(Note::Clock(ClockNote::Moved { from, .. })) => from.time(),
            _ => zone::wall(self.zone(), occurrence.at).time(),
        };
        let placed = zone::place(self.zone(), target.and_time(time))?;
        let in_gap = matches!(placed.note, Some(ClockNote::Moved { .. }));
        (!in_gap || self.schedule.dst_gap() == DstGap::Shift).then_some(placed)
    }

    /// The first occurrence after `from` of a rest that cannot move.
    fn first_skipped(
        &self,
        rest: Rest,
        target: Option<NaiveDate>,
        from: DateTime<Utc>,
    ) -> Option<Skipped> {
        let begins = zone::start_of(self.zone(), rest.first)? - TimeDelta::seconds(1);
        let next = self.schedule.next_after(from.max(begins))?;
        let day = self.day(next.at);
        let reason = target.map_or(SkipReason::NoWorkingDay(day), |target| {
            SkipReason::OutsidePeriod(day, target)
        });
        (day <= rest.last).then_some(Skipped {
            at: next.at,
            reason,
        })
    }

    /// The days off around `day`, if it is one.
    fn rest_around(&self, day: NaiveDate) -> Option<Rest> {
        if self.is_worked(day) {
            return None;
        }
        let off = |day: &NaiveDate| !self.is_worked(*day);
        let back = successors(Some(day), NaiveDate::pred_opt).take(LONGEST_REST);
        let first = back.take_while(off).last()?;
        let last = day.iter_days().take(LONGEST_REST).take_while(off).last()?;
        let target = if self.forward {
            last.succ_opt()
        } else {
            first.pred_opt()
        };
        Some(Rest {
            first,
            last,
            target: target.filter(|day| self.is_worked(*day)),
        })
    }

    /// A day that the zone leaves out is not worked.
    fn is_worked(&self, day: NaiveDate) -> bool {
        let comes = || zone::start_of(self.zone(), day).is_some_and(|start| self.day(start) == day);
        self.calendar.is_worked(day).worked && comes()
    }

    fn zone(&self) -> Tz {
        self.schedule.zone()
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        day_of(at, self.zone())
    }
}

/// The earlier of two; two at the same instant are one, and what moved is told.
fn earlier(one: Option<Due>, other: Option<Due>) -> Option<Due> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    Some(match (one.at().cmp(&other.at()), one, other) {
        (Ordering::Less, one, _) => one,
        (Ordering::Greater, _, other) => other,
        (Ordering::Equal, Due::Run(one), Due::Run(other)) => Due::Run(together(one, other)),
        (Ordering::Equal, one @ Due::Run(_), _) => one,
        (Ordering::Equal, _, other) => other,
    })
}

fn together(one: Occurrence, other: Occurrence) -> Occurrence {
    let clock = |occurrence: &Occurrence| occurrence.note.as_ref().and_then(Note::clock);
    let (own, moved) = match one.note {
        Some(Note::Moved { .. }) => (other, one),
        _ => (one, other),
    };
    let clock = clock(&own).or(clock(&moved));
    let note = match moved.note {
        Some(Note::Moved {
            first, days, to, ..
        }) => Some(Note::Moved {
            first,
            days,
            to,
            clock,
        }),
        note => note.or(own.note),
    };
    Occurrence { note, ..moved }
}

#[cfg(test)]
mod tests;

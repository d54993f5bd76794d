//! Writes the life of every dossier: what the plan counts becomes dates, papers asked for, results.
//!
//! Owns: reception, due and finish moments that give each dossier its fate.
//! Never: how many of each (`plan.rs`).
//! Reads next: `story.rs`, `world.rs`.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::catalogue::Catalogue;
use super::chance::Chance;
use super::figures::Figures;
use super::plan::{Fate, Lot, lots};
use super::story::{End, Kind, Story, Turn};
use super::units::{DEPARTMENTS, WARDS};
use super::workdays::{FULL_DAY, Moment, Workdays};
use crate::domain::dossier::Channel;
use crate::domain::unit::Level;

/// Nobody hands in a paper after 16:30, nor one for the same day after 15:00.
const LAST_RECEPTION: usize = 7 * 3600 + 1800;
const LAST_SAME_DAY: usize = 6 * 3600;
const QUARTER: usize = 900;

pub struct Writer<'a> {
    pub figures: &'a Figures,
    pub catalogue: &'a Catalogue,
    pub days: &'a Workdays,
    pub chance: Chance,
}

/// The days of one dossier by number; `wait` working days were added to those allowed.
#[derive(Clone, Copy)]
struct Days {
    received: usize,
    due: usize,
    finished: Option<usize>,
    wait: usize,
}

/// Why `wait` days were added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Papers,
    Rescheduled,
}

impl Writer<'_> {
    /// All dossiers, in order of reception, with their codes.
    pub fn write(mut self) -> Vec<Story> {
        let mut stories = Vec::new();
        for level in Level::ALL {
            let lots = lots(self.figures, level);
            let mut channels = self.channels(level, &lots);
            for lot in lots {
                for _ in 0..lot.count {
                    let channel = self.channel(lot, &mut channels);
                    stories.push(self.story(lot, level, channel));
                }
            }
        }
        stories.sort_by_key(|story| story.received);
        self.give_codes(&mut stories);
        stories
    }

    /// Channels of the dossiers received in the period: online exactly as published, a few by post.
    fn channels(&mut self, level: Level, lots: &[Lot]) -> Vec<Channel> {
        let received = lots
            .iter()
            .filter(|lot| within(**lot))
            .map(|lot| lot.count)
            .sum::<usize>();
        let online = self.figures.dossiers(level).received_online;
        let postal = (received - online) / 60;
        let mut channels = vec![Channel::Online; online];
        channels.resize(online + postal, Channel::Postal);
        channels.resize(received, Channel::Direct);
        self.chance.shuffle(&mut channels);
        channels
    }

    fn channel(&mut self, lot: Lot, channels: &mut Vec<Channel>) -> Channel {
        let other = if self.chance.one_in(3) {
            Channel::Online
        } else {
            Channel::Direct
        };
        if within(lot) {
            channels.pop().unwrap_or(other)
        } else {
            other
        }
    }

    fn story(&mut self, lot: Lot, level: Level, channel: Channel) -> Story {
        let owner = if level == Level::Ward { "" } else { lot.unit };
        let slip = 2 + self.chance.below(4);
        let least = match (lot.fate, lot.carried) {
            (Fate::Slipping, _) => slip,
            (Fate::Early, true) | (Fate::Running | Fate::Stopped | Fate::Overdue, _) => 2,
            (Fate::Early, false) => 1,
            (Fate::OnTime | Fate::Late | Fate::Withdrawn, true) => 1,
            _ => 0,
        };
        let procedure = self.catalogue.draw(owner, least, &mut self.chance);
        let allowed = self.catalogue.procedures[procedure].days;
        let reason = self.reason(lot, allowed);
        let wait = reason.map_or(0, |_| self.chance.between(2, 6));
        let days = self.days_of(lot, allowed, wait, slip);
        let kind = self.kind(lot.fate);
        let story = Story {
            code: String::new(),
            unit: lot.unit,
            level,
            procedure,
            channel,
            received: self.days.at(Moment {
                day: days.received,
                second: 0,
            }),
            forwarded: self.days.at(Moment {
                day: days.received,
                second: QUARTER,
            }),
            due: self.days.at(Moment {
                day: days.due - days.wait,
                second: FULL_DAY,
            }),
            due_day_only: false,
            turns: Vec::new(),
            end: None,
            kind,
        };
        self.tell(story, lot.fate, days, reason.filter(|_| days.wait > 0))
    }

    fn kind(&mut self, fate: Fate) -> Kind {
        match fate {
            Fate::NotReceived => Kind::NotReceived(if self.chance.one_in(2) { 1 } else { 3 }),
            Fate::Withdrawn | Fate::Stopped => Kind::Plain,
            _ if self.chance.one_in(2000) => Kind::LocalCodes,
            _ => Kind::Plain,
        }
    }

    /// Some longer cases get more time, for papers or by rescheduling.
    fn reason(&mut self, lot: Lot, allowed: usize) -> Option<Reason> {
        let can = matches!(
            lot.fate,
            Fate::OnTime | Fate::Late | Fate::Running | Fate::Slipping | Fate::Overdue
        );
        if !can || lot.carried || allowed < 5 {
            return None;
        }
        match self.chance.below(100) {
            0..8 => Some(Reason::Papers),
            8..11 => Some(Reason::Rescheduled),
            _ => None,
        }
    }

    /// Day numbers that give `lot` its fate. `first` and `last` bound the period; the morning after it
    /// belongs to day `last + 1`.
    fn days_of(&mut self, lot: Lot, allowed: usize, wait: usize, slip: usize) -> Days {
        let Workdays { first, last, .. } = *self.days;
        match lot.fate {
            Fate::Early => self.early(lot.carried, allowed),
            Fate::OnTime => self.resolved(lot.carried, allowed, wait, 0),
            Fate::Late => {
                let late = self.chance.below(4) + self.chance.below(6);
                self.resolved(lot.carried, allowed, wait, late)
            }
            Fate::Withdrawn => {
                let days = self.resolved(lot.carried, allowed, 0, 0);
                let finished = self.chance.between(days.received.max(first), days.due);
                Days {
                    finished: Some(finished),
                    ..days
                }
            }
            Fate::Running => {
                let due = last + self.chance.between(1, allowed);
                let days = self.open(due, allowed, wait);
                let soonest = if days.wait > 0 { due - days.wait } else { 0 };
                Days {
                    finished: Some(self.chance.between(soonest.max(last + 1), due)),
                    ..days
                }
            }
            Fate::Slipping => {
                let days = self.open(last + slip, allowed, wait);
                let finished = days.due + self.chance.between(1, 9);
                Days {
                    finished: Some(finished).filter(|_| !self.chance.one_in(5)),
                    ..days
                }
            }
            Fate::Overdue => {
                let late = 1 + self.chance.below(40).min(self.chance.below(44));
                let days = self.open(last + 1 - late, allowed, wait);
                let finished = last + 1 + self.chance.below(20);
                Days {
                    finished: Some(finished).filter(|_| !self.chance.one_in(3)),
                    ..days
                }
            }
            Fate::Stopped => {
                let received = match lot.carried {
                    true => first - self.chance.between(1, 20),
                    false => self.chance.between(last - 60, last - 3),
                };
                Days {
                    received,
                    due: received + allowed,
                    finished: None,
                    wait: 0,
                }
            }
            Fate::DoneBefore => {
                let received = first - self.chance.between(2, 22);
                let finished = self
                    .chance
                    .between(received, (received + allowed).min(first - 1));
                Days {
                    received,
                    due: received + allowed,
                    finished: Some(finished),
                    wait: 0,
                }
            }
            Fate::NotReceived => {
                let received = self.reception(first, last);
                Days {
                    received,
                    due: received + allowed,
                    finished: None,
                    wait: 0,
                }
            }
            Fate::New => {
                let received = last + self.chance.between(1, 22);
                let finished = self.chance.between(received, received + allowed);
                Days {
                    received,
                    due: received + allowed,
                    finished: Some(finished),
                    wait: 0,
                }
            }
        }
    }

    /// Finished in the period, before the due day.
    fn early(&mut self, carried: bool, allowed: usize) -> Days {
        let Workdays { first, last, .. } = *self.days;
        let received = match carried {
            true => first - self.chance.between(1, allowed - 1),
            false => self.reception(first, last),
        };
        let finished = self
            .chance
            .between(received.max(first), (received + allowed - 1).min(last));
        Days {
            received,
            due: received + allowed,
            finished: Some(finished),
            wait: 0,
        }
    }

    /// Finished in the period, `late` working days after the due day.
    fn resolved(&mut self, carried: bool, allowed: usize, wait: usize, late: usize) -> Days {
        let Workdays { first, last, .. } = *self.days;
        let needed = allowed + wait + late;
        let received = match carried {
            true => first - self.chance.between(1, allowed),
            false => self.reception(first, last - needed),
        };
        Days {
            received,
            due: received + allowed + wait,
            finished: Some(received + needed),
            wait,
        }
    }

    /// Open at the end of the period and due on day `due`. More time counts only if it was given by then.
    fn open(&mut self, due: usize, allowed: usize, wait: usize) -> Days {
        let wait = if due < allowed + self.days.last {
            wait
        } else {
            0
        };
        Days {
            received: due - allowed - wait,
            due,
            finished: None,
            wait,
        }
    }

    /// A day of reception; in April 2020, with everybody at home, half as many.
    fn reception(&mut self, low: usize, high: usize) -> usize {
        let day = self.chance.between(low, high);
        let quiet = (
            NaiveDate::from_ymd_opt(2020, 4, 1),
            NaiveDate::from_ymd_opt(2020, 4, 22),
        );
        let date = Some(self.days.date(day));
        let at_home = quiet.0 <= date && date <= quiet.1;
        if at_home && self.chance.one_in(2) {
            self.chance.between(low, high)
        } else {
            day
        }
    }

    /// Puts the times of day, the turns and the end into a story whose days are settled.
    fn tell(&mut self, mut story: Story, fate: Fate, days: Days, reason: Option<Reason>) -> Story {
        let same_day = days.received == days.due;
        let latest = if same_day {
            LAST_SAME_DAY
        } else {
            LAST_RECEPTION
        };
        let received = Moment {
            day: days.received,
            second: self.chance.between(0, latest),
        };
        let due_second = self.due_second(received.second, same_day);
        let due = |day| Moment {
            day,
            second: due_second,
        };
        let given = days.due - days.wait;
        story.received = self.days.at(received);
        story.forwarded = self.days.at(Moment {
            second: received.second + QUARTER,
            ..received
        });
        story.due = self.days.at(due(given));
        story.due_day_only = due_second == FULL_DAY && self.chance.one_in(20);
        match reason {
            Some(Reason::Papers) => story.turns.push(self.papers(&days, due(days.due))),
            Some(Reason::Rescheduled) => story.turns.push(self.rescheduled(given, due(days.due))),
            None => {}
        }
        if fate == Fate::Stopped {
            story = self.stop(story, days, due_second);
        }
        if let Some(finished) = days.finished {
            let at = match fate {
                Fate::Late if finished == days.due => self.evening(due(days.due)),
                _ => self.finish(finished, received, due(days.due)),
            };
            story.end = Some(self.end(at, fate == Fate::Withdrawn));
        }
        self.forward(&mut story, days.received);
        story
    }

    /// A quarter of those that can wait reach the specialist only the next morning.
    fn forward(&mut self, story: &mut Story, received: usize) {
        let morning = Moment {
            day: received + 1,
            second: self.chance.below(3600),
        };
        let morning = self.days.at(morning);
        let can_wait = story.next_event().is_none_or(|next| next > morning);
        if can_wait && self.chance.one_in(4) {
            story.forwarded = morning;
        }
    }

    /// 17:00, or for one in eight the minute of reception.
    fn due_second(&mut self, received: usize, same_day: bool) -> usize {
        if !same_day && self.chance.one_in(8) {
            received / 60 * 60
        } else {
            FULL_DAY
        }
    }

    /// Papers asked for on the day after reception, which came `wait` days later.
    fn papers(&mut self, days: &Days, due: Moment) -> Turn {
        let asked = Moment {
            day: days.received + 1,
            second: self.chance.below(FULL_DAY),
        };
        let answered = Moment {
            day: asked.day + days.wait,
            second: self.chance.below(FULL_DAY),
        };
        Turn::Supplement {
            asked: self.days.at(asked),
            answered: Some((self.days.at(answered), self.days.at(due))),
        }
    }

    /// An apology one or two working days before the day first given, as the law has it.
    fn rescheduled(&mut self, given: usize, due: Moment) -> Turn {
        let day = given - self.chance.between(1, 2);
        let at = Moment {
            day,
            second: self.chance.below(FULL_DAY),
        };
        Turn::Rescheduled {
            at: self.days.at(at),
            due: self.days.at(due),
        }
    }

    /// Stops the clock before the due day, and for most who wait for papers lets it run again in June.
    fn stop(&mut self, mut story: Story, days: Days, due_second: usize) -> Story {
        let last = self.days.last;
        let asked = self
            .chance
            .between(days.received + 1, (days.due - 1).min(last));
        let at = self.days.at(Moment {
            day: asked,
            second: self.chance.below(FULL_DAY),
        });
        let status = [5, 5, 5, 5, 5, 6, 6, 8][self.chance.below(8)];
        if status != 5 {
            story.turns.push(Turn::Halted { at, status });
            return story;
        }
        let answered = Moment {
            day: last + 1 + self.chance.below(20),
            second: self.chance.below(FULL_DAY),
        };
        let due = Moment {
            day: days.due + answered.day - asked,
            second: due_second,
        };
        let answers = !self.chance.one_in(3);
        let new_due = answers.then(|| (self.days.at(answered), self.days.at(due)));
        story.turns.push(Turn::Supplement {
            asked: at,
            answered: new_due,
        });
        if answers {
            let finished = self.chance.between(answered.day + 1, due.day);
            let at = self.finish(finished, answered, due);
            story.end = Some(self.end(at, false));
        }
        story
    }

    /// Late by minutes: on the due day, after the due moment, 17:30 at the latest.
    fn evening(&mut self, due: Moment) -> Moment {
        Moment {
            second: self.chance.between(due.second + 60, FULL_DAY + 1800),
            ..due
        }
    }

    /// A moment on day `day`, after `begun`, and on the due day itself not after the due moment.
    fn finish(&mut self, day: usize, begun: Moment, due: Moment) -> Moment {
        let low = if day == begun.day {
            begun.second + QUARTER + 60
        } else {
            60
        };
        let high = if day == due.day { due.second } else { FULL_DAY };
        Moment {
            day,
            second: self.chance.between(low.min(high), high),
        }
    }

    fn end(&mut self, finished: Moment, withdrawn: bool) -> End {
        let day = finished.day + self.chance.below(4);
        let earliest = if day == finished.day {
            finished.second + 300
        } else {
            0
        };
        let taken = Moment {
            day,
            second: self.chance.between(earliest, FULL_DAY),
        };
        let taken =
            Some(taken).filter(|taken| !withdrawn && *taken > finished && !self.chance.one_in(10));
        End {
            at: self.days.at(finished),
            withdrawn,
            handed_over: taken.map(|at| self.days.at(at)),
        }
    }

    /// Numbers the dossiers of each unit and day. By post the numbers are longer; once in a while the
    /// number was drawn online on the day before.
    fn give_codes(&mut self, stories: &mut [Story]) {
        let mut drawn: HashMap<(&str, NaiveDate), usize> = HashMap::new();
        for story in stories {
            let mut date = story.received.date();
            if story.channel == Channel::Online && self.chance.one_in(600) {
                date = date.pred_opt().unwrap_or(date);
            }
            let number = drawn.entry((story.unit, date)).or_default();
            *number += 1;
            let long = if story.channel == Channel::Postal {
                10_000
            } else {
                0
            };
            story.code = code(story, date, *number + long);
        }
    }
}

/// Received in the period and in its counts.
fn within(lot: Lot) -> bool {
    !lot.carried && !matches!(lot.fate, Fate::DoneBefore | Fate::NotReceived | Fate::New)
}

/// Both styles are in use: the older one, level-1 code last, at the counters of every third unit.
fn code(story: &Story, date: NaiveDate, number: usize) -> String {
    let units = DEPARTMENTS.iter().chain(&WARDS);
    let unit = 1 + units.take_while(|unit| unit.code != story.unit).count();
    let old = story.channel == Channel::Direct && unit.is_multiple_of(3);
    let prefix = if old {
        format!("000.{unit:02}.23.H26")
    } else {
        format!("H26.23.{unit:02}")
    };
    format!("{prefix}-{}-{number:04}", date.format("%y%m%d"))
}

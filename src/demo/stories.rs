//! Writes the life of every dossier: what the plan counts becomes dates, papers asked for, results.
//!
//! Owns: reception, due and finish moments that give each dossier its fate.
//! Never: how many of each (`plan.rs`).
//! Reads next: `story.rs`, `world.rs`.

use super::catalogue::Catalogue;
use super::chance::Chance;
use super::codes::give_codes;
use super::dating::{Dating, Span};
use super::figures::Figures;
use super::plan::{Fate, Lot, lots};
use super::story::{End, Kind, Story};
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
        give_codes(&mut stories, &mut self.chance);
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
        let least = self.least(lot, slip);
        let procedure = self.catalogue.draw(owner, least, &mut self.chance);
        let allowed = self.catalogue.procedures[procedure].days;
        let reason = self.reason(lot, allowed);
        let wait = reason.map_or(0, |_| self.chance.between(2, 6));
        let span = Dating {
            days: self.days,
            chance: &mut self.chance,
        }
        .span(lot, allowed, wait, slip);
        let kind = self.kind(lot.fate);
        let story = Story {
            code: String::new(),
            unit: lot.unit,
            level,
            procedure,
            channel,
            received: self.days.at(Moment {
                day: span.received,
                second: 0,
            }),
            forwarded: self.days.at(Moment {
                day: span.received,
                second: QUARTER,
            }),
            due: self.days.at(Moment {
                day: span.due - span.wait,
                second: FULL_DAY,
            }),
            due_day_only: false,
            turns: Vec::new(),
            end: None,
            kind,
        };
        self.tell(story, lot.fate, span, reason.filter(|_| span.wait > 0))
    }

    /// The working days that the procedure must at least allow for the fate to be possible. What is open
    /// at the end of a month is mostly the long cases.
    fn least(&mut self, lot: Lot, slip: usize) -> usize {
        match (lot.fate, lot.carried) {
            (Fate::Slipping, _) => slip,
            (Fate::Running, _) if !self.chance.one_in(8) => 10,
            (Fate::Early, true) | (Fate::Running | Fate::Stopped | Fate::Overdue, _) => 2,
            (Fate::Early, false) | (Fate::OnTime | Fate::Late | Fate::Withdrawn, true) => 1,
            _ => 0,
        }
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

    /// Puts the times of day, the turns and the end into a story whose days are settled.
    fn tell(&mut self, mut story: Story, fate: Fate, span: Span, reason: Option<Reason>) -> Story {
        let same_day = span.received == span.due;
        let latest = if same_day {
            LAST_SAME_DAY
        } else {
            LAST_RECEPTION
        };
        let received = Moment {
            day: span.received,
            second: self.chance.between(0, latest),
        };
        let due_second = self.due_second(received.second, same_day);
        let due = |day| Moment {
            day,
            second: due_second,
        };
        let given = span.due - span.wait;
        story.received = self.days.at(received);
        story.forwarded = self.days.at(Moment {
            second: received.second + QUARTER,
            ..received
        });
        story.due = self.days.at(due(given));
        story.due_day_only = due_second == FULL_DAY && self.chance.one_in(20);
        match reason {
            Some(Reason::Papers) => story.turns.push(self.papers(&span, due(span.due))),
            Some(Reason::Rescheduled) => story.turns.push(self.rescheduled(given, due(span.due))),
            None => {}
        }
        if fate == Fate::Stopped {
            story = self.stop(story, span, due_second);
        }
        if let Some(finished) = span.finished {
            let at = match fate {
                Fate::Late if finished == span.due => self.evening(due(span.due)),
                _ => self.finish(finished, received, due(span.due)),
            };
            story.end = Some(self.end(at, fate == Fate::Withdrawn));
        }
        self.forward(&mut story, span.received);
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

    /// Late by minutes: on the due day, after the due moment, 17:30 at the latest.
    fn evening(&mut self, due: Moment) -> Moment {
        Moment {
            second: self.chance.between(due.second + 60, FULL_DAY + 1800),
            ..due
        }
    }

    /// A moment on day `day`, after `begun`, and on the due day itself not after the due moment.
    pub fn finish(&mut self, day: usize, begun: Moment, due: Moment) -> Moment {
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

    pub fn end(&mut self, finished: Moment, withdrawn: bool) -> End {
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
}

/// Received in the period and in its counts.
fn within(lot: Lot) -> bool {
    !lot.carried && !matches!(lot.fate, Fate::DoneBefore | Fate::NotReceived | Fate::New)
}

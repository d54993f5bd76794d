//! The days of one dossier: received, due, finished, so that counting gives it its fate.
//!
//! Owns: arithmetic in working days, by number.
//! Never: the time of day (`stories.rs`).
//! Reads next: `stories.rs`.

use chrono::Datelike;

use super::chance::Chance;
use super::plan::{Fate, Lot};
use super::workdays::Workdays;

/// Days by number; `due` includes `wait`, the working days added to those allowed at first.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub received: usize,
    pub due: usize,
    pub finished: Option<usize>,
    pub wait: usize,
}

pub struct Dating<'a> {
    pub days: &'a Workdays,
    pub chance: &'a mut Chance,
}

impl Span {
    fn plain(received: usize, allowed: usize) -> Self {
        Self {
            received,
            due: received + allowed,
            finished: None,
            wait: 0,
        }
    }

    fn finished(self, day: usize) -> Self {
        Self {
            finished: Some(day),
            ..self
        }
    }
}

impl Dating<'_> {
    /// The days that give `lot` its fate, for a procedure of `allowed` working days that got `wait` more.
    /// One that slips falls due `slip` working days after the period.
    pub fn span(mut self, lot: Lot, allowed: usize, wait: usize, slip: usize) -> Span {
        match lot.fate {
            Fate::Early => self.early(lot.carried, allowed),
            Fate::OnTime => self.resolved(lot.carried, allowed, wait, 0),
            Fate::Late => {
                let late = self.chance.below(4) + self.chance.below(6);
                self.resolved(lot.carried, allowed, wait, late)
            }
            Fate::Withdrawn => self.withdrawn(lot.carried, allowed),
            Fate::Running => self.running(allowed, wait),
            Fate::Slipping => self.slipping(allowed, wait, slip),
            Fate::Stopped => self.stopped(lot.carried, allowed),
            Fate::Overdue => self.overdue(allowed, wait),
            Fate::DoneBefore => self.done_before(allowed),
            Fate::NotReceived => {
                Span::plain(self.reception(self.days.first, self.days.last), allowed)
            }
            Fate::New => self.arriving(allowed),
        }
    }

    /// Finished in the period, before the due day.
    fn early(&mut self, carried: bool, allowed: usize) -> Span {
        let Workdays { first, last, .. } = *self.days;
        let received = match carried {
            true => first - self.chance.between(1, allowed - 1),
            false => self.reception(first, last),
        };
        let latest = (received + allowed - 1).min(last);
        Span::plain(received, allowed).finished(self.chance.between(received.max(first), latest))
    }

    /// Finished in the period, `late` working days after the due day.
    fn resolved(&mut self, carried: bool, allowed: usize, wait: usize, late: usize) -> Span {
        let Workdays { first, last, .. } = *self.days;
        let needed = allowed + wait + late;
        let received = match carried {
            true => first - self.chance.between(1, allowed),
            false => self.reception(first, last - needed),
        };
        Span {
            received,
            due: received + allowed + wait,
            finished: Some(received + needed),
            wait,
        }
    }

    fn withdrawn(&mut self, carried: bool, allowed: usize) -> Span {
        let span = self.resolved(carried, allowed, 0, 0);
        span.finished(
            self.chance
                .between(span.received.max(self.days.first), span.due),
        )
    }

    /// Due after the period, rather later than sooner, and finished by then.
    fn running(&mut self, allowed: usize, wait: usize) -> Span {
        let last = self.days.last;
        let due = last
            + self
                .chance
                .between(1, allowed)
                .max(self.chance.between(1, allowed));
        let span = self.open(due, allowed, wait);
        // Not before the day on which more time is given.
        let soonest = if span.wait > 0 { due - span.wait } else { 0 };
        span.finished(self.chance.between(soonest.max(last + 1), due))
    }

    /// Four of five are finished some days too late, the fifth not within sight.
    fn slipping(&mut self, allowed: usize, wait: usize, slip: usize) -> Span {
        let span = self.open(self.days.last + slip, allowed, wait);
        let finished = span.due + self.chance.between(1, 9);
        if self.chance.one_in(5) {
            span
        } else {
            span.finished(finished)
        }
    }

    /// Due one to forty working days before the morning after the period; two of three are finished in June.
    fn overdue(&mut self, allowed: usize, wait: usize) -> Span {
        let late = 1 + self.chance.below(40).min(self.chance.below(44));
        let span = self.open(self.days.last + 1 - late, allowed, wait);
        let finished = self.days.last + 1 + self.chance.below(20);
        if self.chance.one_in(3) {
            span
        } else {
            span.finished(finished)
        }
    }

    fn stopped(&mut self, carried: bool, allowed: usize) -> Span {
        let Workdays { first, last, .. } = *self.days;
        let received = match carried {
            true => first - self.chance.between(1, 20),
            false => self.chance.between(last - 60, last - 3),
        };
        Span::plain(received, allowed)
    }

    fn done_before(&mut self, allowed: usize) -> Span {
        let received = self.days.first - self.chance.between(2, 22);
        let latest = (received + allowed).min(self.days.first - 1);
        Span::plain(received, allowed).finished(self.chance.between(received, latest))
    }

    /// Received on one of the 22 working days of June.
    fn arriving(&mut self, allowed: usize) -> Span {
        let received = self.days.last + self.chance.between(1, 22);
        Span::plain(received, allowed).finished(self.chance.between(received, received + allowed))
    }

    /// Due on day `due`. More time counts only if it was given before the end of the period.
    fn open(&mut self, due: usize, allowed: usize, wait: usize) -> Span {
        let wait = if due < allowed + self.days.last {
            wait
        } else {
            0
        };
        Span {
            received: due - allowed - wait,
            due,
            finished: None,
            wait,
        }
    }

    /// A day of reception; in the first weeks of April 2020, with everybody at home, half as many.
    fn reception(&mut self, low: usize, high: usize) -> usize {
        let day = self.chance.between(low, high);
        let date = self.days.date(day);
        let at_home = (date.year(), date.month()) == (2020, 4) && date.day() <= 22;
        if at_home && self.chance.one_in(2) {
            self.chance.between(low, high)
        } else {
            day
        }
    }
}

//! The life of one dossier, and what the one-stop-shop shows of it at an instant.
//!
//! Owns: the order of events, the status and dates visible at `now`, the instant of the last change.
//! Never: deciding what happens (`stories.rs`) or the wire format (`row.rs`).
//! Reads next: `row.rs`.

use chrono::NaiveDateTime;

use crate::domain::dossier::Channel;
use crate::domain::unit::Level;

/// Everything that happens to a dossier, future included. All times are local.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub code: String,
    pub unit: &'static str,
    pub level: Level,
    /// Number in the catalogue.
    pub procedure: usize,
    pub channel: Channel,
    pub received: NaiveDateTime,
    /// When the specialist got it: status 2 becomes 4.
    pub forwarded: NaiveDateTime,
    /// The due moment given at reception.
    pub due: NaiveDateTime,
    /// The due date is written without its time, which is 17:00.
    pub due_day_only: bool,
    /// In order of time, all before the end.
    pub turns: Vec<Turn>,
    pub end: Option<End>,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Shown with the local codes 11 (at work) and 12 (done).
    LocalCodes,
    /// Never accepted: 1 registered or 3 refused.
    NotReceived(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Papers were asked for (status 5); `answered`: when they came, and the new due moment.
    Supplement {
        asked: NaiveDateTime,
        answered: Option<(NaiveDateTime, NaiveDateTime)>,
    },
    Rescheduled {
        at: NaiveDateTime,
        due: NaiveDateTime,
    },
    /// Waits for a payment (6) or stopped by the office (8).
    Halted { at: NaiveDateTime, status: u16 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub at: NaiveDateTime,
    pub withdrawn: bool,
    /// When the applicant took the result.
    pub handed_over: Option<NaiveDateTime>,
}

/// What is visible at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub status: u16,
    pub due: NaiveDateTime,
    pub changed: NaiveDateTime,
    pub finished: Option<NaiveDateTime>,
    pub handed_over: Option<NaiveDateTime>,
    pub entries: Vec<Entry>,
}

/// One line of DanhSachHoSoBoSung.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub asked: Option<NaiveDateTime>,
    pub answered: Option<NaiveDateTime>,
    pub due_before: Option<NaiveDateTime>,
    pub due_after: Option<NaiveDateTime>,
}

impl Turn {
    fn at(&self) -> NaiveDateTime {
        match *self {
            Self::Supplement { asked: at, .. }
            | Self::Rescheduled { at, .. }
            | Self::Halted { at, .. } => at,
        }
    }
}

impl Story {
    /// What happens first after forwarding.
    pub fn next_event(&self) -> Option<NaiveDateTime> {
        let end = self.end.as_ref().map(|end| end.at);
        self.turns.first().map(Turn::at).or(end)
    }

    /// `None` before reception.
    pub fn at(&self, now: NaiveDateTime) -> Option<View> {
        if self.received > now {
            return None;
        }
        let mut view = View {
            status: if let Kind::NotReceived(status) = self.kind {
                status
            } else {
                2
            },
            due: self.due,
            changed: self.received,
            finished: None,
            handed_over: None,
            entries: Vec::new(),
        };
        if !matches!(self.kind, Kind::NotReceived(_)) && self.forwarded <= now {
            (view.status, view.changed) = (self.at_work(), self.forwarded);
        }
        for turn in &self.turns {
            self.turn(&mut view, turn, now);
        }
        if let Some(end) = self.end.as_ref().filter(|end| end.at <= now) {
            self.finish(&mut view, end, now);
        }
        Some(view)
    }

    fn at_work(&self) -> u16 {
        if self.kind == Kind::LocalCodes { 11 } else { 4 }
    }

    fn turn(&self, view: &mut View, turn: &Turn, now: NaiveDateTime) {
        match *turn {
            Turn::Supplement { asked, answered } if asked <= now => {
                (view.status, view.changed) = (5, asked);
                let mut entry = Entry {
                    asked: Some(asked),
                    ..Entry::default()
                };
                if let Some((answered, due)) = answered.filter(|(at, _)| *at <= now) {
                    entry.answered = Some(answered);
                    entry.shift(view, due);
                    (view.status, view.changed) = (self.at_work(), answered);
                }
                view.entries.push(entry);
            }
            Turn::Rescheduled { at, due } if at <= now => {
                let mut entry = Entry::default();
                entry.shift(view, due);
                view.changed = at;
                view.entries.push(entry);
            }
            Turn::Halted { at, status } if at <= now => (view.status, view.changed) = (status, at),
            _ => {}
        }
    }

    fn finish(&self, view: &mut View, end: &End, now: NaiveDateTime) {
        let done = if self.kind == Kind::LocalCodes { 12 } else { 9 };
        view.status = if end.withdrawn { 7 } else { done };
        view.changed = end.at;
        view.finished = Some(end.at);
        if let Some(handed_over) = end.handed_over.filter(|at| *at <= now) {
            view.handed_over = Some(handed_over);
            view.changed = handed_over;
            view.status = if done == 9 { 10 } else { done };
        }
    }
}

impl Entry {
    fn shift(&mut self, view: &mut View, due: NaiveDateTime) {
        self.due_before = Some(view.due);
        self.due_after = Some(due);
        view.due = due;
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn on(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2020, 3, day)
            .unwrap()
            .and_hms_opt(hour, 0, 0)
            .unwrap()
    }

    fn supplemented() -> Story {
        Story {
            code: "H26.23.01-200302-0001".into(),
            unit: "TP",
            level: Level::District,
            procedure: 0,
            channel: Channel::Direct,
            received: on(2, 8),
            forwarded: on(2, 9),
            due: on(6, 17),
            due_day_only: false,
            turns: vec![Turn::Supplement {
                asked: on(3, 8),
                answered: Some((on(10, 8), on(13, 17))),
            }],
            end: Some(End {
                at: on(12, 8),
                withdrawn: false,
                handed_over: Some(on(13, 9)),
            }),
            kind: Kind::Plain,
        }
    }

    #[test]
    fn a_dossier_shows_only_what_has_happened() {
        let story = supplemented();
        let shown = |day, hour| {
            story
                .at(on(day, hour))
                .map(|view| (view.status, view.due, view.changed))
        };
        assert_eq!(shown(1, 8), None, "not yet received");
        assert_eq!(shown(2, 8), Some((2, on(6, 17), on(2, 8))), "received");
        assert_eq!(shown(2, 10), Some((4, on(6, 17), on(2, 9))), "at work");
        assert_eq!(
            shown(9, 8),
            Some((5, on(6, 17), on(3, 8))),
            "waiting for papers"
        );
        assert_eq!(
            shown(11, 8),
            Some((4, on(13, 17), on(10, 8))),
            "papers came, due later"
        );
        assert_eq!(shown(12, 8), Some((9, on(13, 17), on(12, 8))), "done");
        assert_eq!(
            shown(31, 8),
            Some((10, on(13, 17), on(13, 9))),
            "handed over"
        );
    }

    #[test]
    fn the_old_due_date_is_kept_once_there_is_a_new_one() {
        let entry = |day| supplemented().at(on(day, 8)).unwrap().entries[0].clone();
        assert_eq!((entry(9).due_before, entry(9).due_after), (None, None));
        assert_eq!(
            (entry(11).due_before, entry(11).due_after),
            (Some(on(6, 17)), Some(on(13, 17)))
        );
    }
}

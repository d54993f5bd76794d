//! What interrupts a dossier: papers asked for, a new due date, a stopped clock.
//!
//! Owns: the moments of those turns.
//! Never: more than one turn for a dossier.
//! Reads next: `story.rs`.

use super::dating::Span;
use super::stories::Writer;
use super::story::{Story, Turn};
use super::workdays::{FULL_DAY, Moment};

impl Writer<'_> {
    /// Papers asked for on the day after reception, which came `wait` days later.
    pub fn papers(&mut self, span: &Span, due: Moment) -> Turn {
        let asked = Moment {
            day: span.received + 1,
            second: self.chance.below(FULL_DAY),
        };
        let answered = Moment {
            day: asked.day + span.wait,
            second: self.chance.below(FULL_DAY),
        };
        Turn::Supplement {
            asked: self.days.at(asked),
            answered: Some((self.days.at(answered), self.days.at(due))),
        }
    }

    /// An apology one or two working days before the day first given, as the law has it.
    pub fn rescheduled(&mut self, given: usize, due: Moment) -> Turn {
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
    pub fn stop(&mut self, mut story: Story, span: Span, due_second: usize) -> Story {
        let last = self.days.last;
        let asked = self
            .chance
            .between(span.received + 1, (span.due - 1).min(last));
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
            day: span.due + answered.day - asked,
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
}

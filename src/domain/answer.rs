//! What people answer to an alert, and how long it holds.
//!
//! Owns: which answers there are, whom each silences, and until when.
//! Never: how an answer arrives (`web`, `cli`), who may give it (`link`).
//! Reads next: `decide.rs`.

use chrono::NaiveDate;

use super::calendar::{Calendar, Due};
use crate::word_enum;

/// A promise reaches at most so many working days ahead: a longer one is a new due date.
pub const MOST_PROMISED: i64 = 20;
/// Whoever runs the program may take a promise back too.
const OPERATOR: &str = "operator@";
/// A silence lasts at most so many working days.
pub const MOST_SILENT: i64 = 40;

word_enum! {
    pub enum AnswerKind {
        /// Read. Reminders count from here.
        Seen = "seen",
        /// Will be done by a day. Nobody on the ladder hears more until it has passed.
        Promised = "promised",
        /// Not the post's own. The operator is told, and the post hears no more of it.
        NotMine = "not-mine",
        /// The post wants to hear nothing until a day has passed; others hear all the same.
        Silenced = "silenced",
        /// What this post answered before holds no more, its promise included.
        Withdrawn = "withdrawn",
    }
}

/// One answer of one post to one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub kind: AnswerKind,
    /// `head@00118`
    pub post: String,
    pub on: NaiveDate,
    /// The last day on which it holds; of a promise and a silence only.
    pub until: Option<NaiveDate>,
}

/// Why an answer cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error("`{0}` needs a day")]
    NoDay(AnswerKind),
    #[error("{0} is in the past")]
    Past(NaiveDate),
    #[error("{day} is more than {most} working days ahead")]
    TooFar { day: NaiveDate, most: i64 },
    #[error("{0} is not a working day")]
    DayOff(NaiveDate),
}

/// Whether `kind` may be answered today with `until`.
///
/// # Errors
/// When a day is missing, past, too far ahead, or (for a promise) not a working day.
pub fn may_answer(
    kind: AnswerKind,
    until: Option<NaiveDate>,
    today: NaiveDate,
    calendar: &Calendar,
) -> Result<(), AnswerError> {
    let most = match kind {
        AnswerKind::Promised => MOST_PROMISED,
        AnswerKind::Silenced => MOST_SILENT,
        AnswerKind::Seen | AnswerKind::NotMine | AnswerKind::Withdrawn => return Ok(()),
    };
    let day = until.ok_or(AnswerError::NoDay(kind))?;
    if day < today {
        return Err(AnswerError::Past(day));
    }
    if calendar.between(today, day).days > most {
        return Err(AnswerError::TooFar { day, most });
    }
    if kind == AnswerKind::Promised && !calendar.is_worked(day).worked {
        return Err(AnswerError::DayOff(day));
    }
    Ok(())
}

/// The days that a page offers: `today` if work is promised for it, then the next working days. Each is tentative if
/// nobody knows for sure that it is worked.
#[must_use]
pub fn days_ahead(kind: AnswerKind, today: NaiveDate, calendar: &Calendar) -> Vec<Due> {
    let first = i64::from(kind != AnswerKind::Promised || !calendar.is_worked(today).worked);
    let day = |n| {
        let date = calendar.add(today, n)?.date;
        let tentative = calendar.is_worked(date).tentative;
        Some(Due { date, tentative })
    };
    (first..=MOST_PROMISED).filter_map(day).collect()
}

/// What the answers to one thing amount to for one post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// By anybody: it holds for the whole ladder.
    pub promised: Option<NaiveDate>,
    pub silenced: Option<NaiveDate>,
    pub not_mine: bool,
    pub seen: Option<NaiveDate>,
}

impl Standing {
    /// `answers` to one thing, oldest first.
    #[must_use]
    pub fn of(answers: &[Answer], post: &str) -> Self {
        let mut standing = Self::default();
        let mut promised_by = "";
        for answer in answers {
            let own = answer.post == post;
            let may_end_promise = answer.post == promised_by || answer.post.starts_with(OPERATOR);
            match answer.kind {
                AnswerKind::Promised => {
                    standing.promised = answer.until;
                    promised_by = &answer.post;
                }
                AnswerKind::Seen if own => standing.seen = Some(answer.on),
                AnswerKind::NotMine if own => standing.not_mine = true,
                AnswerKind::Silenced if own => standing.silenced = answer.until,
                AnswerKind::Withdrawn => {
                    let kept = if own { Self::default() } else { standing };
                    let promised = standing.promised.filter(|_| !may_end_promise);
                    standing = Self { promised, ..kept };
                }
                AnswerKind::Seen | AnswerKind::NotMine | AnswerKind::Silenced => {}
            }
        }
        standing
    }

    #[must_use]
    pub fn silenced_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.silenced.filter(|until| day <= *until)
    }

    #[must_use]
    pub fn promised_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.promised.filter(|until| day <= *until)
    }

    /// A promise whose day has passed.
    #[must_use]
    pub fn broken_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.promised.filter(|until| *until < day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn answer(kind: AnswerKind, post: &str, until: Option<&str>) -> Answer {
        Answer {
            kind,
            post: post.into(),
            on: day("2020-06-01"),
            until: until.map(day),
        }
    }

    #[test]
    fn a_promise_holds_for_everybody_and_a_silence_for_the_post() {
        let answers = [
            answer(AnswerKind::Promised, "head@00118", Some("2020-06-05")),
            answer(AnswerKind::Silenced, "chair@004", Some("2020-06-10")),
        ];
        let head = Standing::of(&answers, "head@00118");
        assert_eq!(
            (head.promised, head.silenced),
            (Some(day("2020-06-05")), None)
        );
        let chair = Standing::of(&answers, "chair@004");
        assert_eq!(chair.promised, Some(day("2020-06-05")));
        assert_eq!(
            chair.silenced_on(day("2020-06-10")),
            Some(day("2020-06-10"))
        );
        assert_eq!(chair.silenced_on(day("2020-06-11")), None, "it passes");
        assert_eq!(chair.promised_on(day("2020-06-05")), chair.promised);
        assert_eq!(chair.broken_on(day("2020-06-08")), chair.promised);
    }

    #[test]
    fn whoever_withdraws_takes_back_the_own_answers_and_the_promise() {
        let answers = [
            answer(AnswerKind::NotMine, "head@00118", None),
            answer(AnswerKind::Promised, "head@00118", Some("2020-06-05")),
            answer(AnswerKind::Withdrawn, "operator@004", None),
        ];
        let head = Standing::of(&answers, "head@00118");
        assert!(head.not_mine && head.promised.is_none());
        let again = [
            &answers[..],
            &[answer(AnswerKind::Withdrawn, "head@00118", None)],
        ]
        .concat();
        assert_eq!(Standing::of(&again, "head@00118"), Standing::default());
        let by_another = [
            answer(AnswerKind::Promised, "head@00118", Some("2020-06-05")),
            answer(AnswerKind::Withdrawn, "chair@004", None),
        ];
        let head = Standing::of(&by_another, "head@00118");
        assert!(head.promised.is_some(), "a promise is its giver's");
    }

    #[test]
    fn every_day_that_is_offered_may_be_answered() {
        let calendar = Calendar::new(Vec::new());
        for (kind, today, first, count) in [
            (AnswerKind::Promised, "2020-06-01", "2020-06-01", 21),
            (AnswerKind::Promised, "2020-06-06", "2020-06-08", 20),
            (AnswerKind::Silenced, "2020-06-05", "2020-06-08", 20),
        ] {
            let days = days_ahead(kind, day(today), &calendar);
            assert_eq!((days[0].date, days.len()), (day(first), count), "{kind}");
            for offered in days {
                let taken = may_answer(kind, Some(offered.date), day(today), &calendar);
                assert_eq!(taken, Ok(()), "{kind} {}", offered.date);
            }
        }
    }

    #[test]
    fn a_day_must_be_near_to_come_and_worked() {
        let calendar = Calendar::new(Vec::new());
        let today = day("2020-06-01");
        let asked = |kind, until: Option<&str>| may_answer(kind, until.map(day), today, &calendar);
        assert_eq!(asked(AnswerKind::Seen, None), Ok(()));
        assert_eq!(asked(AnswerKind::Promised, Some("2020-06-05")), Ok(()));
        assert_eq!(
            asked(AnswerKind::Promised, Some("2020-06-01")),
            Ok(()),
            "today"
        );
        assert!(matches!(
            asked(AnswerKind::Promised, None),
            Err(AnswerError::NoDay(_))
        ));
        assert!(matches!(
            asked(AnswerKind::Silenced, Some("2020-05-29")),
            Err(AnswerError::Past(_))
        ));
        assert!(matches!(
            asked(AnswerKind::Promised, Some("2020-06-06")),
            Err(AnswerError::DayOff(_))
        ));
        assert!(matches!(
            asked(AnswerKind::Promised, Some("2020-07-20")),
            Err(AnswerError::TooFar { .. })
        ));
        assert_eq!(
            asked(AnswerKind::Silenced, Some("2020-07-19")),
            Ok(()),
            "a silence may end on a Sunday"
        );
    }
}

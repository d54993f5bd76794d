//! The apology slip (phiếu xin lỗi và hẹn lại ngày trả kết quả): for which dossier, and what the law wants of its time.
//!
//! Owns: whether one may be drafted and why not, the last day for sending it, which day can be promised.
//! Never: what the form looks like (`report::apology`); the applicant's name.
//! Reads next: `apology/law.rs`, `dossier.rs`, `calendar.rs`.

mod law;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

pub use law::Law;

use super::calendar::Calendar;
use super::dossier::{Dossier, State, Status, day_of, days_late, state};

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct ApologyInputs<'a> {
    pub dossier: &'a Dossier,
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub calendar: &'a Calendar,
    /// A dossier that falls due within so many working days *will be late* if somebody says so.
    pub soon: u32,
}

/// Why a dossier needs a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It falls due so many working days from now; 0: today.
    Soon { left: i64 },
    /// It is open and past its due moment by so many working days; 0: since today.
    Overdue { late: i64 },
    /// Its processing ended so late, and its result is not handed over yet.
    FinishedLate { late: i64 },
}

/// Whether the slip can still be sent when the law wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// It is in time until the end of this day.
    Until(NaiveDate),
    /// This was the last day.
    TooLate(NaiveDate),
}

/// A slip that may be drafted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    pub need: Need,
    pub timing: Timing,
    pub law: &'static Law,
    /// An unconfirmed day took part in the days and dates above.
    pub tentative: bool,
}

/// Why no slip may be drafted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it was not received, so no day was promised")]
    NotReceived,
    #[error("it was resolved in time, on {finished}")]
    InTime { finished: NaiveDate },
    #[error("its result was handed over already")]
    HandedOver,
    #[error("it was withdrawn")]
    Withdrawn,
    #[error("its clock is stopped: it is late only when it runs again and passes its due date")]
    Stopped,
    #[error("it was rescheduled already, from {original} to {due}: {law} allows that once")]
    Rescheduled {
        original: NaiveDate,
        due: NaiveDate,
        law: &'static Law,
    },
    #[error(
        "it falls due on {due} only, {left} working days from now: a slip can be drafted from {soon} before"
    )]
    NotSoon {
        due: NaiveDate,
        left: i64,
        soon: u32,
    },
}

/// Whether a slip may be drafted now (rule: `docs/apology.md`).
///
/// # Errors
/// With why not.
pub fn permit(inputs: &ApologyInputs<'_>) -> Result<Permit, Refusal> {
    let ApologyInputs {
        dossier, now, zone, ..
    } = *inputs;
    let state = state(dossier, now, zone);
    let need = match state {
        State::NotReceived => Err(Refusal::NotReceived),
        State::Withdrawn => Err(Refusal::Withdrawn),
        State::Stopped => Err(Refusal::Stopped),
        State::Early | State::OnTime => Err(Refusal::InTime {
            finished: day_of(dossier.finished_at.unwrap_or(now), zone),
        }),
        State::Late if dossier.status == Status::HANDED_OVER => Err(Refusal::HandedOver),
        State::Late | State::Overdue => Ok(late(inputs, state)),
        State::InTime => soon(inputs),
    };
    let (need, tentative) = need?;
    let today = day_of(now, zone);
    let law = Law::of(today);
    may_move(dossier, zone, law)?;
    let (timing, unconfirmed) = timing(inputs, today, law);
    Ok(Permit {
        need,
        timing,
        law,
        tentative: tentative || unconfirmed,
    })
}

fn late(inputs: &ApologyInputs<'_>, state: State) -> (Need, bool) {
    let late = days_late(inputs.dossier, inputs.now, inputs.zone, inputs.calendar);
    let need = match state {
        State::Late => Need::FinishedLate { late: late.days },
        _ => Need::Overdue { late: late.days },
    };
    (need, late.tentative)
}

fn soon(inputs: &ApologyInputs<'_>) -> Result<(Need, bool), Refusal> {
    let due = day_of(inputs.dossier.due_at, inputs.zone);
    let left = inputs
        .calendar
        .between(day_of(inputs.now, inputs.zone), due);
    if left.days > i64::from(inputs.soon) {
        return Err(Refusal::NotSoon {
            due,
            left: left.days,
            soon: inputs.soon,
        });
    }
    Ok((Need::Soon { left: left.days }, left.tentative))
}

/// The day can be moved once.
fn may_move(dossier: &Dossier, zone: Tz, law: &'static Law) -> Result<(), Refusal> {
    match dossier.original_due_at {
        Some(original) if original != dossier.due_at => Err(Refusal::Rescheduled {
            original: day_of(original, zone),
            due: day_of(dossier.due_at, zone),
            law,
        }),
        _ => Ok(()),
    }
}

fn timing(inputs: &ApologyInputs<'_>, today: NaiveDate, law: &Law) -> (Timing, bool) {
    let due = day_of(inputs.dossier.due_at, inputs.zone);
    let last = inputs.calendar.add(due, -law.days_before);
    let (last, tentative) = last.map_or((due, true), |last| (last.date, last.tentative));
    if today <= last {
        (Timing::Until(last), tentative)
    } else {
        (Timing::TooLate(last), tentative)
    }
}

/// A day that a slip promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewDue {
    pub day: NaiveDate,
    /// Whether that day is worked is not confirmed.
    pub tentative: bool,
}

/// Why a day cannot be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNewDue {
    #[error("{day} is not after today, {today}: name a later working day")]
    NotAfterToday { day: NaiveDate, today: NaiveDate },
    #[error("{day} is not after the due date, {due}: name a later working day")]
    NotAfterDue { day: NaiveDate, due: NaiveDate },
    #[error("{day} is not a working day: the next one is {next}")]
    DayOff { day: NaiveDate, next: NaiveDate },
}

/// `day` as the new due date: a working day after today and after the one promised before.
///
/// # Errors
/// With what is wrong with it, and what to write instead.
pub fn new_due(inputs: &ApologyInputs<'_>, day: NaiveDate) -> Result<NewDue, BadNewDue> {
    let today = day_of(inputs.now, inputs.zone);
    let due = day_of(inputs.dossier.due_at, inputs.zone);
    if day <= today {
        return Err(BadNewDue::NotAfterToday { day, today });
    }
    if day <= due {
        return Err(BadNewDue::NotAfterDue { day, due });
    }
    let worked = inputs.calendar.is_worked(day);
    if !worked.worked {
        let next = inputs.calendar.add(day, 1).map_or(day, |next| next.date);
        return Err(BadNewDue::DayOff { day, next });
    }
    Ok(NewDue {
        day,
        tentative: worked.tentative,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::PublishedYear;
    use crate::domain::sample::{self, ZONE, at, day};

    fn calendar() -> Calendar {
        let year = |year, off: &[&str]| PublishedYear {
            year,
            off: off.iter().map(|text| day(text)).collect(),
            worked: Vec::new(),
            tentative_off: Vec::new(),
        };
        Calendar::new(vec![
            year(2020, &["2020-09-02"]),
            year(2025, &["2025-09-01", "2025-09-02"]),
        ])
    }

    fn judged(dossier: &Dossier, now: &str) -> Result<Permit, Refusal> {
        permit(&ApologyInputs {
            dossier,
            now: at(now),
            zone: ZONE,
            calendar: &calendar(),
            soon: 2,
        })
    }

    /// Due on Monday, 15 June 2020, at 17:00.
    fn open() -> Dossier {
        sample::dossier("X")
    }

    #[test]
    fn a_dossier_that_is_or_will_be_late_may_have_a_slip() {
        let finished = |finished: &str| Dossier {
            status: Status(9),
            finished_at: Some(at(finished)),
            ..open()
        };
        let until = Timing::Until(day("2020-06-12"));
        let too_late = Timing::TooLate(day("2020-06-12"));
        for (dossier, now, need, timing, why) in [
            (
                open(),
                "2020-06-11 08:00",
                Need::Soon { left: 2 },
                until,
                "two working days before",
            ),
            (
                open(),
                "2020-06-12 16:00",
                Need::Soon { left: 1 },
                until,
                "Friday is one working day before Monday",
            ),
            (
                open(),
                "2020-06-13 08:00",
                Need::Soon { left: 1 },
                too_late,
                "on Saturday nobody can send it any more",
            ),
            (
                open(),
                "2020-06-15 08:00",
                Need::Soon { left: 0 },
                too_late,
                "on the due day it is too late, but better late",
            ),
            (
                open(),
                "2020-06-15 17:01",
                Need::Overdue { late: 0 },
                too_late,
                "late since a minute",
            ),
            (
                open(),
                "2020-06-18 08:00",
                Need::Overdue { late: 3 },
                too_late,
                "three working days late",
            ),
            (
                finished("2020-06-17 10:00"),
                "2020-06-18 08:00",
                Need::FinishedLate { late: 2 },
                too_late,
                "processed late, the result lies there",
            ),
        ] {
            let permit = judged(&dossier, now).unwrap();
            assert_eq!((permit.need, permit.timing), (need, timing), "{why}");
            assert!(!permit.tentative, "{why}");
        }
    }

    #[test]
    fn every_other_dossier_has_none_and_is_told_why() {
        let with = |status, finished: Option<&str>| Dossier {
            status: Status(status),
            finished_at: finished.map(at),
            ..open()
        };
        let moved = Dossier {
            original_due_at: Some(at("2020-06-08 17:00")),
            ..open()
        };
        for (dossier, now, told) in [
            (
                with(9, Some("2020-06-15 09:00")),
                "2020-06-18 08:00",
                "it was resolved in time, on 2020-06-15",
            ),
            (
                with(10, Some("2020-06-17 09:00")),
                "2020-06-18 08:00",
                "its result was handed over already",
            ),
            (with(7, None), "2020-06-18 08:00", "it was withdrawn"),
            (
                with(5, None),
                "2020-06-18 08:00",
                "its clock is stopped: it is late only when it runs again and passes its due date",
            ),
            (
                with(3, None),
                "2020-06-18 08:00",
                "it was not received, so no day was promised",
            ),
            (
                open(),
                "2020-06-10 08:00",
                "it falls due on 2020-06-15 only, 3 working days from now: \
                 a slip can be drafted from 2 before",
            ),
            (
                moved,
                "2020-06-18 08:00",
                "it was rescheduled already, from 2020-06-08 to 2020-06-15: \
                 article 19.9 of decree 61/2018/NĐ-CP allows that once",
            ),
        ] {
            let refusal = judged(&dossier, now).unwrap_err();
            assert_eq!(refusal.to_string(), told);
        }
    }

    #[test]
    fn a_moved_date_that_is_the_same_was_not_moved() {
        let same = Dossier {
            original_due_at: Some(open().due_at),
            ..open()
        };
        assert!(judged(&same, "2020-06-18 08:00").is_ok());
    }

    #[test]
    fn the_law_is_that_of_the_day_of_drafting() {
        let due = |due: &str| Dossier {
            due_at: at(due),
            ..open()
        };
        let before = judged(&due("2025-06-30 17:00"), "2025-06-30 08:00").unwrap();
        let after = judged(&due("2025-06-30 17:00"), "2025-07-01 08:00").unwrap();
        assert!(before.law.is_confirmed && !after.law.is_confirmed);
        assert!(after.law.decree.contains("118/2025"));
    }

    #[test]
    fn an_unpublished_year_makes_days_tentative() {
        let later = Dossier {
            due_at: at("2027-03-01 17:00"),
            ..open()
        };
        assert!(judged(&later, "2027-03-02 08:00").unwrap().tentative);
    }

    #[test]
    fn a_new_due_date_is_a_working_day_to_come() {
        let calendar = calendar();
        let inputs = ApologyInputs {
            dossier: &Dossier {
                due_at: at("2020-09-01 17:00"),
                ..open()
            },
            now: at("2020-08-31 08:00"), // a Monday
            zone: ZONE,
            calendar: &calendar,
            soon: 2,
        };
        let promised = |text: &str| {
            new_due(&inputs, day(text))
                .map(|due| (due.day, due.tentative))
                .map_err(|error| error.to_string())
        };
        assert_eq!(promised("2020-09-03"), Ok((day("2020-09-03"), false)));
        for (text, told) in [
            (
                "2020-08-31",
                "2020-08-31 is not after today, 2020-08-31: name a later working day",
            ),
            (
                "2019-09-03",
                "2019-09-03 is not after today, 2020-08-31: name a later working day",
            ),
            (
                "2020-09-01",
                "2020-09-01 is not after the due date, 2020-09-01: name a later working day",
            ),
            (
                "2020-09-02",
                "2020-09-02 is not a working day: the next one is 2020-09-03",
            ),
            (
                "2020-09-05",
                "2020-09-05 is not a working day: the next one is 2020-09-07",
            ),
        ] {
            assert_eq!(promised(text), Err(told.to_owned()));
        }
    }
}

//! Why an occurrence is not simply what its schedule says.
//!
//! Owns: the reasons and their wording, for `dondoc next`, `dondoc check --explain` and the log.
//! Never: deciding one.
//! Reads next: `zone.rs`.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

use super::{Occurrence, zone};
use crate::domain::format::{self, Language};

/// Why an occurrence is not simply what the schedule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    Clock(ClockNote),
    /// Days off were passed over before this occurrence.
    Skipped {
        first: NaiveDate,
        days: usize,
        clock: Option<ClockNote>,
    },
    /// Occurrences on days off, the earliest of them `first`, were moved to this one's day.
    Moved {
        first: NaiveDate,
        days: usize,
        to: NaiveDate,
        clock: Option<ClockNote>,
    },
}

/// What a change of the clock did. Times are wall times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockNote {
    /// The time does not exist.
    Moved {
        from: NaiveDateTime,
        to: NaiveDateTime,
    },
    /// The time comes twice, the schedule runs at the first.
    OnlyFirst(NaiveDateTime),
    /// The time comes twice, the schedule runs at both.
    FirstOfTwo(NaiveDateTime),
    SecondOfTwo(NaiveDateTime),
}

impl Occurrence {
    /// Its note, and when it begins where a jitter delays it.
    #[must_use]
    pub fn remark(&self, zone: Tz, language: Language) -> Option<String> {
        let note = self.note.as_ref().map(|note| note.words(language));
        let delayed = (self.due_at > self.at).then(|| {
            let begins = zone::wall(zone, self.due_at).format("%H:%M:%S");
            match language {
                Language::Vi => format!("bắt đầu lúc {begins}"),
                Language::En => format!("begins at {begins}"),
            }
        });
        let told: Vec<String> = note.into_iter().chain(delayed).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

impl Note {
    pub(super) fn clock(&self) -> Option<ClockNote> {
        match self {
            Self::Clock(clock) => Some(*clock),
            Self::Skipped { clock, .. } | Self::Moved { clock, .. } => *clock,
        }
    }

    /// In a few words; dates as in a log in English, as in a letter in Vietnamese.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let off = match self {
            Self::Clock(_) => None,
            Self::Skipped { first, days, .. } => Some(match language {
                Language::Vi => format!("{}: bỏ qua", days_off(*first, *days, language)),
                Language::En => format!("{}: skipped", days_off(*first, *days, language)),
            }),
            Self::Moved {
                first, days, to, ..
            } => {
                let off = days_off(*first, *days, language);
                Some(match language {
                    Language::Vi => format!("{off}: dời sang {}", format::date(*to, language)),
                    Language::En => format!("{off}: moved to {to}"),
                })
            }
        };
        let clock = self.clock().map(|clock| clock.words(language));
        let told: Vec<String> = off.into_iter().chain(clock).collect();
        told.join("; ")
    }
}

/// `2020-06-06 and one more day are not working days`.
fn days_off(first: NaiveDate, days: usize, language: Language) -> String {
    let more = days.saturating_sub(1);
    match (language, more) {
        (Language::En, 0) => format!("{first} is not a working day"),
        (Language::En, 1) => format!("{first} and one more day are not working days"),
        (Language::En, _) => format!("{first} and {more} more days are not working days"),
        (Language::Vi, 0) => format!("{} là ngày nghỉ", format::date(first, language)),
        (Language::Vi, _) => {
            format!(
                "{} và {more} ngày khác là ngày nghỉ",
                format::date(first, language)
            )
        }
    }
}

impl ClockNote {
    #[must_use]
    pub fn words(self, language: Language) -> String {
        match self {
            Self::Moved { from, to } => moved(from, to, language),
            Self::OnlyFirst(wall) => twice(
                wall,
                language,
                "runs the first time only",
                "chỉ chạy lần đầu",
            ),
            Self::FirstOfTwo(wall) => twice(wall, language, "the first", "lần đầu"),
            Self::SecondOfTwo(wall) => twice(wall, language, "the second", "lần thứ hai"),
        }
    }
}

fn moved(from: NaiveDateTime, to: NaiveDateTime, language: Language) -> String {
    let (time, new_time) = (short(from.time()), short(to.time()));
    let (day, new_day) = (from.date(), to.date());
    match (language, day == new_day) {
        (Language::En, true) => {
            format!("{time} does not exist on this day: moved to {new_time}")
        }
        (Language::En, false) => {
            format!("{day} {time} does not exist: moved to {new_day} {new_time}")
        }
        (Language::Vi, true) => {
            format!("{time} không tồn tại trong ngày này: dời sang {new_time}")
        }
        (Language::Vi, false) => format!(
            "{time} ngày {} không tồn tại: dời sang {new_time} ngày {}",
            format::date(day, language),
            format::date(new_day, language)
        ),
    }
}

fn twice(wall: NaiveDateTime, language: Language, english: &str, vietnamese: &str) -> String {
    let time = short(wall.time());
    match language {
        Language::En => format!("{time} comes twice on this day: {english}"),
        Language::Vi => format!("{time} có hai lần trong ngày này: {vietnamese}"),
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}

impl fmt::Display for ClockNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}

/// `07:30`, or `07:30:15` where the seconds matter.
pub(super) fn short(time: NaiveTime) -> impl fmt::Display {
    time.format(if time.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    })
}

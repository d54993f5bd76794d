//! Why an occurrence is not simply what its schedule says.
//!
//! Owns: the reasons and their wording, for `dondoc next` and the log.
//! Never: deciding one.
//! Reads next: `zone.rs`.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

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

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(note) => note.fmt(f),
            Self::Skipped { first, days, clock } => {
                match days {
                    0 | 1 => write!(f, "{first} is not a working day: skipped")?,
                    2 => write!(f, "{first} and one more day are not working days: skipped")?,
                    days => write!(
                        f,
                        "{first} and {} more days are not working days: skipped",
                        days - 1
                    )?,
                }
                clock.map_or(Ok(()), |note| write!(f, "; {note}"))
            }
        }
    }
}

impl fmt::Display for ClockNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { from, to } if from.date() == to.date() => {
                write!(
                    f,
                    "{} does not exist on this day: moved to {}",
                    short(from.time()),
                    short(to.time())
                )
            }
            Self::Moved { from, to } => {
                let (from_time, to_time) = (short(from.time()), short(to.time()));
                write!(
                    f,
                    "{} {from_time} does not exist: moved to {} {to_time}",
                    from.date(),
                    to.date()
                )
            }
            Self::OnlyFirst(wall) => {
                write!(
                    f,
                    "{} comes twice on this day: runs the first time only",
                    short(wall.time())
                )
            }
            Self::FirstOfTwo(wall) => write!(
                f,
                "{} comes twice on this day: the first",
                short(wall.time())
            ),
            Self::SecondOfTwo(wall) => write!(
                f,
                "{} comes twice on this day: the second",
                short(wall.time())
            ),
        }
    }
}

/// `07:30`, or `07:30:15` where the seconds matter.
fn short(time: NaiveTime) -> impl fmt::Display {
    time.format(if time.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    })
}

//! The times of a day, in words.
//!
//! Owns: which times are listed, which are told as steps, which are told field by field.
//! Never: days.
//! Reads next: `days.rs`.

use chrono::NaiveTime;

use super::fields::Fields;
use super::list::{joined, runs};
use crate::domain::format::Language;
use crate::domain::schedule::note::short;

const DAY: u32 = 86_400;
/// More times than these are not listed one by one.
const FEW: usize = 6;

/// Times of the day, in seconds after midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Times {
    List(Vec<u32>),
    /// From the first to the last, at equal distances; `round` where the next day's first follows at the same one.
    Steps {
        step: u32,
        first: u32,
        last: u32,
        round: bool,
    },
    /// Every combination of the three.
    Fields {
        seconds: Vec<u32>,
        minutes: Vec<u32>,
        hours: Vec<u32>,
    },
}

impl Times {
    pub(super) fn of(fields: &Fields) -> Self {
        let mut all = Vec::new();
        for hour in &fields.hours {
            for minute in &fields.minutes {
                all.extend(
                    fields
                        .seconds
                        .iter()
                        .map(|second| hour * 3600 + minute * 60 + second),
                );
            }
        }
        match all[..] {
            _ if all.len() <= FEW => Self::List(all),
            [first, second, .., last] if evenly(&all) => {
                let step = second - first;
                let round = last + step == first + DAY;
                Self::Steps {
                    step,
                    first,
                    last,
                    round,
                }
            }
            _ => Self::Fields {
                seconds: fields.seconds.clone(),
                minutes: fields.minutes.clone(),
                hours: fields.hours.clone(),
            },
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// The same steps through day and night.
    pub(super) fn is_all_day(&self) -> bool {
        matches!(self, Self::Steps { round: true, .. })
    }

    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::List(times) => {
                let told: Vec<String> = times.iter().map(|time| clock(*time)).collect();
                joined(&told, language)
            }
            Self::Steps {
                step,
                first,
                last,
                round,
            } => steps(*step, *first, *last, *round, language),
            Self::Fields {
                seconds,
                minutes,
                hours,
            } => by_fields(seconds, minutes, hours, language),
        }
    }
}

fn evenly(times: &[u32]) -> bool {
    let mut distances = times.windows(2).map(|pair| pair[1] - pair[0]);
    let first = distances.next();
    distances.all(|distance| Some(distance) == first)
}

fn steps(step: u32, first: u32, last: u32, round: bool, language: Language) -> String {
    let every = every(step.into(), language);
    match (language, round, first) {
        (_, true, 0) => every,
        (Language::Vi, true, _) => format!("{every}, từ {}", clock(first)),
        (Language::En, true, _) => format!("{every} from {}", clock(first)),
        (Language::Vi, false, _) => format!("{every} từ {} đến {}", clock(first), clock(last)),
        (Language::En, false, _) => format!("{every} from {} to {}", clock(first), clock(last)),
    }
}

/// `vào phút 0 và 20 của các giờ 8–11`; seconds only where they are not 0.
fn by_fields(seconds: &[u32], minutes: &[u32], hours: &[u32], language: Language) -> String {
    let seconds = (seconds != [0]).then(|| unit(seconds, 60, ["giây", "second"], language));
    let minutes = unit(minutes, 60, ["phút", "minute"], language);
    let hours = unit(hours, 24, ["giờ", "hour"], language);
    let parts: Vec<String> = seconds.into_iter().chain([minutes, hours]).collect();
    match language {
        Language::Vi => format!("vào {}", parts.join(" của ")),
        Language::En => format!("at {}", parts.join(" of ")),
    }
}

/// `phút 7`, `các phút 0 và 20`, `mỗi phút`.
fn unit(
    numbers: &[u32],
    all: usize,
    [vietnamese, english]: [&str; 2],
    language: Language,
) -> String {
    let told = joined(&runs(numbers, |number| number.to_string()), language);
    match (language, numbers.len()) {
        (Language::Vi, count) if count == all => format!("mỗi {vietnamese}"),
        (Language::En, count) if count == all => format!("every {english}"),
        (Language::Vi, 1) => format!("{vietnamese} {told}"),
        (Language::En, 1) => format!("{english} {told}"),
        (Language::Vi, _) => format!("các {vietnamese} {told}"),
        (Language::En, _) => format!("{english}s {told}"),
    }
}

/// `mỗi 15 phút`, `mỗi giờ`, `every 1 hour 30 minutes`.
pub(super) fn every(seconds: i64, language: Language) -> String {
    let told = length(seconds, language);
    let told = match seconds {
        1 | 60 | 3600 | 86_400 => told.trim_start_matches("1 "),
        _ => &told,
    };
    match language {
        Language::Vi => format!("mỗi {told}"),
        Language::En => format!("every {told}"),
    }
}

/// `1 giờ 30 phút`, `10 minutes`.
pub(super) fn length(seconds: i64, language: Language) -> String {
    let parts = [
        (seconds / 86_400, "ngày", "day"),
        (seconds % 86_400 / 3600, "giờ", "hour"),
        (seconds % 3600 / 60, "phút", "minute"),
        (seconds % 60, "giây", "second"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, vietnamese, english)| match (language, count) {
            (Language::Vi, _) => format!("{count} {vietnamese}"),
            (Language::En, 1) => format!("1 {english}"),
            (Language::En, _) => format!("{count} {english}s"),
        })
        .collect();
    told.join(" ")
}

fn clock(seconds: u32) -> String {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default();
    short(time).to_string()
}

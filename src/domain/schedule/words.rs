//! A job's timing as a sentence, in Vietnamese or English.
//!
//! Owns: the order of its parts, and what follows them: days off, period, delay.
//! Never: a sentence that is not exactly what the schedule does; what it cannot say nicely it lists.
//! Reads next: `words/fields.rs`, `words/times.rs`, `words/days.rs`.

use chrono::{DateTime, NaiveDate, Utc};

mod days;
mod fields;
mod list;
mod names;
mod times;

use days::Days;
use fields::Fields;
use times::Times;

use super::pattern::Pattern;
use super::{DstGap, OnlyOn, Period, Rule, Schedule, Shift, Timing, zone};
use crate::domain::format::{self, Language};

/// `07:30 các ngày làm việc`, `every 15 minutes from 08:00 to 16:45, every Monday`. The zone is not told.
#[must_use]
pub fn words(timing: &Timing, language: Language) -> String {
    let schedule = &timing.schedule;
    let mut open = schedule.period();
    let (mut told, every_day) = match &schedule.rule {
        Rule::Cron(pattern) => cron(pattern, timing, language),
        Rule::Every(every) if 3600 % every.seconds == 0 => {
            (times::every(every.seconds, language), true)
        }
        Rule::Every(every) => {
            open.start = None;
            (interval(schedule, every.seconds, language), true)
        }
    };
    if timing.only_on == Some(OnlyOn::WorkingDays) {
        told += working_days(timing.shift, every_day, language);
    }
    told += &period(open, language);
    if let Some(jitter) = &timing.jitter {
        let most = times::length(jitter.most().num_seconds(), language);
        told += &match language {
            Language::Vi => format!(", mỗi lần lùi lại chưa tới {most}"),
            Language::En => format!(", each time delayed by less than {most}"),
        };
    }
    told
}

/// The sentence, and whether it goes for every day.
fn cron(pattern: &Pattern, timing: &Timing, language: Language) -> (String, bool) {
    let fields = Fields::read(pattern);
    let (times, days) = (Times::of(&fields), Days::of(&fields));
    let every_day = days.is_every_day();
    let only_working = timing.only_on.is_some() && timing.shift == Shift::Skip;
    let mut told = times.words(language);
    let says_day = every_day && (only_working || times.is_all_day());
    if !says_day {
        let comma = if times.is_list() { " " } else { ", " };
        told += comma;
        told += &days.words(language);
    }
    if pattern.is_fixed() && timing.schedule.dst_gap() == DstGap::Skip {
        told += match language {
            Language::Vi => ", bỏ qua giờ không tồn tại khi chỉnh đồng hồ",
            Language::En => ", but not at a time that a change of the clocks leaves out",
        };
    }
    (told, every_day)
}

/// What does not divide an hour is understood only with its beginning.
fn interval(schedule: &Schedule, seconds: i64, language: Language) -> String {
    let step = times::every(seconds, language);
    let Some(first) = schedule.period().first(schedule.zone()) else {
        let epoch = format::date_time(DateTime::<Utc>::UNIX_EPOCH.naive_utc(), language);
        return match language {
            Language::Vi => format!("{step}, tính từ {epoch} giờ UTC"),
            Language::En => format!("{step}, counted from {epoch} UTC"),
        };
    };
    let first = format::date_time(zone::wall(schedule.zone(), first), language);
    match language {
        Language::Vi => format!("{step}, bắt đầu từ {first}"),
        Language::En => format!("{step}, starting at {first}"),
    }
}

fn working_days(shift: Shift, every_day: bool, language: Language) -> &'static str {
    match (shift, language) {
        (Shift::Skip, Language::Vi) if every_day => " các ngày làm việc",
        (Shift::Skip, Language::En) if every_day => " on working days",
        (Shift::Skip, Language::Vi) => ", chỉ khi là ngày làm việc",
        (Shift::Skip, Language::En) => ", on working days only",
        (Shift::Next, Language::Vi) => ", gặp ngày nghỉ thì dời sang ngày làm việc kế tiếp",
        (Shift::Next, Language::En) => ", moved from a day off to the next working day",
        (Shift::Previous, Language::Vi) => ", gặp ngày nghỉ thì dời lên ngày làm việc liền trước",
        (Shift::Previous, Language::En) => ", moved from a day off to the working day before",
    }
}

fn period(period: Period, language: Language) -> String {
    let day = |day: NaiveDate| format::date(day, language);
    match (period.start, period.end, language) {
        (None, None, _) => String::new(),
        (Some(start), None, Language::Vi) => format!(", từ ngày {}", day(start)),
        (Some(start), None, Language::En) => format!(", from {} on", day(start)),
        (None, Some(end), Language::Vi) => format!(", đến hết ngày {}", day(end)),
        (None, Some(end), Language::En) => format!(", through {}", day(end)),
        (Some(start), Some(end), Language::Vi) => {
            format!(", từ ngày {} đến hết ngày {}", day(start), day(end))
        }
        (Some(start), Some(end), Language::En) => {
            format!(", from {} through {}", day(start), day(end))
        }
    }
}

#[cfg(test)]
mod tests;

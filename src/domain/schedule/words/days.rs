//! The days of a schedule, in words.
//!
//! Owns: days of the month and of the week, months, and how they combine.
//! Never: days off (`../words.rs`).
//! Reads next: `names.rs`.

use super::fields::{Fields, MonthDay, WeekDay};
use super::list::{joined, runs};
use super::names;
use super::names::{MONTHS, PLACES, WEEKDAYS_EN, WEEKDAYS_VI, every_day, name, ordinal};
use crate::domain::format::Language;

/// Which days of which months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub months: Vec<u32>,
    pub choice: Choice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Every,
    Month(Vec<MonthDay>),
    Week(Vec<WeekDay>),
    Either(Vec<MonthDay>, Vec<WeekDay>),
    Both(Vec<MonthDay>, Vec<WeekDay>),
}

impl Days {
    pub(super) fn of(fields: &Fields) -> Self {
        let choice = match (
            fields.month_days.clone(),
            fields.week_days.clone(),
            fields.both_days,
        ) {
            (None, None, _) | (None, Some(_), false) | (Some(_), None, false) => Choice::Every,
            (None, Some(week), true) => Choice::Week(week),
            (Some(month), None, true) => Choice::Month(month),
            (Some(month), Some(week), true) => Choice::Both(month, week),
            (Some(month), Some(week), false) => Choice::Either(month, week),
        };
        Self {
            months: fields.months.clone(),
            choice,
        }
    }

    pub(super) fn is_every_day(&self) -> bool {
        self.choice == Choice::Every && self.is_every_month()
    }

    fn is_every_month(&self) -> bool {
        self.months.len() == 12
    }

    pub(super) fn words(&self, language: Language) -> String {
        let phrases = match &self.choice {
            Choice::Every => vec![every_day(language)],
            Choice::Month(days) => self.month_days(days, language),
            Choice::Week(days) => self.week_days(days, language),
            Choice::Either(month, week) => {
                let (month, week) = (
                    self.month_days(month, language),
                    self.week_days(week, language),
                );
                month.into_iter().chain(week).collect()
            }
            Choice::Both(month, week) => {
                let week = together(&self.week_days(week, language), language);
                let month = together(&self.month_days(month, language), language);
                vec![match language {
                    Language::Vi => format!("{week}, chỉ khi rơi vào {month}"),
                    Language::En => format!("{week}, but only {month}"),
                }]
            }
        };
        let days = together(&phrases, language);
        if self.is_every_month() {
            return days;
        }
        let compound =
            phrases.len() > 1 || matches!(self.choice, Choice::Either(..) | Choice::Both(..));
        self.in_months(&days, compound, language)
    }

    /// Months behind the days they restrict; before several phrases, since they would seem to go for the last only.
    fn in_months(&self, days: &str, compound: bool, language: Language) -> String {
        let exists = self.where_it_exists(self.numbers_of_months().unwrap_or(0), language);
        match language {
            Language::Vi => {
                let each = if self.months.len() == 1 { "" } else { "các " };
                let months = joined(&runs(&self.months, |month| month.to_string()), language);
                let months = format!("{each}tháng {months} hằng năm{exists}");
                match self.choice {
                    _ if compound => format!("trong {months}: {days}"),
                    _ if self.one_date().is_some() => format!("{days} {months}"),
                    Choice::Month(_) => format!("{days} của {months}"),
                    _ => format!("{days} trong {months}"),
                }
            }
            Language::En => {
                let months = joined(&runs(&self.months, |month| name(&MONTHS, month)), language);
                match self.one_date() {
                    Some(_) => format!("{days} every year{exists}"),
                    None if compound => format!("in {months}: {days}"),
                    None => format!("{days}, in {months}{exists}"),
                }
            }
        }
    }

    /// The last number where the days are told as numbers of some months, which then follow.
    fn numbers_of_months(&self) -> Option<u32> {
        match &self.choice {
            Choice::Month(days) if !self.is_every_month() => {
                let numbers: Option<Vec<u32>> = days.iter().map(|day| number(*day)).collect();
                numbers?.into_iter().max()
            }
            _ => None,
        }
    }

    /// Day and month where one day of a year is meant.
    fn one_date(&self) -> Option<(u32, u32)> {
        match (&self.choice, &self.months[..]) {
            (Choice::Month(days), [month]) => match days[..] {
                [MonthDay::On(day)] => Some((day, *month)),
                _ => None,
            },
            _ => None,
        }
    }

    /// One phrase for the numbers, one for each named day.
    fn month_days(&self, days: &[MonthDay], language: Language) -> Vec<String> {
        if let (Some((day, month)), Language::En) = (self.one_date(), language) {
            return vec![format!("on {day} {}", name(&MONTHS, month))];
        }
        let numbers: Vec<u32> = days.iter().filter_map(|day| number(*day)).collect();
        let told = (!numbers.is_empty()).then(|| self.numbers(&numbers, language));
        let named = days.iter().filter_map(|day| self.named(*day, language));
        told.into_iter().chain(named).collect()
    }

    fn numbers(&self, numbers: &[u32], language: Language) -> String {
        // Where months follow, the remark follows them.
        let last = numbers
            .last()
            .filter(|_| self.numbers_of_months().is_none());
        let exists = self.where_it_exists(last.copied().unwrap_or(0), language);
        match language {
            Language::Vi => {
                let told = runs(numbers, |number| number.to_string());
                let often = if self.is_every_month() {
                    " hằng tháng"
                } else {
                    ""
                };
                format!("ngày {}{often}{exists}", joined(&told, language))
            }
            Language::En => {
                let told = runs(numbers, ordinal);
                format!(
                    "on the {} {}{exists}",
                    joined(&told, language),
                    self.of_month(language)
                )
            }
        }
    }

    /// `None` for a number.
    fn named(&self, day: MonthDay, language: Language) -> Option<String> {
        let (told, exists) = match (day, language) {
            (MonthDay::On(_), _) => return None,
            (MonthDay::Last, Language::Vi) => ("ngày cuối cùng".to_owned(), ""),
            (MonthDay::Last, Language::En) => ("on the last day".to_owned(), ""),
            (MonthDay::LastWeekday, Language::Vi) => {
                ("ngày cuối cùng từ thứ Hai đến thứ Sáu".to_owned(), "")
            }
            (MonthDay::LastWeekday, Language::En) => {
                ("on the last weekday (Monday to Friday)".to_owned(), "")
            }
            (MonthDay::Nearest(day), Language::Vi) => {
                let told = format!("ngày từ thứ Hai đến thứ Sáu gần ngày {day} nhất");
                (told, self.where_it_exists(day, language))
            }
            (MonthDay::Nearest(day), Language::En) => {
                let told = format!(
                    "on the weekday (Monday to Friday) nearest to the {}",
                    ordinal(day)
                );
                (told, self.where_it_exists(day, language))
            }
        };
        let month = self.of_month(language);
        let space = if month.is_empty() { "" } else { " " };
        Some(format!("{told}{space}{month}{exists}"))
    }

    /// Nothing in Vietnamese where the months follow.
    fn of_month(&self, language: Language) -> &'static str {
        match (language, self.is_every_month()) {
            (Language::Vi, true) => "của mỗi tháng",
            (Language::Vi, false) => "",
            (Language::En, true) => "of every month",
            (Language::En, false) => "of the month",
        }
    }

    /// A remark where a month that is meant may lack the day.
    fn where_it_exists(&self, day: u32, language: Language) -> &'static str {
        let lacks = |month: &u32| match month {
            2 => day > 28,
            4 | 6 | 9 | 11 => day > 30,
            _ => false,
        };
        match language {
            _ if !self.months.iter().any(lacks) => "",
            Language::Vi => " (nếu tháng có ngày ấy)",
            Language::En => " (where it exists)",
        }
    }

    /// One phrase for the days of every week, one for each that comes once a month.
    fn week_days(&self, days: &[WeekDay], language: Language) -> Vec<String> {
        let weekly: Vec<u32> = days
            .iter()
            .filter_map(|day| match day {
                WeekDay::Every(day) => Some(*day),
                WeekDay::Nth(..) | WeekDay::Last(_) => None,
            })
            .collect();
        let monthly = days.iter().filter_map(|day| match day {
            WeekDay::Every(_) => None,
            WeekDay::Nth(day, nth) => Some(self.nth(*day, Some(*nth), language)),
            WeekDay::Last(day) => Some(self.nth(*day, None, language)),
        });
        let told = (!weekly.is_empty()).then(|| names::weekly(&weekly, language));
        told.into_iter().chain(monthly).collect()
    }

    /// `nth` of a weekday in a month; `None`: the last.
    fn nth(&self, day: u32, nth: Option<u32>, language: Language) -> String {
        match language {
            Language::Vi => {
                let place = nth.map_or("cuối cùng".to_owned(), |nth| format!("lần thứ {nth}"));
                let month = if self.is_every_month() {
                    "của mỗi tháng"
                } else {
                    "của tháng"
                };
                format!("{} {place} {month}", name(&WEEKDAYS_VI, day))
            }
            Language::En => {
                let place = nth.map_or("last".to_owned(), |nth| name(&PLACES, nth));
                let day = name(&WEEKDAYS_EN, day);
                format!("on the {place} {day} {}", self.of_month(language))
            }
        }
    }
}

/// Phrases that each hold by themselves.
fn together(phrases: &[String], language: Language) -> String {
    phrases.join(match language {
        Language::Vi => ", và ",
        Language::En => ", and ",
    })
}

fn number(day: MonthDay) -> Option<u32> {
    match day {
        MonthDay::On(number) => Some(number),
        MonthDay::Last | MonthDay::LastWeekday | MonthDay::Nearest(_) => None,
    }
}

//! Sentences, and that none says anything but what its schedule does.
//!
//! Owns: a sentence per shape in both languages; the pieces of a sentence against the independent model.
//! Never: rules of occurrences.
//! Reads next: `../tests.rs`.

use std::time::Duration;

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike, Weekday};
use chrono_tz::{Asia, Tz};
use proptest::prelude::*;

use super::days::Choice;
use super::fields::{MonthDay, WeekDay};
use super::*;
use crate::domain::schedule::Jitter;
use crate::domain::schedule::tests::any_model;

fn cron(text: &str) -> Timing {
    Timing::plain(Schedule::parse(text, Asia::Ho_Chi_Minh).unwrap())
}

fn every(seconds: u64) -> Timing {
    Timing::plain(Schedule::every(Duration::from_secs(seconds), Asia::Ho_Chi_Minh).unwrap())
}

fn working(timing: Timing, shift: Shift) -> Timing {
    Timing {
        only_on: Some(OnlyOn::WorkingDays),
        shift,
        ..timing
    }
}

fn within(timing: Timing, start: Option<&str>, end: Option<&str>) -> Timing {
    let day = |text: &str| text.parse().unwrap();
    let period = Period {
        start: start.map(day),
        end: end.map(day),
    };
    Timing {
        schedule: timing.schedule.within(period),
        ..timing
    }
}

#[test]
fn schedules_read_as_a_person_would_say_them() {
    for (text, vietnamese, english) in [
        ("30 7 * * *", "07:30 hằng ngày", "07:30 every day"),
        ("@daily", "00:00 hằng ngày", "00:00 every day"),
        ("0 7 * * 1", "07:00 thứ Hai hằng tuần", "07:00 every Monday"),
        ("@weekly", "00:00 Chủ nhật hằng tuần", "00:00 every Sunday"),
        (
            "0 7,13 * * MON-FRI",
            "07:00 và 13:00 từ thứ Hai đến thứ Sáu hằng tuần",
            "07:00 and 13:00 from Monday to Friday",
        ),
        (
            "0 7 * * MON,WED,FRI",
            "07:00 thứ Hai, thứ Tư và thứ Sáu hằng tuần",
            "07:00 every Monday, Wednesday and Friday",
        ),
        (
            "0 7 * * SAT-SUN",
            "07:00 thứ Bảy và Chủ nhật hằng tuần",
            "07:00 every Saturday and Sunday",
        ),
        ("0 7 * * 0-6", "07:00 hằng ngày", "07:00 every day"),
        ("*/15 * * * *", "mỗi 15 phút", "every 15 minutes"),
        ("* * * * *", "mỗi phút", "every minute"),
        ("@hourly", "mỗi giờ", "every hour"),
        ("5 * * * *", "mỗi giờ, từ 00:05", "every hour from 00:05"),
        ("0 */2 * * *", "mỗi 2 giờ", "every 2 hours"),
        (
            "*/15 8-16 * * 1-5",
            "mỗi 15 phút từ 08:00 đến 16:45, từ thứ Hai đến thứ Sáu hằng tuần",
            "every 15 minutes from 08:00 to 16:45, from Monday to Friday",
        ),
        (
            "0 8-17 * * *",
            "mỗi giờ từ 08:00 đến 17:00, hằng ngày",
            "every hour from 08:00 to 17:00, every day",
        ),
        (
            "*/25 * * * *",
            "vào các phút 0, 25 và 50 của mỗi giờ, hằng ngày",
            "at minutes 0, 25 and 50 of every hour, every day",
        ),
        (
            "*/20 8-11,13-16 * * *",
            "vào các phút 0, 20 và 40 của các giờ 8–11 và 13–16, hằng ngày",
            "at minutes 0, 20 and 40 of hours 8–11 and 13–16, every day",
        ),
        ("* * * * * *", "mỗi giây", "every second"),
        ("*/10 * * * * *", "mỗi 10 giây", "every 10 seconds"),
        ("15 30 7 * * *", "07:30:15 hằng ngày", "07:30:15 every day"),
        (
            "0 7 1 * *",
            "07:00 ngày 1 hằng tháng",
            "07:00 on the 1st of every month",
        ),
        (
            "0 7 1,15 * *",
            "07:00 ngày 1 và 15 hằng tháng",
            "07:00 on the 1st and 15th of every month",
        ),
        (
            "0 7 31 * *",
            "07:00 ngày 31 hằng tháng (nếu tháng có ngày ấy)",
            "07:00 on the 31st of every month (where it exists)",
        ),
        (
            "0 7 31 1,3 *",
            "07:00 ngày 31 của các tháng 1 và 3 hằng năm",
            "07:00 on the 31st of the month, in January and March",
        ),
        (
            "0 7 2 9 *",
            "07:00 ngày 2 tháng 9 hằng năm",
            "07:00 on 2 September every year",
        ),
        (
            "0 7 L * *",
            "07:00 ngày cuối cùng của mỗi tháng",
            "07:00 on the last day of every month",
        ),
        (
            "0 7 LW * *",
            "07:00 ngày cuối cùng từ thứ Hai đến thứ Sáu của mỗi tháng",
            "07:00 on the last weekday (Monday to Friday) of every month",
        ),
        (
            "0 7 15W * *",
            "07:00 ngày từ thứ Hai đến thứ Sáu gần ngày 15 nhất của mỗi tháng",
            "07:00 on the weekday (Monday to Friday) nearest to the 15th of every month",
        ),
        (
            "0 7 * * MON#2",
            "07:00 thứ Hai lần thứ 2 của mỗi tháng",
            "07:00 on the second Monday of every month",
        ),
        (
            "0 7 * * FRIL",
            "07:00 thứ Sáu cuối cùng của mỗi tháng",
            "07:00 on the last Friday of every month",
        ),
        (
            "0 7 * 3 MON#1",
            "07:00 thứ Hai lần thứ 1 của tháng trong tháng 3 hằng năm",
            "07:00 on the first Monday of the month, in March",
        ),
        (
            "0 7 29,30 2 *",
            "07:00 ngày 29 và 30 của tháng 2 hằng năm (nếu tháng có ngày ấy)",
            "07:00 on the 29th and 30th of the month, in February (where it exists)",
        ),
        (
            "0 7 29 2 *",
            "07:00 ngày 29 tháng 2 hằng năm (nếu tháng có ngày ấy)",
            "07:00 on 29 February every year (where it exists)",
        ),
        (
            "0 7 31 1 FRI",
            "07:00 trong tháng 1 hằng năm: ngày 31, và thứ Sáu hằng tuần",
            "07:00 in January: on the 31st of the month, and every Friday",
        ),
        (
            "7 3-5,9,11,13,15 * * *",
            "vào phút 7 của các giờ 3–5, 9, 11, 13 và 15, hằng ngày",
            "at minute 7 of hours 3–5, 9, 11, 13 and 15, every day",
        ),
        (
            "0 7 1,L 3,6 *",
            "07:00 trong các tháng 3 và 6 hằng năm: ngày 1, và ngày cuối cùng",
            "07:00 in March and June: on the 1st of the month, and on the last day of the month",
        ),
        (
            "0 7 L 3,6 *",
            "07:00 ngày cuối cùng của các tháng 3 và 6 hằng năm",
            "07:00 on the last day of the month, in March and June",
        ),
        (
            "0 7 * 6-8 *",
            "07:00 hằng ngày trong các tháng 6–8 hằng năm",
            "07:00 every day, in June–August",
        ),
        (
            "0 7 13 * FRI",
            "07:00 ngày 13 hằng tháng, và thứ Sáu hằng tuần",
            "07:00 on the 13th of every month, and every Friday",
        ),
        (
            "0 7 */10 * FRI",
            "07:00 thứ Sáu hằng tuần, chỉ khi rơi vào ngày 1, 11, 21 và 31 hằng tháng (nếu tháng có ngày ấy)",
            "07:00 every Friday, but only on the 1st, 11th, 21st and 31st of every month (where it exists)",
        ),
        ("0 7 1-31 * FRI", "07:00 hằng ngày", "07:00 every day"),
    ] {
        assert_eq!(words(&cron(text), Language::Vi), vietnamese, "{text}");
        assert_eq!(words(&cron(text), Language::En), english, "{text}");
    }
}

#[test]
fn days_off_period_and_delay_follow() {
    let jitter = Some(Jitter::new("a", TimeDelta::minutes(10)));
    for (timing, vietnamese, english) in [
        (
            working(cron("30 7 * * *"), Shift::Skip),
            "07:30 các ngày làm việc",
            "07:30 on working days",
        ),
        (
            working(cron("*/30 * * * *"), Shift::Skip),
            "mỗi 30 phút các ngày làm việc",
            "every 30 minutes on working days",
        ),
        (
            working(cron("0 7 * * 1"), Shift::Skip),
            "07:00 thứ Hai hằng tuần, chỉ khi là ngày làm việc",
            "07:00 every Monday, on working days only",
        ),
        (
            working(cron("0 7 L * *"), Shift::Previous),
            "07:00 ngày cuối cùng của mỗi tháng, gặp ngày nghỉ thì dời lên ngày làm việc liền trước",
            "07:00 on the last day of every month, moved from a day off to the working day before",
        ),
        (
            working(cron("0 7 1 * *"), Shift::Next),
            "07:00 ngày 1 hằng tháng, gặp ngày nghỉ thì dời sang ngày làm việc kế tiếp",
            "07:00 on the 1st of every month, moved from a day off to the next working day",
        ),
        (every(900), "mỗi 15 phút", "every 15 minutes"),
        (every(3600), "mỗi giờ", "every hour"),
        (
            every(5400),
            "mỗi 1 giờ 30 phút, tính từ 00:00 ngày 01/01/1970 giờ UTC",
            "every 1 hour 30 minutes, counted from 00:00 on 1 January 1970 UTC",
        ),
        (
            within(every(86_400 * 14), Some("2020-06-01"), None),
            "mỗi 14 ngày, bắt đầu từ 00:00 ngày 01/06/2020",
            "every 14 days, starting at 00:00 on 1 June 2020",
        ),
        (
            within(cron("0 7 * * *"), Some("2020-06-01"), Some("2020-12-31")),
            "07:00 hằng ngày, từ ngày 01/06/2020 đến hết ngày 31/12/2020",
            "07:00 every day, from 1 June 2020 through 31 December 2020",
        ),
        (
            within(cron("0 7 * * *"), None, Some("2020-12-31")),
            "07:00 hằng ngày, đến hết ngày 31/12/2020",
            "07:00 every day, through 31 December 2020",
        ),
        (
            Timing {
                jitter,
                ..cron("0 7 * * *")
            },
            "07:00 hằng ngày, mỗi lần lùi lại chưa tới 10 phút",
            "07:00 every day, each time delayed by less than 10 minutes",
        ),
    ] {
        assert_eq!(
            words(&timing, Language::Vi),
            vietnamese,
            "{}",
            timing.fingerprint()
        );
        assert_eq!(
            words(&timing, Language::En),
            english,
            "{}",
            timing.fingerprint()
        );
    }
    let drops = Schedule::parse("30 2 * * *", Tz::Europe__Berlin)
        .unwrap()
        .with_dst_gap(DstGap::Skip);
    assert_eq!(
        words(&Timing::plain(drops), Language::En),
        "02:30 every day, but not at a time that a change of the clocks leaves out"
    );
}

// What follows reads the pieces of a sentence back and compares with the model of `../tests.rs`, which knows nothing
// of them.

fn holds_time(times: &Times, wall: NaiveDateTime) -> bool {
    let second = wall.num_seconds_from_midnight();
    match times {
        Times::List(all) => all.contains(&second),
        Times::Steps {
            step, first, last, ..
        } => (*first..=*last).contains(&second) && (second - first).is_multiple_of(*step),
        Times::Fields {
            seconds,
            minutes,
            hours,
        } => {
            seconds.contains(&wall.second())
                && minutes.contains(&wall.minute())
                && hours.contains(&wall.hour())
        }
    }
}

fn holds_month_day(day: MonthDay, date: NaiveDate) -> bool {
    let length = u32::from(date.num_days_in_month());
    let is_weekday = |date: &NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let mut weekdays: Vec<u32> = (1..=length)
        .filter(|day| is_weekday(&date.with_day(*day).unwrap()))
        .collect();
    match day {
        MonthDay::On(number) => date.day() == number,
        MonthDay::Last => date.day() == length,
        MonthDay::LastWeekday => weekdays.last() == Some(&date.day()),
        MonthDay::Nearest(number) => {
            weekdays.sort_by_key(|day| day.abs_diff(number));
            number <= length && weekdays[0] == date.day()
        }
    }
}

fn holds_week_day(day: WeekDay, date: NaiveDate) -> bool {
    let is = |day: u32| date.weekday().number_from_monday() == day;
    match day {
        WeekDay::Every(day) => is(day),
        WeekDay::Nth(day, nth) => is(day) && date.day().div_ceil(7) == nth,
        WeekDay::Last(day) => is(day) && date.day() + 7 > u32::from(date.num_days_in_month()),
    }
}

fn holds_date(days: &Days, date: NaiveDate) -> bool {
    let month = |all: &[MonthDay]| all.iter().any(|day| holds_month_day(*day, date));
    let week = |all: &[WeekDay]| all.iter().any(|day| holds_week_day(*day, date));
    days.months.contains(&date.month())
        && match &days.choice {
            Choice::Every => true,
            Choice::Month(days) => month(days),
            Choice::Week(days) => week(days),
            Choice::Either(first, second) => month(first) || week(second),
            Choice::Both(first, second) => month(first) && week(second),
        }
}

/// The times that stand in a sentence.
fn times_in(sentence: &str) -> Vec<String> {
    let words = sentence.split([' ', ',']);
    words
        .filter(|word| word.contains(':'))
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_pieces_of_a_sentence_are_what_the_schedule_does(
        model in prop_oneof![any_model(false), any_model(true)],
        instants in prop::collection::vec(0..1_000_000_000i64, 200),
    ) {
        prop_assume!(Schedule::parse(&model.text(), Tz::UTC).is_ok());
        let pattern = Pattern::parse(&model.text()).unwrap();
        let fields = Fields::read(&pattern);
        let (times, days) = (Times::of(&fields), Days::of(&fields));
        for instant in instants {
            let wall = DateTime::from_timestamp(instant, 0).unwrap().naive_utc();
            // Any instant, and one near it at which the schedule is more likely to run.
            let near = pattern.next_after(wall.and_utc(), Tz::UTC, DstGap::Shift).map_or(wall, |next| next.at.naive_utc());
            for wall in [wall, near, near + TimeDelta::minutes(1), near + TimeDelta::days(1)] {
                prop_assert_eq!(holds_time(&times, wall) && holds_date(&days, wall.date()), model.holds(wall), "{} at {}", model.text(), wall);
            }
        }
        if let (Times::Steps { step, first, last, .. }, true) = (&times, times.is_all_day()) {
            // Told without an end: it goes on over midnight in the same step.
            prop_assert_eq!((86_400 % step, last + step - 86_400), (0, *first));
        }
        if let Times::List(list) = &times {
            for language in [Language::Vi, Language::En] {
                prop_assert_eq!(times_in(&times.words(language)).len(), list.len());
            }
        }
    }
}

//! When the day's letter to a person may be written.
//!
//! Owns: quiet hours, days off, one ordinary letter a person and day.
//! Never: what stands in it, who it is for.
//! Reads next: `job/round.rs`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::calendar::Calendar;

/// The hours of a working day in which people are written to, in the site's wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveTime,
    pub until: NaiveTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    Now,
    /// From this wall time on, and why not before.
    Later(NaiveDateTime, Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The day's hour has not come.
    TooEarly,
    TooLate,
    DayOff,
    /// This person has had today's letter.
    WrittenToday,
}

/// A letter waits for the hours of a working day on which this person has had none yet.
#[must_use]
pub fn hour(now: NaiveDateTime, written_today: bool, hours: Hours, calendar: &Calendar) -> Hour {
    let (today, time) = (now.date(), now.time());
    let why = match () {
        () if !calendar.is_worked(today).worked => Why::DayOff,
        () if written_today => Why::WrittenToday,
        () if time < hours.from => return Hour::Later(today.and_time(hours.from), Why::TooEarly),
        () if time >= hours.until => Why::TooLate,
        () => return Hour::Now,
    };
    Hour::Later(next_working_day(today, calendar).and_time(hours.from), why)
}

fn next_working_day(today: NaiveDate, calendar: &Calendar) -> NaiveDate {
    calendar.add(today, 1).map_or(today, |next| next.date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_waits_for_the_hours_of_a_working_day() {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let hours = Hours {
            from: time("07:30"),
            until: time("17:30"),
        };
        let calendar = Calendar::new(Vec::new());
        for (now, written, later, why) in [
            ("2020-06-01 07:30", false, "", "the hour has come"),
            ("2020-06-01 17:29", false, "", "it is not over"),
            ("2020-06-01 07:10", false, "2020-06-01 07:30", "too early"),
            ("2020-06-01 17:30", false, "2020-06-02 07:30", "too late"),
            (
                "2020-06-05 20:00",
                false,
                "2020-06-08 07:30",
                "Friday evening",
            ),
            ("2020-06-06 09:00", false, "2020-06-08 07:30", "Saturday"),
            (
                "2020-06-01 09:00",
                true,
                "2020-06-02 07:30",
                "today's letter is written",
            ),
            ("2020-06-05 09:00", true, "2020-06-08 07:30", "and Friday's"),
        ] {
            let expected = match later {
                "" => Hour::Now,
                later => Hour::Later(
                    at(later),
                    match hour(at(now), written, hours, &calendar) {
                        Hour::Later(_, why) => why,
                        Hour::Now => panic!("{why}"),
                    },
                ),
            };
            assert_eq!(hour(at(now), written, hours, &calendar), expected, "{why}");
        }
    }
}

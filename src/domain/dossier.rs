//! A dossier (hồ sơ thủ tục hành chính): its state and whether it is late.
//!
//! Owns: status codes of the national portal, the state at an instant, days late.
//! Never: where a dossier came from or how it is stored.
//! Reads next: `calendar.rs` (working days), `board.rs` (counting).

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, WorkingDays};
use super::unit::{Level, UnitCode};

/// Status code of the national portal. Local systems add codes above 10: they are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

/// What a status code means for the clock of a dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusGroup {
    /// 1, 3: outside every count.
    NotReceived,
    /// 2, 4: open, the clock runs.
    Running,
    /// 5, 6, 8: open, the clock is stopped.
    Stopped,
    /// 9, 10.
    Resolved,
    /// 7: counted as resolved and on time, shown apart.
    Withdrawn,
    /// Any other code: resolved if it has a finish date, running otherwise; always reported.
    Unknown,
}

impl Status {
    /// The status of a word that is neither a code nor a name of the national portal.
    pub const UNNAMED: Self = Self(0);

    /// The applicant has the result.
    pub const HANDED_OVER: Self = Self(10);

    /// What the national portal calls its codes.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("Mới đăng ký", Self(1)),
        ("Được tiếp nhận", Self(2)),
        ("Không được tiếp nhận", Self(3)),
        ("Đang xử lý", Self(4)),
        ("Yêu cầu bổ sung giấy tờ", Self(5)),
        ("Yêu cầu thực hiện nghĩa vụ tài chính", Self(6)),
        ("Công dân yêu cầu rút hồ sơ", Self(7)),
        ("Dừng xử lý", Self(8)),
        ("Đã xử lý xong", Self(9)),
        ("Đã trả kết quả", Self(10)),
    ];

    #[must_use]
    pub fn group(self) -> StatusGroup {
        match self.0 {
            1 | 3 => StatusGroup::NotReceived,
            2 | 4 => StatusGroup::Running,
            5 | 6 | 8 => StatusGroup::Stopped,
            9 | 10 => StatusGroup::Resolved,
            7 => StatusGroup::Withdrawn,
            _ => StatusGroup::Unknown,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    Direct,
    Online,
    Postal,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Direct, Self::Online, Self::Postal];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Online => "online",
            Self::Postal => "postal",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }
}

/// One dossier as the source last told it. Instants are UTC; days are taken in the site's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub code: String,
    pub procedure: String,
    pub procedure_name: String,
    pub field: String,
    pub unit: UnitCode,
    pub level: Level,
    pub channel: Channel,
    pub status: Status,
    pub received_at: DateTime<Utc>,
    /// The source's own due moment, which is official.
    pub due_at: DateTime<Utc>,
    /// The due moment before it was rescheduled, where it was.
    pub original_due_at: Option<DateTime<Utc>>,
    /// When processing finished (not hand-over).
    pub finished_at: Option<DateTime<Utc>>,
    /// When the clock stopped for a supplement, where the source says.
    pub stopped_at: Option<DateTime<Utc>>,
}

/// The state of a dossier at an instant. A state after that instant does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    NotReceived,
    Early,
    OnTime,
    Late,
    Withdrawn,
    InTime,
    Stopped,
    Overdue,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::NotReceived,
        Self::Early,
        Self::OnTime,
        Self::Late,
        Self::Withdrawn,
        Self::InTime,
        Self::Stopped,
        Self::Overdue,
    ];

    /// The word for this state in files, JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReceived => "not-received",
            Self::Early => "early",
            Self::OnTime => "on-time",
            Self::Late => "late",
            Self::Withdrawn => "withdrawn",
            Self::InTime => "in-time",
            Self::Stopped => "stopped",
            Self::Overdue => "overdue",
        }
    }

    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::InTime | Self::Stopped | Self::Overdue)
    }
}

/// The state of `dossier` at `now` (rule: `docs/rules.md`, "Late or not").
///
/// Late iff finished after the due moment; early iff finished before the due *day*; overdue iff open,
/// the clock running and `now` past the due moment. Withdrawn counts as on time, stopped as in time.
/// A finish that nobody dated is no proof: such a dossier stays open (but a withdrawn one is withdrawn).
#[must_use]
pub fn state(dossier: &Dossier, now: DateTime<Utc>, zone: Tz) -> State {
    state_by(dossier, dossier.due_at, now, zone)
}

/// The state that the dossier would have, had its due moment never been moved; `None` where it was not.
#[must_use]
pub fn original_state(dossier: &Dossier, now: DateTime<Utc>, zone: Tz) -> Option<State> {
    let original = dossier
        .original_due_at
        .filter(|original| *original != dossier.due_at)?;
    Some(state_by(dossier, original, now, zone))
}

fn state_by(dossier: &Dossier, due_at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> State {
    if dossier.received_at > now {
        return State::NotReceived;
    }
    let finished = dossier.finished_at.filter(|at| *at <= now);
    let stopped = dossier.stopped_at.is_none_or(|at| at <= now);
    match (dossier.status.group(), finished) {
        (StatusGroup::NotReceived, _) => State::NotReceived,
        (StatusGroup::Withdrawn, Some(_)) => State::Withdrawn,
        (StatusGroup::Withdrawn, None) if dossier.finished_at.is_none() => State::Withdrawn,
        (StatusGroup::Resolved | StatusGroup::Unknown, Some(at)) => resolved(at, due_at, zone),
        (StatusGroup::Stopped, _) if stopped => State::Stopped,
        _ if now > due_at => State::Overdue,
        _ => State::InTime,
    }
}

fn resolved(finished_at: DateTime<Utc>, due_at: DateTime<Utc>, zone: Tz) -> State {
    if finished_at > due_at {
        State::Late
    } else if due_at - finished_at > Duration::hours(36)
        || day_of(finished_at, zone) < day_of(due_at, zone)
    {
        // No day lasts 36 hours, so the longer distances need no look at the calendar.
        State::Early
    } else {
        State::OnTime
    }
}

/// Working days in (due day, day finished or today]; 0 for a dossier that fell due this morning.
#[must_use]
pub fn days_late(
    dossier: &Dossier,
    now: DateTime<Utc>,
    zone: Tz,
    calendar: &Calendar,
) -> WorkingDays {
    let until = dossier.finished_at.filter(|at| *at <= now).unwrap_or(now);
    calendar.between(day_of(dossier.due_at, zone), day_of(until, zone))
}

/// The day of an instant in the site's zone.
#[must_use]
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// The first instant of a day in the site's zone (after the gap, where the zone skips midnight).
#[must_use]
pub fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let quarters = (0..=96).map(|quarter| midnight + Duration::minutes(15 * quarter));
    quarters
        .filter_map(|time| zone.from_local_datetime(&time).earliest())
        .next()
        .map_or_else(|| midnight.and_utc(), |start| start.to_utc())
}

/// The last instant of a day in the site's zone.
#[must_use]
pub fn end_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| {
        start_of(next, zone) - Duration::nanoseconds(1)
    })
}

/// The reception day that a code carries, in either style: `H26.23.12-200615-0004`,
/// `000.12.23.H26-200615-0004`; `None` where the code is built otherwise.
#[must_use]
pub fn day_in_code(code: &str) -> Option<NaiveDate> {
    let mut parts = code.split('-');
    let (_unit, day, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some()
        || day.len() != 6
        || sequence.len() < 4
        || !digits(day)
        || !digits(sequence)
    {
        return None;
    }
    let part = |range| {
        day.get(range)
            .and_then(|text: &str| text.parse::<u32>().ok())
    };
    let year = 2000 + part(0..2)?.cast_signed();
    NaiveDate::from_ymd_opt(year, part(2..4)?, part(4..6)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{self, ZONE, at};

    #[test]
    fn lateness_follows_the_due_moment_and_the_due_day() {
        let due = "2020-06-15 11:30";
        for (status, finished, now, expected, why) in [
            (
                4,
                None,
                "2020-06-15 11:30",
                State::InTime,
                "the due moment itself is in time",
            ),
            (
                4,
                None,
                "2020-06-15 11:31",
                State::Overdue,
                "a minute past it is overdue, the same day",
            ),
            (
                2,
                None,
                "2020-06-14 09:00",
                State::InTime,
                "received, not due",
            ),
            (
                5,
                None,
                "2020-06-20 09:00",
                State::Stopped,
                "a stopped clock is never overdue",
            ),
            (
                6,
                None,
                "2020-06-20 09:00",
                State::Stopped,
                "waiting for payment stops the clock",
            ),
            (8, None, "2020-06-20 09:00", State::Stopped, "stopped"),
            (
                10,
                Some("2020-06-12 16:00"),
                "2020-07-01 00:00",
                State::Early,
                "days before",
            ),
            (
                10,
                Some("2020-06-14 23:59"),
                "2020-07-01 00:00",
                State::Early,
                "the evening before",
            ),
            (
                9,
                Some("2020-06-15 00:00"),
                "2020-07-01 00:00",
                State::OnTime,
                "on the due day",
            ),
            (
                9,
                Some("2020-06-15 11:30"),
                "2020-07-01 00:00",
                State::OnTime,
                "at the due moment",
            ),
            (
                9,
                Some("2020-06-15 11:31"),
                "2020-07-01 00:00",
                State::Late,
                "after it, the same day",
            ),
            (
                9,
                Some("2020-06-16 08:00"),
                "2020-06-15 12:00",
                State::Overdue,
                "a finish after now is not yet",
            ),
            (
                9,
                None,
                "2020-06-16 08:00",
                State::Overdue,
                "a finish without a date is no proof",
            ),
            (
                7,
                Some("2020-06-16 08:00"),
                "2020-07-01 00:00",
                State::Withdrawn,
                "withdrawn after the due day",
            ),
            (
                7,
                Some("2020-06-16 08:00"),
                "2020-06-15 08:00",
                State::InTime,
                "before it was withdrawn",
            ),
            (
                7,
                None,
                "2020-07-01 00:00",
                State::Withdrawn,
                "withdrawn, nobody said when",
            ),
            (
                1,
                None,
                "2020-07-01 00:00",
                State::NotReceived,
                "registered only",
            ),
            (
                3,
                None,
                "2020-07-01 00:00",
                State::NotReceived,
                "refused at the desk",
            ),
            (
                17,
                None,
                "2020-07-01 00:00",
                State::Overdue,
                "an unknown code without a finish is open",
            ),
            (
                17,
                Some("2020-06-10 08:00"),
                "2020-07-01 00:00",
                State::Early,
                "an unknown code with one is done",
            ),
            (
                10,
                Some("2020-06-12 16:00"),
                "2020-06-01 07:59",
                State::NotReceived,
                "not received by then",
            ),
        ] {
            let dossier = Dossier {
                status: Status(status),
                received_at: at("2020-06-01 08:00"),
                due_at: at(due),
                finished_at: finished.map(at),
                ..sample::dossier("X")
            };
            assert_eq!(state(&dossier, at(now), ZONE), expected, "{why}");
        }
    }

    #[test]
    fn a_clock_that_stops_later_still_runs() {
        let stopped_at = Some(at("2020-06-10 08:00"));
        let dossier = Dossier {
            status: Status(5),
            stopped_at,
            ..sample::dossier("X")
        };
        assert_eq!(state(&dossier, at("2020-06-09 08:00"), ZONE), State::InTime);
        assert_eq!(
            state(&dossier, at("2020-06-10 08:00"), ZONE),
            State::Stopped
        );
    }

    #[test]
    fn rescheduling_does_not_hide_what_the_first_due_date_says() {
        let moved = Dossier {
            due_at: at("2020-06-20 17:00"),
            original_due_at: Some(at("2020-06-15 17:00")),
            ..sample::dossier("X")
        };
        let now = at("2020-06-16 08:00");
        assert_eq!(state(&moved, now, ZONE), State::InTime);
        assert_eq!(original_state(&moved, now, ZONE), Some(State::Overdue));
        let unmoved = Dossier {
            original_due_at: Some(moved.due_at),
            ..moved
        };
        assert_eq!(original_state(&unmoved, now, ZONE), None);
    }

    #[test]
    fn a_day_begins_and_ends_in_the_sites_zone() {
        let day = sample::day("2020-06-01");
        assert_eq!(
            start_of(day, ZONE).to_rfc3339(),
            "2020-05-31T17:00:00+00:00"
        );
        assert_eq!(
            end_of(day, ZONE) + Duration::nanoseconds(1),
            start_of(sample::day("2020-06-02"), ZONE)
        );
        // Summer time began at midnight in São Paulo: the day began at one.
        let gap = start_of(sample::day("2018-11-04"), chrono_tz::America::Sao_Paulo);
        assert_eq!(gap.to_rfc3339(), "2018-11-04T03:00:00+00:00");
        // Apia skipped a day: it is empty.
        let skipped = sample::day("2011-12-30");
        assert!(
            end_of(skipped, chrono_tz::Pacific::Apia) < start_of(skipped, chrono_tz::Pacific::Apia)
        );
    }

    #[test]
    fn both_styles_of_code_carry_the_reception_day() {
        for (code, day) in [
            ("H26.23.12-200615-0004", Some("2020-06-15")),
            ("000.12.23.H26-200615-0004", Some("2020-06-15")),
            ("H26.23.12-200229-12345", Some("2020-02-29")),
            ("H26.23.12-210229-0001", None),
            ("H26.23.12-200615-004", None),
            ("H26.23.12-200615", None),
            ("H26-23-200615-0004", None),
            ("H26.23.12-2006é5-0004", None),
            ("", None),
        ] {
            assert_eq!(day_in_code(code), day.map(sample::day), "{code}");
        }
    }
}

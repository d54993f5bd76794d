//! Sample letters: what every template is rendered with at start-up, in `check` and in `mail preview`.
//!
//! Owns: a typical, an empty and a hostile letter of each kind.
//! Never: real dossiers or addresses.
//! Reads next: `page.rs`.

mod apology;
mod board;
mod digest;
mod notice;
mod overdue;
mod ward_lag;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use super::dossier::{Line, Mark};
use super::page::{Answering, Kind, Letter};
use crate::domain::calendar::WorkingDays;

/// Sample slips, for their templates.
pub use apology::all as slips;

/// A letter and what it is a sample of.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: &'static str,
    pub letter: Letter,
}

/// Markup, quotes, template syntax, a line break, right-to-left text and no end.
pub(super) const HOSTILE: &str =
    "<script>alert('x')</script> \"Ngọc\" & {{labels.late}} {n}\r\nBcc: a@b \u{202e}قائمة\u{202c} ";

#[must_use]
pub fn samples(kind: Kind) -> Vec<Sample> {
    match kind {
        Kind::Overdue => vec![
            sample("typical", Letter::Overdue(overdue::typical())),
            sample("upper-rung", Letter::Overdue(overdue::upper_rung())),
            sample("two-posts", Letter::Overdue(overdue::two_posts())),
            sample("empty", Letter::Overdue(overdue::empty())),
            sample("hostile", Letter::Overdue(overdue::hostile())),
        ],
        Kind::WardLag => vec![
            sample("typical", Letter::WardLag(ward_lag::typical())),
            sample("chair", Letter::WardLag(ward_lag::chair())),
            sample("empty", Letter::WardLag(ward_lag::empty())),
            sample("hostile", Letter::WardLag(ward_lag::hostile())),
        ],
        Kind::Digest => vec![
            sample("typical", Letter::Digest(Box::new(digest::typical()))),
            sample("first", Letter::Digest(Box::new(digest::first()))),
            sample("empty", Letter::Digest(Box::new(digest::empty()))),
            sample("hostile", Letter::Digest(Box::new(digest::hostile()))),
        ],
        Kind::Notice => vec![
            sample("typical", Letter::Notice(notice::refused())),
            sample("many-problems", Letter::Notice(notice::many_problems())),
            sample("accepted", Letter::Notice(notice::accepted())),
            sample("silent", Letter::Notice(notice::silent())),
            sample("never-run", Letter::Notice(notice::never_run())),
            sample("given-up", Letter::Notice(notice::given_up())),
            sample("outage", Letter::Notice(notice::outage())),
            sample("undelivered", Letter::Notice(notice::undelivered())),
            sample("refused-mail", Letter::Notice(notice::refused_mail())),
            sample(
                "unconfirmed-mail",
                Letter::Notice(notice::unconfirmed_mail()),
            ),
            sample("blind", Letter::Notice(notice::blind())),
            sample("sees", Letter::Notice(notice::sees())),
            sample("vacant", Letter::Notice(notice::vacant())),
            sample("unheard", Letter::Notice(notice::unheard())),
            sample("disowned", Letter::Notice(notice::disowned())),
            sample("hostile", Letter::Notice(notice::hostile())),
            sample("hostile-job", Letter::Notice(notice::hostile_job())),
            sample("hostile-things", Letter::Notice(notice::hostile_things())),
        ],
    }
}

fn sample(name: &'static str, letter: Letter) -> Sample {
    Sample { name, letter }
}

pub(super) const SITE: &str = "UBND quận Long Biên";

const PROCEDURES: [&str; 5] = [
    "Chứng thực bản sao từ bản chính giấy tờ, văn bản",
    "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
    "Cấp giấy phép xây dựng nhà ở riêng lẻ",
    "Đăng ký thành lập hộ kinh doanh",
    "Xác nhận tình trạng hôn nhân",
];

/// Monday, 1 June 2020, half past seven in Hà Nội.
pub(super) fn as_of() -> DateTime<FixedOffset> {
    DateTime::from_timestamp(1_590_971_400, 0)
        .unwrap_or_default()
        .with_timezone(&hanoi())
}

fn hanoi() -> FixedOffset {
    FixedOffset::east_opt(7 * 3600).unwrap_or_else(as_of_utc)
}

fn as_of_utc() -> FixedOffset {
    chrono::Offset::fix(&chrono::Utc)
}

fn day(offset: u64) -> NaiveDate {
    as_of()
        .date_naive()
        .checked_sub_days(Days::new(offset))
        .unwrap_or_default()
}

fn answering() -> Answering {
    Answering {
        url: "https://dondoc.longbien.example/t/sample".to_owned(),
        until: as_of().date_naive() + Days::new(30),
    }
}

pub(super) fn due_time() -> NaiveTime {
    NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default()
}

fn due(day: NaiveDate) -> NaiveDateTime {
    day.and_time(due_time())
}

/// A dossier late by `number` calendar days.
pub(super) fn late(number: u64, unit: &str) -> Line {
    let due_day = day(number + 3);
    Line {
        code: format!(
            "H26.23.12-{}-{number:04}",
            day(number + 18).format("%y%m%d")
        ),
        procedure_name: PROCEDURES
            .iter()
            .cycle()
            .nth(usize::try_from(number).unwrap_or(0))
            .map(ToString::to_string)
            .unwrap_or_default(),
        unit_name: unit.to_owned(),
        received: day(number + 18),
        due: due(due_day),
        originally_due: (number % 5 == 2).then(|| due(day(number + 8))),
        days: WorkingDays {
            days: i64::try_from(1 + number * 5 / 7).unwrap_or(1),
            tentative: number == 4,
        },
        mark: if number.is_multiple_of(3) {
            Mark::Reminder
        } else {
            Mark::New
        },
    }
}

pub(super) fn soon(number: u64, unit: &str) -> Line {
    let day = as_of()
        .date_naive()
        .checked_add_days(Days::new(number % 3))
        .unwrap_or_default();
    let at = if number == 1 {
        NaiveTime::from_hms_opt(11, 30, 0).unwrap_or_default()
    } else {
        due_time()
    };
    Line {
        due: day.and_time(at),
        originally_due: None,
        days: WorkingDays {
            days: i64::try_from(number % 3).unwrap_or(0),
            tentative: false,
        },
        mark: Mark::New,
        ..late(number + 30, unit)
    }
}

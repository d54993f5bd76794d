//! Sample letters: what every template is rendered with at start-up, in `check` and in `mail preview`.
//!
//! Owns: a typical, an empty and a hostile letter of each kind.
//! Never: real dossiers or addresses.
//! Reads next: `page.rs`.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use super::digest::{Change, Changes, Digest};
use super::dossier::{Line, Mark};
use super::overdue::{Overdue, Rung};
use super::page::{Kind, Letter};
use super::ward_lag::{Audience, Lag, WardLag};
use crate::domain::board::{
    Board, DossierCounts, DossierTable, Finding, SourceRow, Status, TargetRow, UnitAssessment,
    UnitRow,
};
use crate::domain::calendar::WorkingDays;
use crate::domain::period::Period;
use crate::domain::ratio::Share;
use crate::domain::unit::UnitCode;
use crate::domain::wilson::{Confidence, Interval};

/// A letter and what it is a sample of.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: &'static str,
    pub letter: Letter,
}

/// Markup, quotes, template syntax, a line break, right-to-left text and no end.
const HOSTILE: &str =
    "<script>alert('x')</script> \"Ngọc\" & {{labels.late}} {n}\r\nBcc: a@b \u{202e}قائمة\u{202c} ";

#[must_use]
pub fn samples(kind: Kind) -> Vec<Sample> {
    let sample = |name, letter| Sample { name, letter };
    match kind {
        Kind::Overdue => vec![
            sample("typical", Letter::Overdue(overdue())),
            sample("upper-rung", Letter::Overdue(upper_rung())),
            sample(
                "empty",
                Letter::Overdue(Overdue {
                    late: vec![],
                    soon: vec![],
                    already_told: 0,
                    ..overdue()
                }),
            ),
            sample("hostile", Letter::Overdue(hostile_overdue())),
        ],
        Kind::WardLag => vec![
            sample("typical", Letter::WardLag(ward_lag())),
            sample("chair", Letter::WardLag(chair())),
            sample(
                "empty",
                Letter::WardLag(WardLag {
                    lags: vec![],
                    ..ward_lag()
                }),
            ),
            sample("hostile", Letter::WardLag(hostile_ward_lag())),
        ],
        Kind::Digest => vec![
            sample("typical", Letter::Digest(Box::new(digest()))),
            sample("first", Letter::Digest(Box::new(first_digest()))),
            sample("empty", Letter::Digest(Box::new(empty_digest()))),
            sample("hostile", Letter::Digest(Box::new(hostile_digest()))),
        ],
    }
}

const SITE: &str = "UBND quận Long Biên";

const PROCEDURES: [&str; 5] = [
    "Chứng thực bản sao từ bản chính giấy tờ, văn bản",
    "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
    "Cấp giấy phép xây dựng nhà ở riêng lẻ",
    "Đăng ký thành lập hộ kinh doanh",
    "Xác nhận tình trạng hôn nhân",
];

const WARDS: [(&str, &str, u64, u64); 14] = [
    ("00115", "Thượng Thanh", 2504, 6),
    ("00118", "Ngọc Thụy", 2391, 58),
    ("00121", "Giang Biên", 1586, 3),
    ("00124", "Đức Giang", 2733, 9),
    ("00127", "Việt Hưng", 2015, 4),
    ("00130", "Gia Thụy", 1421, 2),
    ("00133", "Ngọc Lâm", 1874, 5),
    ("00136", "Phúc Lợi", 1710, 43),
    ("00139", "Bồ Đề", 2480, 7),
    ("00142", "Sài Đồng", 1555, 3),
    ("00145", "Long Biên", 1902, 6),
    ("00148", "Thạch Bàn", 2260, 8),
    ("00151", "Phúc Đồng", 1388, 4),
    ("00154", "Cự Khối", 812, 9),
];

/// Monday, 1 June 2020, half past seven in Hà Nội.
fn as_of() -> DateTime<FixedOffset> {
    DateTime::from_timestamp(1_590_971_400, 0)
        .unwrap_or_default()
        .with_timezone(&hanoi())
}

fn hanoi() -> FixedOffset {
    FixedOffset::east_opt(7 * 3600).unwrap_or_else(|| as_of_utc())
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

fn due_time() -> NaiveTime {
    NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default()
}

fn due(day: NaiveDate) -> NaiveDateTime {
    day.and_time(due_time())
}

/// A dossier late by `number` calendar days.
fn late(number: u64, unit: &str) -> Line {
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
        mark: if number % 3 == 0 {
            Mark::Reminder
        } else {
            Mark::New
        },
    }
}

fn soon(number: u64, unit: &str) -> Line {
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

fn overdue() -> Overdue {
    let unit = "phường Ngọc Thụy";
    Overdue {
        site: SITE.to_owned(),
        recipient: "Chủ tịch UBND phường Ngọc Thụy".to_owned(),
        unit: unit.to_owned(),
        rung: Rung::Head,
        as_of: as_of(),
        fresh_at: Some(as_of() - chrono::TimeDelta::minutes(9)),
        due_time: due_time(),
        late: (0..12).map(|number| late(number, unit)).collect(),
        soon: (0..5).map(|number| soon(number, unit)).collect(),
        already_told: 46,
    }
}

fn upper_rung() -> Overdue {
    let units = [
        "Ngọc Thụy",
        "Phúc Lợi",
        "Phòng Tài nguyên và Môi trường",
        "Cự Khối",
    ];
    let lines = units
        .iter()
        .cycle()
        .zip(4..80)
        .map(|(unit, number)| late(number, unit));
    Overdue {
        recipient: "Phó Chủ tịch UBND quận".to_owned(),
        unit: "quận Long Biên".to_owned(),
        rung: Rung::Upper { late_at_least: 3 },
        late: lines.collect(),
        soon: vec![],
        already_told: 1,
        ..overdue()
    }
}

fn hostile_overdue() -> Overdue {
    let name = HOSTILE.repeat(2);
    let line = |number| Line {
        code: format!("<b>{number}</b>"),
        procedure_name: name.clone(),
        ..late(number, &name)
    };
    Overdue {
        site: name.clone(),
        recipient: name.clone(),
        unit: name.clone(),
        rung: Rung::Upper { late_at_least: 1 },
        late: (0..3).map(line).collect(),
        soon: vec![soon(1, &name)],
        ..overdue()
    }
}

fn interval(share: Share) -> (f64, f64) {
    Interval::of(share, Confidence::P95).map_or((0.0, 0.0), |it| (100.0 * it.low, 100.0 * it.high))
}

fn lag(ward: &str, numerator: u64, denominator: u64, status: Status) -> Lag {
    let share = Share::new(numerator, denominator);
    let (low, high) = interval(share);
    Lag {
        ward: ward.to_owned(),
        target: "Hồ sơ cấp phường được giải quyết đúng hạn".to_owned(),
        share,
        decimals: 2,
        at_least: 98.0,
        low,
        high,
        status,
        level: Some(Share::new(24_727, 25_021)),
    }
}

fn ward_lag() -> WardLag {
    WardLag {
        site: SITE.to_owned(),
        recipient: "Chủ tịch UBND quận".to_owned(),
        as_of: as_of(),
        fresh_at: None,
        audience: Audience::Leaders,
        lags: vec![
            lag("Ngọc Thụy", 2192, 2292, Status::Lagging),
            lag("Phúc Lợi", 1560, 1633, Status::Lagging),
            Lag {
                target: "TTHC được triển khai dịch vụ công trực tuyến mức độ 3, 4".to_owned(),
                at_least: 100.0,
                level: None,
                ..lag("Phúc Lợi", 143, 144, Status::Lagging)
            },
        ],
    }
}

fn chair() -> WardLag {
    WardLag {
        recipient: "Chủ tịch UBND phường Phúc Lợi".to_owned(),
        audience: Audience::Chair {
            ward: "Phường Phúc Lợi".to_owned(),
        },
        lags: vec![lag("Phường Phúc Lợi", 1560, 1633, Status::Lagging)],
        ..ward_lag()
    }
}

fn hostile_ward_lag() -> WardLag {
    let lag = Lag {
        ward: HOSTILE.to_owned(),
        target: HOSTILE.to_owned(),
        ..lag("", 0, 3, Status::Lagging)
    };
    WardLag {
        site: HOSTILE.to_owned(),
        recipient: HOSTILE.to_owned(),
        audience: Audience::Chair {
            ward: HOSTILE.to_owned(),
        },
        lags: vec![lag],
        ..ward_lag()
    }
}

fn target(
    id: &str,
    title: &str,
    level: &'static str,
    share: Share,
    at_least: f64,
    status: Status,
) -> TargetRow {
    let decimals = if share.numerator == share.denominator {
        0
    } else {
        2
    };
    TargetRow {
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        unit: None,
        numerator: share.numerator,
        denominator: share.denominator,
        percent: share.percent(),
        printed: share.printed(decimals),
        decimals,
        at_least,
        status,
        reason: String::new(),
        simulated: id.ends_with("simulated"),
    }
}

fn targets() -> Vec<TargetRow> {
    let of = Share::new;
    vec![
        target(
            "documents-simulated",
            "Văn bản, thông tin nội bộ được trao đổi qua môi trường mạng",
            "district",
            of(9350, 9350),
            100.0,
            Status::Met,
        ),
        target(
            "documents-simulated",
            "Văn bản, thông tin nội bộ được trao đổi qua môi trường mạng",
            "ward",
            of(5908, 6564),
            90.0,
            Status::Met,
        ),
        target(
            "meetings",
            "Cuộc họp giữa quận và phường được thực hiện trên môi trường mạng",
            "district-ward",
            of(0, 0),
            30.0,
            Status::NotVerifiable,
        ),
        target(
            "work-items",
            "Công việc thường xuyên được cập nhật trên hệ thống",
            "district",
            of(412, 412),
            100.0,
            Status::Unknown,
        ),
        target(
            "processes",
            "Quy trình giải quyết công việc nội bộ được tin học hóa",
            "all",
            of(27, 124),
            20.0,
            Status::Met,
        ),
        target(
            "procedures",
            "Quy trình giải quyết TTHC được tin học hóa và kiểm soát qua phần mềm",
            "all",
            of(373, 373),
            100.0,
            Status::Met,
        ),
        target(
            "online",
            "TTHC được triển khai dịch vụ công trực tuyến mức độ 3, 4",
            "all",
            of(249, 373),
            30.0,
            Status::Met,
        ),
        target(
            "online",
            "TTHC được triển khai dịch vụ công trực tuyến mức độ 3, 4",
            "district",
            of(152, 229),
            30.0,
            Status::Met,
        ),
        target(
            "online",
            "TTHC được triển khai dịch vụ công trực tuyến mức độ 3, 4",
            "ward",
            of(97, 144),
            30.0,
            Status::Met,
        ),
        target(
            "schools",
            "Trường học hoàn thiện theo mô hình Trường học điện tử",
            "all",
            of(19, 58),
            35.0,
            Status::Missed,
        ),
        target(
            "ward-on-time",
            "Hồ sơ cấp phường được giải quyết đúng hạn",
            "ward",
            of(24_727, 25_021),
            98.0,
            Status::Met,
        ),
    ]
}

fn counts(received: u64, resolved: u64, late: u64, overdue: u64) -> DossierCounts {
    let online = received / 4;
    DossierCounts {
        received,
        received_online: online,
        direct: received - online,
        carried_over: 0,
        resolved,
        early: resolved - late - resolved / 10,
        on_time: resolved / 10,
        late,
        open: received - resolved,
        in_time: received - resolved - overdue,
        overdue,
        stopped: 2,
        withdrawn: 1,
        on_time_percent: None,
    }
}

fn ward((code, name, received, overdue): (&str, &str, u64, u64)) -> Option<UnitRow> {
    let resolved = received * 14 / 15;
    let counts = counts(received, resolved, overdue / 3 + 2, overdue);
    let share = Share::new(
        counts.early + counts.on_time,
        counts.resolved + counts.overdue,
    );
    let (low, high) = interval(share);
    let status = match share.percent() {
        Some(percent) if percent >= 98.0 => Status::Met,
        _ if high < 98.0 => Status::Lagging,
        _ => Status::Watch,
    };
    let assessment = UnitAssessment {
        target: "ward-on-time".to_owned(),
        numerator: share.numerator,
        denominator: share.denominator,
        low,
        high,
        at_least: 98.0,
        status,
        reason: String::new(),
    };
    Some(UnitRow {
        unit: UnitCode::parse(code).ok()?,
        name: name.to_owned(),
        assessments: vec![assessment],
        counts,
    })
}

fn source(name: &str, hours_ago: Option<i64>, stale: bool) -> SourceRow {
    let fresh_at =
        hours_ago.and_then(|hours| as_of().checked_sub_signed(chrono::TimeDelta::hours(hours)));
    SourceRow {
        source: name.to_owned(),
        fresh_at,
        stale,
    }
}

fn finding(source: &str, kind: &str, message: &str, count: u64) -> Finding {
    Finding {
        source: source.to_owned(),
        kind: kind.to_owned(),
        message: message.to_owned(),
        count,
    }
}

fn board() -> Board {
    let wards: Vec<UnitRow> = WARDS.into_iter().filter_map(ward).collect();
    Board {
        as_of: as_of(),
        period: Period {
            from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default(),
            to: day(1),
        },
        targets: targets(),
        dossiers: DossierTable {
            district: counts(3830, 3602, 12, 0),
            ward: counts(26_631, 24_854, 127, 167),
            units: wards,
        },
        documents: vec![],
        sources: vec![
            source("one-stop-shop", Some(0), false),
            source("documents", Some(1), false),
            source("meetings", None, true),
            source("work", Some(60), true),
        ],
        quality: vec![
            finding(
                "one-stop-shop",
                "residual",
                "ward: 26631 received, 24854 resolved, 1610 in time",
                167,
            ),
            finding("one-stop-shop", "quarantined", "6 rows kept aside", 6),
            finding(
                "meetings",
                "published-not-verifiable",
                "meetings-online, district-ward: 30 % is published",
                1,
            ),
            finding(
                "staff",
                "published-not-verifiable",
                "staff, district: 97.5 % is published",
                1,
            ),
            finding(
                "documents",
                "same-pair",
                "Quận ủy and UBND quận have the same counts",
                2,
            ),
            finding("work", "stale-source", "source work is stale", 1),
            finding(
                "work",
                "kind-of-tomorrow",
                "a finding that has no words yet",
                3,
            ),
        ],
    }
}

fn digest() -> Digest {
    let board = board();
    let late = WARDS
        .iter()
        .flat_map(|(_, name, _, overdue)| (0..*overdue).map(|number| late(number % 40, name)));
    let mut late: Vec<Line> = late.collect();
    for (line, number) in late.iter_mut().zip(1_u64..) {
        line.code = format!("{}{}", &line.code[..17], format_args!("{number:04}"));
    }
    Digest {
        site: SITE.to_owned(),
        recipient: "Chủ tịch UBND quận".to_owned(),
        wards: board
            .dossiers
            .units
            .iter()
            .map(|unit| unit.unit.clone())
            .collect(),
        overdue: late,
        soon: (0..13)
            .map(|number| soon(number, "Phòng Quản lý đô thị"))
            .collect(),
        soon_within: 2,
        due_time: due_time(),
        rows: 20,
        changes: Changes::Since {
            at: as_of() - chrono::TimeDelta::days(7),
            list: vec![
                Change::Overdue {
                    before: 155,
                    now: 167,
                },
                Change::Target {
                    title: "Trường học hoàn thiện theo mô hình Trường học điện tử".to_owned(),
                    from: Status::Met,
                    to: Status::Missed,
                },
                Change::Ward {
                    ward: "Ngọc Thụy".to_owned(),
                    target: "Hồ sơ cấp phường được giải quyết đúng hạn".to_owned(),
                    from: Status::Watch,
                    to: Status::Lagging,
                },
                Change::Ward {
                    ward: "Bồ Đề".to_owned(),
                    target: "Hồ sơ cấp phường được giải quyết đúng hạn".to_owned(),
                    from: Status::Lagging,
                    to: Status::Met,
                },
            ],
        },
        source_titles: [
            ("one-stop-shop", "Một cửa điện tử dùng chung của Thành phố"),
            ("documents", "Hệ thống quản lý văn bản"),
            ("meetings", "Sổ họp trực tuyến"),
            ("work", "Sổ công việc"),
        ]
        .map(|(name, title)| (name.to_owned(), title.to_owned()))
        .to_vec(),
        board,
    }
}

fn first_digest() -> Digest {
    Digest {
        changes: Changes::First,
        ..digest()
    }
}

/// A site whose sources have never been read.
fn empty_digest() -> Digest {
    let board = Board {
        targets: vec![],
        dossiers: DossierTable {
            district: DossierCounts::default(),
            ward: DossierCounts::default(),
            units: vec![],
        },
        sources: vec![],
        quality: vec![],
        ..board()
    };
    let changes = Changes::Since {
        at: as_of(),
        list: vec![],
    };
    Digest {
        board,
        wards: vec![],
        overdue: vec![],
        soon: vec![],
        changes,
        source_titles: vec![],
        ..digest()
    }
}

fn hostile_digest() -> Digest {
    let mut digest = digest();
    digest.site = HOSTILE.to_owned();
    digest.recipient = HOSTILE.to_owned();
    for row in &mut digest.board.targets {
        row.title = HOSTILE.to_owned();
    }
    for unit in &mut digest.board.dossiers.units {
        unit.name = HOSTILE.to_owned();
    }
    for line in digest.overdue.iter_mut().chain(&mut digest.soon) {
        line.unit_name = HOSTILE.to_owned();
        line.procedure_name = HOSTILE.to_owned();
        line.code = "<b>\"1\"</b>".to_owned();
    }
    digest.source_titles = vec![("one-stop-shop".to_owned(), HOSTILE.to_owned())];
    digest
}

//! A sample board: every status, every ward, a stale source, findings of known and unknown kinds.
//!
//! Owns: the figures behind the sample digest.
//! Never: the letter (`digest.rs`).
//! Reads next: `digest.rs`.

use chrono::NaiveDate;

use super::ward_lag::interval;
use super::{as_of, day};
use crate::domain::board::{
    Board, DossierCounts, DossierTable, SourceRow, Status, TargetRow, UnitAssessment, UnitRow,
};
use crate::domain::finding::{About, Code, Finding};
use crate::domain::period::Period;
use crate::domain::ratio::Share;
use crate::domain::unit::{Level, UnitCode};

pub(super) const WARDS: [(&str, &str, u64, u64); 14] = [
    ("00115", "Thượng Thanh", 2504, 2),
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
    ("00154", "Cự Khối", 812, 13),
];

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

pub(super) fn board() -> Board {
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
        quality: findings(),
    }
}

fn findings() -> Vec<Finding> {
    let ward = || About {
        level: Some(Level::Ward),
        ..About::default()
    };
    vec![
        Finding::new(
            "one-stop-shop",
            Code::Residual,
            "ward: 26631 received, 24854 resolved, 1610 in time",
            167,
        )
        .about(ward()),
        Finding::new(
            "one-stop-shop",
            Code::StatedTotal,
            "ward: 300 more are stated",
            300,
        )
        .about(ward())
        .making_unknown(true),
        Finding::new("one-stop-shop", Code::Quarantined, "6 rows kept aside", 6),
        Finding::new(
            "meetings",
            Code::PublishedNotVerifiable,
            "meetings-online, district-ward: 30 % is published",
            1,
        ),
        Finding::new(
            "staff",
            Code::PublishedNotVerifiable,
            "staff, district: 97.5 % is published",
            1,
        ),
        Finding::new(
            "documents",
            Code::SamePair,
            "Quận ủy and UBND quận have the same counts",
            2,
        ),
        Finding::new("work", Code::StaleSource, "source work is stale", 1).making_unknown(true),
    ]
}

//! Samples of the digest.
//!
//! Owns: a typical one, the first one, one of an empty site and a hostile one.
//! Never: the figures (`board.rs`).
//! Reads next: `board.rs`.

use super::board::{WARDS, board};
use super::{HOSTILE, SITE, as_of, due_time, late, soon};
use crate::domain::board::{Board, DossierCounts, DossierTable, Status};
use crate::report::digest::{Change, Changes, Digest};
use crate::report::dossier::Line;

pub(super) fn typical() -> Digest {
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

pub(super) fn first() -> Digest {
    Digest {
        changes: Changes::First,
        ..typical()
    }
}

/// A site whose sources have never been read.
pub(super) fn empty() -> Digest {
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
        ..typical()
    }
}

pub(super) fn hostile() -> Digest {
    let mut digest = typical();
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

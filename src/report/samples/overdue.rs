//! Samples of the letter about overdue dossiers.
//!
//! Owns: a head's, an upper rung's with a long list, an empty and a hostile one.
//! Never: real dossiers.
//! Reads next: `ward_lag.rs`.

use super::{HOSTILE, SITE, as_of, due_time, late, soon};
use crate::report::dossier::Line;
use crate::report::overdue::{Overdue, Rung};

pub(super) fn typical() -> Overdue {
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

pub(super) fn upper_rung() -> Overdue {
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
        ..typical()
    }
}

pub(super) fn hostile() -> Overdue {
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
        ..typical()
    }
}

pub(super) fn empty() -> Overdue {
    Overdue {
        late: vec![],
        soon: vec![],
        already_told: 0,
        ..typical()
    }
}

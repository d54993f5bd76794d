//! Samples of the letter about overdue dossiers.
//!
//! Owns: a head's, an upper rung's with a long list, one of two posts, an empty and a hostile one.
//! Never: real dossiers.
//! Reads next: `ward_lag.rs`.

use super::{HOSTILE, SITE, answering, as_of, due_time, late, soon, ward_lag};
use crate::domain::decide::Ending;
use crate::report::dossier::{Line, Mark};
use crate::report::overdue::{Blind, Ended, Overdue, Post, Rung};

pub(super) fn typical() -> Overdue {
    Overdue {
        site: SITE.to_owned(),
        recipient: "Chủ tịch UBND phường Ngọc Thụy".to_owned(),
        as_of: as_of(),
        fresh_at: Some(as_of() - chrono::TimeDelta::minutes(9)),
        due_time: due_time(),
        posts: vec![head()],
        slips: 5,
        blind: vec![],
        answering: Some(answering()),
    }
}

fn head() -> Post {
    let unit = "phường Ngọc Thụy";
    let over = |code: &str, how| Ended {
        code: code.to_owned(),
        how,
    };
    Post {
        title: "Chủ tịch UBND phường Ngọc Thụy".to_owned(),
        unit: unit.to_owned(),
        rung: Rung::Head,
        late: (0..12).map(|number| late(number, unit)).collect(),
        soon: (0..5).map(|number| soon(number, unit)).collect(),
        already_told: 46,
        ended: vec![
            over("H26.23.12-200504-0007", Ending::Resolved),
            over("H26.23.12-200511-0003", Ending::Stopped),
            over("H26.23.12-200512-0031", Ending::Resolved),
        ],
        lags: vec![],
    }
}

fn upper() -> Post {
    let units = [
        "Ngọc Thụy",
        "Phúc Lợi",
        "Phòng Tài nguyên và Môi trường",
        "Cự Khối",
    ];
    let lines = units.iter().cycle().zip(4..80).map(|(unit, number)| Line {
        mark: match number % 7 {
            0 => Mark::Broken,
            1 => Mark::Worse,
            _ => Mark::New,
        },
        ..late(number, unit)
    });
    Post {
        title: "Phó Chủ tịch UBND quận".to_owned(),
        unit: "quận Long Biên".to_owned(),
        rung: Rung::Upper { late_at_least: 3 },
        late: lines.collect(),
        soon: vec![],
        already_told: 1,
        ended: vec![],
        lags: vec![],
    }
}

pub(super) fn upper_rung() -> Overdue {
    Overdue {
        recipient: "Phó Chủ tịch UBND quận".to_owned(),
        posts: vec![upper()],
        slips: 0,
        ..typical()
    }
}

pub(super) fn two_posts() -> Overdue {
    let ward = Post {
        lags: ward_lag::chair().lags,
        ..head()
    };
    Overdue {
        posts: vec![ward, upper()],
        blind: vec![
            Blind {
                source: "documents".to_owned(),
                fresh_at: Some(as_of() - chrono::TimeDelta::days(2)),
            },
            Blind {
                source: "schools".to_owned(),
                fresh_at: None,
            },
        ],
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
        posts: vec![Post {
            title: name.clone(),
            unit: name.clone(),
            rung: Rung::Upper { late_at_least: 1 },
            late: (0..3).map(line).collect(),
            soon: vec![soon(1, &name)],
            ..head()
        }],
        ..typical()
    }
}

pub(super) fn empty() -> Overdue {
    Overdue {
        posts: vec![Post {
            late: vec![],
            soon: vec![],
            already_told: 0,
            ended: vec![],
            ..head()
        }],
        answering: None,
        slips: 0,
        ..typical()
    }
}

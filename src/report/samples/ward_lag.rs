//! Samples of the letter about lagging wards.
//!
//! Owns: a typical one, a chair's, an empty and a hostile one.
//! Never: real figures.
//! Reads next: `digest.rs`.

use super::{HOSTILE, SITE, answering, as_of, day};
use crate::domain::board::Status;
use crate::domain::ratio::Share;
use crate::domain::wilson::{Confidence, Interval};
use crate::report::ward_lag::{Audience, Lag, WardLag};

pub(super) fn interval(share: Share) -> (f64, f64) {
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
        level: "ward",
        level_share: Some(Share::new(24_727, 25_021)),
        before: Some((
            day(28),
            Share::new(numerator.saturating_sub(9), denominator),
        )),
    }
}

pub(super) fn typical() -> WardLag {
    WardLag {
        site: SITE.to_owned(),
        recipient: "Chủ tịch UBND quận".to_owned(),
        as_of: as_of(),
        fresh_at: None,
        audience: Audience::Leaders,
        answering: Some(answering()),
        lags: vec![
            lag("Ngọc Thụy", 2192, 2292, Status::Lagging),
            lag("Phúc Lợi", 1560, 1633, Status::Lagging),
            Lag {
                target: "TTHC được triển khai dịch vụ công trực tuyến mức độ 3, 4".to_owned(),
                at_least: 100.0,
                level_share: None,
                before: None,
                ..lag("Phúc Lợi", 143, 144, Status::Lagging)
            },
        ],
    }
}

pub(super) fn chair() -> WardLag {
    WardLag {
        recipient: "Chủ tịch UBND phường Phúc Lợi".to_owned(),
        audience: Audience::Chair {
            ward: "Phường Phúc Lợi".to_owned(),
        },
        lags: vec![lag("Phường Phúc Lợi", 1560, 1633, Status::Lagging)],
        ..typical()
    }
}

pub(super) fn hostile() -> WardLag {
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
        ..typical()
    }
}

pub(super) fn empty() -> WardLag {
    WardLag {
        lags: vec![],
        ..typical()
    }
}

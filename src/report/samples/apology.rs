//! Sample slips.
//!
//! Owns: one filled in, one left blank, one hostile.
//! Never: a real dossier or person.
//! Reads next: `../apology.rs`.

use super::{HOSTILE, PROCEDURES, SITE, as_of, day, due};
use crate::domain::apology::{Law, Need, NewDue, Permit, Timing};
use crate::domain::applicant::Applicant;
use crate::report::apology::{Body, Slip};

/// Every sample: filled in, blank, hostile.
#[must_use]
pub fn all() -> [Slip; 3] {
    [filled_in(), blank(), hostile()]
}

/// Two working days before its due date.
fn filled_in() -> Slip {
    let today = as_of().date_naive();
    let due_day = today + chrono::Days::new(2);
    Slip {
        body: Body {
            name: "Ủy ban nhân dân phường Ngọc Thụy".to_owned(),
            above: Some("Ủy ban nhân dân quận Long Biên".to_owned()),
        },
        code: "H26.23.12-200515-0004".to_owned(),
        procedure: PROCEDURES[1].to_owned(),
        received: day(17),
        due: due(due_day),
        permit: Permit {
            need: Need::Soon { left: 2 },
            timing: Timing::Until(today + chrono::Days::new(1)),
            law: Law::of(today),
            tentative: false,
        },
        new_due: Some(NewDue {
            day: today + chrono::Days::new(7),
            tentative: false,
        }),
        reason: Some("Phải xác minh lại nguồn gốc thửa đất tại thực địa".to_owned()),
        applicant: None,
    }
}

/// Late already, under a law whose text is not confirmed, on days that are not.
fn blank() -> Slip {
    let filled_in = filled_in();
    let after = chrono::NaiveDate::from_ymd_opt(2025, 7, 1).unwrap_or_default();
    Slip {
        body: Body::of(None, SITE),
        due: due(day(4)),
        permit: Permit {
            need: Need::Overdue { late: 2 },
            timing: Timing::TooLate(day(5)),
            law: Law::of(after),
            tentative: true,
        },
        new_due: None,
        reason: None,
        ..filled_in
    }
}

fn hostile() -> Slip {
    let long = HOSTILE.repeat(3);
    Slip {
        body: Body {
            name: HOSTILE.to_owned(),
            above: Some(HOSTILE.to_owned()),
        },
        code: HOSTILE.to_owned(),
        procedure: long.clone(),
        permit: Permit {
            need: Need::FinishedLate { late: 1 },
            ..blank().permit
        },
        reason: Some(long.clone()),
        applicant: Applicant::parse(&long),
        ..filled_in()
    }
}

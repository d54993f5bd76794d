//! The apology slip: form 04 of TT 01/2018/TT-VPCP in the layout of NĐ 30/2020/NĐ-CP, always a draft.
//!
//! Owns: what the form prints, as words and flags; what is left for a pen.
//! Never: a number, a date of issue, a signature; whether a slip may be drafted (`domain::apology`).
//! Reads next: `mail/slip.rs`, `templates/apology`.

use chrono::{NaiveDate, NaiveDateTime, Timelike};
use serde::Serialize;

use crate::domain::apology::{Need, NewDue, Permit, Timing};
use crate::domain::applicant::Applicant;
use crate::domain::format::{capitalised, official_date};
use crate::domain::unit::{Unit, UnitKind};

/// Columns of the text form, and of its right half.
const WIDTH: usize = 78;
const RIGHT: usize = 36;
const MOTTO: [&str; 3] = [
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "---------------------------",
];

/// One slip. Times are wall times of the site.
#[derive(Clone, Debug)]
pub struct Slip {
    pub body: Body,
    pub code: String,
    pub procedure: String,
    pub received: NaiveDate,
    pub due: NaiveDateTime,
    pub permit: Permit,
    /// `None`: left blank.
    pub new_due: Option<NewDue>,
    pub reason: Option<String>,
    pub applicant: Option<Applicant>,
}

/// Who apologises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// As it stands in a sentence.
    pub name: String,
    /// Whom it belongs to; `None`: the site itself apologises.
    pub above: Option<String>,
}

impl Body {
    /// The body that answers for a dossier of `unit`; `None`: nobody knows the unit, and the site does.
    #[must_use]
    pub fn of(unit: Option<&Unit>, site: &str) -> Self {
        let site = written_out(site);
        let name = match unit {
            Some(unit) if unit.kind == UnitKind::Ward => {
                format!("Ủy ban nhân dân phường {}", unit.name)
            }
            Some(unit) if unit.kind == UnitKind::Department => unit.name.clone(),
            _ => site.clone(),
        };
        let above = (name != site).then_some(site);
        Self { name, above }
    }
}

/// `UBND` in full.
fn written_out(site: &str) -> String {
    match site.strip_prefix("UBND ") {
        Some(rest) => format!("Ủy ban nhân dân {rest}"),
        None => site.to_owned(),
    }
}

/// What the templates print.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub slips: Vec<SlipView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SlipView {
    pub code: String,
    pub procedure: String,
    pub received: String,
    pub due: String,
    pub body: String,
    /// At the beginning of a sentence.
    pub body_first: String,
    pub letterhead: Letterhead,
    pub has_applicant: bool,
    pub applicant: String,
    /// Exactly one of the three holds.
    pub will_be_late: bool,
    pub is_late: bool,
    pub is_finished: bool,
    pub has_reason: bool,
    pub reason: String,
    pub has_new_due: bool,
    pub new_due: String,
    pub note: Note,
}

/// The two halves of the head of an official paper.
#[derive(Clone, Debug, Serialize)]
pub struct Letterhead {
    pub has_above: bool,
    pub above: String,
    pub body: String,
    /// Both halves side by side, for the text.
    pub lines: Vec<String>,
}

/// What the official has to know before anything is signed.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    pub in_time: bool,
    /// The last day for sending.
    pub last: String,
    pub law_is_confirmed: bool,
    pub is_tentative: bool,
    pub is_named: bool,
}

/// The slips as their templates print them, a page each.
#[must_use]
pub fn view(slips: &[Slip]) -> View {
    View {
        slips: slips.iter().map(slip).collect(),
    }
}

fn slip(slip: &Slip) -> SlipView {
    let need = slip.permit.need;
    SlipView {
        code: slip.code.clone(),
        procedure: slip.procedure.clone(),
        received: official_date(slip.received),
        due: official_time(slip.due),
        body: slip.body.name.clone(),
        body_first: capitalised(&slip.body.name),
        letterhead: letterhead(&slip.body),
        has_applicant: slip.applicant.is_some(),
        applicant: slip
            .applicant
            .as_ref()
            .map_or_else(String::new, |name| name.full().to_owned()),
        will_be_late: matches!(need, Need::Soon { .. }),
        is_late: matches!(need, Need::Overdue { .. }),
        is_finished: matches!(need, Need::FinishedLate { .. }),
        has_reason: slip.reason.is_some(),
        reason: slip.reason.clone().unwrap_or_default(),
        has_new_due: slip.new_due.is_some(),
        new_due: slip
            .new_due
            .map_or_else(String::new, |due| official_date(due.day)),
        note: note(slip),
    }
}

/// `17 giờ 00, ngày 15 tháng 6 năm 2020`
fn official_time(at: NaiveDateTime) -> String {
    let day = official_date(at.date());
    format!("{:02} giờ {:02}, {day}", at.hour(), at.minute())
}

fn note(slip: &Slip) -> Note {
    let (in_time, last) = match slip.permit.timing {
        Timing::Until(last) => (true, last),
        Timing::TooLate(last) => (false, last),
    };
    Note {
        in_time,
        last: official_date(last),
        law_is_confirmed: slip.permit.law.is_confirmed,
        is_tentative: slip.permit.tentative || slip.new_due.is_some_and(|due| due.tentative),
        is_named: slip.applicant.is_some(),
    }
}

fn letterhead(body: &Body) -> Letterhead {
    let above = body.above.as_deref().map(str::to_uppercase);
    let name = body.name.to_uppercase();
    let own = above.iter().chain([&name]);
    let left: Vec<String> = own
        .flat_map(|line| broken(line, WIDTH - RIGHT - 2))
        .collect();
    let rows = left.len().max(MOTTO.len());
    let lines = (0..rows).map(|row| {
        let left = left.get(row).map_or("", String::as_str);
        let right = MOTTO.get(row).copied().unwrap_or_default();
        beside(left, right)
    });
    Letterhead {
        lines: lines.collect(),
        has_above: above.is_some(),
        above: above.unwrap_or_default(),
        body: name,
    }
}

/// Both texts in the middle of their halves.
fn beside(left: &str, right: &str) -> String {
    let left = format!("{left:^width$}", width = WIDTH - RIGHT - 2);
    format!("{left}  {right:^RIGHT$}").trim_end().to_owned()
}

/// A name in lines of at most `width` letters, where its words allow it.
fn broken(name: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in name.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::slips;

    #[test]
    fn whoever_answers_for_the_dossier_apologises() {
        let unit = |kind, name: &str| Unit {
            code: crate::domain::unit::UnitCode::parse("X").unwrap(),
            name: name.to_owned(),
            kind,
            ids: Vec::new(),
            valid_from: None,
            valid_to: None,
            successor: None,
        };
        let (district, ward) = ("UBND quận Long Biên", "Ủy ban nhân dân phường Bồ Đề");
        let above = Some("Ủy ban nhân dân quận Long Biên");
        for (unit, site, name, expected) in [
            (Some(unit(UnitKind::Ward, "Bồ Đề")), district, ward, above),
            (
                Some(unit(UnitKind::Department, "Phòng Tư pháp")),
                district,
                "Phòng Tư pháp",
                above,
            ),
            (Some(unit(UnitKind::Ward, "Bồ Đề")), ward, ward, None),
            (
                Some(unit(UnitKind::District, "UBND quận Long Biên")),
                district,
                "Ủy ban nhân dân quận Long Biên",
                None,
            ),
            (None, district, "Ủy ban nhân dân quận Long Biên", None),
        ] {
            let body = Body::of(unit.as_ref(), site);
            assert_eq!(
                (body.name.as_str(), body.above.as_deref()),
                (name, expected)
            );
        }
    }

    #[test]
    fn a_form_says_one_thing_of_lateness_and_never_issues_itself() {
        for slip in slips() {
            let view = super::slip(&slip);
            let said = [view.will_be_late, view.is_late, view.is_finished];
            assert_eq!(said.iter().filter(|said| **said).count(), 1);
        }
    }

    #[test]
    fn both_halves_of_the_head_fit_side_by_side() {
        for slip in slips() {
            let lines = letterhead(&slip.body).lines;
            assert!(lines[0].ends_with(MOTTO[0]), "{lines:?}");
        }
        let [first, ..] = slips();
        for line in letterhead(&first.body).lines {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}

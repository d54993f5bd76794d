//! The five registers: meetings, work items, internal processes, staff, schools.
//!
//! Owns: their rows; where no denominator was published, sizes that give the printed share.
//! Never: a person's name.
//! Reads next: `world.rs`.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::figures::Figures;
use super::malformed;
use super::units::{DEPARTMENTS, WARDS};
use super::workdays::Workdays;

/// A row and the day from which it is seen; `None`: always.
pub type Dated = (Option<NaiveDate>, Value);

/// 140 meetings of the district with one ward each, 42 of them online (30 %). One ward had fewer online.
pub fn meetings(days: &Workdays) -> Vec<Dated> {
    let count = WARDS.len() * 10;
    let meeting = |number: usize| {
        let (ward, round) = (number % WARDS.len(), number / WARDS.len());
        let online = match ward {
            5 => 2,
            6 => 4,
            _ => 3,
        };
        let day = days.spread(number, count);
        let row = json!({
            "id": format!("HOP-{:04}", number + 1),
            "ngay": day.to_string(),
            // The ones online came late in the spring.
            "trucTuyen": if round + online >= 10 { "Có" } else { "Không" },
            "phuong": WARDS[ward].code,
            "cap": "quan-phuong",
        });
        (Some(day), row)
    };
    (0..count).map(meeting).collect()
}

/// 40 items of every department, all recorded; 50 of every ward, 631 of 700 recorded (90.14 %).
pub fn work_items(days: &Workdays) -> Vec<Dated> {
    let departments = DEPARTMENTS
        .iter()
        .map(|unit| (unit.code, "district", 40, 40));
    let wards = WARDS.iter().enumerate().map(|(place, unit)| {
        let recorded = match place {
            2 | 9 => 46,
            7 => 44,
            _ => 45,
        };
        (unit.code, "ward", 50, recorded)
    });
    let mut rows: Vec<Dated> = Vec::new();
    for (unit, level, count, recorded) in departments.chain(wards) {
        for place in 0..count {
            let day = days.spread(place, count);
            let row = json!({
                "id": format!("CVTX-{:05}", rows.len() + 1),
                "ngay": day.to_string(),
                "capNhat": if place < recorded { "1" } else { "0" },
                "donVi": unit,
                "cap": level,
            });
            rows.push((Some(day), row));
        }
    }
    rows.push((None, malformed::work_item()));
    rows
}

const PROCESS_VERBS: [&str; 4] = ["Tiếp nhận", "Thẩm định", "Trình duyệt", "Lưu trữ"];
const PROCESS_SUBJECTS: [&str; 3] = ["hồ sơ chuyên môn", "văn bản nội bộ", "báo cáo định kỳ"];

/// Internal processes, the published number of them computerised.
pub fn processes(figures: &Figures) -> Vec<Dated> {
    let published = figures.level("processes-computerised", "all");
    let count = published.denominator.unwrap_or_default();
    let computerised = published.numerator.unwrap_or_default();
    let process = |number: usize| {
        let round = number / DEPARTMENTS.len();
        let (verb, subject) = (PROCESS_VERBS[round % 4], PROCESS_SUBJECTS[round / 4 % 3]);
        let row = json!({
            "id": format!("QT-{:03}", number + 1),
            "ten": format!("{verb} {subject}"),
            "tinHoc": number < computerised,
            "donVi": DEPARTMENTS[number % DEPARTMENTS.len()].code,
        });
        (None, row)
    };
    (0..count).map(process).collect()
}

/// 200 of the district, 195 certified (97.5 %); 270 of the wards, 263 certified (97.4 %).
pub fn staff() -> Vec<Dated> {
    let district = (0..200).map(|place| (DEPARTMENTS[place % 12].code, "district", place >= 5));
    let wards = WARDS.iter().enumerate().flat_map(|(place, ward)| {
        let (count, lacking) = match place {
            0..7 => (20, 1),
            7..11 => (19, 0),
            _ => (18, 0),
        };
        (0..count).map(move |person| (ward.code, "ward", person >= lacking))
    });
    let row = |(place, (unit, level, certified)): (usize, (&str, &str, bool))| {
        let row = json!({
            "id": format!("CB-{:04}", place + 1),
            "cap": level,
            "donVi": unit,
            "chungChiCNTT": if certified { "x" } else { "" },
        });
        (None, row)
    };
    district.chain(wards).enumerate().map(row).collect()
}

/// All schools, every one equipped, the published number of each kind electronic.
pub fn schools(figures: &Figures) -> Vec<Dated> {
    let published = figures.level("schools-electronic", "all");
    let count = published.denominator.unwrap_or_default();
    let (kindergartens, primary) = (count * 2 / 5, count / 3);
    let kinds = [
        (
            "mam-non",
            "Trường Mầm non",
            kindergartens,
            published.kindergartens,
        ),
        ("tieu-hoc", "Trường Tiểu học", primary, published.primary),
        (
            "thcs",
            "Trường Trung học cơ sở",
            count - kindergartens - primary,
            published.lower_secondary,
        ),
    ];
    let rows = kinds
        .into_iter()
        .flat_map(|(kind, name, count, electronic)| {
            (0..count)
                .map(move |place| (kind, format!("{name} số {}", place + 1), place < electronic))
        });
    let row = |(place, (kind, name, electronic)): (usize, (&str, String, bool))| {
        let row = json!({
            "id": format!("TH-{:03}", place + 1),
            "ten": name,
            "capHoc": kind,
            "duocDauTu": "1",
            "dienTu": if electronic { "1" } else { "0" },
        });
        (None, row)
    };
    rows.enumerate().map(row).collect()
}

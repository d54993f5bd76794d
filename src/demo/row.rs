//! A dossier as the one-stop-shop sends it: the field names and date formats of the national interface.
//!
//! Owns: every scalar a string, null as "", dates as yyyyMMddHHmmss in local time.
//! Never: what the dossier's state is (`story.rs`).
//! Reads next: `world.rs`.

use chrono::NaiveDateTime;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::catalogue::Procedure;
use super::story::{Entry, Story, View};
use crate::domain::dossier::Channel;

pub const STAMP: &str = "%Y%m%d%H%M%S";

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    pub ma_ho_so: String,
    #[serde(rename = "MaTTHC")]
    pub ma_tthc: String,
    #[serde(rename = "TenTTHC")]
    pub ten_tthc: String,
    pub ma_linh_vuc: String,
    pub ten_linh_vuc: String,
    pub chu_ho_so: String,
    pub loai_doi_tuong: String,
    pub so_dien_thoai: String,
    pub email: String,
    pub trich_yeu_ho_so: String,
    pub ngay_tiep_nhan: String,
    pub ngay_hen_tra: String,
    pub trang_thai_ho_so: String,
    pub ngay_tra: String,
    pub ngay_ket_thuc_xu_ly: String,
    pub hinh_thuc: String,
    pub don_vi_xu_ly: String,
    pub danh_sach_ho_so_bo_sung: Vec<Line>,
    pub ngay_cap_nhat: String,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Line {
    pub ngay_bo_sung: String,
    pub ngay_tiep_nhan_bo_sung: String,
    pub ngay_hen_tra_truoc: String,
    pub ngay_hen_tra_moi: String,
}

/// The row of `story`, the `number`th of all; `view` is what is visible now.
pub fn row(story: &Story, view: &View, procedure: &Procedure, number: usize) -> Row {
    let person = Person::new(number, procedure.field);
    Row {
        ma_ho_so: story.code.clone(),
        ma_tthc: procedure_code(&procedure.code, number),
        ten_tthc: spelt(&procedure.name, number),
        ma_linh_vuc: procedure.field.to_owned(),
        ten_linh_vuc: spelt(procedure.field_name, number),
        chu_ho_so: person.name,
        loai_doi_tuong: person.kind.to_owned(),
        so_dien_thoai: person.phone,
        email: person.mail,
        trich_yeu_ho_so: spelt(&procedure.name, number),
        ngay_tiep_nhan: stamp(story.received),
        ngay_hen_tra: due(story, view),
        trang_thai_ho_so: view.status.to_string(),
        ngay_tra: optional(view.handed_over),
        ngay_ket_thuc_xu_ly: optional(view.finished),
        hinh_thuc: channel(story.channel).to_owned(),
        don_vi_xu_ly: story.unit.to_owned(),
        danh_sach_ho_so_bo_sung: view.entries.iter().map(line).collect(),
        ngay_cap_nhat: stamp(view.changed),
    }
}

/// Fields in which enterprises apply as often as citizens.
const FIELDS_OF_BUSINESS: [&str; 10] = [
    "HTX", "DT", "MT", "XD", "QH", "HTKT", "LD", "LTHH", "ATTP", "VH",
];

/// An applicant who is obviously invented.
struct Person {
    name: String,
    kind: &'static str,
    phone: String,
    mail: String,
}

impl Person {
    fn new(number: usize, field: &str) -> Self {
        let business = FIELDS_OF_BUSINESS.contains(&field) && number.is_multiple_of(2);
        let short = number % 1000;
        Self {
            name: if business {
                format!("Doanh nghiệp số {short:03}")
            } else {
                format!("Công dân số {number:06}")
            },
            kind: if business { "2" } else { "1" },
            phone: format!("0900{number:06}"),
            mail: if number.is_multiple_of(3) {
                format!("cong.dan.{number:06}@example.invalid")
            } else {
                String::new()
            },
        }
    }
}

/// One row in nine names the procedure with the city's suffix.
fn procedure_code(code: &str, number: usize) -> String {
    if number.is_multiple_of(9) {
        format!("{code}.000.00.00.H26")
    } else {
        code.to_owned()
    }
}

/// Vietnamese as different machines write it: now and then decomposed, or with the tone mark on the
/// second vowel (`hoá` for `hóa`).
fn spelt(text: &str, number: usize) -> String {
    match number % 97 {
        13 => text.nfd().collect(),
        29 | 53 => text
            .replace("óa", "oá")
            .replace("òa", "oà")
            .replace("ủy", "uỷ")
            .replace("ỏa", "oả"),
        _ => text.to_owned(),
    }
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Direct => "0",
        Channel::Online => "1",
        Channel::Postal => "2",
    }
}

fn due(story: &Story, view: &View) -> String {
    if story.due_day_only {
        view.due.format("%Y%m%d").to_string()
    } else {
        stamp(view.due)
    }
}

fn line(entry: &Entry) -> Line {
    Line {
        ngay_bo_sung: optional(entry.asked),
        ngay_tiep_nhan_bo_sung: optional(entry.answered),
        ngay_hen_tra_truoc: optional(entry.due_before),
        ngay_hen_tra_moi: optional(entry.due_after),
    }
}

pub fn stamp(at: NaiveDateTime) -> String {
    at.format(STAMP).to_string()
}

fn optional(at: Option<NaiveDateTime>) -> String {
    at.map(stamp).unwrap_or_default()
}

//! The document systems: what each body received (den) and sent (di), as published.
//!
//! Owns: number, day, kind and way of exchange of every document.
//! Never: a subject or a text: a monitor needs neither.
//! Reads next: `world.rs`.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::figures::Figures;
use super::units::{WARDS, apportion};
use super::workdays::Workdays;

/// The body whose documents are the wards' own.
const WARD_BODY: &str = "Đảng ủy các phường";

const KINDS: [(&str, &str); 8] = [
    ("Công văn", "CV"),
    ("Công văn", "CV"),
    ("Công văn", "CV"),
    ("Thông báo", "TB"),
    ("Báo cáo", "BC"),
    ("Kế hoạch", "KH"),
    ("Giấy mời", "GM"),
    ("Quyết định", "QĐ"),
];

pub struct Document {
    number: usize,
    /// Number within its body and direction.
    serial: usize,
    body: String,
    sent: bool,
    pub day: NaiveDate,
    electronic: bool,
    ward: Option<&'static str>,
}

/// All documents in order of their day.
pub fn documents(figures: &Figures, days: &Workdays) -> Vec<Document> {
    let mut documents = Vec::new();
    for body in &figures.documents {
        let mut wards = wards(body.received + body.sent);
        for (sent, count) in [(false, body.received), (true, body.sent)] {
            for place in 0..count {
                let ward = if body.body == WARD_BODY {
                    wards.next()
                } else {
                    None
                };
                documents.push(Document {
                    number: 0,
                    serial: place + 1,
                    body: body.body.clone(),
                    sent,
                    day: days.spread(place, count),
                    electronic: ward.is_none_or(|(_, electronic)| electronic),
                    ward: ward.map(|(ward, _)| ward),
                });
            }
        }
    }
    documents.sort_by_key(|document| document.day);
    documents
        .iter_mut()
        .zip(1..)
        .for_each(|(document, number)| document.number = number);
    documents
}

/// The ward of each of `count` documents, in turn, and whether it went electronically: nine of ten
/// and a little more, in two wards a little less.
fn wards(count: usize) -> impl Iterator<Item = (&'static str, bool)> {
    let shares = apportion(count, &WARDS.map(|ward| ward.received));
    let mut rounds: Vec<(usize, &'static str, bool)> = Vec::with_capacity(count);
    for (ward, share) in WARDS.iter().zip(shares) {
        let permille = if matches!(ward.code, "00121" | "00151") {
            893
        } else {
            903
        };
        let electronic = (share * permille).div_ceil(1000);
        for place in 0..share {
            // Every tenth or so on paper, evenly: the whole part of `place * electronic / share` grows.
            let counts = (place + 1) * electronic / share > place * electronic / share;
            rounds.push((place * count / share, ward.code, counts));
        }
    }
    rounds.sort_unstable();
    rounds
        .into_iter()
        .map(|(_, ward, electronic)| (ward, electronic))
}

impl Document {
    /// Its row of `/documents`.
    pub fn row(&self) -> Value {
        let (kind, sign) = KINDS[(self.serial * 5 + self.number) % KINDS.len()];
        json!({
            "id": format!("VB-{:06}", self.number),
            "coQuan": self.body,
            "chieu": if self.sent { "di" } else { "den" },
            "soKyHieu": format!("{}-{sign}/{}", self.serial, self.office()),
            "ngay": self.day.format("%d/%m/%Y").to_string(),
            "loai": kind,
            "dienTu": self.electronic,
            "donVi": self.ward,
            "cap": if self.ward.is_some() { "ward" } else { "district" },
        })
    }

    fn office(&self) -> &'static str {
        match self.body.as_str() {
            "Quận ủy" => "QU",
            WARD_BODY => "ĐU",
            "Ban Đảng - Đoàn thể quận, phường" => "BĐT",
            _ => "UBND",
        }
    }
}

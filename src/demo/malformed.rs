//! Rows as careless systems send them: one of each kind of mistake, beside the counts.
//!
//! Owns: the broken dossiers, documents and work items.
//! Never: a row that a careful reader could accept.
//! Reads next: `world.rs`.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::catalogue::Procedure;
use super::row::{Row, stamp};
use super::workdays::{FULL_DAY, Moment, Workdays};

/// A mistake made in an otherwise good row.
type Mistake = fn(&mut Row);

const MISTAKES: [Mistake; 9] = [
    // A day that does not exist.
    |row| row.ngay_tiep_nhan = "20200231080000".into(),
    // Day, month, year where year, month, day is agreed.
    |row| row.ngay_hen_tra = "15032020170000".into(),
    |row| row.ma_ho_so = String::new(),
    |row| row.don_vi_xu_ly = "00999".into(),
    |row| row.ngay_hen_tra = String::new(),
    |row| row.trang_thai_ho_so = String::new(),
    // Resolved, but nobody says when.
    |row| {
        row.trang_thai_ho_so = "9".into();
        row.ngay_ket_thuc_xu_ly = String::new();
    },
    |row| row.hinh_thuc = "9".into(),
    // Due before it was received.
    |row| row.ngay_hen_tra = "20200103170000".into(),
];

/// Broken dossiers of the ward 00118 with the instant of their last change.
pub fn dossiers(procedure: &Procedure, days: &Workdays) -> Vec<(NaiveDateTime, Row)> {
    let broken = MISTAKES.iter().enumerate().map(|(number, mistake)| {
        let received = days.at(Moment {
            day: days.first + 20 + number * 7,
            second: 3600,
        });
        let mut row = good(procedure, received, number);
        row.ngay_hen_tra = stamp(days.at(Moment {
            day: days.first + 25 + number * 7,
            second: FULL_DAY,
        }));
        mistake(&mut row);
        (received, row)
    });
    broken.collect()
}

fn good(procedure: &Procedure, received: NaiveDateTime, number: usize) -> Row {
    Row {
        ma_ho_so: format!("H26.23.14-{}-{}", received.format("%y%m%d"), 9001 + number),
        ma_tthc: procedure.code.clone(),
        ten_tthc: procedure.name.clone(),
        ma_linh_vuc: procedure.field.to_owned(),
        ten_linh_vuc: procedure.field_name.to_owned(),
        chu_ho_so: format!("Công dân số {:06}", 990_001 + number),
        loai_doi_tuong: "1".to_owned(),
        so_dien_thoai: format!("0900{:06}", 990_001 + number),
        email: format!("cong.dan.{:06}@example.invalid", 990_001 + number),
        trich_yeu_ho_so: procedure.name.clone(),
        ngay_tiep_nhan: stamp(received),
        ngay_hen_tra: String::new(),
        trang_thai_ho_so: "4".to_owned(),
        ngay_tra: String::new(),
        ngay_ket_thuc_xu_ly: String::new(),
        hinh_thuc: "0".to_owned(),
        don_vi_xu_ly: "00118".to_owned(),
        danh_sach_ho_so_bo_sung: Vec::new(),
        ngay_cap_nhat: stamp(received),
    }
}

/// Two documents dated 30 February.
pub fn documents() -> Vec<Value> {
    let document = |id: &str, number: u32| {
        json!({
            "id": id, "coQuan": "Đảng ủy các phường", "chieu": "den", "soKyHieu": format!("{number}-CV/ĐU"),
            "ngay": "30/02/2020", "loai": "Công văn", "dienTu": true, "donVi": "00118", "cap": "ward",
        })
    };
    vec![document("VB-900001", 901), document("VB-900002", 902)]
}

/// A work item of a thirteenth month.
pub fn work_item() -> Value {
    json!({ "id": "CVTX-90001", "ngay": "2020-13-05", "capNhat": "1", "donVi": "00118", "cap": "ward" })
}

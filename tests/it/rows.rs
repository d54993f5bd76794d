//! Rows as the one-stop-shop and the registers send them.
//!
//! Owns: one good row of each kind, and how a story changes it.
//! Never: numbers of a whole city.
//! Reads next: `app.rs`.

use serde_json::{Value, json};

/// A name that must never be found anywhere inside the program.
pub const NAME: &str = "Planted Applicant Zyx";
pub const PHONE: &str = "0987654321";
pub const MAIL: &str = "planted.zyx@private.example";
/// Part of the abstract, which names people too.
pub const ABSTRACT: &str = "Planted Abstract Zyx";

/// A dossier of a ward, under way, received on 4 May 2020 and due on 30 June 2020 at 17:00.
#[derive(Clone, Debug)]
pub struct Dossier(Value);

pub fn dossier(code: &str) -> Dossier {
    Dossier(json!({
        "MaHoSo": code,
        "MaTTHC": "1.004959",
        "TenTTHC": "Đăng ký khai sinh",
        "MaLinhVuc": "HT",
        "TenLinhVuc": "Hộ tịch",
        "ChuHoSo": NAME,
        "LoaiDoiTuong": "1",
        "SoDienThoai": PHONE,
        "Email": MAIL,
        "TrichYeuHoSo": ABSTRACT,
        "NgayTiepNhan": "20200504080000",
        "NgayHenTra": "20200630170000",
        "TrangThaiHoSo": "4",
        "NgayTra": "",
        "NgayKetThucXuLy": "",
        "HinhThuc": "0",
        "DonViXuLy": "00118",
        "DanhSachHoSoBoSung": [],
        "NgayCapNhat": "20200504080000",
    }))
}

/// The `n`th code of a ward's day.
pub fn code(n: usize) -> String {
    format!("H26.23.14-200504-{n:04}")
}

impl Dossier {
    pub fn unit(self, code: &str) -> Self {
        self.with("DonViXuLy", code)
    }

    /// Received on this day, `20200504`, at eight.
    pub fn received(self, day: &str) -> Self {
        self.with("NgayTiepNhan", &format!("{day}080000"))
    }

    /// Due on this day, `20200601`, at the end of work.
    pub fn due(self, day: &str) -> Self {
        self.with("NgayHenTra", &format!("{day}170000"))
    }

    /// Resolved on this day at four in the afternoon.
    pub fn finished(self, day: &str) -> Self {
        self.with("TrangThaiHoSo", "10")
            .with("NgayKetThucXuLy", &format!("{day}160000"))
    }

    /// The due day was `before` and is `after`.
    pub fn rescheduled(mut self, before: &str, after: &str) -> Self {
        self.0["DanhSachHoSoBoSung"] = json!([{
            "NgayBoSung": "", "NgayTiepNhanBoSung": "",
            "NgayHenTraTruoc": format!("{before}170000"), "NgayHenTraMoi": format!("{after}170000"),
        }]);
        self.due(after)
    }

    /// Last changed at this instant, `20200601073000`.
    pub fn changed(self, at: &str) -> Self {
        self.with("NgayCapNhat", at)
    }

    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.0[field] = value.into();
        self
    }

    pub fn row(self) -> Value {
        self.0
    }
}

/// `count` dossiers of ward 00118, under way and far from due.
pub fn dossiers(count: usize) -> Vec<Value> {
    (1..=count).map(|n| dossier(&code(n)).row()).collect()
}

/// `received` dossiers of `unit` resolved in time and `late` ones resolved late, all in May 2020.
pub fn resolved(unit: &str, in_time: usize, late: usize) -> Vec<Value> {
    let one = |n: usize, day: &str| {
        let code = format!("H26.23.{unit}-200504-{n:05}");
        dossier(&code)
            .unit(unit)
            .due("20200515")
            .finished(day)
            .row()
    };
    let in_time_rows = (0..in_time).map(|n| one(n, "20200514"));
    in_time_rows
        .chain((in_time..in_time + late).map(|n| one(n, "20200518")))
        .collect()
}

pub fn document(n: usize) -> Value {
    json!({
        "id": format!("VB-{n:06}"), "coQuan": "Quận ủy", "chieu": if n.is_multiple_of(2) { "den" } else { "di" },
        "soKyHieu": format!("{n}-CV/QU"), "ngay": "04/05/2020", "loai": "Công văn", "dienTu": true, "cap": "district",
    })
}

/// A member of staff of the district, with the certificate or without.
pub fn member(n: usize, certified: bool) -> Value {
    json!({ "id": format!("CB-{n:04}"), "cap": "district", "donVi": "VP", "chungChiCNTT": if certified { "x" } else { "" } })
}

//! A one-stop-shop of any size, for measuring: rows are written when they are asked for and kept nowhere.
//!
//! Owns: the rows, the pages, which of them changed between two pulls.
//! Never: a person, an existing dossier.
//! Reads next: `cli/bench/pull.rs`, `cli/bench/xlsx.rs`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::domain::dossier::{Channel, Dossier, Status};
use crate::domain::unit::{Level, NotAUnitCode, UnitCode};

/// Wards of the shipped organisation.
const WARDS: [&str; 8] = [
    "00115", "00118", "00121", "00124", "00127", "00130", "00133", "00136",
];
/// The rows come from so many days.
const DAYS: u64 = 480;
/// One dossier in so many is still open.
const OPEN: u64 = 20;
/// One dossier in so many has changed at the second pull.
const CHANGED: u64 = 100;
const PROCEDURE: &str =
    "Đăng ký thay đổi, cải chính, bổ sung thông tin hộ tịch, xác định lại dân tộc";

#[derive(Debug)]
pub struct Endless {
    pub rows: u64,
    has_moved_on: AtomicBool,
}

#[derive(Deserialize)]
struct Ask {
    page: u64,
    size: u64,
    #[serde(rename = "updatedFrom")]
    updated_from: Option<String>,
}

/// The dates and the state of one dossier.
struct Told {
    code: String,
    ward: &'static str,
    received: NaiveDate,
    due: NaiveDate,
    finished: Option<NaiveDate>,
}

impl Endless {
    /// So many dossiers, which nobody can ask for yet.
    #[must_use]
    pub fn of(rows: u64) -> Self {
        Self {
            rows,
            has_moved_on: AtomicBool::new(false),
        }
    }

    /// Listens on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(rows: u64) -> std::io::Result<(Arc<Self>, SocketAddr)> {
        let city = Arc::new(Self::of(rows));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/one-stop-shop/dossiers", get(dossiers))
            .route("/one-stop-shop/procedures", get(procedures))
            .with_state(Arc::clone(&city));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((city, address))
    }

    /// Some dossiers change.
    pub fn move_on(&self) {
        self.has_moved_on.store(true, Ordering::Relaxed);
    }

    /// How many change.
    pub fn changes(&self) -> u64 {
        self.rows.div_ceil(CHANGED)
    }

    /// What the `number`th row means.
    ///
    /// # Errors
    /// Never: the wards are those of the list above.
    pub fn dossier(&self, number: u64) -> Result<Dossier, NotAUnitCode> {
        let told = self.told(number);
        Ok(Dossier {
            code: told.code,
            procedure: "1.004859".to_owned(),
            procedure_name: PROCEDURE.to_owned(),
            field: "Hộ tịch".to_owned(),
            unit: UnitCode::parse(told.ward)?,
            level: Level::Ward,
            channel: channel(number),
            status: Status(if told.finished.is_some() { 10 } else { 4 }),
            received_at: at(told.received, 8),
            due_at: at(told.due, 17),
            original_due_at: None,
            finished_at: told.finished.map(|day| at(day, 16)),
            stopped_at: None,
        })
    }

    fn told(&self, number: u64) -> Told {
        let day = number * DAYS / self.rows.max(1);
        let received = NaiveDate::default() + Days::new(17_900 + day);
        let is_open = number.is_multiple_of(OPEN) && !self.has_finished(number);
        Told {
            code: format!("H26.23.14-{:06}-{number:07}", digits(received) % 1_000_000),
            ward: WARDS[(number % WARDS.len() as u64) as usize],
            received,
            due: received + Days::new(10 + number % 7),
            finished: (!is_open).then(|| received + Days::new(3 + number % 13)),
        }
    }

    fn has_finished(&self, number: u64) -> bool {
        number.is_multiple_of(CHANGED) && self.has_moved_on.load(Ordering::Relaxed)
    }

    fn write(&self, body: &mut String, number: u64) {
        let told = self.told(number);
        let stamp = |day: NaiveDate, hour: u32| format!("{}{hour:02}0000", digits(day));
        let finished = told.finished.map(|day| stamp(day, 16)).unwrap_or_default();
        let channel = match channel(number) {
            Channel::Direct => 0,
            Channel::Online => 1,
            Channel::Postal => 2,
        };
        // Writing to a string does not fail.
        let _ = write!(
            body,
            r#"{{"MaHoSo":"{code}","MaTTHC":"1.004859","TenTTHC":"{PROCEDURE}","TenLinhVuc":"Hộ tịch","ChuHoSo":"","NgayTiepNhan":"{received}","NgayHenTra":"{due}","TrangThaiHoSo":"{status}","NgayTra":"","NgayKetThucXuLy":"{finished}","HinhThuc":"{channel}","DonViXuLy":"{ward}","LoaiDoiTuong":"1","DanhSachHoSoBoSung":[],"NgayCapNhat":"{received}"}}"#,
            code = told.code,
            received = stamp(told.received, 8),
            due = stamp(told.due, 17),
            status = if told.finished.is_some() { 10 } else { 4 },
            ward = told.ward,
        );
    }

    fn page(&self, ask: &Ask) -> String {
        let step = if ask.updated_from.is_some() {
            CHANGED
        } else {
            1
        };
        let total = self.rows.div_ceil(step);
        let first = (ask.page.max(1) - 1) * ask.size;
        let mut body = format!(r#"{{"error_code":"0","total":{total},"data":["#);
        for nth in first..(first + ask.size).min(total) {
            if nth > first {
                body.push(',');
            }
            self.write(&mut body, nth * step);
        }
        body.push_str("]}");
        body
    }
}

/// 2020-06-01 as 20200601.
fn digits(day: NaiveDate) -> u32 {
    day.year().unsigned_abs() * 10_000 + day.month() * 100 + day.day()
}

fn channel(number: u64) -> Channel {
    Channel::ALL[(number % 3) as usize]
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    let wall = day.and_hms_opt(hour, 0, 0).unwrap_or_default();
    Ho_Chi_Minh
        .from_local_datetime(&wall)
        .earliest()
        .map_or_else(DateTime::default, |at| at.to_utc())
}

async fn dossiers(State(city): State<Arc<Endless>>, Query(ask): Query<Ask>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        city.page(&ask),
    )
}

async fn procedures() -> impl IntoResponse {
    let none = r#"{"error_code":"0","total":0,"data":[]}"#;
    ([(header::CONTENT_TYPE, "application/json")], none)
}

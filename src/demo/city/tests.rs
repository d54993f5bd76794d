//! The city over real HTTP: tokens, pages, days, faults.
//!
//! Owns: a client as careful as any that talks to it.
//! Never: the content of the rows (`../world/tests.rs`).
//! Reads next: `../routes.rs`.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::TimeZone;
use chrono_tz::Asia::Ho_Chi_Minh;
use reqwest::{Client, Response, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::*;

fn june(day: u32) -> DateTime<Utc> {
    Ho_Chi_Minh
        .with_ymd_and_hms(2020, 6, day, 7, 30, 0)
        .unwrap()
        .to_utc()
}

struct Visitor {
    city: City,
    client: Client,
    token: String,
}

impl Visitor {
    async fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let secret = SecretString::from("simulated");
        let city = City::start(address, june(1), "dondoc", secret)
            .await
            .unwrap();
        // Another test may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let mut visitor = Self {
            city,
            client,
            token: String::new(),
        };
        visitor.token = visitor.sign_in("simulated").await["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        visitor
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.city.address())
    }

    async fn ask_token(&self, secret: &str, grant: &str) -> Response {
        let request = self
            .client
            .post(self.url("/token"))
            .basic_auth("dondoc", Some(secret));
        request.form(&[("grant_type", grant)]).send().await.unwrap()
    }

    async fn sign_in(&self, secret: &str) -> Value {
        self.ask_token(secret, "client_credentials")
            .await
            .json()
            .await
            .unwrap()
    }

    async fn send(&self, path: &str) -> reqwest::Result<Response> {
        self.client
            .get(self.url(path))
            .bearer_auth(&self.token)
            .send()
            .await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    async fn status(&self, path: &str) -> StatusCode {
        self.send(path).await.unwrap().status()
    }
}

fn length(value: &Value) -> usize {
    value.as_array().unwrap().len()
}

#[tokio::test]
async fn a_token_is_given_for_the_right_secret_only() {
    let visitor = Visitor::new().await;
    let answer = visitor.sign_in("simulated").await;
    assert_eq!(
        (answer["token_type"].as_str(), answer["expires_in"].as_u64()),
        (Some("Bearer"), Some(3600))
    );
    assert_eq!(
        visitor
            .ask_token("wrong", "client_credentials")
            .await
            .status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        visitor.ask_token("simulated", "password").await.status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn nothing_is_shown_without_a_valid_token() {
    let mut visitor = Visitor::new().await;
    for path in [
        "/one-stop-shop/dossiers",
        "/documents",
        "/registers/staff",
        "/nowhere",
    ] {
        let answer = visitor.client.get(visitor.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(
            answer.json::<Value>().await.unwrap()["error"],
            "invalid_token"
        );
    }
    assert_eq!(visitor.status("/nowhere").await, StatusCode::NOT_FOUND);
    visitor.token = "invented".into();
    assert_eq!(visitor.status("/documents").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_expires() {
    let mut visitor = Visitor::new().await;
    visitor.city.set_token_lifetime(Duration::from_millis(150));
    visitor.token = visitor.sign_in("simulated").await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(visitor.status("/registers/staff").await, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        visitor.status("/registers/staff").await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn dossiers_come_in_pages_until_an_empty_one() {
    let visitor = Visitor::new().await;
    let first = visitor
        .get("/one-stop-shop/dossiers?page=1&size=1000")
        .await;
    let total = first["total"].as_u64().unwrap() as usize;
    assert_eq!(
        (first["error_code"].as_str(), first["page"].as_u64()),
        (Some("0"), Some(1))
    );
    assert!(total > 30_000);
    let mut seen = std::collections::HashSet::new();
    for page in 1.. {
        let page = visitor
            .get(&format!("/one-stop-shop/dossiers?page={page}&size=1000"))
            .await;
        if length(&page["data"]) == 0 {
            break;
        }
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["MaHoSo"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(seen.len(), total);
}

#[tokio::test]
async fn every_scalar_of_a_dossier_is_a_string() {
    let visitor = Visitor::new().await;
    let page = visitor
        .get("/one-stop-shop/dossiers?page=20&size=200")
        .await;
    for row in page["data"].as_array().unwrap() {
        assert_eq!(row.as_object().unwrap().len(), 19);
        for (name, value) in row.as_object().unwrap() {
            assert!(
                value.is_string() || name == "DanhSachHoSoBoSung",
                "{name}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn the_next_day_shows_only_what_changed() {
    let visitor = Visitor::new().await;
    let path = "/one-stop-shop/dossiers?page=1&size=1000&updatedFrom=20200601073000";
    assert_eq!(visitor.get(path).await["total"], 0);
    visitor.city.set_now(june(2));
    let page = visitor.get(path).await;
    assert!(
        (20..1000).contains(&page["total"].as_u64().unwrap()),
        "{}",
        page["total"]
    );
    let since = |row: &Value| row["NgayCapNhat"].as_str().unwrap() >= "20200601073000";
    assert!(page["data"].as_array().unwrap().iter().all(since));
    assert_eq!(
        visitor
            .status("/one-stop-shop/dossiers?updatedFrom=01/06/2020")
            .await,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_other_lists_state_their_totals() {
    let visitor = Visitor::new().await;
    let procedures = visitor
        .get("/one-stop-shop/procedures?page=2&size=300")
        .await;
    assert_eq!(
        (procedures["total"].as_u64(), length(&procedures["data"])),
        (Some(373), 73)
    );
    let documents = visitor
        .get("/documents?skipCount=31000&maxResultCount=1000")
        .await;
    assert_eq!(
        (
            documents["totalCount"].as_u64(),
            length(&documents["items"])
        ),
        (Some(31_832), 832)
    );
    assert_eq!(
        length(&visitor.get("/documents?skipCount=99999").await["items"]),
        0
    );
    for (register, total) in [
        ("meetings", 140),
        ("work-items", 1181),
        ("processes", 124),
        ("staff", 470),
        ("schools", 58),
    ] {
        let page = visitor
            .get(&format!("/registers/{register}?start=10&length=20"))
            .await;
        assert_eq!(
            (page["recordsTotal"].as_u64(), length(&page["data"])),
            (Some(total), 20),
            "{register}"
        );
    }
}

#[tokio::test]
async fn the_report_is_stated_for_the_period() {
    let visitor = Visitor::new().await;
    let report = visitor
        .get("/one-stop-shop/report/ii-06?from=20200101&to=20200531")
        .await;
    assert_eq!(report["data"][0]["TiepNhan"], "3830");
    assert_eq!(report["data"][1]["TrongHan"], "1610");
    assert_eq!(
        visitor
            .status("/one-stop-shop/report/ii-06?from=2020&to=20200531")
            .await,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn faults_hit_their_paths_until_healed() {
    let visitor = Visitor::new().await;
    visitor.city.fail("/documents", Fault::Status(503));
    assert_eq!(
        visitor.status("/documents").await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(visitor.status("/registers/staff").await, StatusCode::OK);
    visitor.city.heal("/documents");
    assert_eq!(visitor.status("/documents").await, StatusCode::OK);
    visitor.city.fail_next("/documents", Fault::Status(429), 1);
    assert_eq!(
        visitor.status("/documents").await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(visitor.status("/documents").await, StatusCode::OK);
}

#[tokio::test]
async fn an_answer_can_break_off_in_the_middle() {
    let visitor = Visitor::new().await;
    visitor.city.fail("/registers", Fault::CloseAfterBytes(100));
    let answer = visitor.send("/registers/staff").await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn an_answer_can_stay_away_and_the_city_still_stops() {
    let visitor = Visitor::new().await;
    visitor.city.fail("/registers", Fault::Hang);
    let request = visitor
        .client
        .get(visitor.url("/registers/staff"))
        .timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    let address = visitor.city.address();
    let started = std::time::Instant::now();
    visitor.city.shutdown().await.unwrap();
    assert!(started.elapsed() < PATIENCE);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

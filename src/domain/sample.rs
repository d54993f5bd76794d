//! Records and rules that the tests of this module begin from.
//!
//! Owns: plain values to change one field of.
//! Never: the shipped program.
//! Reads next: the tests.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::assess::SourceHealth;
use super::board::Inputs;
use super::dossier::{Channel, Dossier, Status};
use super::period::Period;
use super::ratio::Percent;
use super::record::{Entry, Value};
use super::target::{Condition, Promise, Target, TargetLevel, Test};
use super::unit::{Level, Unit, UnitCode, UnitKind, Units};
use super::wilson::Confidence;

pub const ZONE: Tz = chrono_tz::Asia::Ho_Chi_Minh;

/// `2020-06-01 07:30` in Long Biên.
pub fn at(text: &str) -> DateTime<Utc> {
    let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    ZONE.from_local_datetime(&wall).unwrap().to_utc()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn code(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

/// A ward's dossier of June 2020, in process.
pub fn dossier(code_text: &str) -> Dossier {
    Dossier {
        code: code_text.to_owned(),
        procedure: "1.004959".to_owned(),
        procedure_name: "Xác nhận thông tin".to_owned(),
        field: "Đất đai".to_owned(),
        unit: code("00118"),
        level: Level::Ward,
        channel: Channel::Direct,
        status: Status(4),
        received_at: at("2020-06-01 08:00"),
        due_at: at("2020-06-15 17:00"),
        original_due_at: None,
        finished_at: None,
        stopped_at: None,
    }
}

pub fn entry(records: &str, code_text: &str) -> Entry {
    Entry {
        records: records.to_owned(),
        code: code_text.to_owned(),
        unit: None,
        level: None,
        day: None,
        attributes: BTreeMap::new(),
    }
}

pub fn state_in(words: &[&str]) -> Condition {
    let values = words
        .iter()
        .map(|word| Value::Text((*word).to_owned()))
        .collect();
    Condition(vec![("state".to_owned(), Test::OneOf(values))])
}

pub fn promise(level: TargetLevel, at_least: &str) -> Promise {
    Promise {
        level,
        at_least: Percent::parse(at_least).unwrap(),
        decimals: 2,
        only: Condition::default(),
        published: None,
    }
}

pub fn ward_on_time() -> Target {
    Target {
        id: "ward-on-time".to_owned(),
        group: "citizen-services".to_owned(),
        title: "Hồ sơ được giải quyết đúng hạn".to_owned(),
        title_en: "Dossiers resolved on time".to_owned(),
        records: "dossiers".to_owned(),
        among: state_in(&["early", "on-time", "withdrawn", "late", "overdue"]),
        count: state_in(&["early", "on-time", "withdrawn"]),
        by_ward: true,
        promises: vec![promise(TargetLevel::Ward, "98")],
    }
}

/// Two wards, one department, and a ward of 2025 that took over the first one's code.
pub fn units() -> Units {
    let unit = |code_text: &str, name: &str, kind, from: Option<&str>, to: Option<&str>| Unit {
        code: code(code_text),
        name: name.to_owned(),
        kind,
        ids: Vec::new(),
        valid_from: from.map(day),
        valid_to: to.map(day),
        successor: None,
    };
    Units::new(vec![
        unit(
            "QLB",
            "Quận Long Biên",
            UnitKind::District,
            None,
            Some("2025-06-30"),
        ),
        unit(
            "TNMT",
            "Phòng Tài nguyên và Môi trường",
            UnitKind::Department,
            None,
            Some("2025-06-30"),
        ),
        unit(
            "00118",
            "Ngọc Thụy",
            UnitKind::Ward,
            None,
            Some("2025-06-30"),
        ),
        unit(
            "00115",
            "Thượng Thanh",
            UnitKind::Ward,
            None,
            Some("2025-06-30"),
        ),
        unit("00118", "Bồ Đề", UnitKind::Ward, Some("2025-07-01"), None),
    ])
}

pub fn healthy(source: &str, records: &[&str]) -> SourceHealth {
    SourceHealth {
        source: source.to_owned(),
        records: records.iter().map(|name| (*name).to_owned()).collect(),
        fresh_at: Some(at("2020-06-01 07:00")),
        stale: false,
        failure: None,
    }
}

/// The first five months of 2020 as seen on the morning of 1 June.
pub fn inputs<'a>(units: &'a Units, dossiers: &'a [Dossier]) -> Inputs<'a> {
    Inputs {
        as_of: at("2020-06-01 07:30"),
        zone: ZONE,
        period: Period {
            from: day("2020-01-01"),
            to: day("2020-06-01"),
        },
        units,
        dossiers,
        entries: &[],
        targets: &[],
        sources: &[],
        findings: Vec::new(),
        confidence: Confidence::P95,
        simulated: false,
    }
}

pub fn document(code_text: &str, body: &str, direction: &str) -> Entry {
    let text = |value: &str| Value::Text(value.to_owned());
    let attributes = [
        ("body".to_owned(), text(body)),
        ("direction".to_owned(), text(direction)),
    ];
    Entry {
        day: Some(day("2020-03-02")),
        attributes: attributes.into(),
        ..entry("documents", code_text)
    }
}

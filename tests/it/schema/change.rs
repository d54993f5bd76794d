//! Every change of a document by one key or one value.
//!
//! Owns: which values are tried.
//! Never: judging the outcome.
//! Reads next: `../schema.rs`.

use serde_json::{Value, json};

/// Values of every kind, and the numbers on both sides of every bound that files have.
fn values() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "x",
        "Ngọc Thụy",
        "a\u{7}b",
        "two\nlines",
        "UPPER",
        "/a/b",
        "/a~2",
        "a?b",
        "%Y",
        "10m",
        "0s",
        "8 parsecs",
        "1h 30m",
        "2020-06-01",
        "2020-02-30",
        "2020-06-01T07:30:00+07:00",
        "07:30",
        "25:00",
        "97.5",
        "101",
        "a@b.example",
        "Tên <a@b.example>",
        "a@b",
        "https://a.example/b",
        "ftp://a.example",
        "postgres://u:p@h/d",
        "0 7 * * 1",
        "0 7 * *",
        "61 7 * * 1",
        "0 7 31 2 *",
        "0 7 * * XYZ",
        "%Q",
        "@daily",
        "@often",
        "chair",
        "head of 00118",
        "head",
    ];
    let numbers = [
        -1_i64,
        0,
        1,
        6,
        7,
        20,
        21,
        60,
        61,
        100,
        101,
        250,
        251,
        366,
        367,
        1000,
        1001,
        1899,
        1900,
        2200,
        2201,
        65_535,
        65_536,
        100_000,
        100_001,
        4_294_967_295,
        4_294_967_296,
    ];
    let others = [
        json!(true),
        json!(1.5),
        json!([]),
        json!({}),
        json!(["x"]),
        json!([7]),
        json!([[]]),
        json!({ "x": 1 }),
    ];
    let texts = texts.into_iter().map(Value::from);
    let numbers = numbers.into_iter().map(Value::from);
    texts.chain(numbers).chain(others).collect()
}

/// The document with one thing changed: a value replaced, left out or given twice, a key added.
pub fn changes(document: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    for place in places(document) {
        for value in values() {
            changed.push(with(document, &place, |spot| *spot = value));
        }
        let (above, key) = place.rsplit_once('/').unwrap_or_default();
        changed.push(with(document, above, |spot| match spot {
            Value::Object(fields) => drop(fields.remove(key)),
            Value::Array(array) => drop(array.remove(key.parse().unwrap())),
            _ => {}
        }));
    }
    for place in tables(document) {
        changed.push(with(document, &place, |spot| {
            spot["zzzzzz"] = json!("x");
        }));
    }
    changed
}

fn with(document: &Value, place: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut document = document.clone();
    change(at_mut(&mut document, place));
    document
}

/// The value at a JSON Pointer.
pub fn at_mut<'v>(document: &'v mut Value, place: &str) -> &'v mut Value {
    document.pointer_mut(place).unwrap()
}

/// JSON Pointers to every value but the root.
pub fn places(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(array) => array
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let below = |(step, value): (String, &Value)| {
        let here = format!("/{}", step.replace('~', "~0").replace('/', "~1"));
        let inner = places(value)
            .into_iter()
            .map(|rest| format!("{here}{rest}"));
        std::iter::once(here.clone())
            .chain(inner)
            .collect::<Vec<_>>()
    };
    children.into_iter().flat_map(below).collect()
}

/// JSON Pointers to every table, the root included.
pub fn tables(document: &Value) -> Vec<String> {
    std::iter::once(String::new())
        .chain(places(document))
        .filter(|place| document.pointer(place).is_some_and(Value::is_object))
        .collect()
}

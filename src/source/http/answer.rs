//! What a body says: success, a total, rows.
//!
//! Owns: finding them.
//! Never: asking.
//! Reads next: `../mapping.rs`.

use serde_json::Value;

use crate::config::sources::http::Success;
use crate::source::SourceError;
use crate::source::spot::Spot;

/// The body, if it says that the request succeeded or need not say so.
pub(super) fn succeeded(
    body: Value,
    success: Option<&Success>,
    url: &str,
) -> Result<Value, SourceError> {
    let Some(success) = success else {
        return Ok(body);
    };
    let said = match Spot::new(&success.field).find(&body) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if success.any_of.contains(&said) {
        return Ok(body);
    }
    let what = format!("`{}` says `{said}`, not success", success.field);
    Err(SourceError::Body {
        url: url.to_owned(),
        what,
    })
}

/// Takes the rows out of a body.
pub(super) fn rows(mut body: Value, at: &str, url: &str) -> Result<Vec<Value>, SourceError> {
    let spot = Spot::new(at);
    if spot.is_path() {
        return Ok(rows_on(&spot, &body));
    }
    match spot.find_mut(&mut body).map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(SourceError::Body {
            url: url.to_owned(),
            what: format!("no list of rows at `{at}`"),
        }),
    }
}

/// What a path finds: every row, or one array of them.
fn rows_on(spot: &Spot, body: &Value) -> Vec<Value> {
    match spot.find_all(body).as_slice() {
        [Value::Array(rows)] => rows.clone(),
        rows => rows.iter().copied().cloned().collect(),
    }
}

pub(super) fn count(body: &Value, at: &str) -> Option<u64> {
    match Spot::new(at).find(body)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

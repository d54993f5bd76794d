//! JSON Pointer (RFC 6901) with one addition: `last` means an array's last element.
//!
//! Owns: finding a value in a row.
//! Never: what the value means.
//! Reads next: `mapping.rs`.

use serde_json::Value;

#[derive(Clone, Debug)]
pub(super) struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    pub(super) fn new(text: &str) -> Self {
        let tokens = text
            .split('/')
            .skip(1)
            .map(|token| token.replace("~1", "/").replace("~0", "~"));
        Self {
            text: text.to_owned(),
            tokens: tokens.collect(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn find<'a>(&self, row: &'a Value) -> Option<&'a Value> {
        self.tokens
            .iter()
            .try_fold(row, |value, token| match value {
                Value::Object(members) => members.get(token),
                Value::Array(elements) if token == "last" => elements.last(),
                Value::Array(elements) => elements.get(token.parse::<usize>().ok()?),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_finds_members_and_elements() {
        let row = json!({ "a": [{ "b": 1 }, { "b": 2 }], "x/y": "slash" });
        for (pointer, expected, why) in [
            ("/a/0/b", json!(1), "the first element"),
            ("/a/last/b", json!(2), "the last element"),
            ("/x~1y", json!("slash"), "an escaped slash"),
            ("", row.clone(), "the row itself"),
        ] {
            assert_eq!(Pointer::new(pointer).find(&row), Some(&expected), "{why}");
        }
        assert_eq!(Pointer::new("/a/7/b").find(&row), None, "no such element");
        assert_eq!(Pointer::new("/nobody").find(&row), None, "no such member");
    }
}

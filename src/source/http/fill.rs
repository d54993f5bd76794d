//! Requests with their places filled.
//!
//! Owns: what becomes of a place that has nothing to say: what it stands in is left out.
//! Never: sending.
//! Reads next: `request.rs`.

use serde_json::{Map, Value};

use crate::config::sources::http::template::{Part, Slot, Text, Tree};
use crate::domain::record;

/// What stands in the places of one request. It may hold a session, and is never shown.
#[derive(Clone, Default)]
pub(super) struct Fill(Vec<(Slot, Value)>);

impl Fill {
    pub(super) fn put(&mut self, slot: Slot, value: impl Into<Value>) {
        self.0.retain(|(known, _)| *known != slot);
        self.0.push((slot, value.into()));
    }

    pub(super) fn with(&self, slot: Slot, value: impl Into<Value>) -> Self {
        let mut filled = self.clone();
        filled.put(slot, value);
        filled
    }

    fn get(&self, slot: Slot) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| *known == slot);
        found.map(|(_, value)| value)
    }

    /// The text with its places filled; `None` where one has nothing to say.
    pub(super) fn text(&self, text: &Text) -> Option<String> {
        let parts = text.0.iter().map(|part| match part {
            Part::Fixed(fixed) => Some(fixed.clone()),
            Part::Slot { slot, .. } => self.get(*slot).map(shown),
        });
        parts.collect()
    }

    /// Names with their texts, but for those that have nothing to say.
    pub(super) fn pairs(&self, texts: &[(String, Text)]) -> Vec<(String, String)> {
        let said = texts
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), self.text(text)?)));
        said.collect()
    }

    pub(super) fn tree(&self, tree: &Tree) -> Option<Value> {
        match tree {
            Tree::Text(text) => self.value(text),
            Tree::Value(value) => Some(fixed(value)),
            Tree::List(elements) => {
                let said = elements.iter().filter_map(|element| self.tree(element));
                Some(Value::Array(said.collect()))
            }
            Tree::Table(members) => {
                let said =
                    |(name, member): &(String, Tree)| Some((name.clone(), self.tree(member)?));
                Some(Value::Object(
                    members.iter().filter_map(said).collect::<Map<_, _>>(),
                ))
            }
        }
    }

    /// A place alone keeps the kind of its value.
    fn value(&self, text: &Text) -> Option<Value> {
        match text.0.as_slice() {
            [
                Part::Slot {
                    slot,
                    as_text: false,
                },
            ] => self.get(*slot).cloned(),
            _ => self.text(text).map(Value::String),
        }
    }
}

fn fixed(value: &record::Value) -> Value {
    match value {
        record::Value::Text(text) => Value::from(text.as_str()),
        record::Value::Number(number) => Value::from(*number),
        record::Value::Flag(flag) => Value::from(*flag),
    }
}

/// Text as one segment of a path: its slashes are signs, not borders.
pub(super) fn segment(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

pub(in crate::source) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> Text {
        Text::parse(text, &[Slot::Page, Slot::Since, Slot::Cursor]).unwrap()
    }

    #[test]
    fn a_name_is_one_segment_of_a_path() {
        assert_eq!(
            segment("H26.23,2020/06/01,15/VP"),
            "H26.23%2C2020%2F06%2F01%2C15%2FVP"
        );
        assert_eq!(segment("Đơn 1?"), "%C4%90%C6%A1n%201%3F");
    }

    #[test]
    fn a_member_whose_place_has_nothing_to_say_is_left_out() {
        let mut fill = Fill::default();
        fill.put(Slot::Page, 3);
        let tree = Tree::Table(vec![
            ("number".into(), Tree::Text(text("{page}"))),
            ("text".into(), Tree::Text(text("{page:text}"))),
            ("said".into(), Tree::Text(text("trang {page}"))),
            ("since".into(), Tree::Text(text("từ {since}"))),
            (
                "list".into(),
                Tree::List(vec![Tree::Text(text("{cursor}")), Tree::Text(text(""))]),
            ),
        ]);
        let expected = json!({ "number": 3, "text": "3", "said": "trang 3", "list": [""] });
        assert_eq!(fill.tree(&tree), Some(expected));
        let query = [
            ("p".to_owned(), text("{page}")),
            ("c".to_owned(), text("{cursor}")),
        ];
        assert_eq!(fill.pairs(&query), [("p".to_owned(), "3".to_owned())]);
    }
}

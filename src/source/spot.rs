//! A place in a row: a JSON Pointer, a JSON Path or a column.
//!
//! Owns: finding a value in a row, and hiding one.
//! Never: what the value means.
//! Reads next: `mapping.rs`.

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

/// Where a value stands in a row, as it is written in a source's file.
#[derive(Clone, Debug)]
pub struct Spot {
    text: String,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    /// RFC 6901 with one addition: `last` means an array's last element.
    Pointer(Vec<String>),
    /// RFC 9535; the first value that it finds.
    Path(JpQuery),
    /// A member of the row by its name.
    Column,
    /// A path that cannot be read: the reader of the file refuses such.
    Nowhere,
}

impl Spot {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let way = if text.is_empty() || text.starts_with('/') {
            Way::Pointer(tokens(text))
        } else if text.starts_with('$') {
            parse_json_path(text).map_or(Way::Nowhere, Way::Path)
        } else {
            Way::Column
        };
        Self {
            text: text.to_owned(),
            way,
        }
    }

    /// The same place in a row that was kept aside: there its value stands under its name.
    #[must_use]
    pub fn kept(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            way: Way::Column,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether its value may stand anywhere in the row.
    #[must_use]
    pub fn is_path(&self) -> bool {
        matches!(self.way, Way::Path(_))
    }

    #[must_use]
    pub fn find<'a>(&self, row: &'a Value) -> Option<&'a Value> {
        match &self.way {
            Way::Pointer(tokens) => tokens.iter().try_fold(row, step),
            Way::Path(path) => self.all_of(path, row).into_iter().next(),
            Way::Column => row.get(&self.text),
            Way::Nowhere => None,
        }
    }

    /// Everything that a path finds; what stands at a pointer or in a column, once.
    #[must_use]
    pub fn find_all<'a>(&self, row: &'a Value) -> Vec<&'a Value> {
        match &self.way {
            Way::Path(path) => self.all_of(path, row),
            _ => self.find(row).into_iter().collect(),
        }
    }

    fn all_of<'a>(&self, path: &JpQuery, row: &'a Value) -> Vec<&'a Value> {
        let found = js_path_process(path, row).unwrap_or_default();
        found.into_iter().map(|found| found.val()).collect()
    }

    /// The value itself, to be hidden or taken; nothing for a path.
    pub fn find_mut<'a>(&self, row: &'a mut Value) -> Option<&'a mut Value> {
        match &self.way {
            Way::Pointer(tokens) => tokens.iter().try_fold(row, step_mut),
            Way::Column => row.get_mut(&self.text),
            Way::Path(_) | Way::Nowhere => None,
        }
    }
}

fn tokens(text: &str) -> Vec<String> {
    let tokens = text.split('/').skip(1);
    tokens
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn step<'a>(value: &'a Value, token: &String) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(token),
        Value::Array(elements) if token == "last" => elements.last(),
        Value::Array(elements) => elements.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

fn step_mut<'a>(value: &'a mut Value, token: &String) -> Option<&'a mut Value> {
    match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(elements) => {
            let last = elements.len().checked_sub(1);
            let index = if token == "last" {
                last
            } else {
                token.parse().ok()
            };
            elements.get_mut(index?)
        }
        _ => None,
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
            assert_eq!(Spot::new(pointer).find(&row), Some(&expected), "{why}");
        }
        assert_eq!(Spot::new("/a/7/b").find(&row), None, "no such element");
        assert_eq!(Spot::new("/nobody").find(&row), None, "no such member");
    }

    #[test]
    fn a_path_finds_what_a_condition_describes() {
        let row = json!({ "dates": [{ "kind": "in", "at": 1 }, { "kind": "due", "at": 2 }], "Mã hồ sơ": "x" });
        for (path, expected, why) in [
            ("$.dates[?@.kind == 'due'].at", json!(2), "by a neighbour"),
            ("$.dates[-1].at", json!(2), "from the end"),
            (
                "$['Mã hồ sơ']",
                json!("x"),
                "a name with accents and spaces",
            ),
        ] {
            assert_eq!(Spot::new(path).find(&row), Some(&expected), "{why}");
        }
        assert_eq!(Spot::new("$.dates[*].at").find_all(&row).len(), 2);
        assert_eq!(Spot::new("$.dates[9].at").find(&row), None);
        assert_eq!(Spot::new("$[[").find(&row), None, "no path at all");
    }

    #[test]
    fn a_column_is_a_member_by_its_name() {
        let row = json!({ "Mã hồ sơ": "x" });
        assert_eq!(Spot::new("Mã hồ sơ").find(&row), Some(&json!("x")));
        assert_eq!(Spot::new("Mã").find(&row), None);
    }
}

//! What a step counted, in words.
//!
//! Owns: their order on a line.
//! Never: counting.
//! Reads next: `../runs.rs`.

use serde_json::Value as Json;

/// `rows 26, rejected 0`; of several lists `dossiers: rows 26, rejected 0; documents: rows 3, rejected 1`.
pub fn words(counts: &Json) -> String {
    let Json::Object(counts) = counts else {
        return match counts {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
    };
    let mut counts: Vec<(&String, &Json)> = counts.iter().collect();
    // How many rows there were comes before what became of them.
    counts.sort_by_key(|(name, _)| *name != "rows");
    let (lists, numbers): (Vec<_>, Vec<_>) =
        counts.into_iter().partition(|(_, count)| count.is_object());
    let numbers = numbers
        .iter()
        .map(|(name, count)| format!("{} {}", name.replace('_', " "), words(count)));
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    let lists = lists
        .iter()
        .map(|(name, counts)| format!("{name}: {}", words(counts)));
    let told = std::iter::once(numbers).chain(lists);
    let told: Vec<String> = told.filter(|told| !told.is_empty()).collect();
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_read_like_a_sentence() {
        for (counts, expected) in [
            (json!({ "rejected": 0, "rows": 26 }), "rows 26, rejected 0"),
            (
                json!({ "dossiers": { "rejected": 1, "rows": 26, "vanished": 2 }, "documents": { "rejected": 0, "rows": 3 } }),
                "documents: rows 3, rejected 0; dossiers: rows 26, rejected 1, vanished 2",
            ),
            (
                json!({ "mails": 2, "vacant_posts": 1 }),
                "mails 2, vacant posts 1",
            ),
            (json!({}), ""),
        ] {
            assert_eq!(words(&counts), expected);
        }
    }
}

//! Lists inside a sentence.
//!
//! Owns: commas, the last "and", runs of numbers.
//! Never: what is listed.
//! Reads next: `times.rs`.

use crate::domain::format::Language;

/// `a`, `a và b`, `a, b và c`.
pub(super) fn joined(items: &[String], language: Language) -> String {
    let and = match language {
        Language::Vi => "và",
        Language::En => "and",
    };
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} {and} {last}", before.join(", ")),
    }
}

/// Numbers in order, three or more in a row as `8–11`; `told` writes one of them.
pub(super) fn runs(numbers: &[u32], told: impl Fn(u32) -> String) -> Vec<String> {
    numbers
        .chunk_by(|one, next| *next == one + 1)
        .flat_map(|run| match run {
            [first, .., last] if run.len() > 2 => {
                vec![format!("{}–{}", told(*first), told(*last))]
            }
            few => few.iter().map(|number| told(*number)).collect(),
        })
        .collect()
}

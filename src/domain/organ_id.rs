//! Identifiers of organisations in document exchange and dossier codes, in either of their two orders.
//!
//! Owns: that `H26.23.12` (QĐ 20/2020) and `000.12.23.H26` (QCVN 102) are the same body.
//! Never: which unit it is (`unit.rs`).
//! Reads next: `unit.rs`.

use std::fmt;

/// The level-1 code first, without the parts that are nothing but zeros: `H26.23.12`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganId(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an organisation identifier: write it as `H26.23.12` or `000.12.23.H26`")]
pub struct NotAnOrganId(String);

/// By decision 20/2020/QĐ-TTg.
const LONGEST: usize = 35;

impl OrganId {
    /// # Errors
    /// When neither the first nor the last part is a level-1 code, or the others are no numbers.
    pub fn parse(text: &str) -> Result<Self, NotAnOrganId> {
        let refused = || NotAnOrganId(text.to_owned());
        if text.len() > LONGEST {
            return Err(refused());
        }
        let upper = text.to_ascii_uppercase();
        let mut parts: Vec<&str> = upper.split('.').collect();
        if !is_level_1(parts[0]) {
            parts.reverse();
        }
        let (first, rest) = parts.split_first().ok_or_else(refused)?;
        if !is_level_1(first) || !rest.iter().all(|part| is_number(part)) {
            return Err(refused());
        }
        while parts
            .last()
            .is_some_and(|part| part.bytes().all(|byte| byte == b'0'))
        {
            parts.pop();
        }
        Ok(Self(parts.join(".")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `H26`, `G09`: a letter, then digits.
fn is_level_1(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_uppercase()) && is_number(&part[1..])
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for OrganId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_name_the_same_body() {
        for (text, expected, why) in [
            ("H26.23.12", "H26.23.12", "the order of 2020"),
            ("000.12.23.H26", "H26.23.12", "the order of 2016"),
            ("000.00.00.H26", "H26", "the province itself"),
            ("H26.23", "H26.23", "a district"),
            ("000.00.23.H26", "H26.23", "the same district"),
            ("h26.23.12", "H26.23.12", "small letters"),
        ] {
            assert_eq!(OrganId::parse(text).unwrap().as_str(), expected, "{why}");
        }
        for text in [
            "",
            "23.12",
            "H26.XX",
            "Ngọc Thụy",
            "H.23",
            "H26.23.12-200615-0004",
            "00118",
        ] {
            assert!(OrganId::parse(text).is_err(), "{text}");
        }
    }
}

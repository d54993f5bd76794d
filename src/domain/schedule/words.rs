//! w
use super::Timing;
use crate::domain::format::Language;
pub fn words(_t: &Timing, _l: Language) -> String {
    String::new()
}

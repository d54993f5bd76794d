//! Values as Vietnamese systems write them.
//!
//! Owns: what a number, a piece of text and a word to compare by are.
//! Never: guessing: what can be read in two ways is refused with both.
//! Reads next: `value/number.rs`, `value/text.rs`, `value/folded.rs`.

pub(super) mod folded;
pub(super) mod number;
pub(super) mod text;

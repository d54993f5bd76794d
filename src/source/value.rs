//! Values as Vietnamese systems write them.
//!
//! Owns: what a number, a piece of text and a word to compare by are.
//! Never: guessing: what can be read in two ways is refused with both.
//! Reads next: `value/number.rs`, `value/text.rs`, `value/folded.rs`.

pub mod folded;
pub mod number;
pub mod text;

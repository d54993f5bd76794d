//! Exact shares: no float decides whether a target is met.
//!
//! Owns: numerator over denominator, comparison with a percentage, rounding half up.
//! Never: locale (`format.rs`).
//! Reads next: `wilson.rs`.

/// A percentage as an exact decimal: `97.5` is 975 at scale 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent {
    pub units: i64,
    pub scale: u32,
}

/// `numerator` of `denominator`, both counts of records. `denominator` may be 0: then there is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Share {
    pub numerator: u64,
    pub denominator: u64,
}

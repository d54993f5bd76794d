//! The Wilson score interval: how far a share may lie from what it would be in the long run.
//!
//! Owns: the bounds by which a small ward is told from a lagging one.
//! Never: deciding whether a target is met (`ratio.rs`).
//! Reads next: `assess.rs`.

use serde::{Deserialize, Serialize};

use super::ratio::Share;

/// Confidence of the two-sided interval, in per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confidence {
    #[serde(rename = "90")]
    P90,
    #[serde(rename = "95")]
    P95,
    #[serde(rename = "99")]
    P99,
}

/// Bounds of a share, as fractions of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Confidence {
    /// Quantile of the standard normal distribution at 1 − α/2.
    #[must_use]
    pub fn z(self) -> f64 {
        match self {
            Self::P90 => 1.644_853_626_951_472_2,
            Self::P95 => 1.959_963_984_540_054,
            Self::P99 => 2.575_829_303_548_900_4,
        }
    }
}

impl Interval {
    /// E. B. Wilson (1927), without continuity correction; `None` without a denominator.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records: below 2^53")]
    pub fn of(share: Share, confidence: Confidence) -> Option<Self> {
        let Share {
            numerator,
            denominator,
        } = share;
        if denominator == 0 {
            return None;
        }
        let (n, rate) = (denominator as f64, numerator as f64 / denominator as f64);
        let z2 = confidence.z().powi(2);
        let centre = rate + z2 / (2.0 * n);
        let spread = confidence.z() * ((rate * (1.0 - rate) + z2 / (4.0 * n)) / n).sqrt();
        let bound = |value: f64| (value / (1.0 + z2 / n)).clamp(0.0, 1.0);
        Some(Self {
            low: if numerator == 0 {
                0.0
            } else {
                bound(centre - spread)
            },
            high: if numerator == denominator {
                1.0
            } else {
                bound(centre + spread)
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval(numerator: u64, denominator: u64, confidence: Confidence) -> Interval {
        Interval::of(Share::new(numerator, denominator), confidence).unwrap()
    }

    /// R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    #[test]
    fn the_bounds_are_those_of_newcombes_table() {
        for (numerator, denominator, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = interval(numerator, denominator, Confidence::P95);
            assert!(
                (found.low - low).abs() < 5e-5,
                "{numerator}/{denominator}: {found:?}"
            );
            assert!(
                (found.high - high).abs() < 5e-5,
                "{numerator}/{denominator}: {found:?}"
            );
        }
    }

    #[test]
    fn nothing_and_everything_touch_the_ends_and_no_denominator_has_no_interval() {
        assert!(interval(0, 7, Confidence::P95).low.abs() < f64::EPSILON);
        assert!((interval(7, 7, Confidence::P95).high - 1.0).abs() < f64::EPSILON);
        assert!(interval(7, 7, Confidence::P95).low < 1.0);
        assert_eq!(Interval::of(Share::new(0, 0), Confidence::P95), None);
    }

    proptest! {
        #[test]
        fn the_share_lies_inside_and_more_confidence_is_wider(n in 0u64..5_000, more in 0u64..5_000) {
            prop_assume!(n + more > 0);
            let rate = Share::new(n, n + more).percent().unwrap() / 100.0;
            let [p90, p95, p99] = [Confidence::P90, Confidence::P95, Confidence::P99]
                .map(|confidence| interval(n, n + more, confidence));
            prop_assert!(p90.low <= rate + 1e-12 && rate <= p90.high + 1e-12);
            prop_assert!(p99.low <= p95.low && p95.low <= p90.low);
            prop_assert!(p90.high <= p95.high && p95.high <= p99.high);
            prop_assert!((0.0..=1.0).contains(&p99.low) && (0.0..=1.0).contains(&p99.high));
        }
    }
}

//! Exact shares: no float decides whether a target is met.
//!
//! Owns: numerator over denominator, comparison with a percentage, rounding half up.
//! Never: locale (`format.rs`).
//! Reads next: `wilson.rs`.

use std::fmt;
use std::str::FromStr;

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

/// Why a text is not a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPercent {
    #[error("`{0}` is not a percentage: write digits with a decimal point, such as 97.5")]
    Malformed(String),
    #[error("`{0}` has more than {max} decimals", max = Percent::MAX_DECIMALS)]
    TooFine(String),
    #[error("`{0}` is above 100")]
    Above100(String),
}

impl Percent {
    pub const MAX_DECIMALS: usize = 6;

    /// `30`, `97.5`: digits and at most one decimal point with digits on both sides, 0 to 100.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAPercent> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let malformed = || NotAPercent::Malformed(text.to_owned());
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return Err(malformed());
        }
        let fraction = fraction.unwrap_or_default();
        if fraction.len() > Self::MAX_DECIMALS {
            return Err(NotAPercent::TooFine(text.to_owned()));
        }
        let scale = u32::try_from(fraction.len()).map_err(|_| malformed())?;
        match format!("{whole}{fraction}").parse() {
            Ok(units) if units <= 100 * 10_i64.pow(scale) => Ok(Self { units, scale }),
            _ => Err(NotAPercent::Above100(text.to_owned())),
        }
    }

    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most 100 with six decimals: below 2^53"
    )]
    pub fn as_f64(self) -> f64 {
        self.units as f64 / 10_f64.powi(self.scale.cast_signed())
    }

    /// A promise of everything, which one missing record breaks.
    #[must_use]
    pub fn is_whole(self) -> bool {
        i128::from(self.units) == 100 * power_of_ten(self.scale)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn power_of_ten(exponent: u32) -> i128 {
    10_i128.pow(exponent.min(18))
}

impl FromStr for Percent {
    type Err = NotAPercent;
    fn from_str(text: &str) -> Result<Self, NotAPercent> {
        Self::parse(text)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(i128::from(self.units), self.scale))
    }
}

/// `units` / 10^`scale` with exactly `scale` decimals.
fn decimal(units: i128, scale: u32) -> String {
    let one = power_of_ten(scale);
    match scale {
        0 => units.to_string(),
        _ => format!(
            "{}.{:0width$}",
            units / one,
            units % one,
            width = scale as usize
        ),
    }
}

impl Share {
    /// More decimals than this are not printed.
    pub const MAX_DECIMALS: u32 = 9;

    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// One more record of the denominator, which counts or does not.
    pub fn add(&mut self, counts: bool) {
        self.denominator += 1;
        self.numerator += u64::from(counts);
    }

    /// Whether the share is at least `percent`, exactly; never without a denominator.
    #[must_use]
    pub fn reaches(self, percent: Percent) -> bool {
        let has = i128::from(self.numerator) * 100 * power_of_ten(percent.scale);
        let needs = i128::from(percent.units) * i128::from(self.denominator);
        self.denominator > 0 && has >= needs
    }

    /// Whether the share is more than `percent`, exactly; something of nothing is.
    #[must_use]
    pub fn exceeds(self, percent: Percent) -> bool {
        let has = i128::from(self.numerator) * 100 * power_of_ten(percent.scale);
        has > i128::from(percent.units) * i128::from(self.denominator)
    }

    /// In per cent; for machines and drawings, never for a decision.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records: below 2^53")]
    pub fn percent(self) -> Option<f64> {
        (self.denominator > 0).then(|| 100.0 * self.numerator as f64 / self.denominator as f64)
    }

    /// In per cent with `decimals` (at most nine), rounded half up exactly; decimal point.
    #[must_use]
    pub fn printed(self, decimals: u32) -> Option<String> {
        let decimals = decimals.min(Self::MAX_DECIMALS);
        Some(decimal(self.rounded(decimals)?, decimals))
    }

    /// As [`Share::printed`], with as many more decimals as it takes for the printed number to stand on the
    /// same side of `mark` as the share itself: 97.996 % does not read `98.00` beside a missed 98.
    #[must_use]
    pub fn printed_beside(self, mark: Percent, decimals: u32) -> Option<String> {
        let first = decimals.min(Self::MAX_DECIMALS);
        let honest = |decimals: &u32| {
            self.rounded(*decimals).is_some_and(|units| {
                let printed = units * power_of_ten(mark.scale);
                (printed >= i128::from(mark.units) * power_of_ten(*decimals)) == self.reaches(mark)
            })
        };
        self.printed(
            (first..=Self::MAX_DECIMALS)
                .find(honest)
                .unwrap_or(Self::MAX_DECIMALS),
        )
    }

    /// By how many percentage points this share lies below `all`, with `decimals`, rounded half up exactly; `None`
    /// where it does not.
    #[must_use]
    pub fn points_below(self, all: Self, decimals: u32) -> Option<String> {
        let decimals = decimals.min(Self::MAX_DECIMALS);
        let parts = |share: Self| (i128::from(share.numerator), i128::from(share.denominator));
        let ((low, of), (high, of_all)) = (parts(self), parts(all));
        let denominator = of.checked_mul(of_all).filter(|product| *product > 0)?;
        let missing = high * of - low * of_all;
        let twice = missing.checked_mul(2 * 100 * power_of_ten(decimals))?;
        (missing > 0).then(|| decimal((twice + denominator) / (2 * denominator), decimals))
    }

    /// Per cent times 10^`decimals`, rounded half up.
    fn rounded(self, decimals: u32) -> Option<i128> {
        let denominator = i128::from(self.denominator);
        let twice = 2 * 100 * power_of_ten(decimals) * i128::from(self.numerator);
        (denominator > 0).then(|| (twice + denominator) / (2 * denominator))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn percent(text: &str) -> Percent {
        Percent::parse(text).unwrap()
    }

    #[test]
    fn a_gap_is_of_the_shares_and_not_of_their_printed_numbers() {
        let below = |a, b, c, d| Share::new(a, b).points_below(Share::new(c, d), 2);
        assert_eq!(below(2192, 2292, 24_727, 25_021).as_deref(), Some("3.19"));
        assert_eq!(below(1, 3, 2, 3).as_deref(), Some("33.33"));
        assert_eq!(below(2, 3, 2, 3), None);
        assert_eq!(below(3, 3, 2, 3), None);
        assert_eq!(below(0, 0, 2, 3), None);
    }

    #[test]
    fn a_percentage_is_read_exactly() {
        for (text, units, scale) in [
            ("30", 30, 0),
            ("97.5", 975, 1),
            ("0", 0, 0),
            ("100.00", 10_000, 2),
            ("0.000001", 1, 6),
        ] {
            let read = percent(text);
            assert_eq!(read, Percent { units, scale }, "{text}");
            assert_eq!(read.to_string(), text);
        }
        assert!((percent("97.5").as_f64() - 97.5).abs() < f64::EPSILON);
        assert!(percent("100.0").is_whole() && !percent("99.9").is_whole());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", "97,5", "-1", "+1", "1e2", "97.", ".5", "9.7.5", "30 %", " 30", "٣",
        ] {
            assert_eq!(
                Percent::parse(text),
                Err(NotAPercent::Malformed(text.to_owned()))
            );
        }
        assert!(matches!(
            Percent::parse("1.0000001"),
            Err(NotAPercent::TooFine(_))
        ));
        for text in ["100.1", "101", "99999999999999999999999"] {
            assert!(
                matches!(Percent::parse(text), Err(NotAPercent::Above100(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn shares_print_rounded_half_up_with_the_decimals_asked_for() {
        for (numerator, denominator, decimals, printed) in [
            (249, 373, 2, "66.76"),
            (27, 124, 2, "21.77"),
            (19, 58, 2, "32.76"),
            (3590, 3602, 2, "99.67"),
            (24727, 24854, 2, "99.49"),
            (3602, 3830, 0, "94"),
            (24854, 26631, 2, "93.33"),
            (373, 373, 0, "100"),
            (1, 8, 2, "12.50"),
            (1, 800, 2, "0.13"), // 0.125: a half goes up
            (1, 801, 2, "0.12"), // 0.12484…
            (0, 5, 1, "0.0"),
            (1, 3, 12, "33.333333333"),
        ] {
            let share = Share::new(numerator, denominator);
            assert_eq!(
                share.printed(decimals).as_deref(),
                Some(printed),
                "{numerator}/{denominator}"
            );
        }
        assert_eq!(Share::new(0, 0).printed(2), None);
        assert_eq!(Share::new(0, 0).percent(), None);
    }

    #[test]
    fn a_share_is_compared_exactly() {
        for (numerator, denominator, at_least, reached) in [
            (98, 100, "98", true),
            (97_999, 100_000, "98", false),
            (39, 40, "97.5", true),
            (974, 1000, "97.5", false),
            (u64::MAX, u64::MAX, "100.000000", true),
            (u64::MAX - 1, u64::MAX, "100", false),
            (0, 7, "0", true),
            (0, 0, "0", false),
        ] {
            let share = Share::new(numerator, denominator);
            assert_eq!(
                share.reaches(percent(at_least)),
                reached,
                "{numerator}/{denominator} {at_least}"
            );
        }
    }

    #[test]
    fn a_number_beside_its_target_never_reads_as_if_it_stood_on_the_other_side() {
        for (numerator, denominator, mark, printed) in [
            (9_712, 10_000, "98", "97.12"),
            (97_996, 100_000, "98", "97.996"),
            (999_999_999_999, 1_000_000_000_000, "100", "100.000000000"), // nine decimals are the end
            (9_752, 10_000, "97.516", "97.52"),
            (97_516, 100_000, "97.516", "97.52"),
            (97_514, 100_000, "97.514", "97.514"), // two decimals would read 97.51, below what is reached
        ] {
            let share = Share::new(numerator, denominator);
            assert_eq!(
                share.printed_beside(percent(mark), 2).as_deref(),
                Some(printed)
            );
        }
    }

    proptest! {
        #[test]
        fn printing_is_off_by_at_most_half_a_unit(n in 0u64..1_000_000, more in 1u64..1_000_000, decimals in 0u32..5) {
            let share = Share::new(n, n + more);
            let printed: f64 = share.printed(decimals).unwrap().parse().unwrap();
            let half = 0.5 / 10_f64.powi(decimals.cast_signed());
            prop_assert!((printed - share.percent().unwrap()).abs() <= half + 1e-9);
        }

        #[test]
        fn a_printed_percentage_reads_back(units in 0i64..=100_000_000) {
            let percent = Percent { units, scale: 6 };
            prop_assert_eq!(Percent::parse(&percent.to_string()).unwrap(), percent);
        }
    }
}

//! The letter about lagging wards: for a ward's chair, or for the leaders over all of them.
//!
//! Owns: what *lagging* means in one sentence, and the evidence for each ward.
//! Never: deciding that a ward lags (`domain::assess`); statistical jargon.
//! Reads next: `digest.rs`.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;

use super::page::{Answering, Body, Parts, bare};
use super::tone::Badge;
use super::words::Words;
use crate::domain::board::{Status, TargetRow, UnitAssessment};
use crate::domain::format::capitalised;
use crate::domain::ratio::{Percent, Share};

/// Beside the bounds of an interval a rate has as many decimals as they have, at least.
const DECIMALS: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The chair of this ward, about this ward only.
    Chair {
        ward: String,
    },
    Leaders,
}

#[derive(Clone, Debug)]
pub struct WardLag {
    pub site: String,
    pub recipient: String,
    pub as_of: DateTime<FixedOffset>,
    /// When the source was last read completely, where that is known.
    pub fresh_at: Option<DateTime<FixedOffset>>,
    pub audience: Audience,
    pub lags: Vec<Lag>,
    pub answering: Option<Answering>,
}

/// One ward judged by one target.
#[derive(Clone, Debug)]
pub struct Lag {
    pub ward: String,
    /// The target's title, in the mail's language.
    pub target: String,
    pub share: Share,
    pub decimals: u32,
    /// Per cent, as the board gives it.
    pub at_least: f64,
    /// Bounds of the ward's rate in per cent.
    pub low: f64,
    pub high: f64,
    pub status: Status,
    /// The level of the target, as the board names it, and its total.
    pub level: &'static str,
    pub level_share: Option<Share>,
    /// The ward's own share some weeks ago, and the day of which it is.
    pub before: Option<(NaiveDate, Share)>,
}

impl Lag {
    /// A ward's assessment, with its target's row at ward level for title, decimals and comparison.
    #[must_use]
    pub fn of(ward: &str, assessment: &UnitAssessment, target: &TargetRow) -> Self {
        let level = Share::new(target.numerator, target.denominator);
        Self {
            ward: ward.to_owned(),
            target: target.title.clone(),
            share: Share::new(assessment.numerator, assessment.denominator),
            decimals: target.decimals,
            at_least: assessment.at_least,
            low: assessment.low,
            high: assessment.high,
            status: assessment.status,
            level: target.level,
            level_share: (level.denominator > 0).then_some(level),
            before: None,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub intro: String,
    pub meaning: String,
    pub any: bool,
    pub lags: Vec<Evidence>,
}

/// A ward behind a target, with its numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    pub ward: String,
    pub target: String,
    pub badge: Badge,
    pub rate: String,
    pub fraction: String,
    pub at_least: String,
    pub range: String,
    pub reason: String,
    pub has_comparison: bool,
    pub comparison: String,
    pub has_trend: bool,
    pub trend: String,
}

pub(super) fn parts(letter: &WardLag, words: &Words) -> Parts {
    let wards = names(&letter.lags);
    let intro = intro(letter, &wards, words);
    Parts {
        title: words.ward_lag.title(),
        result: result(&letter.lags, &wards, words),
        preview: intro.clone(),
        notes: std::iter::once(words.ward_lag.rule())
            .chain(words.read_at(letter.fresh_at))
            .collect(),
        answering: letter.answering.clone(),
        body: Body::WardLag(View {
            intro,
            meaning: words.ward_lag.meaning(),
            any: !letter.lags.is_empty(),
            lags: letter.lags.iter().map(|lag| evidence(lag, words)).collect(),
        }),
    }
}

/// The result in one line, for a letter that says more than this.
pub(super) fn result_of(lags: &[Lag], words: &Words) -> String {
    result(lags, &names(lags), words)
}

/// Distinct wards, in the order of their first appearance.
fn names(lags: &[Lag]) -> Vec<String> {
    distinct(lags.iter().map(|lag| bare(&lag.ward)))
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in all {
        if !kept.iter().any(|known| known == name) {
            kept.push(name.to_owned());
        }
    }
    kept
}

fn result(lags: &[Lag], wards: &[String], words: &Words) -> String {
    let targets = distinct(lags.iter().map(|lag| lag.target.as_str()));
    let named = capitalised(
        &words
            .phrase
            .ward(words.list(wards, 3, |n| words.phrase.wards(n))),
    );
    match &targets[..] {
        [] => words.ward_lag.none(),
        [target] => words.ward_lag.one_target(named, target),
        targets => words.ward_lag.several(
            named,
            words.phrase.targets(words.number(targets.len() as u64)),
        ),
    }
}

fn intro(letter: &WardLag, wards: &[String], words: &Words) -> String {
    let moment = words.moment(letter.as_of.naive_local());
    let targets = words.phrase.targets(words.number(letter.lags.len() as u64));
    match &letter.audience {
        _ if letter.lags.is_empty() => words.ward_lag.none(),
        Audience::Chair { ward } => {
            words
                .ward_lag
                .intro_chair(moment, words.phrase.ward(bare(ward)), targets)
        }
        Audience::Leaders => words
            .ward_lag
            .intro_leaders(moment, words.phrase.wards(words.number(wards.len() as u64))),
    }
}

pub(super) fn evidence(lag: &Lag, words: &Words) -> Evidence {
    let mark = Percent::parse(&lag.at_least.to_string()).ok();
    let decimals = lag.decimals.max(DECIMALS);
    let comparison = lag.level_share.map(|level| {
        let rate = words.percent(level.printed(decimals));
        let all = words
            .ward_lag
            .comparison(words.level(lag.level), words.fraction(level), rate);
        format!("{all}{}", gap(lag.share, level, words))
    });
    let trend = lag.before.map(|(day, share)| {
        let rate = words.percent(share.printed(decimals));
        words
            .ward_lag
            .trend(words.day(day), words.fraction(share), rate)
    });
    Evidence {
        ward: capitalised(&words.phrase.ward(bare(&lag.ward))),
        target: lag.target.clone(),
        badge: Badge::of(lag.status, words),
        rate: rate(lag.share, mark, decimals, words),
        fraction: words.fraction(lag.share),
        at_least: words
            .phrase
            .at_least(words.percent(Some(lag.at_least.to_string()))),
        range: words.ward_lag.range(
            words.percent(Some(low(lag))),
            words.percent(Some(high(lag))),
        ),
        reason: reason(lag, mark, words),
        has_comparison: comparison.is_some(),
        comparison: comparison.unwrap_or_default(),
        has_trend: trend.is_some(),
        trend: trend.unwrap_or_default(),
    }
}

/// How far below all wards together; nothing for one that is not.
fn gap(share: Share, all: Share, words: &Words) -> String {
    let points = share.points_below(all, DECIMALS);
    points.map_or_else(String::new, |points| {
        words.ward_lag.gap(words.decimal(&points))
    })
}

/// The share with enough decimals to stand on its own side of the target.
pub(super) fn rate(share: Share, mark: Option<Percent>, decimals: u32, words: &Words) -> String {
    words.percent(match mark {
        Some(mark) => share.printed_beside(mark, decimals),
        None => share.printed(decimals),
    })
}

/// Why the ward lags or is watched, and how much is missing.
fn reason(lag: &Lag, mark: Option<Percent>, words: &Words) -> String {
    let target = words.percent(Some(lag.at_least.to_string()));
    let below = words.ward_lag.below(
        rate(lag.share, mark, lag.decimals.max(DECIMALS), words),
        target,
    );
    let short = mark.map_or(0, |mark| shortfall(lag.share, mark));
    let short = words.ward_lag.short(words.number(short));
    match (lag.status, mark.is_some_and(Percent::is_whole)) {
        (Status::Lagging, true) => format!("{below} {} {short}", words.ward_lag.no_chance()),
        (Status::Lagging, false) => format!(
            "{below} {} {short}",
            words.ward_lag.even_so(words.percent(Some(high(lag))))
        ),
        _ => format!("{below} {} {short}", words.ward_lag.perhaps()),
    }
}

/// How many more records would have to count for the target to be reached, of the same denominator.
fn shortfall(share: Share, mark: Percent) -> u64 {
    let hundred = 100 * 10_i128.pow(mark.scale.min(18));
    let needed = (i128::from(mark.units) * i128::from(share.denominator) + hundred - 1) / hundred;
    u64::try_from(needed - i128::from(share.numerator)).unwrap_or(0)
}

fn low(lag: &Lag) -> String {
    format!("{:.2}", lag.low)
}

/// Two decimals, or as many as it takes for a bound below the target to be printed below it.
fn high(lag: &Lag) -> String {
    let printed = |decimals: usize| format!("{:.decimals$}", lag.high);
    let honest = |text: &String| {
        text.parse::<f64>()
            .is_ok_and(|value| (value < lag.at_least) == (lag.high < lag.at_least))
    };
    (2..12)
        .map(printed)
        .find(honest)
        .unwrap_or_else(|| printed(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(high: f64) -> Lag {
        Lag {
            ward: "Phường Ngọc Thụy".into(),
            target: "x".into(),
            share: Share::new(975, 1000),
            decimals: 2,
            at_least: 98.0,
            low: 96.0,
            high,
            status: Status::Lagging,
            level: "ward",
            level_share: None,
            before: None,
        }
    }

    #[test]
    fn the_shortfall_is_what_is_missing_to_the_target() {
        let percent = |text| Percent::parse(text).unwrap();
        for (numerator, denominator, mark, missing) in [
            (975, 1000, "98", 5),
            (980, 1000, "98", 0),
            (0, 7, "97.5", 7),
            (1, 3, "33.4", 1),
            (9, 9, "100", 0),
        ] {
            assert_eq!(
                shortfall(Share::new(numerator, denominator), percent(mark)),
                missing,
                "{numerator}/{denominator}"
            );
        }
    }

    #[test]
    fn a_bound_below_the_target_is_printed_below_it() {
        for (bound, printed) in [
            (97.4, "97.40"),
            (97.996, "97.996"),
            (97.99996, "97.99996"),
            (98.4, "98.40"),
        ] {
            assert_eq!(high(&lag(bound)), printed);
        }
    }
}

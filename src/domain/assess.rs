//! A share compared with a promise: met, missed, not verifiable, unknown; for a ward also watch, lagging.
//!
//! Owns: the verdict and the sentence that says why.
//! Never: counting (`board.rs`), who hears of it (`decide.rs`).
//! Reads next: `board.rs`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::board::Status;
use super::format::{self, Language};
use super::ratio::Share;
use super::target::Promise;
use super::wilson::{Confidence, Interval};

/// What is known about a source when the board is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHealth {
    pub source: String,
    /// The kinds of records it feeds: `dossiers`, `procedures`, …
    pub records: Vec<String>,
    /// When its last complete pull began; `None`: never read.
    pub fresh_at: Option<DateTime<Utc>>,
    /// Read longer ago than its file expects.
    pub stale: bool,
    /// Why its last pull failed; `None`: it did not.
    pub failure: Option<String>,
}

/// Whether the records of one kind can be trusted to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Good,
    /// No source feeds this kind of records.
    Absent,
    /// At least one source is stale, failing or was never read, or a finding casts doubt; the sentence says which.
    Doubtful(String),
}

/// A verdict and its reason, an English sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub status: Status,
    pub reason: String,
}

impl SourceHealth {
    /// Why the source's figures cannot be relied on; `None`: they can.
    #[must_use]
    pub fn doubt(&self, zone: Tz) -> Option<String> {
        let source = &self.source;
        let Some(fresh_at) = self.fresh_at else {
            let failure = self
                .failure
                .as_deref()
                .map(|failure| format!(": {failure}"))
                .unwrap_or_default();
            return Some(format!("source {source} has never been read{failure}"));
        };
        let last = format::date_time(fresh_at.with_timezone(&zone).naive_local(), Language::En);
        match &self.failure {
            Some(failure) => Some(format!(
                "source {source} fails: {failure}; last read at {last}"
            )),
            None if self.stale => Some(format!("source {source} is stale: last read at {last}")),
            None => None,
        }
    }

    #[must_use]
    pub fn feeds(&self, records: &str) -> bool {
        self.records.iter().any(|fed| fed == records)
    }
}

impl Health {
    /// The health of one kind of records: as bad as the worst source that feeds it.
    #[must_use]
    pub fn of(records: &str, sources: &[SourceHealth], zone: Tz) -> Self {
        let feeding: Vec<&SourceHealth> = sources
            .iter()
            .filter(|source| source.feeds(records))
            .collect();
        let doubts: Vec<String> = feeding
            .iter()
            .filter_map(|source| source.doubt(zone))
            .collect();
        match (feeding.is_empty(), doubts.is_empty()) {
            (true, _) => Self::Absent,
            (false, true) => Self::Good,
            (false, false) => Self::Doubtful(doubts.join("; ")),
        }
    }

    /// The same with what casts doubt besides; a source that cannot be relied on says enough.
    #[must_use]
    pub fn doubted(self, doubts: Vec<String>) -> Self {
        match self {
            Self::Good if !doubts.is_empty() => Self::Doubtful(doubts.join("; ")),
            health => health,
        }
    }
}

impl Assessment {
    fn new(status: Status, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }
}

/// A level's total against its promise, compared exactly.
#[must_use]
pub fn assess(share: Share, promise: &Promise, health: &Health) -> Assessment {
    if let Some(open) = unanswerable(share, health) {
        return open;
    }
    let told = shown(share, promise);
    let (of, at_least) = (fraction(share), promise.at_least);
    if share.reaches(promise.at_least) {
        Assessment::new(Status::Met, format!("{told} % ({of}) reaches {at_least} %"))
    } else {
        Assessment::new(
            Status::Missed,
            format!("{told} % ({of}) is below {at_least} %"),
        )
    }
}

/// A single unit against the promise: *lagging* only if the upper end of its Wilson interval is below the
/// promise too, else *watch*; a promise of 100 % knows no chance, so below it is lagging.
#[must_use]
pub fn judge_unit(
    share: Share,
    promise: &Promise,
    confidence: Confidence,
    health: &Health,
) -> Assessment {
    let verdict = assess(share, promise, health);
    if verdict.status != Status::Missed {
        return verdict;
    }
    let told = shown(share, promise);
    let (of, at_least) = (
        format::count(share.denominator, Language::En),
        promise.at_least,
    );
    let below = format!("{told} % of {of} is below {at_least} %");
    if promise.at_least.is_whole() {
        return Assessment::new(
            Status::Lagging,
            format!("{below}, a promise that leaves nothing to chance"),
        );
    }
    let high = Interval::of(share, confidence).map_or(1.0, |interval| interval.high) * 100.0;
    if high < promise.at_least.as_f64() {
        let high = upper_end(high, promise);
        Assessment::new(
            Status::Lagging,
            format!("{below}, and so is the upper end of its interval, {high} %"),
        )
    } else {
        Assessment::new(
            Status::Watch,
            format!("{below}, but the upper end of its interval, {high:.2} %, is not"),
        )
    }
}

/// A target's verdict from those of its levels: met only if all are, missed as soon as one is.
#[must_use]
pub fn overall(levels: &[Status]) -> Status {
    let any = |wanted: &[Status]| levels.iter().any(|status| wanted.contains(status));
    if any(&[Status::Missed, Status::Lagging, Status::Watch]) {
        Status::Missed
    } else if any(&[Status::Unknown]) {
        Status::Unknown
    } else if any(&[Status::NotVerifiable]) || levels.is_empty() {
        Status::NotVerifiable
    } else {
        Status::Met
    }
}

fn unanswerable(share: Share, health: &Health) -> Option<Assessment> {
    match health {
        Health::Doubtful(why) => Some(Assessment::new(Status::Unknown, why.clone())),
        Health::Absent if share.denominator > 0 => Some(Assessment::new(
            Status::Unknown,
            "no source feeds these records any more",
        )),
        Health::Absent => Some(Assessment::new(
            Status::NotVerifiable,
            "no source gives these records, so there is no denominator",
        )),
        Health::Good if share.denominator == 0 => Some(Assessment::new(
            Status::NotVerifiable,
            "no denominator: the data has no such record",
        )),
        Health::Good => None,
    }
}

fn shown(share: Share, promise: &Promise) -> String {
    share
        .printed_beside(promise.at_least, promise.decimals)
        .unwrap_or_default()
}

fn fraction(share: Share) -> String {
    let count = |value| format::count(value, Language::En);
    format!("{} of {}", count(share.numerator), count(share.denominator))
}

/// An upper end below the promise with two decimals, or as many as keep it visibly below.
fn upper_end(high: f64, promise: &Promise) -> String {
    let mark = promise.at_least.as_f64();
    let with = |decimals: usize| format!("{high:.decimals$}");
    let below = |text: &String| text.parse().is_ok_and(|printed: f64| printed < mark);
    (2..12).map(with).find(below).unwrap_or_else(|| with(12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{self, ZONE};
    use crate::domain::target::TargetLevel;

    fn promise(at_least: &str) -> Promise {
        sample::promise(TargetLevel::Ward, at_least)
    }

    #[test]
    fn a_total_is_met_or_missed_by_exact_comparison() {
        for (numerator, denominator, at_least, status, reason) in [
            (
                249,
                373,
                "30",
                Status::Met,
                "66.76 % (249 of 373) reaches 30 %",
            ),
            (
                27,
                124,
                "20",
                Status::Met,
                "21.77 % (27 of 124) reaches 20 %",
            ),
            (
                3_590,
                3_602,
                "99.67",
                Status::Missed,
                "99.667 % (3,590 of 3,602) is below 99.67 %",
            ),
            (
                97_996,
                100_000,
                "98",
                Status::Missed,
                "97.996 % (97,996 of 100,000) is below 98 %",
            ),
            (
                98,
                100,
                "98",
                Status::Met,
                "98.00 % (98 of 100) reaches 98 %",
            ),
            (
                0,
                0,
                "0",
                Status::NotVerifiable,
                "no denominator: the data has no such record",
            ),
        ] {
            let found = assess(
                Share::new(numerator, denominator),
                &promise(at_least),
                &Health::Good,
            );
            assert_eq!((found.status, found.reason.as_str()), (status, reason));
        }
    }

    #[test]
    fn a_doubtful_source_makes_unknown_whatever_the_figures_say() {
        let doubtful = Health::Doubtful("source x is stale".to_owned());
        for (share, health, status) in [
            (Share::new(100, 100), &doubtful, Status::Unknown),
            (Share::new(0, 100), &doubtful, Status::Unknown),
            (Share::new(0, 0), &doubtful, Status::Unknown),
            (Share::new(0, 0), &Health::Absent, Status::NotVerifiable),
            (Share::new(100, 100), &Health::Absent, Status::Unknown),
        ] {
            assert_eq!(assess(share, &promise("98"), health).status, status);
            assert_eq!(
                judge_unit(share, &promise("98"), Confidence::P95, health).status,
                status
            );
        }
    }

    #[test]
    fn a_ward_lags_only_when_chance_does_not_explain_it() {
        for (numerator, denominator, at_least, status, reason) in [
            (
                1_190,
                1_234,
                "98",
                Status::Lagging,
                "96.43 % of 1,234 is below 98 %, and so is the upper end of its interval, 97.33 %",
            ),
            (
                48,
                50,
                "98",
                Status::Watch,
                "96.00 % of 50 is below 98 %, but the upper end of its interval, 98.90 %, is not",
            ),
            (
                50,
                50,
                "98",
                Status::Met,
                "100.00 % (50 of 50) reaches 98 %",
            ),
            (
                199,
                200,
                "100",
                Status::Lagging,
                "99.50 % of 200 is below 100 %, a promise that leaves nothing to chance",
            ),
            (
                0,
                0,
                "98",
                Status::NotVerifiable,
                "no denominator: the data has no such record",
            ),
        ] {
            let share = Share::new(numerator, denominator);
            let found = judge_unit(share, &promise(at_least), Confidence::P95, &Health::Good);
            assert_eq!((found.status, found.reason.as_str()), (status, reason));
        }
    }

    #[test]
    fn more_confidence_is_slower_to_accuse() {
        let share = Share::new(970, 1_000);
        let judged =
            |confidence| judge_unit(share, &promise("98"), confidence, &Health::Good).status;
        assert_eq!(judged(Confidence::P90), Status::Lagging);
        assert_eq!(judged(Confidence::P99), Status::Watch);
    }

    #[test]
    fn a_target_is_met_only_if_all_its_levels_are() {
        use Status::{Met, Missed, NotVerifiable, Unknown};
        for (levels, verdict) in [
            (vec![Met, Met], Met),
            (vec![Met, Missed], Missed),
            (vec![Unknown, Missed], Missed),
            (vec![NotVerifiable, Unknown, Met], Unknown),
            (vec![NotVerifiable, Met], NotVerifiable),
            (vec![], NotVerifiable),
        ] {
            assert_eq!(overall(&levels), verdict, "{levels:?}");
        }
    }

    #[test]
    fn a_kind_of_records_is_as_doubtful_as_its_worst_source() {
        let good = sample::healthy("one-stop-shop", &["dossiers", "procedures"]);
        let stale = SourceHealth {
            stale: true,
            ..sample::healthy("documents", &["documents"])
        };
        let failing = SourceHealth {
            failure: Some("503".to_owned()),
            ..sample::healthy("party", &["documents"])
        };
        let never = SourceHealth {
            fresh_at: None,
            ..sample::healthy("schools", &["schools"])
        };
        let sources = [good, stale, failing, never];
        assert_eq!(Health::of("dossiers", &sources, ZONE), Health::Good);
        assert_eq!(Health::of("meetings", &sources, ZONE), Health::Absent);
        assert_eq!(
            Health::of("documents", &sources, ZONE),
            Health::Doubtful(
                "source documents is stale: last read at 07:00 on 1 June 2020; \
                 source party fails: 503; last read at 07:00 on 1 June 2020"
                    .to_owned()
            )
        );
        assert_eq!(
            Health::of("schools", &sources, ZONE),
            Health::Doubtful("source schools has never been read".to_owned())
        );
    }
}

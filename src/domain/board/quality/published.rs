//! Published shares against their own figures and against ours.
//!
//! Owns: what cannot be verified, and what does not agree.
//! Never: verdicts on the targets themselves (`assess.rs`).
//! Reads next: `domain/target.rs`.

use super::source_of;
use crate::domain::assess::Health;
use crate::domain::board::Inputs;
use crate::domain::board::count::TargetShares;
use crate::domain::finding::{Code, Finding};
use crate::domain::ratio::Share;
use crate::domain::target::{Promise, Published};

/// Our own count is compared only where its sources are in good health.
pub fn findings(inputs: &Inputs<'_>, shares: &[TargetShares<'_>]) -> Vec<Finding> {
    shares
        .iter()
        .flat_map(|shares| of_target(inputs, shares))
        .collect()
}

fn of_target(inputs: &Inputs<'_>, shares: &TargetShares<'_>) -> Vec<Finding> {
    let target = shares.target;
    let source = source_of(&target.records, inputs.sources);
    let mut all = Vec::new();
    for (promise, share) in target.promises.iter().zip(&shares.promises) {
        let Some(published) = &promise.published else {
            continue;
        };
        let name = format!("{}, {}", target.id, promise.level);
        let trusted = inputs.health(&target.records, promise.level, None) == Health::Good;
        let mut add =
            |code, message| all.push(Finding::new(&source, code, format!("{name}: {message}"), 1));
        if let Some(message) = not_verifiable(promise, published) {
            add(Code::PublishedNotVerifiable, message);
        }
        for message in mismatches(published, trusted.then_some(*share)) {
            add(Code::PublishedMismatch, message);
        }
    }
    all
}

fn not_verifiable(promise: &Promise, published: &Published) -> Option<String> {
    let printed = published
        .printed
        .as_deref()
        .map_or_else(|| "a figure".to_owned(), |text| format!("{text} %"));
    promise.published_without_figures().then(|| {
        format!("{printed} is published without the figures behind it and cannot be verified")
    })
}

/// Where the published figures do not give the published share, or the counted ones are others.
fn mismatches(published: &Published, counted: Option<Share>) -> Vec<String> {
    let (Some(numerator), Some(denominator)) = (published.numerator, published.denominator) else {
        return Vec::new();
    };
    let stated = Share::new(numerator, denominator);
    let share = published.printed.as_deref().and_then(|printed| {
        let given = stated
            .printed(decimals_of(printed))
            .unwrap_or_else(|| "no share".to_owned());
        (given != printed).then(|| {
            format!("{printed} % is published, but {numerator} of {denominator} gives {given} %")
        })
    });
    let figures = counted.filter(|counted| *counted != stated).map(|counted| {
        let Share {
            numerator: ours,
            denominator: of,
        } = counted;
        format!("{numerator} of {denominator} is published, {ours} of {of} is counted")
    });
    share.into_iter().chain(figures).collect()
}

fn decimals_of(printed: &str) -> u32 {
    let decimals = printed
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    u32::try_from(decimals).unwrap_or(Share::MAX_DECIMALS)
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;
    use crate::domain::assess::SourceHealth;
    use crate::domain::record::{Entry, Value};
    use crate::domain::sample;
    use crate::domain::target::Target;

    fn published(printed: Option<&str>, figures: Option<(u64, u64)>) -> Published {
        let printed = printed.map(str::to_owned);
        Published {
            printed,
            numerator: figures.map(|(n, _)| n),
            denominator: figures.map(|(_, d)| d),
        }
    }

    #[test]
    fn a_published_share_is_checked_against_its_figures_and_ours() {
        let units = sample::units();
        let entries: Vec<Entry> = (0..124)
            .map(|index| {
                let mut entry = sample::entry("processes", &format!("P{index:03}"));
                entry
                    .attributes
                    .insert("computerised".into(), Value::Flag(index < 27));
                entry
            })
            .collect();
        let healthy = [sample::healthy("processes", &["processes"])];
        let stale = [SourceHealth {
            stale: true,
            ..healthy[0].clone()
        }];
        for (published, sources, expected, why) in [
            (
                published(Some("21.77"), Some((27, 124))),
                &healthy,
                vec![],
                "all agree",
            ),
            (
                published(None, Some((27, 124))),
                &healthy,
                vec![],
                "no share was printed",
            ),
            (
                published(Some("21.8"), Some((27, 124))),
                &healthy,
                vec![],
                "with one decimal the same share reads so",
            ),
            (
                published(Some("90"), None),
                &healthy,
                vec![(
                    "published-not-verifiable",
                    "x, all: 90 % is published without the figures behind it and cannot be verified",
                )],
                "no denominator",
            ),
            (
                published(Some("21.78"), Some((27, 124))),
                &healthy,
                vec![(
                    "published-mismatch",
                    "x, all: 21.78 % is published, but 27 of 124 gives 21.77 %",
                )],
                "the figures give another share",
            ),
            (
                published(Some("21.95"), Some((27, 123))),
                &healthy,
                vec![(
                    "published-mismatch",
                    "x, all: 27 of 123 is published, 27 of 124 is counted",
                )],
                "the count differs",
            ),
        ] {
            let target = target(published);
            let targets = [target];
            let inputs = Inputs {
                entries: &entries,
                targets: &targets,
                sources,
                ..sample::inputs(&units, &[])
            };
            let found = told(&inputs);
            let short: Vec<_> = found
                .iter()
                .map(|(kind, message, _)| (kind.as_str(), message.as_str()))
                .collect();
            assert_eq!(short, expected, "{why}");
        }
        let targets = [target(published(Some("21.95"), Some((27, 123))))];
        let inputs = Inputs {
            entries: &entries,
            targets: &targets,
            sources: &stale,
            ..sample::inputs(&units, &[])
        };
        assert_eq!(
            told(&inputs)[0].0,
            "stale-source",
            "what a stale source gives is not held against a publication"
        );
    }

    fn target(published: Published) -> Target {
        use crate::domain::target::{Condition, TargetLevel, Test};
        let mut promise = sample::promise(TargetLevel::All, "20");
        promise.published = Some(published);
        Target {
            id: "x".to_owned(),
            records: "processes".to_owned(),
            among: Condition::default(),
            count: Condition(vec![(
                "computerised".into(),
                Test::OneOf(vec![Value::Flag(true)]),
            )]),
            promises: vec![promise],
            ..sample::ward_on_time()
        }
    }
}

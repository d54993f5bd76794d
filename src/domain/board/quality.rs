//! What a reader must know about the data before trusting a number.
//!
//! Owns: the findings that follow from the records themselves.
//! Never: rows that were not stored (quarantine is the pull's finding).
//! Reads next: `domain/form_ii06.rs` (stated totals and residuals).

use std::collections::{BTreeMap, BTreeSet};

use super::build::exchange;
use super::count::TargetShares;
use super::selection::{SelectedDossier, Selection};
use super::{DocumentRow, Finding, Inputs};
use crate::domain::assess::{Health, SourceHealth};
use crate::domain::dossier::{State, StatusGroup, day_in_code, day_of, original_state};
use crate::domain::ratio::Share;
use crate::domain::record::DOSSIERS;
use crate::domain::target::{Promise, Published};

/// A kind of finding over dossiers or documents: what it is called, and the codes concerned.
struct Group<'a> {
    kind: &'static str,
    codes: BTreeSet<&'a str>,
}

#[must_use]
pub fn findings(
    inputs: &Inputs<'_>,
    selection: &Selection<'_>,
    shares: &[TargetShares<'_>],
    documents: &[DocumentRow],
) -> Vec<Finding> {
    let mut all: Vec<Finding> = stale_sources(inputs).collect();
    all.extend(published(inputs, shares));
    all.extend(dossiers(inputs, selection));
    all.extend(same_pairs(inputs, documents));
    all.extend(incomplete_documents(inputs, selection));
    all
}

fn finding(source: &str, kind: &str, message: String, count: u64) -> Finding {
    Finding {
        source: source.to_owned(),
        kind: kind.to_owned(),
        message,
        count,
    }
}

/// The sources that feed a kind of records, as one name.
fn source_of(records: &str, sources: &[SourceHealth]) -> String {
    let feeding: Vec<&str> = sources
        .iter()
        .filter(|source| source.feeds(records))
        .map(|source| source.source.as_str())
        .collect();
    if feeding.is_empty() {
        records.to_owned()
    } else {
        feeding.join(", ")
    }
}

fn stale_sources<'a>(inputs: &'a Inputs<'_>) -> impl Iterator<Item = Finding> + 'a {
    inputs.sources.iter().filter_map(|source| {
        let doubt = source.doubt(inputs.zone)?;
        Some(finding(
            &source.source,
            "stale-source",
            format!("{doubt}; what it feeds is unknown"),
            1,
        ))
    })
}

fn published(inputs: &Inputs<'_>, shares: &[TargetShares<'_>]) -> Vec<Finding> {
    let mut all = Vec::new();
    for target in shares {
        let source = source_of(&target.target.records, inputs.sources);
        let trusted =
            Health::of(&target.target.records, inputs.sources, inputs.zone) == Health::Good;
        for (promise, share) in target.target.promises.iter().zip(&target.promises) {
            let Some(published) = &promise.published else {
                continue;
            };
            let name = format!("{}, {}", target.target.id, promise.level);
            if let Some(message) = not_verifiable(promise, published) {
                all.push(finding(
                    &source,
                    "published-not-verifiable",
                    format!("{name}: {message}"),
                    1,
                ));
            }
            let counted = trusted.then_some(*share);
            for message in mismatches(published, counted) {
                all.push(finding(
                    &source,
                    "published-mismatch",
                    format!("{name}: {message}"),
                    1,
                ));
            }
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

/// One pass over the dossiers of the period, into one group for each kind of finding.
fn dossiers(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Vec<Finding> {
    let source = source_of(DOSSIERS, inputs.sources);
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    let mut hidden = 0_u64;
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for selected in &selection.dossiers {
        for kind in kinds(selected, selection, inputs) {
            let group = groups.entry(kind).or_insert_with(|| Group {
                kind,
                codes: BTreeSet::new(),
            });
            group.codes.insert(&selected.dossier.code);
        }
        hidden += u64::from(hides_lateness(selected, selection, inputs));
        if selected.dossier.status.group() == StatusGroup::Unknown {
            *statuses.entry(selected.dossier.status.0).or_default() += 1;
        }
    }
    let extra = Extra { hidden, statuses };
    groups
        .into_values()
        .map(|group| group.finding(&source, &extra))
        .collect()
}

/// What a message says beyond the number of dossiers.
struct Extra {
    hidden: u64,
    statuses: BTreeMap<u16, u64>,
}

fn kinds(
    selected: &SelectedDossier<'_>,
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> impl Iterator<Item = &'static str> {
    let dossier = selected.dossier;
    let group = dossier.status.group();
    let ended = matches!(group, StatusGroup::Resolved | StatusGroup::Withdrawn);
    let running = matches!(group, StatusGroup::Running | StatusGroup::Stopped);
    let day = day_in_code(&dossier.code);
    let tests = [
        ("unknown-status", group == StatusGroup::Unknown),
        (
            "code-date-differs",
            day.is_some_and(|day| day != day_of(dossier.received_at, inputs.zone)),
        ),
        (
            "rescheduled",
            dossier
                .original_due_at
                .is_some_and(|original| original != dossier.due_at),
        ),
        ("finish-not-dated", ended && dossier.finished_at.is_none()),
        (
            "finished-but-open",
            running && dossier.finished_at.is_some_and(|at| at <= selection.until),
        ),
        (
            "finished-before-received",
            dossier
                .finished_at
                .is_some_and(|at| at < dossier.received_at),
        ),
        (
            "unknown-unit",
            selection.roster.unit(selected.place).is_none(),
        ),
    ];
    tests
        .into_iter()
        .filter_map(|(kind, holds)| holds.then_some(kind))
}

/// In time or on time by the due date in force, but not by the first one.
fn hides_lateness(
    selected: &SelectedDossier<'_>,
    selection: &Selection<'_>,
    inputs: &Inputs<'_>,
) -> bool {
    let late = |state| matches!(state, State::Late | State::Overdue);
    !late(selected.state)
        && original_state(selected.dossier, selection.until, inputs.zone).is_some_and(late)
}

impl Group<'_> {
    fn finding(&self, source: &str, extra: &Extra) -> Finding {
        let count = self.codes.len() as u64;
        let dossiers = if count == 1 {
            "1 dossier".to_owned()
        } else {
            format!("{count} dossiers")
        };
        finding(source, self.kind, self.message(&dossiers, extra), count)
    }

    fn message(&self, dossiers: &str, extra: &Extra) -> String {
        let first = self.codes.first().copied().unwrap_or_default();
        match self.kind {
            "unknown-status" => {
                let codes: Vec<String> = extra
                    .statuses
                    .iter()
                    .map(|(code, count)| format!("{code} ({count})"))
                    .collect();
                format!(
                    "{dossiers} with a status outside the national list: {}; resolved where a finish is dated, \
                     open otherwise",
                    codes.join(", ")
                )
            }
            "code-date-differs" => {
                format!(
                    "{dossiers} with a code that carries another day than that of reception, such as {first}"
                )
            }
            "rescheduled" => format!(
                "{dossiers} with a due date that was moved; judged by the one in force; by the first one {} more \
                 would be late",
                extra.hidden
            ),
            "finish-not-dated" => format!(
                "{dossiers} said to be finished without saying when, such as {first}; resolved ones stay open \
                 until they have a date"
            ),
            "finished-but-open" => format!(
                "{dossiers} with a finish date although the status is an open one, such as {first}; \
                 counted as open"
            ),
            "finished-before-received" => {
                format!("{dossiers} finished before reception, such as {first}")
            }
            _ => {
                format!("{dossiers} of units that the organisation does not know, such as {first}")
            }
        }
    }
}

/// Bodies with the same counts in both directions: a copying error until somebody says otherwise.
fn same_pairs(inputs: &Inputs<'_>, documents: &[DocumentRow]) -> Vec<Finding> {
    let mut pairs: BTreeMap<(u64, u64), Vec<&str>> = BTreeMap::new();
    for row in documents
        .iter()
        .filter(|row| row.received > 0 && row.sent > 0)
    {
        pairs
            .entry((row.received, row.sent))
            .or_default()
            .push(&row.body);
    }
    let source = source_of("documents", inputs.sources);
    let same = pairs.into_iter().filter(|(_, bodies)| bodies.len() > 1);
    same.map(|((received, sent), bodies)| {
        let message = format!(
            "{} have the same counts, {received} received and {sent} sent: a copying error?",
            bodies.join(" and ")
        );
        finding(&source, "same-pair", message, bodies.len() as u64)
    })
    .collect()
}

fn incomplete_documents(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Option<Finding> {
    let incomplete = selection
        .records("documents")
        .filter(|selected| exchange(&selected.record).is_none());
    let count = incomplete.count() as u64;
    let message = format!("documents without a body or a direction, counted in no row: {count}");
    (count > 0).then(|| {
        finding(
            &source_of("documents", inputs.sources),
            "incomplete-document",
            message,
            count,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::board::{Inputs, build};
    use crate::domain::dossier::{Dossier, Status};
    use crate::domain::record::{Entry, Value};
    use crate::domain::sample::{self, at, code};
    use crate::domain::target::Target;

    fn told(inputs: &Inputs<'_>) -> Vec<(String, String, u64)> {
        let findings = build(inputs).quality;
        findings
            .into_iter()
            .map(|finding| (finding.kind, finding.message, finding.count))
            .collect()
    }

    fn only(inputs: &Inputs<'_>) -> (String, String, u64) {
        let [finding] = <[_; 1]>::try_from(told(inputs)).unwrap();
        finding
    }

    #[test]
    fn each_oddity_of_dossiers_is_one_finding() {
        let may = || Dossier {
            received_at: at("2020-05-25 08:00"),
            ..sample::dossier("H26.23.12-200525-0001")
        };
        let cases: [(Vec<Dossier>, &str, &str, u64); 7] = [
            (
                vec![
                    Dossier {
                        status: Status(17),
                        ..may()
                    },
                    Dossier {
                        status: Status(11),
                        code: "H26.23.12-200525-0002".into(),
                        ..may()
                    },
                    Dossier {
                        status: Status(17),
                        code: "H26.23.12-200525-0003".into(),
                        ..may()
                    },
                ],
                "unknown-status",
                "3 dossiers with a status outside the national list: 11 (1), 17 (2); resolved where a finish is \
                 dated, open otherwise",
                3,
            ),
            (
                vec![Dossier {
                    code: "000.12.23.H26-200524-0001".into(),
                    ..may()
                }],
                "code-date-differs",
                "1 dossier with a code that carries another day than that of reception, such as \
                 000.12.23.H26-200524-0001",
                1,
            ),
            (
                vec![
                    Dossier {
                        original_due_at: Some(at("2020-05-28 17:00")),
                        ..may()
                    },
                    Dossier {
                        original_due_at: Some(at("2020-06-10 17:00")),
                        code: "H26.23.12-200525-0002".into(),
                        ..may()
                    },
                ],
                "rescheduled",
                "2 dossiers with a due date that was moved; judged by the one in force; by the first one 1 more \
                 would be late",
                2,
            ),
            (
                vec![Dossier {
                    status: Status(10),
                    ..may()
                }],
                "finish-not-dated",
                "1 dossier said to be finished without saying when, such as H26.23.12-200525-0001; resolved ones \
                 stay open until they have a date",
                1,
            ),
            (
                vec![Dossier {
                    status: Status(10),
                    finished_at: Some(at("2020-05-24 08:00")),
                    ..may()
                }],
                "finished-before-received",
                "1 dossier finished before reception, such as H26.23.12-200525-0001",
                1,
            ),
            (
                vec![Dossier {
                    finished_at: Some(at("2020-05-26 08:00")),
                    ..may()
                }],
                "finished-but-open",
                "1 dossier with a finish date although the status is an open one, such as \
                 H26.23.12-200525-0001; counted as open",
                1,
            ),
            (
                vec![Dossier {
                    unit: code("XX"),
                    ..may()
                }],
                "unknown-unit",
                "1 dossier of units that the organisation does not know, such as H26.23.12-200525-0001",
                1,
            ),
        ];
        let units = sample::units();
        for (dossiers, kind, message, count) in cases {
            let found = only(&sample::inputs(&units, &dossiers));
            assert_eq!(found, (kind.to_owned(), message.to_owned(), count));
        }
        let unremarkable = [may()];
        assert_eq!(told(&sample::inputs(&units, &unremarkable)), []);
    }

    #[test]
    fn two_bodies_with_the_same_counts_are_suspect_and_incomplete_documents_are_named() {
        let units = sample::units();
        let mut entries: Vec<Entry> = [("A", "Quận ủy"), ("B", "UBND quận"), ("C", "Ban Đảng")]
            .into_iter()
            .flat_map(|(prefix, body)| {
                [("1", "received"), ("2", "sent")]
                    .map(|(number, way)| sample::document(&format!("{prefix}-{number}"), body, way))
            })
            .collect();
        entries.push(sample::document("C-3", "Ban Đảng", "sent"));
        entries.push(sample::document("D-1", "Đảng ủy", "received"));
        entries.push(sample::document("E-1", "Ban khác", "received"));
        entries.push(sample::document("X-1", "Quận ủy", "forwarded"));
        let inputs = Inputs {
            entries: &entries,
            ..sample::inputs(&units, &[])
        };
        assert_eq!(
            told(&inputs),
            [
                (
                    "same-pair".to_owned(),
                    "Quận ủy and UBND quận have the same counts, 1 received and 1 sent: a copying error?".to_owned(),
                    2
                ),
                (
                    "incomplete-document".to_owned(),
                    "documents without a body or a direction, counted in no row: 1".to_owned(),
                    1
                ),
            ]
        );
    }

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
            only(&inputs).0,
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

//! What a reader must know about the data before trusting a number.
//!
//! Owns: the findings that follow from the records themselves.
//! Never: rows that were not stored (quarantine is the pull's finding).
//! Reads next: `quality/oddity.rs`, `domain/form_ii06.rs` (stated totals and residuals).

mod oddity;
mod published;

use std::collections::BTreeMap;

use super::build::exchange;
use super::count::TargetShares;
use super::selection::Selection;
use super::{DocumentRow, Inputs};
use crate::domain::assess::SourceHealth;
use crate::domain::finding::{Code, Finding};

#[must_use]
pub fn findings(
    inputs: &Inputs<'_>,
    selection: &Selection<'_>,
    shares: &[TargetShares<'_>],
    documents: &[DocumentRow],
) -> Vec<Finding> {
    let mut all: Vec<Finding> = stale_sources(inputs).collect();
    all.extend(published::findings(inputs, shares));
    all.extend(oddity::findings(inputs, selection));
    all.extend(same_pairs(inputs, documents));
    all.extend(incomplete_documents(inputs, selection));
    all
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
        let message = format!("{doubt}; what it feeds is unknown");
        Some(Finding::new(&source.source, Code::StaleSource, message, 1).making_unknown(true))
    })
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
        Finding::new(&source, Code::SamePair, message, bodies.len() as u64)
    })
    .collect()
}

fn incomplete_documents(inputs: &Inputs<'_>, selection: &Selection<'_>) -> Option<Finding> {
    let incomplete = selection
        .records("documents")
        .filter(|selected| exchange(&selected.record).is_none());
    let mut codes: Vec<&str> = incomplete.map(|selected| selected.record.code()).collect();
    codes.sort_unstable();
    let count = codes.len() as u64;
    let message = format!("documents without a body or a direction, counted in no row: {count}");
    let source = source_of("documents", inputs.sources);
    (count > 0)
        .then(|| Finding::new(&source, Code::IncompleteDocument, message, count).with_rows(codes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::board::build;
    use crate::domain::record::Entry;
    use crate::domain::sample;

    /// Kind, message and count of every finding of the board.
    pub fn told(inputs: &Inputs<'_>) -> Vec<(String, String, u64)> {
        let findings = build(inputs).quality;
        findings
            .into_iter()
            .map(|finding| (finding.code.to_string(), finding.message, finding.count))
            .collect()
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
}

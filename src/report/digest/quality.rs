//! What a reader must know about the data: freshness, what is kept aside, what does not add up.
//!
//! Owns: the sentence for each kind of finding; an unknown kind keeps its own message.
//! Never: finding anything (`domain::board`).
//! Reads next: `dossier.rs`.

use serde::Serialize;

use crate::domain::board::{Finding, SourceRow};
use crate::report::tone::{Badge, Tone};
use crate::report::words::Words;

#[derive(Clone, Debug, Serialize)]
pub struct Freshness {
    pub source: String,
    pub badge: Badge,
}

pub fn freshness(
    sources: &[SourceRow],
    titles: &[(String, String)],
    words: &Words,
) -> Vec<Freshness> {
    sources
        .iter()
        .map(|row| Freshness {
            source: titled(&row.source, titles),
            badge: age(row, words),
        })
        .collect()
}

fn age(row: &SourceRow, words: &Words) -> Badge {
    match row.fresh_at.map(|at| words.moment(at.naive_local())) {
        None => Badge::new("?", words.digest.never(), Tone::Bad),
        Some(at) if row.stale => Badge::new("!", words.digest.stale(at), Tone::Warn),
        Some(at) => Badge::new("✓", words.digest.fresh(at), Tone::Good),
    }
}

/// A source's title; several sources may stand in one name, with commas between.
pub fn titled(source: &str, titles: &[(String, String)]) -> String {
    let title = |name: &str| {
        titles
            .iter()
            .find(|(known, _)| known == name)
            .map_or_else(|| name.to_owned(), |(_, title)| title.clone())
    };
    source.split(", ").map(title).collect::<Vec<_>>().join(", ")
}

/// One sentence a finding; those that come one by one (published figures) are counted together.
pub fn sentences(findings: &[Finding], titles: &[(String, String)], words: &Words) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for finding in merged(findings) {
        let sentence = sentence(&finding, titles, words);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

fn merged(findings: &[Finding]) -> Vec<Finding> {
    const ONE_BY_ONE: [&str; 2] = ["published-not-verifiable", "published-mismatch"];
    let mut merged: Vec<Finding> = Vec::new();
    for finding in findings {
        let same = merged
            .iter_mut()
            .find(|known| known.kind == finding.kind && ONE_BY_ONE.contains(&known.kind.as_str()));
        match same {
            Some(known) => known.count += finding.count,
            None => merged.push(finding.clone()),
        }
    }
    merged
}

fn sentence(finding: &Finding, titles: &[(String, String)], words: &Words) -> String {
    let quality = &words.quality;
    let number = words.number(finding.count);
    let dossiers = words.phrase.dossiers(number.clone());
    let source = titled(&finding.source, titles);
    match finding.kind.as_str() {
        "residual" => quality.residual(level(finding, words), dossiers),
        "stated-total" => quality.stated_total(source, level(finding, words), number),
        "quarantined" => quality.quarantined(source, number),
        "unknown-status" => quality.unknown_status(source, dossiers),
        "published-not-verifiable" => quality.published_not_verifiable(number),
        "published-mismatch" => quality.published_mismatch(number),
        "same-pair" => quality.same_pair(number),
        "incomplete-document" => quality.incomplete_document(number),
        "stale-source" => quality.stale_source(source),
        "code-date-differs" => quality.code_date_differs(dossiers),
        "rescheduled" => quality.rescheduled(dossiers),
        "finish-not-dated" => quality.finish_not_dated(dossiers),
        "finished-before-received" => quality.finished_before_received(dossiers),
        "unknown-unit" => quality.unknown_unit(dossiers),
        _ => format!("{source}: {}", finding.message),
    }
}

/// Findings about form II.06 begin with their level: `ward: …`.
fn level(finding: &Finding, words: &Words) -> String {
    match finding.message.split_once(": ") {
        Some((level, _)) => words.level(level),
        None => words.level("all"),
    }
}

//! What a reader must know about the data: freshness, what is kept aside, what does not add up.
//!
//! Owns: the sentence for each code of finding, and which findings share one.
//! Never: finding anything (`domain::board`).
//! Reads next: `dossier.rs`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::board::SourceRow;
use crate::domain::finding::{Code, Finding};
use crate::domain::unit::{Level, UnitCode};
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

/// One sentence a finding; those that come one by one (published figures, figures of one place) are told together.
pub fn sentences(findings: &[Finding], titles: &[(String, String)], words: &Words) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for told in together(findings) {
        let sentence = sentence(&told, titles, words);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// Findings that share a sentence.
struct Told<'a> {
    first: &'a Finding,
    count: u64,
    units: BTreeSet<&'a UnitCode>,
    makes_unknown: bool,
}

fn together(findings: &[Finding]) -> Vec<Told<'_>> {
    let mut all: Vec<Told<'_>> = Vec::new();
    for finding in findings {
        let same = all
            .iter_mut()
            .find(|told| share_a_sentence(told.first, finding));
        match same {
            Some(told) => told.add(finding),
            None => all.push(Told {
                first: finding,
                count: finding.count,
                units: finding.about.unit.iter().collect(),
                makes_unknown: finding.makes_unknown,
            }),
        }
    }
    all
}

fn share_a_sentence(one: &Finding, other: &Finding) -> bool {
    let same_source = one.source == other.source;
    one.code == other.code
        && match one.code {
            Code::PublishedNotVerifiable | Code::PublishedMismatch => true,
            Code::StatedTotal => {
                same_source
                    && one.about.level == other.about.level
                    && one.about.unit.is_some() == other.about.unit.is_some()
            }
            Code::Residual | Code::SamePair => same_source && one.about.level == other.about.level,
            Code::UnknownUnit | Code::RowsMissing | Code::RowsChanged | Code::Quarantined => {
                same_source
            }
            _ => false,
        }
}

impl<'a> Told<'a> {
    /// Of several figures of one place the one that differs most is told.
    fn add(&mut self, finding: &'a Finding) {
        self.count = match finding.code {
            Code::StatedTotal | Code::Residual => self.count.max(finding.count),
            _ => self.count + finding.count,
        };
        self.units.extend(&finding.about.unit);
        self.makes_unknown |= finding.makes_unknown;
    }
}

fn sentence(told: &Told<'_>, titles: &[(String, String)], words: &Words) -> String {
    let said = said(told, titles, words);
    // A source that cannot be relied on says so itself.
    if told.makes_unknown && told.first.code != Code::StaleSource {
        words.quality.unknown_meanwhile(said)
    } else {
        said
    }
}

fn said(told: &Told<'_>, titles: &[(String, String)], words: &Words) -> String {
    let quality = &words.quality;
    let number = words.number(told.count);
    let dossiers = words.phrase.dossiers(number.clone());
    let source = titled(&told.first.source, titles);
    match told.first.code {
        Code::Residual => quality.residual(level(told, words), dossiers),
        Code::StatedTotal if !told.units.is_empty() => {
            quality.stated_units(source, words.number(told.units.len() as u64))
        }
        Code::StatedTotal => quality.stated_total(source, level(told, words), number),
        Code::RowsMissing => quality.rows_missing(source, number),
        Code::RowsChanged => quality.rows_changed(source, number),
        Code::NotSeen => quality.not_seen(source, dossiers),
        Code::Duplicate => quality.duplicate(source, dossiers),
        Code::Quarantined => quality.quarantined(source, number),
        Code::UnknownUnit => quality.unknown_unit(source, dossiers),
        Code::UnknownStatus => quality.unknown_status(source, dossiers),
        Code::LegalDue => quality.legal_due(dossiers),
        Code::PublishedNotVerifiable => quality.published_not_verifiable(number),
        Code::PublishedMismatch => quality.published_mismatch(number),
        Code::SamePair if told.first.about.level.is_some() => quality.same_stated(source, number),
        Code::SamePair => quality.same_pair(number),
        Code::IncompleteDocument => quality.incomplete_document(number),
        Code::StaleSource => quality.stale_source(source),
        Code::CodeDateDiffers => quality.code_date_differs(dossiers),
        Code::Rescheduled => quality.rescheduled(dossiers),
        Code::FinishNotDated => quality.finish_not_dated(dossiers),
        Code::FinishedButOpen => quality.finished_but_open(dossiers),
        Code::FinishedBeforeReceived => quality.finished_before_received(dossiers),
    }
}

fn level(told: &Told<'_>, words: &Words) -> String {
    words.level(told.first.about.level.map_or("all", Level::as_str))
}

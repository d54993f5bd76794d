//! The periodic digest for leaders, readable in a minute on a phone.
//!
//! Owns: its headline, its order: result, changes, I. dossiers, II. overdue and soon due, III. targets, IV. data.
//! Never: counting (`domain::board`); personal data.
//! Reads next: `digest/summary.rs`.

mod changes;
mod levels;
mod quality;
mod summary;
mod targets;

use chrono::NaiveTime;
use serde::Serialize;

pub use changes::{Change, Changes};

use super::dossier::{Line, List, Mark, Nature, Show, any_tentative, by_unit, list};
use super::page::{Body, Parts};
use super::ward_lag::{Evidence, Lag, evidence};
use super::words::Words;
use crate::domain::board::{Board, Status};
use crate::domain::unit::UnitCode;

/// Rows of the list of what is soon due.
const SOON_ROWS: usize = 5;

#[derive(Clone, Debug)]
pub struct Digest {
    pub site: String,
    pub recipient: String,
    /// Titles in the mail's language.
    pub board: Board,
    /// Which of the board's units are wards.
    pub wards: Vec<UnitCode>,
    /// Every overdue dossier of the district.
    pub overdue: Vec<Line>,
    pub soon: Vec<Line>,
    /// Working days that *soon* means.
    pub soon_within: u32,
    pub due_time: NaiveTime,
    /// How many overdue dossiers are shown; the rest is counted.
    pub rows: usize,
    pub changes: Changes,
    /// A source's name and its title.
    pub source_titles: Vec<(String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub period: String,
    pub summary: Vec<summary::Point>,
    pub figures: Vec<summary::FigureRow>,
    pub changes: Vec<changes::Row>,
    pub changes_note: String,
    pub has_changes: bool,
    pub dossiers: levels::Table,
    /// Lagging wards with all their evidence, watched ones in a line each.
    pub lagging: Vec<Evidence>,
    pub watched: Vec<summary::Point>,
    pub any_behind: bool,
    pub meaning: String,
    pub overdue: List,
    pub units: String,
    pub has_units: bool,
    pub soon: List,
    pub soon_units: String,
    pub has_soon: bool,
    pub targets: Vec<targets::Row>,
    pub sources: Vec<quality::Freshness>,
    pub findings: Vec<String>,
    pub has_findings: bool,
    pub no_findings: String,
}

pub(super) fn parts(digest: &Digest, words: &Words) -> Parts {
    let verdicts = targets::verdicts(&digest.board.targets);
    let behind = levels::behind(digest);
    let summary = summary::points(digest, &verdicts, &behind, words);
    let result = summary::result(digest, &verdicts, &behind, words);
    let preview: Vec<&str> = summary.iter().map(|point| point.text.as_str()).collect();
    Parts {
        title: words
            .digest
            .title(words.day(digest.board.as_of.date_naive())),
        result,
        preview: preview.join(" "),
        notes: notes(digest, words),
        answering: None,
        body: Body::Digest(Box::new(view(digest, summary, &behind, words))),
    }
}

fn view(digest: &Digest, summary: Vec<summary::Point>, behind: &[Lag], words: &Words) -> View {
    let (changes, changes_note) = changes::rows(&digest.changes, words);
    let findings = quality::sentences(&digest.board.quality, &digest.source_titles, words);
    let period = digest.board.period;
    let of = |status| behind.iter().filter(move |lag| lag.status == status);
    View {
        period: words
            .digest
            .period(words.day(period.from), words.day(period.to)),
        summary,
        figures: summary::figures(digest, words),
        has_changes: !changes.is_empty(),
        changes,
        changes_note,
        dossiers: levels::table(digest, words),
        any_behind: !behind.is_empty(),
        lagging: of(Status::Lagging)
            .map(|lag| evidence(lag, words))
            .collect(),
        watched: of(Status::Watch).map(|lag| watched(lag, words)).collect(),
        meaning: words.ward_lag.meaning(),
        overdue: list(
            &unmarked(&digest.overdue),
            show(digest, Nature::Late, digest.rows),
            words,
        ),
        soon_units: by_unit(&digest.soon, words),
        has_soon: !digest.soon.is_empty(),
        has_units: !digest.overdue.is_empty(),
        units: by_unit(&digest.overdue, words),
        soon: list(
            &unmarked(&digest.soon),
            show(digest, Nature::Soon, SOON_ROWS),
            words,
        ),
        targets: targets::rows(&digest.board.targets, words),
        sources: quality::freshness(&digest.board.sources, &digest.source_titles, words),
        has_findings: !findings.is_empty(),
        findings,
        no_findings: words.digest.no_findings(),
    }
}

fn show(digest: &Digest, nature: Nature, most: usize) -> Show {
    Show {
        nature,
        most,
        rest: false,
        unit: true,
        due_time: digest.due_time,
    }
}

fn watched(lag: &Lag, words: &Words) -> summary::Point {
    let Evidence {
        ward,
        target,
        badge,
        rate,
        fraction,
        at_least,
        ..
    } = evidence(lag, words);
    let text = words.digest.watched(ward, target, fraction, rate, at_least);
    summary::Point {
        symbol: badge.symbol,
        colour: badge.colour,
        text,
    }
}

fn unmarked(lines: &[Line]) -> Vec<Line> {
    lines
        .iter()
        .map(|line| Line {
            mark: Mark::None,
            ..line.clone()
        })
        .collect()
}

fn notes(digest: &Digest, words: &Words) -> Vec<String> {
    let stopped = digest.board.dossiers.district.stopped + digest.board.dossiers.ward.stopped;
    let mut notes = vec![
        words.digest.share_note(),
        words
            .digest
            .late_note(digest.due_time.format("%H:%M").to_string()),
        words.digest.lag_note(),
    ];
    if stopped > 0 {
        notes.push(
            words
                .digest
                .stopped_note(words.phrase.dossiers(words.number(stopped))),
        );
    }
    notes.extend(targets::notes(&digest.board.targets, words));
    if any_tentative(&digest.overdue) || any_tentative(&digest.soon) {
        notes.push(words.phrase.tentative_note());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{About, Code, Finding};
    use crate::domain::format::Language;
    use crate::domain::unit::{Level, UnitCode};
    use crate::report::page::{Kind, Letter};
    use crate::report::samples::samples;
    use crate::report::words::tests::words;

    fn typical() -> Digest {
        let first = samples(Kind::Digest)
            .into_iter()
            .next()
            .map(|sample| sample.letter);
        let Some(Letter::Digest(digest)) = first else {
            panic!("the first sample is a digest")
        };
        let mut digest = *digest;
        digest
            .board
            .sources
            .iter_mut()
            .for_each(|source| source.stale = false);
        digest
    }

    fn result(digest: &Digest) -> String {
        parts(digest, &words(Language::Vi)).result
    }

    #[test]
    fn the_headline_says_targets_dossiers_and_wards() {
        assert_eq!(
            result(&typical()),
            "5/8 chỉ tiêu đạt, 2 chưa kết luận được, 167 hồ sơ quá hạn, 2 phường tụt lại"
        );
    }

    #[test]
    fn a_dead_source_never_looks_like_health() {
        let mut digest = typical();
        digest.board.sources[0].stale = true;
        for unit in &mut digest.board.dossiers.units {
            unit.assessments[0].status = Status::Unknown;
        }
        let said = result(&digest);
        assert!(
            said.ends_with("167 hồ sơ quá hạn, 1 nguồn số liệu đã cũ"),
            "{said}"
        );
        let Body::Digest(view) = parts(&digest, &words(Language::Vi)).body else {
            panic!("a digest")
        };
        let points: Vec<&str> = view
            .summary
            .iter()
            .map(|point| point.text.as_str())
            .collect();
        assert!(
            points[0].contains("Một cửa điện tử dùng chung của Thành phố"),
            "{points:?}"
        );
        assert!(
            points.contains(&"Chưa đủ số liệu để kết luận về các phường."),
            "{points:?}"
        );
    }

    #[test]
    fn a_site_without_targets_and_wards_claims_nothing_about_them() {
        let mut digest = typical();
        digest.board.targets.clear();
        digest.wards.clear();
        assert_eq!(result(&digest), "167 hồ sơ quá hạn");
    }

    #[test]
    fn a_target_is_met_only_at_all_its_levels() {
        let mut digest = typical();
        let online = digest
            .board
            .targets
            .iter_mut()
            .filter(|row| row.id == "online");
        online.last().unwrap().status = Status::Missed;
        assert!(result(&digest).starts_with("4/8 chỉ tiêu đạt"));
        let rows = targets::rows(&digest.board.targets, &words(Language::Vi));
        let online = rows.iter().find(|row| row.levels.len() == 3).unwrap();
        assert_eq!(online.badge.word, "Chưa đạt");
    }

    #[test]
    fn findings_become_sentences_and_those_alike_share_one() {
        let about = |unit: Option<&str>| About {
            level: Some(Level::Ward),
            unit: unit.map(|code| UnitCode::parse(code).unwrap()),
            ..About::default()
        };
        let finding = |code, count| Finding::new("one-stop-shop", code, "x", count);
        let findings = [
            finding(Code::PublishedNotVerifiable, 1),
            finding(Code::Residual, 167).about(about(None)),
            finding(Code::Residual, 58).about(about(Some("00118"))),
            finding(Code::PublishedNotVerifiable, 1),
            finding(Code::StatedTotal, 7).about(about(Some("00118"))),
            finding(Code::StatedTotal, 9).about(about(Some("00118"))),
            finding(Code::StatedTotal, 2)
                .about(about(Some("00115")))
                .making_unknown(true),
            finding(Code::LegalDue, 1_234),
        ];
        let titles = [("one-stop-shop".to_owned(), "Một cửa".to_owned())];
        let said = quality::sentences(&findings, &titles, &words(Language::Vi));
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].starts_with("2 số liệu được công bố"), "{said:#?}");
        assert!(
            said[1].starts_with("Cấp phường: ") && said[1].contains("167 hồ sơ"),
            "{said:#?}"
        );
        assert_eq!(
            said[2],
            "Một cửa: số nguồn công bố của 2 đơn vị lệch so với số đếm được. Chỉ tiêu liên quan ghi là chưa rõ cho đến \
             khi làm rõ."
        );
        assert!(
            said[3].starts_with("1.234 hồ sơ có ngày hẹn trả khác"),
            "{said:#?}"
        );
    }

    #[test]
    fn a_digest_holds_only_the_first_rows_and_counts_the_rest() {
        let Body::Digest(view) = parts(&typical(), &words(Language::En)).body else {
            panic!("a digest")
        };
        assert_eq!(
            (view.overdue.rows.len(), view.soon.rows.len()),
            (20, SOON_ROWS)
        );
        assert_eq!(view.overdue.more, "And 147 dossiers more, not listed here.");
        assert!(
            view.units.starts_with("Ngọc Thụy: 58 · Phúc Lợi: 43"),
            "{}",
            view.units
        );
    }
}

//! The letter about overdue dossiers: for the head of a unit, or for an upper rung.
//!
//! Owns: its headline, its reason for being sent, its rule.
//! Never: another unit's dossiers in a head's letter: the caller gives the lines.
//! Reads next: `dossier.rs`.

use chrono::{DateTime, FixedOffset, NaiveTime};
use serde::Serialize;

use super::dossier::{Line, List, Nature, Show, any_tentative, by_unit, list};
use super::page::{Body, Parts};
use super::words::Words;

/// Dossiers shown in full in one list, oldest first; the rest is named by code, so that nobody is told of a
/// dossier without its name. Mail programs cut what is longer than about 100 KB.
const MOST_LATE: usize = 50;
const MOST_SOON: usize = 25;

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The head of the unit whose dossiers these are.
    Head,
    /// Someone above: of dossiers late by at least so many working days, over several units.
    Upper { late_at_least: u32 },
}

#[derive(Clone, Debug)]
pub struct Overdue {
    /// `UBND quận Long Biên`
    pub site: String,
    /// As it stands after "Kính gửi: Đồng chí": `Chủ tịch UBND phường Ngọc Thụy`.
    pub recipient: String,
    /// As it stands in a sentence: `phường Ngọc Thụy`.
    pub unit: String,
    pub rung: Rung,
    pub as_of: DateTime<FixedOffset>,
    /// When the source was last read completely, where that is known.
    pub fresh_at: Option<DateTime<FixedOffset>>,
    /// The due moment of a due date without a time.
    pub due_time: NaiveTime,
    pub late: Vec<Line>,
    pub soon: Vec<Line>,
    /// Late dossiers announced earlier and not repeated here.
    pub already_told: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub intro: String,
    pub ask: String,
    pub has_reason: bool,
    pub reason: String,
    pub has_told: bool,
    pub told: String,
    pub has_units: bool,
    pub units: String,
    pub late: List,
    pub soon: List,
}

pub(super) fn parts(letter: &Overdue, words: &Words) -> Parts {
    let result = result(letter, words);
    let view = view(letter, &result, words);
    let mut notes = vec![
        words
            .overdue
            .rule(letter.due_time.format("%H:%M").to_string()),
    ];
    notes.extend(words.read_at(letter.fresh_at));
    if any_tentative(&letter.late) || any_tentative(&letter.soon) {
        notes.push(words.phrase.tentative_note());
    }
    Parts {
        title: words.overdue.title(),
        result: words.overdue.result(&result, &letter.unit),
        preview: format!("{} {}", view.ask, view.told).trim().to_owned(),
        notes,
        body: Body::Overdue(Box::new(view)),
    }
}

/// `12 hồ sơ quá hạn, 5 sắp đến hạn`; with the whole number where some were announced before.
fn result(letter: &Overdue, words: &Words) -> String {
    let (late, soon) = (letter.late.len() as u64, letter.soon.len() as u64);
    let dossiers = |count| words.phrase.dossiers(words.number(count));
    let result = match (late, soon) {
        (0, 0) => words.overdue.nothing(),
        (0, _) => words.overdue.soon_only(dossiers(soon)),
        (_, 0) => words.overdue.late_only(dossiers(late)),
        _ => words
            .overdue
            .late_and_soon(dossiers(late), words.number(soon)),
    };
    match letter.already_told {
        0 => result,
        told => words
            .overdue
            .of_all(result, words.number(late + told as u64)),
    }
}

fn view(letter: &Overdue, result: &str, words: &Words) -> View {
    let upper = letter.rung != Rung::Head;
    let show = |nature, most| Show {
        nature,
        most,
        rest: true,
        unit: upper,
        due_time: letter.due_time,
    };
    let told = letter.already_told as u64;
    View {
        intro: words.overdue.intro(
            words.moment(letter.as_of.naive_local()),
            &letter.unit,
            result,
        ),
        ask: if letter.late.is_empty() {
            words.overdue.ask_soon()
        } else {
            words.overdue.ask()
        },
        has_reason: upper,
        reason: reason(letter.rung, words),
        has_told: told > 0,
        told: if told > 0 {
            words
                .overdue
                .already_told(words.phrase.dossiers(words.number(told)))
        } else {
            String::new()
        },
        has_units: upper && !letter.late.is_empty(),
        units: by_unit(&letter.late, words),
        late: list(&letter.late, show(Nature::Late, MOST_LATE), words),
        soon: list(&letter.soon, show(Nature::Soon, MOST_SOON), words),
    }
}

fn reason(rung: Rung, words: &Words) -> String {
    match rung {
        Rung::Head => String::new(),
        Rung::Upper { late_at_least } => words.overdue.escalated(
            words
                .phrase
                .working_days(words.number(late_at_least.into())),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::format::Language;
    use crate::report::page::{Kind, Letter};
    use crate::report::samples::samples;
    use crate::report::words::tests::words;

    fn typical() -> Overdue {
        let letters = samples(Kind::Overdue)
            .into_iter()
            .map(|sample| sample.letter);
        let mut letters = letters.filter_map(|letter| match letter {
            Letter::Overdue(letter) => Some(letter),
            _ => None,
        });
        letters.next().unwrap()
    }

    #[test]
    fn the_result_says_how_many_and_of_how_many() {
        let words = words(Language::Vi);
        let letter = |late, soon, already_told| {
            let typical = typical();
            let (late, soon) = (typical.late[..late].to_vec(), typical.soon[..soon].to_vec());
            Overdue {
                late,
                soon,
                already_told,
                ..typical
            }
        };
        for (late, soon, told, says) in [
            (12, 5, 0, "12 hồ sơ quá hạn, 5 sắp đến hạn"),
            (1, 0, 0, "1 hồ sơ quá hạn"),
            (0, 2, 0, "2 hồ sơ sắp đến hạn"),
            (1, 0, 7, "1 hồ sơ quá hạn (tổng số quá hạn: 8)"),
            (0, 2, 7, "2 hồ sơ sắp đến hạn (tổng số quá hạn: 7)"),
            (0, 0, 0, "Không có hồ sơ quá hạn"),
        ] {
            assert_eq!(result(&letter(late, soon, told), &words), says);
        }
    }

    #[test]
    fn a_head_sees_no_unit_and_every_dossier_has_its_code_in_the_letter() {
        let words = words(Language::Vi);
        let line = typical().late[0].clone();
        let late: Vec<Line> = (0..MOST_LATE + 9)
            .map(|n| Line {
                code: format!("C-{n:03}"),
                ..line.clone()
            })
            .collect();
        let letter = Overdue { late, ..typical() };
        let view = view(&letter, "", &words);
        assert!(
            view.late.rows.iter().all(|row| !row.has_unit) && !view.has_units && !view.has_reason
        );
        assert_eq!(view.late.rows.len(), MOST_LATE);
        assert!(
            view.late
                .more
                .ends_with("C-050, C-051, C-052, C-053, C-054, C-055, C-056, C-057, C-058."),
            "{}",
            view.late.more
        );
    }

    #[test]
    fn days_read_as_people_say_them() {
        use crate::domain::calendar::WorkingDays;
        let words = words(Language::Vi);
        for (late, days, tentative, says) in [
            (true, 0, false, "Quá hạn, chưa đủ 1 ngày làm việc"),
            (true, 12, false, "Quá 12 ngày làm việc"),
            (true, 12, true, "Quá 12 ngày làm việc (tạm tính)"),
            (false, 0, false, "Đến hạn hôm nay"),
            (false, 2, false, "Còn 2 ngày làm việc"),
        ] {
            let days = WorkingDays { days, tentative };
            let line = Line {
                days,
                ..typical().late[0].clone()
            };
            let lines = vec![line];
            let (late, soon) = if late {
                (lines, vec![])
            } else {
                (vec![], lines)
            };
            let view = view(
                &Overdue {
                    late,
                    soon,
                    ..typical()
                },
                "",
                &words,
            );
            let row = view.late.rows.iter().chain(&view.soon.rows).next().unwrap();
            assert_eq!(row.badge.word, says);
        }
    }
}

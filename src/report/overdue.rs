//! The day's letter to one person: overdue dossiers, those that soon will be, what is over, lagging wards; by post.
//!
//! Owns: its headline, its reason for being sent, its rule.
//! Never: another unit's dossiers in a head's letter: the caller gives the lines.
//! Reads next: `dossier.rs`, `ward_lag.rs`.

use chrono::{DateTime, FixedOffset, NaiveTime};
use serde::Serialize;

use super::dossier::{Line, List, Nature, Show, any_tentative, by_unit, list};
use super::page::{Answering, Body, Parts};
use super::ward_lag::{self, Evidence, Lag};
use super::words::Words;
use crate::domain::decide::Ending;
use crate::domain::format::capitalised;

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
    pub as_of: DateTime<FixedOffset>,
    /// When the source was last read completely, where that is known.
    pub fresh_at: Option<DateTime<FixedOffset>>,
    /// The due moment of a due date without a time.
    pub due_time: NaiveTime,
    /// One for each post of the reader; at least one.
    pub posts: Vec<Post>,
    /// Apology slips that go with it, for dossiers that fall due soon.
    pub slips: usize,
    /// Sources of which nothing is known now.
    pub blind: Vec<Blind>,
    pub answering: Option<Answering>,
}

/// What the reader hears in one post.
#[derive(Clone, Debug)]
pub struct Post {
    /// As it stands after "Đồng chí".
    pub title: String,
    /// As it stands in a sentence: `phường Ngọc Thụy`.
    pub unit: String,
    pub rung: Rung,
    pub late: Vec<Line>,
    pub soon: Vec<Line>,
    /// Late dossiers announced earlier and not repeated here.
    pub already_told: usize,
    /// What was announced and is over.
    pub ended: Vec<Ended>,
    pub lags: Vec<Lag>,
}

/// A dossier that was told of and is overdue no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The dossier's, or the ward's name with its target.
    pub code: String,
    pub how: Ending,
}

/// A source that cannot be read.
#[derive(Clone, Debug)]
pub struct Blind {
    pub source: String,
    pub fresh_at: Option<DateTime<FixedOffset>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// The result as a sentence, of all posts.
    pub intro: String,
    pub ask: String,
    pub any_blind: bool,
    pub blind: Vec<String>,
    pub posts: Vec<PostView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PostView {
    pub has_heading: bool,
    pub heading: String,
    pub intro: String,
    pub has_reason: bool,
    pub reason: String,
    pub has_told: bool,
    pub told: String,
    pub has_units: bool,
    pub units: String,
    pub has_lists: bool,
    pub late: List,
    pub soon: List,
    pub any_ended: bool,
    pub ended: Vec<String>,
    pub any_lags: bool,
    pub lags: Vec<Evidence>,
}

pub(super) fn parts(letter: &Overdue, words: &Words) -> Parts {
    let result = result(letter, words);
    let view = view(letter, &result, words);
    let mut notes = vec![
        words
            .overdue
            .rule(letter.due_time.format("%H:%M").to_string()),
    ];
    if letter.slips > 0 {
        let slips = words.number(letter.slips as u64);
        notes.insert(0, words.overdue.slips(slips));
    }
    notes.extend(words.read_at(letter.fresh_at));
    let tentative = |post: &Post| any_tentative(&post.late) || any_tentative(&post.soon);
    if letter.posts.iter().any(tentative) {
        notes.push(words.phrase.tentative_note());
    }
    let told = view.posts.iter().map(|post| post.told.as_str());
    let preview: Vec<&str> = std::iter::once(view.ask.as_str()).chain(told).collect();
    Parts {
        title: if letter.posts.iter().any(is_of_what_is_late) {
            words.overdue.title()
        } else {
            words.overdue.title_soon()
        },
        result: capitalised(&words.overdue.result(&result, unit(letter, words))),
        preview: preview.join(" ").trim().to_owned(),
        notes,
        answering: letter.answering.clone(),
        body: Body::Overdue(Box::new(view)),
    }
}

fn is_of_what_is_late(post: &Post) -> bool {
    !post.late.is_empty() || post.already_told > 0 || !post.lags.is_empty() || post.soon.is_empty()
}

fn unit(letter: &Overdue, words: &Words) -> String {
    match letter.posts.as_slice() {
        [post] => post.unit.clone(),
        posts => words.overdue.units(words.number(posts.len() as u64)),
    }
}

/// Of all posts together.
fn result(letter: &Overdue, words: &Words) -> String {
    let count = |of: fn(&Post) -> usize| letter.posts.iter().map(of).sum::<usize>() as u64;
    let lags: Vec<Lag> = letter
        .posts
        .iter()
        .flat_map(|post| post.lags.iter().cloned())
        .collect();
    let dossiers = dossiers(
        count(|post| post.late.len()),
        count(|post| post.soon.len()),
        count(|post| post.already_told),
        words,
    );
    if lags.is_empty() {
        dossiers
    } else {
        words
            .overdue
            .with_lags(dossiers, ward_lag::result_of(&lags, words))
    }
}

/// `12 hồ sơ quá hạn, 5 sắp đến hạn`; with the whole number where some were announced before.
fn dossiers(late: u64, soon: u64, told: u64, words: &Words) -> String {
    let dossiers = |count| words.phrase.dossiers(words.number(count));
    let result = match (late, soon) {
        (0, 0) => words.overdue.nothing(),
        (0, _) => words.overdue.soon_only(dossiers(soon)),
        (_, 0) => words.overdue.late_only(dossiers(late)),
        _ => words
            .overdue
            .late_and_soon(dossiers(late), words.number(soon)),
    };
    match told {
        0 => result,
        told if late + soon == 0 => words.overdue.told_before(dossiers(told)),
        told => words.overdue.of_all(result, words.number(late + told)),
    }
}

fn view(letter: &Overdue, result: &str, words: &Words) -> View {
    let any_late = letter.posts.iter().any(|post| !post.late.is_empty());
    let blind = letter.blind.iter().map(|blind| self::blind(blind, words));
    View {
        intro: words.overdue.intro(
            words.moment(letter.as_of.naive_local()),
            unit(letter, words),
            result,
        ),
        ask: if any_late {
            words.overdue.ask()
        } else {
            words.overdue.ask_soon()
        },
        any_blind: !letter.blind.is_empty(),
        blind: blind.collect(),
        posts: letter
            .posts
            .iter()
            .map(|post| post_view(letter, post, words))
            .collect(),
    }
}

fn blind(blind: &Blind, words: &Words) -> String {
    match blind.fresh_at {
        Some(at) => words
            .overdue
            .blind(&blind.source, words.moment(at.naive_local())),
        None => words.overdue.blind_ever(&blind.source),
    }
}

fn post_view(letter: &Overdue, post: &Post, words: &Words) -> PostView {
    let upper = post.rung != Rung::Head;
    let show = |nature, most| Show {
        nature,
        most,
        rest: true,
        unit: upper,
        due_time: letter.due_time,
    };
    let told = post.already_told as u64;
    let result = dossiers(post.late.len() as u64, post.soon.len() as u64, told, words);
    let ended = ended(&post.ended, words);
    PostView {
        has_heading: letter.posts.len() > 1,
        heading: words.overdue.for_post(&post.title),
        intro: words
            .overdue
            .intro(words.moment(letter.as_of.naive_local()), &post.unit, result),
        has_reason: upper && !post.late.is_empty(),
        reason: reason(post.rung, words),
        has_told: told > 0,
        told: if told > 0 {
            words
                .overdue
                .already_told(words.phrase.dossiers(words.number(told)))
        } else {
            String::new()
        },
        has_units: upper && !post.late.is_empty(),
        units: by_unit(&post.late, words),
        has_lists: !post.late.is_empty() || !post.soon.is_empty() || post.lags.is_empty(),
        late: list(&post.late, show(Nature::Late, MOST_LATE), words),
        soon: list(&post.soon, show(Nature::Soon, MOST_SOON), words),
        any_ended: !ended.is_empty(),
        ended,
        any_lags: !post.lags.is_empty(),
        lags: post
            .lags
            .iter()
            .map(|lag| ward_lag::evidence(lag, words))
            .collect(),
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

/// One line for each way in which something ended.
fn ended(ended: &[Ended], words: &Words) -> Vec<String> {
    let lines = [
        Ending::Resolved,
        Ending::Stopped,
        Ending::Rescheduled,
        Ending::Recovered,
        Ending::Gone,
    ];
    let line = |how: Ending| {
        let same = ended.iter().filter(|ended| ended.how == how);
        let codes: Vec<&str> = same.map(|ended| ended.code.as_str()).collect();
        let codes = (!codes.is_empty()).then(|| codes.join(", "))?;
        Some(match how {
            Ending::Resolved => words.dossier.resolved(codes),
            Ending::Recovered => words.dossier.recovered(codes),
            Ending::Stopped => words.dossier.stopped(codes),
            Ending::Rescheduled => words.dossier.moved(codes),
            Ending::Gone => words.dossier.gone(codes),
        })
    };
    lines.into_iter().filter_map(line).collect()
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

    fn with(post: Post) -> Overdue {
        Overdue {
            posts: vec![post],
            ..typical()
        }
    }

    #[test]
    fn the_result_says_how_many_and_of_how_many() {
        let words = words(Language::Vi);
        let letter = |late, soon, already_told| {
            let typical = typical();
            let post = &typical.posts[0];
            let (late, soon) = (post.late[..late].to_vec(), post.soon[..soon].to_vec());
            with(Post {
                late,
                soon,
                already_told,
                ..post.clone()
            })
        };
        for (late, soon, told, says) in [
            (12, 5, 0, "12 hồ sơ quá hạn, 5 sắp đến hạn"),
            (1, 0, 0, "1 hồ sơ quá hạn"),
            (0, 2, 0, "2 hồ sơ sắp đến hạn"),
            (1, 0, 7, "báo thêm 1 hồ sơ quá hạn (tổng số quá hạn: 8)"),
            (0, 2, 7, "báo thêm 2 hồ sơ sắp đến hạn (tổng số quá hạn: 7)"),
            (0, 0, 7, "7 hồ sơ quá hạn đã báo trong các thư trước"),
            (0, 0, 0, "Không có hồ sơ quá hạn"),
        ] {
            assert_eq!(result(&letter(late, soon, told), &words), says);
        }
    }

    #[test]
    fn a_head_sees_no_unit_and_every_dossier_has_its_code_in_the_letter() {
        let words = words(Language::Vi);
        let line = typical().posts[0].late[0].clone();
        let late: Vec<Line> = (0..MOST_LATE + 9)
            .map(|n| Line {
                code: format!("C-{n:03}"),
                ..line.clone()
            })
            .collect();
        let letter = with(Post {
            late,
            ..typical().posts[0].clone()
        });
        let view = view(&letter, "", &words).posts.remove(0);
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
                ..typical().posts[0].late[0].clone()
            };
            let lines = vec![line];
            let (late, soon) = if late {
                (lines, vec![])
            } else {
                (vec![], lines)
            };
            let post = Post {
                late,
                soon,
                ..typical().posts[0].clone()
            };
            let view = view(&with(post), "", &words).posts.remove(0);
            let row = view.late.rows.iter().chain(&view.soon.rows).next().unwrap();
            assert_eq!(row.badge.word, says);
        }
    }

    #[test]
    fn what_is_over_is_told_by_how_it_ended() {
        let words = words(Language::Vi);
        let over = |code: &str, how| Ended {
            code: code.to_owned(),
            how,
        };
        let told = ended(
            &[
                over("A-1", Ending::Resolved),
                over("B-2", Ending::Stopped),
                over("A-3", Ending::Resolved),
            ],
            &words,
        );
        assert_eq!(
            told,
            [
                "Đã giải quyết xong: A-1, A-3.",
                "Tạm dừng tính thời hạn: B-2."
            ]
        );
    }
}

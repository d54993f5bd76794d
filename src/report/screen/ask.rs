//! The page that asks: which alerts, which answer, until which day.
//!
//! Owns: what is marked and chosen beforehand; each answer with what it means.
//! Never: deciding which days may be answered (`domain::answer`).
//! Reads next: `noted.rs`.

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

use crate::domain::answer::{AnswerKind, Standing};
use crate::domain::calendar::Due;
use crate::domain::format::{capitalised, weekday};
use crate::report::dossier::{self, Line, Nature, Show};
use crate::report::tone::Badge;
use crate::report::words::Words;

#[derive(Clone, Debug)]
pub struct Ask {
    /// The last day on which this page answers.
    pub open_until: NaiveDate,
    pub due_time: NaiveTime,
    pub posts: Vec<PostPart>,
    /// The answer that is chosen beforehand.
    pub chosen: Option<AnswerKind>,
    pub promise_days: Vec<Due>,
    pub silence_days: Vec<Due>,
    /// The day that is chosen beforehand.
    pub day: Option<NaiveDate>,
    /// Why what was sent before was not taken.
    pub complaint: Option<Complaint>,
}

/// What one post of the reader is asked.
#[derive(Clone, Debug)]
pub struct PostPart {
    pub title: String,
    /// The post answers for several units.
    pub names_units: bool,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub struct Item {
    /// Of the alert.
    pub id: i64,
    pub subject: Subject,
    pub answered: Standing,
    pub is_marked: bool,
}

#[derive(Clone, Debug)]
pub enum Subject {
    Dossier(Line, Nature),
    /// In words.
    Ward(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    NoThing,
    NoAnswer,
    NoDay,
    BadDay,
}

/// What the template prints.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    safe: String,
    has_complaint: bool,
    complaint: String,
    which: String,
    /// Marking all is worth a link.
    has_several: bool,
    mark_all: String,
    mark_none: String,
    /// What the links that mark all or none keep.
    keep: String,
    posts: Vec<PostView>,
    what: String,
    answers: Vec<AnswerView>,
    confirm: String,
    open_until: String,
}

#[derive(Clone, Debug, Serialize)]
struct PostView {
    title: String,
    items: Vec<ItemView>,
}

#[derive(Clone, Debug, Serialize)]
struct ItemView {
    id: String,
    is_marked: bool,
    name: String,
    has_dossier: bool,
    procedure: String,
    has_unit: bool,
    unit: String,
    dates: String,
    rescheduled: bool,
    originally: String,
    has_badge: bool,
    symbol: &'static str,
    badge: String,
    is_late: bool,
    is_answered: bool,
    answered: String,
}

#[derive(Clone, Debug, Serialize)]
struct AnswerView {
    /// `promised`
    kind: &'static str,
    is_chosen: bool,
    word: String,
    means: String,
    has_days: bool,
    /// `promised_day`
    days_name: &'static str,
    days_label: String,
    pick: String,
    days: Vec<DayView>,
}

#[derive(Clone, Debug, Serialize)]
struct DayView {
    /// `2020-06-05`
    value: String,
    word: String,
    is_chosen: bool,
}

pub(super) fn view(ask: &Ask, words: &Words) -> View {
    let items: Vec<&Item> = ask.posts.iter().flat_map(|post| &post.items).collect();
    let keep = ask.chosen.map(|kind| format!("answer={kind}&"));
    View {
        safe: words.page.safe(),
        has_complaint: ask.complaint.is_some(),
        complaint: ask
            .complaint
            .map_or_else(String::new, |complaint| complaint.words(words)),
        which: words.page.which(),
        has_several: items.len() > 1,
        mark_all: words.page.mark_all(),
        mark_none: words.page.mark_none(),
        keep: keep.unwrap_or_default(),
        posts: ask
            .posts
            .iter()
            .map(|post| part(post, ask.due_time, words))
            .collect(),
        what: words.page.what(),
        answers: answers(ask, &items, words),
        confirm: words.page.confirm(),
        open_until: words.page.open_until(words.day(ask.open_until)),
    }
}

impl Complaint {
    fn words(self, words: &Words) -> String {
        match self {
            Self::NoThing => words.page.no_thing(),
            Self::NoAnswer => words.page.no_answer(),
            Self::NoDay => words.page.no_day(),
            Self::BadDay => words.page.bad_day(),
        }
    }
}

fn part(post: &PostPart, due_time: NaiveTime, words: &Words) -> PostView {
    PostView {
        title: words.page.for_post(&post.title),
        items: post
            .items
            .iter()
            .map(|item| self::item(item, post.names_units, due_time, words))
            .collect(),
    }
}

fn item(item: &Item, names_unit: bool, due_time: NaiveTime, words: &Words) -> ItemView {
    let bare = bare(item, words);
    match &item.subject {
        Subject::Ward(name) => ItemView {
            name: capitalised(name),
            ..bare
        },
        Subject::Dossier(line, nature) => {
            let show = Show {
                nature: *nature,
                most: 1,
                rest: false,
                unit: names_unit,
                due_time,
            };
            let row = dossier::row(line, 1, show, words);
            let Badge { symbol, word, .. } = row.badge;
            ItemView {
                name: row.code,
                has_dossier: true,
                procedure: row.procedure,
                has_unit: row.has_unit,
                unit: row.unit,
                dates: row.dates,
                rescheduled: row.rescheduled,
                originally: row.originally,
                has_badge: true,
                symbol,
                badge: word,
                is_late: *nature == Nature::Late,
                ..bare
            }
        }
    }
}

fn bare(item: &Item, words: &Words) -> ItemView {
    let answered = answered(&item.answered, words);
    ItemView {
        id: item.id.to_string(),
        is_marked: item.is_marked,
        name: String::new(),
        has_dossier: false,
        procedure: String::new(),
        has_unit: false,
        unit: String::new(),
        dates: String::new(),
        rescheduled: false,
        originally: String::new(),
        has_badge: false,
        symbol: "",
        badge: String::new(),
        is_late: false,
        is_answered: answered.is_some(),
        answered: answered.unwrap_or_default(),
    }
}

/// What holds, the strongest first.
fn answered(standing: &Standing, words: &Words) -> Option<String> {
    let page = &words.page;
    let silenced = standing
        .silenced
        .map(|day| page.is_silenced(words.day(day)));
    let promised = standing
        .promised
        .map(|day| page.is_promised(words.day(day)));
    let not_mine = standing.not_mine.then(|| page.is_not_mine());
    not_mine
        .or(promised)
        .or(silenced)
        .or_else(|| standing.seen.map(|_| page.is_seen()))
}

fn answers(ask: &Ask, items: &[&Item], words: &Words) -> Vec<AnswerView> {
    let is_answered = items
        .iter()
        .any(|item| item.answered != Standing::default());
    let mut kinds = vec![
        AnswerKind::Seen,
        AnswerKind::Promised,
        AnswerKind::NotMine,
        AnswerKind::Silenced,
    ];
    kinds.extend(is_answered.then_some(AnswerKind::Withdrawn));
    kinds
        .into_iter()
        .map(|kind| answer(kind, ask, words))
        .collect()
}

fn answer(kind: AnswerKind, ask: &Ask, words: &Words) -> AnswerView {
    let page = &words.page;
    let (word, means) = match kind {
        AnswerKind::Seen => (page.seen(), page.seen_means()),
        AnswerKind::Promised => (page.promised(), page.promised_means()),
        AnswerKind::NotMine => (page.not_mine(), page.not_mine_means()),
        AnswerKind::Silenced => (page.silenced(), page.silenced_means()),
        AnswerKind::Withdrawn => (page.withdrawn(), page.withdrawn_means()),
    };
    let (days_name, days_label, days) = match kind {
        AnswerKind::Promised => ("promised_day", page.promised_day(), &ask.promise_days[..]),
        AnswerKind::Silenced => ("silenced_day", page.silenced_day(), &ask.silence_days[..]),
        _ => ("", String::new(), &[][..]),
    };
    let is_chosen = ask.chosen == Some(kind);
    let day = |day: &Due| DayView {
        value: day.date.to_string(),
        word: named(day, words),
        is_chosen: is_chosen && ask.day == Some(day.date),
    };
    AnswerView {
        kind: kind.as_str(),
        is_chosen,
        word,
        means,
        has_days: !days_name.is_empty(),
        days_name,
        days_label,
        pick: page.pick(),
        days: days.iter().map(day).collect(),
    }
}

fn named(day: &Due, words: &Words) -> String {
    let weekday = capitalised(weekday(day.date, words.language));
    let named = words.page.day(weekday, words.day(day.date));
    if day.tentative {
        words.page.unconfirmed(named)
    } else {
        named
    }
}

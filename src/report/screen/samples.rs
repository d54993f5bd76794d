//! Sample pages: what every page's template is tried with at start-up and in `check`.
//!
//! Owns: one page of each kind, and hostile ones.
//! Never: real dossiers or addresses.
//! Reads next: `../samples.rs`.

use chrono::{Days, NaiveDate};

use super::ask::Complaint;
use super::{Ask, Item, Noted, PostPart, Refusal, Sample, Screen, Subject, What};
use crate::domain::answer::{AnswerKind, Standing};
use crate::domain::calendar::Due;
use crate::report::dossier::Nature;
use crate::report::samples::{HOSTILE, SITE, as_of, due_time, late, soon};

#[must_use]
pub fn samples() -> Vec<Sample> {
    vec![
        sample("ask", What::Ask(Box::new(ask()))),
        sample("ask-one", What::Ask(Box::new(one()))),
        sample("ask-two-posts", What::Ask(Box::new(two_posts()))),
        hostile("ask-hostile", What::Ask(Box::new(hostile_ask()))),
        sample("noted-seen", noted(AnswerKind::Seen)),
        sample("noted-promised", noted(AnswerKind::Promised)),
        sample("noted-not-mine", noted(AnswerKind::NotMine)),
        sample("noted-silenced", noted(AnswerKind::Silenced)),
        sample("noted-withdrawn", noted(AnswerKind::Withdrawn)),
        hostile("noted-hostile", hostile_noted()),
        sample("forged", What::Refused(Refusal::Forged)),
        sample("expired", What::Refused(Refusal::Expired(day(0)))),
        sample("unknown", What::Refused(Refusal::Unknown)),
        sample("nothing", What::Refused(Refusal::Nothing)),
        sample("elsewhere", What::Refused(Refusal::Elsewhere)),
        sample("unreadable", What::Refused(Refusal::Unreadable)),
        hostile("busy", What::Refused(Refusal::Busy)),
    ]
}

fn sample(name: &'static str, what: What) -> Sample {
    let site = SITE.to_owned();
    let screen = Screen { site, what };
    Sample { name, screen }
}

fn hostile(name: &'static str, what: What) -> Sample {
    let site = HOSTILE.to_owned();
    let screen = Screen { site, what };
    Sample { name, screen }
}

fn day(ahead: u64) -> NaiveDate {
    as_of().date_naive() + Days::new(ahead)
}

fn days() -> Vec<Due> {
    let day = |ahead| Due {
        date: day(ahead),
        tentative: ahead == 4,
    };
    (1..=5).map(day).collect()
}

fn item(id: i64, subject: Subject) -> Item {
    Item {
        id,
        subject,
        answered: Standing::default(),
        is_marked: false,
    }
}

fn head(items: Vec<Item>) -> PostPart {
    PostPart {
        title: "Chủ tịch UBND phường Ngọc Thụy".to_owned(),
        names_units: false,
        items,
    }
}

fn ask() -> Ask {
    let promised = Standing {
        promised: Some(day(4)),
        ..Standing::default()
    };
    let silenced = Standing {
        silenced: Some(day(4)),
        ..Standing::default()
    };
    let seen = Standing {
        seen: Some(day(0)),
        ..Standing::default()
    };
    let late = |number| Subject::Dossier(late(number, "Ngọc Thụy"), Nature::Late);
    let ward = "phường Ngọc Thụy (Tỷ lệ giải quyết đúng hạn)".to_owned();
    Ask {
        open_until: day(30),
        due_time: due_time(),
        posts: vec![head(vec![
            Item {
                is_marked: true,
                ..item(1, late(1))
            },
            Item {
                answered: promised,
                ..item(2, late(2))
            },
            Item {
                answered: silenced,
                ..item(3, late(12))
            },
            Item {
                answered: seen,
                ..item(4, Subject::Dossier(soon(1, "Ngọc Thụy"), Nature::Soon))
            },
            item(5, Subject::Ward(ward)),
        ])],
        chosen: Some(AnswerKind::Promised),
        promise_days: days(),
        silence_days: days(),
        day: Some(day(4)),
        complaint: None,
    }
}

fn one() -> Ask {
    let subject = Subject::Dossier(late(1, "Ngọc Thụy"), Nature::Late);
    Ask {
        posts: vec![head(vec![Item {
            is_marked: true,
            ..item(1, subject)
        }])],
        chosen: None,
        day: None,
        ..ask()
    }
}

fn two_posts() -> Ask {
    let mut ask = ask();
    let subject = Subject::Dossier(late(9, "Gia Thụy"), Nature::Late);
    let disowned = Standing {
        not_mine: true,
        ..Standing::default()
    };
    ask.posts.push(PostPart {
        title: "Phó Chủ tịch UBND quận Long Biên".to_owned(),
        names_units: true,
        items: vec![Item {
            answered: disowned,
            ..item(9, subject)
        }],
    });
    Ask {
        complaint: Some(Complaint::NoDay),
        ..ask
    }
}

fn hostile_ask() -> Ask {
    let mut line = late(3, HOSTILE);
    line.code = HOSTILE.to_owned();
    line.procedure_name = HOSTILE.repeat(20);
    Ask {
        posts: vec![PostPart {
            title: HOSTILE.to_owned(),
            names_units: true,
            items: vec![
                item(i64::MAX, Subject::Dossier(line, Nature::Late)),
                item(-1, Subject::Ward(HOSTILE.to_owned())),
            ],
        }],
        complaint: Some(Complaint::BadDay),
        ..ask()
    }
}

fn noted(kind: AnswerKind) -> What {
    What::Noted(Noted {
        kind,
        until: matches!(kind, AnswerKind::Promised | AnswerKind::Silenced).then(|| day(4)),
        things: vec![
            "H26.23.12-200504-0017".to_owned(),
            "H26.23.12-200506-0002".to_owned(),
        ],
        is_more_open: kind == AnswerKind::Promised,
    })
}

fn hostile_noted() -> What {
    What::Noted(Noted {
        kind: AnswerKind::Promised,
        until: None,
        things: vec![HOSTILE.repeat(20); 3],
        is_more_open: true,
    })
}

//! The steps of a job's file.
//!
//! Owns: which steps there are, and the keys of each.
//! Never: running a step (`step/*.rs`).
//! Reads next: `job/check.rs`.

use super::{Act, Alert, Digest, LaggingWards, OverdueDossiers, PostRef, Rung, Step};
use crate::config::organisation::Role;
use crate::config::problem::{instead, quoted};
use crate::config::reader::{Item, Table};

const STEPS: [&str; 6] = ["pull", "reconcile", "assess", "alert", "digest", "ping"];
const ALERTS: [&str; 3] = ["overdue-dossiers", "lagging-wards", "stale-source"];

/// Steps of the design that this version does not run: better refused than passed over.
const STEPS_LATER: [&str; 2] = ["export", "prune"];

/// One `[[step]]`.
pub fn step(table: &Table<'_>) -> Option<Step> {
    let timeout = table.maybe("timeout", Item::duration);
    let act = act(table);
    Some(Step {
        act: act?,
        timeout: timeout?,
    })
}

/// What the step does, told by the key that names it.
fn act(table: &Table<'_>) -> Option<Act> {
    let refused = STEPS_LATER
        .into_iter()
        .any(|step| table.refuse(step, not_yet(step), supported(STEPS)));
    let named: Vec<(&str, Item<'_>)> = STEPS
        .into_iter()
        .filter_map(|step| Some((step, table.get(step)?)))
        .collect();
    match named.as_slice() {
        [("pull", source)] => Some(Act::Pull {
            source: source.text()?,
        }),
        [("reconcile", source)] => Some(Act::Reconcile {
            source: source.text()?,
        }),
        [("assess", what)] => assess_step(what),
        [("alert", name)] => self::alert(table, name).map(Act::Alert),
        [("digest", mail)] => self::digest(table, mail).map(Act::Digest),
        [("ping", url)] => ping(url),
        // Whatever stands here instead is told as an unknown key.
        [] if refused || table.holds_unknown() => None,
        [] => {
            table.problem(
                "this step does nothing",
                format!("write one of {}", quoted(STEPS)),
            );
            None
        }
        _ => {
            table.problem(
                "this step does more than one thing",
                "write a `[[step]]` for each",
            );
            table.pass_over();
            None
        }
    }
}

fn ping(item: &Item<'_>) -> Option<Act> {
    let url = item.text()?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Some(Act::Ping { url });
    }
    item.problem(format!("`{url}` is not an address"), "write `https://…`");
    None
}

fn not_yet(what: &str) -> String {
    format!("`{what}` is not supported yet")
}

fn supported<const N: usize>(words: [&str; N]) -> String {
    format!("this version knows {}", quoted(words))
}

fn assess_step(item: &Item<'_>) -> Option<Act> {
    item.word(&[("targets", ())]).map(|()| Act::Assess)
}

fn alert(table: &Table<'_>, item: &Item<'_>) -> Option<Alert> {
    match item.text().as_deref() {
        Some("overdue-dossiers") => return overdue_dossiers(table).map(Alert::OverdueDossiers),
        Some("lagging-wards") => return lagging_wards(table).map(Alert::LaggingWards),
        Some("stale-source") => return Some(Alert::StaleSource),
        Some(other) => item.problem(format!("`{other}` is not an alert"), instead(other, ALERTS)),
        None => {}
    }
    table.pass_over();
    None
}

fn overdue_dossiers(table: &Table<'_>) -> Option<OverdueDossiers> {
    let soon = table.or("soon", 2, |item| item.count(0, 60));
    let remind = table.or("remind", Vec::new(), |item| {
        item.one_or_more(|days| days.count(1, 250))
    });
    let head = vec![Rung {
        late: 0,
        to: Role::Head,
    }];
    let ladder = table.or("ladder", head, ladder);
    let urgent = table.or("urgent", false, Item::flag);
    let apology = table.or("apology", false, Item::flag);
    let mail = table.or("mail", "overdue".to_owned(), Item::text);
    Some(OverdueDossiers {
        soon: soon?,
        remind: remind?,
        ladder: ladder?,
        urgent: urgent?,
        apology: apology?,
        mail: mail?,
    })
}

fn ladder(item: &Item<'_>) -> Option<Vec<Rung>> {
    let ladder = item.one_or_more(|rung| self::rung(&rung.table()?))?;
    let climbs = ladder.windows(2).all(|pair| pair[0].late < pair[1].late);
    let repeats = ladder
        .iter()
        .enumerate()
        .any(|(at, rung)| ladder[..at].iter().any(|lower| lower.to == rung.to));
    if !climbs {
        item.problem(
            "the ladder does not climb",
            "order its rungs by `late`, each above the one before",
        );
    }
    if repeats {
        item.problem(
            "a post stands on two rungs of the ladder",
            "keep its lower rung: it hears from there on",
        );
    }
    Some(ladder)
}

fn rung(table: &Table<'_>) -> Option<Rung> {
    let late = table.required("late", |item| item.count(0, 1000));
    let to = table.required("to", |item| item.word(&Role::ALL));
    Some(Rung {
        late: late?.into(),
        to: to?,
    })
}

fn lagging_wards(table: &Table<'_>) -> Option<LaggingWards> {
    let everyone = vec![Role::Head, Role::ViceChair, Role::Chair];
    let to = table.or("to", everyone, |item| {
        each_once(item, |post| post.word(&Role::ALL))
    });
    let urgent = table.or("urgent", false, Item::flag);
    let mail = table.or("mail", "ward-lag".to_owned(), Item::text);
    Some(LaggingWards {
        to: to?,
        urgent: urgent?,
        mail: mail?,
    })
}

fn digest(table: &Table<'_>, what: &Item<'_>) -> Option<Digest> {
    let name = what.word(&[("weekly", ())]);
    let to = table.required("to", |item| each_once(item, post));
    let mail = table.or("mail", "digest".to_owned(), Item::text);
    name?;
    Some(Digest {
        mail: mail?,
        to: to?,
    })
}

/// Nobody gets a mail twice.
fn each_once<'d, T: PartialEq>(
    item: &Item<'d>,
    read: impl Fn(&Item<'d>) -> Option<T>,
) -> Option<Vec<T>> {
    let posts = item.one_or_more(read)?;
    if posts
        .iter()
        .enumerate()
        .any(|(at, post)| posts[..at].contains(post))
    {
        item.problem("a post stands twice in `to`", "keep one of them");
    }
    Some(posts)
}

fn post(item: &Item<'_>) -> Option<PostRef> {
    let text = item.text()?;
    let post = PostRef::parse(&text);
    match post {
        Some(PostRef {
            role: Role::Head,
            unit: None,
        }) => {
            item.problem(
                "`head` of which unit?",
                "write `head of 00118`, with the unit's code",
            );
            None
        }
        Some(post) => Some(post),
        None if text.contains('@') => {
            let help = "write a post such as `chair` or `head of 00118`; its holder's address stands in organisation.toml";
            item.problem("recipients are posts, not addresses", help);
            None
        }
        None => {
            let roles = Role::ALL.map(|(word, _)| word);
            item.problem(
                format!("`{text}` is not a post"),
                format!("write {} or `head of 00118`", quoted(roles)),
            );
            None
        }
    }
}

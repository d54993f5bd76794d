//! `config/targets.toml` into `domain::target`.
//!
//! Owns: the file's shape: `count = { online_level = { at_least = 3 } }`.
//! Never: evaluating a target; whether its fields exist (`job::check`).
//! Reads next: `sources.rs`.

use super::reader::{Item, Table};
use crate::domain::ratio::Percent;
use crate::domain::target::{Condition, Promise, Published, Target, TargetLevel, Test};

pub const FILE: &str = "config/targets.toml";

const LEVELS: [(&str, TargetLevel); 4] = [
    ("all", TargetLevel::All),
    ("district", TargetLevel::District),
    ("ward", TargetLevel::Ward),
    ("district-ward", TargetLevel::DistrictWard),
];

/// The whole file.
pub fn targets(root: &Table<'_>) -> Option<Vec<Target>> {
    let targets = root.required_tables("target", target_at)?;
    for (index, (target, at)) in targets.iter().enumerate() {
        if targets[..index]
            .iter()
            .any(|(earlier, _)| earlier.id == target.id)
        {
            root.problem_at(
                *at,
                format!("two targets have the id `{}`", target.id),
                "give each its own `id`",
            );
        }
    }
    Some(targets.into_iter().map(|(target, _)| target).collect())
}

fn target_at(table: &Table<'_>) -> Option<(Target, usize)> {
    let id = table.required("id", name);
    let group = table.required("group", name);
    let title = table.required("title", Item::text);
    let title_en = table.required("title_en", Item::text);
    let records = table.required("records", name);
    let among = table.or("among", Condition::default(), condition);
    let count = table.required("count", condition);
    let by_ward = table.or("by_ward", false, Item::flag);
    let promises = table.required_tables("level", promise);
    let promises = promises?;
    one_promise_a_level(table, &promises);
    let target = Target {
        id: id?,
        group: group?,
        title: title?,
        title_en: title_en?,
        records: records?,
        among: among?,
        count: count?,
        by_ward: by_ward?,
        promises: promises.into_iter().map(|(promise, _)| promise).collect(),
    };
    Some((target, table.at()))
}

fn one_promise_a_level(table: &Table<'_>, promises: &[(Promise, usize)]) {
    if promises.is_empty() {
        table.problem(
            "a target needs a level at which it is promised",
            "add `[[target.level]]`",
        );
    }
    for (index, (promise, at)) in promises.iter().enumerate() {
        if promises[..index]
            .iter()
            .any(|(earlier, _)| earlier.level == promise.level)
        {
            let message = format!(
                "level `{}` stands twice in this target",
                promise.level.as_str()
            );
            table.problem_at(*at, message, "keep one of them");
        }
    }
}

/// Lower-case letters, digits and hyphens.
pub fn name(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    let fits = text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !fits {
        item.problem(
            format!("`{text}` is not a name"),
            "write lower-case letters, digits and `-`",
        );
    }
    fits.then_some(text)
}

/// `{ field = value }`, `{ field = [value, …] }`, `{ field = { at_least = n, at_most = n } }`; all must hold.
fn condition(item: &Item<'_>) -> Option<Condition> {
    let fields = item.table()?.all();
    let tests: Vec<_> = fields
        .iter()
        .map(|(field, item)| tests(field, item))
        .collect();
    let tests: Vec<_> = tests.into_iter().collect::<Option<_>>()?;
    Some(Condition(tests.into_iter().flatten().collect()))
}

fn tests(field: &str, item: &Item<'_>) -> Option<Vec<(String, Test)>> {
    let tests = if item.is_table() {
        bounds(item)?
    } else {
        vec![Test::OneOf(item.one_or_more(Item::value)?)]
    };
    Some(
        tests
            .into_iter()
            .map(|test| (field.to_owned(), test))
            .collect(),
    )
}

fn bounds(item: &Item<'_>) -> Option<Vec<Test>> {
    let table = item.table()?;
    let least = table.maybe("at_least", Item::number);
    let most = table.maybe("at_most", Item::number);
    let (least, most) = (least?, most?);
    if least.is_none() && most.is_none() {
        table.problem(
            "this test says nothing",
            "write `{ at_least = 3 }`, `{ at_most = 3 }` or both",
        );
    }
    Some(
        least
            .map(Test::AtLeast)
            .into_iter()
            .chain(most.map(Test::AtMost))
            .collect(),
    )
}

fn promise(table: &Table<'_>) -> Option<(Promise, usize)> {
    let level = table.required("level", |item| item.word(&LEVELS));
    let at_least = table.required("at_least", percent);
    let decimals = table.required("decimals", |item| item.count(0, 6));
    let only = table.or("only", Condition::default(), condition);
    let published = table.maybe("published", |item| published(&item.table()?));
    let promise = Promise {
        level: level?,
        at_least: at_least?,
        decimals: decimals?,
        only: only?,
        published: published?,
    };
    agrees(table, &promise);
    Some((promise, table.at()))
}

/// A published share has the decimals with which its target is printed.
fn agrees(table: &Table<'_>, promise: &Promise) {
    let printed = promise
        .published
        .as_ref()
        .and_then(|published| published.printed.as_ref());
    let Some(printed) = printed else { return };
    let decimals = printed
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    if decimals != promise.decimals as usize {
        let message = format!(
            "`printed` has {decimals} decimals, but `decimals` is {}",
            promise.decimals
        );
        table.problem(message, format!("write `decimals = {decimals}`"));
    }
}

fn published(table: &Table<'_>) -> Option<Published> {
    let printed = table.maybe("printed", |item| percent_text(item).map(|(text, _)| text));
    let numerator = table.maybe("numerator", whole);
    let denominator = table.maybe("denominator", whole);
    let published = Published {
        printed: printed?,
        numerator: numerator?,
        denominator: denominator?,
    };
    match (published.numerator, published.denominator) {
        (Some(numerator), Some(denominator)) if numerator > denominator || denominator == 0 => {
            let message = format!("{numerator} of {denominator} is not a share");
            table.problem(
                message,
                "the numerator counts some of the denominator's records",
            );
        }
        (Some(_), None) | (None, Some(_)) => {
            table.problem(
                "half a share was published",
                "give both `numerator` and `denominator`, or neither",
            );
        }
        _ => {}
    }
    Some(published)
}

fn whole(item: &Item<'_>) -> Option<u64> {
    item.count(0, u32::MAX).map(u64::from)
}

/// A percentage: `98`, or with decimals as text, `"97.5"`, so that it stays exact.
fn percent(item: &Item<'_>) -> Option<Percent> {
    if let Some(decimal) = item.decimal() {
        let help = format!("write it between quotes, so that it stays exact: `\"{decimal}\"`");
        item.problem(format!("{decimal} has decimals"), help);
        return None;
    }
    if !item.is_text() {
        return item.count(0, 100).map(|units| Percent {
            units: i64::from(units),
            scale: 0,
        });
    }
    percent_text(item).map(|(_, percent)| percent)
}

fn percent_text(item: &Item<'_>) -> Option<(String, Percent)> {
    let text = item.text()?;
    let percent = parse_percent(&text);
    if percent.is_none() {
        item.problem(
            format!("`{text}` is not a percentage"),
            "write it with a point and without `%`: `\"66.76\"`",
        );
    }
    Some((text, percent?))
}

/// From 0 to 100, at most six decimals.
fn parse_percent(text: &str) -> Option<Percent> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let fits = !whole.is_empty() && whole.len() <= 3 && digits(whole) && digits(decimals);
    if !fits || decimals.len() > 6 || text.ends_with('.') {
        return None;
    }
    let scale = u32::try_from(decimals.len()).ok()?;
    let units: i64 = format!("{whole}{decimals}").parse().ok()?;
    (units <= 100 * 10_i64.pow(scale)).then_some(Percent { units, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        let cases = [
            ("98", Some((98, 0))),
            ("97.5", Some((975, 1))),
            ("100.00", Some((10_000, 2))),
            ("100.01", None),
            ("66,76", None),
            ("66.", None),
            (".5", None),
            ("-1", None),
            ("66.76 %", None),
        ];
        for (text, expected) in cases {
            let percent = parse_percent(text).map(|percent| (percent.units, percent.scale));
            assert_eq!(percent, expected, "{text}");
        }
    }
}

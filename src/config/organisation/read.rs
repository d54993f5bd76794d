//! `config/organisation.toml` read: units with their posts, posts with their holders.
//!
//! Owns: the file's shape. A post stands inside its unit, so it cannot name a unit that does not exist.
//! Never: cross-checks with settings and today's date (`job::check`).
//! Reads next: `targets.rs`.

use chrono::NaiveDate;

use super::{Address, Deputy, Holder, Organisation, Post, Role};
use crate::config::reader::{Item, Table};
use crate::domain::organ_id::OrganId;
use crate::domain::unit::{Unit, UnitCode, UnitKind, Units};

pub const FILE: &str = "config/organisation.toml";

const KINDS: [(&str, UnitKind); 3] = [
    ("district", UnitKind::District),
    ("department", UnitKind::Department),
    ("ward", UnitKind::Ward),
];

/// The whole file.
pub fn organisation(root: &Table<'_>) -> Option<Organisation> {
    let district = root.required("district", unit_code);
    let units = root.required_tables("unit", unit)?;
    let district = district?;
    unknown_successor(root, &units);
    same_code_twice(root, &units);
    same_id_twice(root, &units);
    if !units
        .iter()
        .any(|read| read.unit.code == district && read.unit.kind == UnitKind::District)
    {
        let help = "name the code of a `[[unit]]` with `kind = \"district\"`";
        root.get("district")?
            .problem(format!("`{district}` is not the code of a district"), help);
    }
    let (units, posts): (Vec<_>, Vec<_>) = units
        .into_iter()
        .map(|read| (read.unit, read.posts))
        .unzip();
    Some(Organisation {
        district,
        units: Units::new(units),
        posts: posts.into_iter().flatten().collect(),
    })
}

/// A unit, its posts and where it stands.
struct ReadUnit {
    unit: Unit,
    posts: Vec<Post>,
    at: usize,
}

/// Who takes over is a unit of this file.
fn unknown_successor(root: &Table<'_>, units: &[ReadUnit]) {
    for ReadUnit { unit, at, .. } in units {
        let heir = unit.successor.as_ref();
        if let Some(heir) = heir.filter(|heir| !units.iter().any(|known| known.unit.code == **heir))
        {
            let message = format!(
                "`{}` is followed by `{heir}`, and no unit has that code",
                unit.name
            );
            root.problem_at(
                *at,
                message,
                "name the code of a `[[unit]]` as its `successor`",
            );
        }
    }
}

/// A code may be used again, but by one unit at a time.
fn same_code_twice(root: &Table<'_>, units: &[ReadUnit]) {
    for (index, later) in units.iter().enumerate() {
        let unit = &later.unit;
        let together = |other: &&ReadUnit| {
            let other = &other.unit;
            other.code == unit.code
                && overlap(
                    (other.valid_from, other.valid_to),
                    (unit.valid_from, unit.valid_to),
                )
        };
        if let Some(earlier) = units[..index].iter().find(together) {
            let message = format!(
                "code `{}` means `{}` and `{}` on the same day",
                unit.code, earlier.unit.name, unit.name
            );
            root.problem_at(
                later.at,
                message,
                "bound them with `valid_to` and `valid_from`, or correct the code",
            );
        }
    }
}

/// An identifier may pass to another unit, but it never means two on the same day.
fn same_id_twice(root: &Table<'_>, units: &[ReadUnit]) {
    for (index, later) in units.iter().enumerate() {
        let unit = &later.unit;
        for earlier in units[..index].iter().map(|earlier| &earlier.unit) {
            let together = overlap(
                (earlier.valid_from, earlier.valid_to),
                (unit.valid_from, unit.valid_to),
            );
            if let Some(id) = unit
                .ids
                .iter()
                .find(|id| together && earlier.ids.contains(id))
            {
                let message = format!(
                    "identifier `{id}` means `{}` and `{}` on the same day",
                    earlier.name, unit.name
                );
                root.problem_at(later.at, message, "leave it with the unit whose it is");
            }
        }
    }
}

/// Whether two spans of days, both ends inclusive and open where absent, share a day.
fn overlap(
    a: (Option<NaiveDate>, Option<NaiveDate>),
    b: (Option<NaiveDate>, Option<NaiveDate>),
) -> bool {
    let before = |end: Option<NaiveDate>, start: Option<NaiveDate>| {
        end.zip(start).is_some_and(|(end, start)| end < start)
    };
    !before(a.1, b.0) && !before(b.1, a.0)
}

pub fn unit_code(item: &Item<'_>) -> Option<UnitCode> {
    item.parsed(
        UnitCode::parse,
        "write the code between quotes: `\"00118\"`, `\"TNMT\"`",
    )
}

fn organ_id(item: &Item<'_>) -> Option<OrganId> {
    item.parsed(
        OrganId::parse,
        "the level-1 code stands first or last, the other parts are digits",
    )
}

fn unit(table: &Table<'_>) -> Option<ReadUnit> {
    let code = table.required("code", unit_code);
    let name = table.required("name", Item::text);
    let kind = table.required("kind", |item| item.word(&KINDS));
    let ids = table.or("ids", Vec::new(), |item| item.one_or_more(organ_id));
    let valid_from = table.maybe("valid_from", Item::day);
    let valid_to = table.maybe("valid_to", Item::day);
    let successor = table.maybe("successor", unit_code);
    let posts = table.tables("post", post);
    let unit = Unit {
        code: code?,
        name: name?,
        kind: kind?,
        ids: ids?,
        valid_from: valid_from?,
        valid_to: valid_to?,
        successor: successor?,
    };
    in_order(table, unit.valid_from, unit.valid_to)?;
    let posts = posts?;
    one_holder_at_a_time(table, &posts);
    let posts = posts.into_iter().map(|post| post.of(&unit)).collect();
    Some(ReadUnit {
        unit,
        posts,
        at: table.at(),
    })
}

struct ReadPost {
    role: Role,
    title: String,
    title_en: String,
    holders: Vec<(Holder, usize)>,
    deputies: Vec<Deputy>,
}

fn post(table: &Table<'_>) -> Option<ReadPost> {
    let role = table.required("role", |item| item.word(&Role::ALL));
    let title = table.required("title", Item::text);
    let title_en = table.required("title_en", Item::text);
    let holders = table.required("holders", |item| {
        item.each(|holder| self::holder(&holder.table()?))
    });
    let deputies = table.or("deputies", Vec::new(), |item| {
        item.each(|deputy| self::deputy(&deputy.table()?))
    });
    Some(ReadPost {
        role: role?,
        title: title?,
        title_en: title_en?,
        holders: holders?,
        deputies: deputies?,
    })
}

fn deputy(table: &Table<'_>) -> Option<Deputy> {
    let title = table.required("title", Item::text);
    let title_en = table.required("title_en", Item::text);
    let holder = holder(table);
    Some(Deputy {
        title: title?,
        title_en: title_en?,
        holder: holder?.0,
    })
}

fn holder(table: &Table<'_>) -> Option<(Holder, usize)> {
    let address = table.required("address", |item| {
        item.parsed(address, "write `name@domain`, in letters without accents")
    });
    let from = table.maybe("from", Item::day);
    let to = table.maybe("to", Item::day);
    let away = table.or("away", Vec::new(), |item| {
        item.each(|away| self::away(&away.table()?))
    });
    let holder = Holder {
        address: address?,
        from: from?,
        to: to?,
        away: away?,
    };
    in_order(table, holder.from, holder.to).map(|()| (holder, table.at()))
}

/// First and last day of an absence.
fn away(table: &Table<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let from = table.required("from", Item::day);
    let to = table.required("to", Item::day);
    let (from, to) = (from?, to?);
    in_order(table, Some(from), Some(to)).map(|()| (from, to))
}

/// The file's reader may see the address in full: it wrote it.
fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|_| format!("`{text}` is not a mail address"))
}

/// The posts of a unit with the same role are one post: two people never hold it on the same day.
fn one_holder_at_a_time(table: &Table<'_>, posts: &[ReadPost]) {
    for (role, _) in Role::ALL.map(|(word, role)| (role, word)) {
        let holders: Vec<_> = posts
            .iter()
            .filter(|post| post.role == role)
            .flat_map(|post| &post.holders)
            .collect();
        for (index, (later, at)) in holders.iter().enumerate() {
            let together = |(earlier, _): &&&(Holder, usize)| {
                overlap((earlier.from, earlier.to), (later.from, later.to))
            };
            if holders[..index].iter().any(|earlier| together(&earlier)) {
                let message = format!("post `{}` has two holders on the same day", role.as_str());
                table.problem_at(
                    *at,
                    message,
                    "end the earlier one with `to` before the next one's `from`",
                );
            }
        }
    }
}

fn in_order(table: &Table<'_>, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<()> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            let message = format!("the first day {from} is after the last day {to}");
            table.problem(message, "exchange the two dates");
            None
        }
        _ => Some(()),
    }
}

impl ReadPost {
    /// Nobody holds a post before its unit exists or after it is gone.
    fn of(self, unit: &Unit) -> Post {
        let within = |holder: Holder| Holder {
            from: holder.from.max(unit.valid_from),
            to: [holder.to, unit.valid_to].into_iter().flatten().min(),
            ..holder
        };
        Post {
            unit: unit.code.clone(),
            role: self.role,
            title: self.title,
            title_en: self.title_en,
            holders: self
                .holders
                .into_iter()
                .map(|(holder, _)| within(holder))
                .collect(),
            deputies: self
                .deputies
                .into_iter()
                .map(|deputy| Deputy {
                    holder: within(deputy.holder),
                    ..deputy
                })
                .collect(),
        }
    }
}

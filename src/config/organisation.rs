//! `config/organisation.toml`: units, posts and who holds them.
//!
//! Owns: finding the recipient who holds a post on a day.
//! Never: which alert goes to which post (`domain::decide`).
//! Reads next: `organisation/address.rs`, `organisation/read.rs`, `targets.rs`.

mod address;
mod read;

pub use address::{Address, NotAnAddress};
pub use read::{FILE, organisation};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::unit::{UnitCode, Units};

/// A post's role within its unit. A ward's head is the chair of its committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Head,
    ViceChair,
    Chair,
    /// Runs the program; hears what goes wrong with it.
    Operator,
}

impl Role {
    pub const ALL: [(&'static str, Self); 4] = [
        ("head", Self::Head),
        ("vice-chair", Self::ViceChair),
        ("chair", Self::Chair),
        ("operator", Self::Operator),
    ];

    /// The word for this role in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::ViceChair => "vice-chair",
            Self::Chair => "chair",
            Self::Operator => "operator",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(word, _)| *word == text)
            .map(|(_, role)| role)
    }
}

#[derive(Clone, Debug)]
pub struct Organisation {
    /// The unit whose vice-chair and chair are the upper rungs of every ladder.
    pub district: UnitCode,
    pub units: Units,
    pub posts: Vec<Post>,
}

#[derive(Clone, Debug)]
pub struct Post {
    pub unit: UnitCode,
    pub role: Role,
    /// As it stands after "Kính gửi: Đồng chí …".
    pub title: String,
    pub title_en: String,
    pub holders: Vec<Holder>,
    /// Who hears while the holder is away, or the post is vacant.
    pub deputies: Vec<Deputy>,
}

#[derive(Clone, Debug)]
pub struct Deputy {
    /// Of the deputy's own post.
    pub title: String,
    pub title_en: String,
    pub holder: Holder,
}

#[derive(Clone, Debug)]
pub struct Holder {
    pub address: Address,
    /// Inclusive; `None`: since ever.
    pub from: Option<NaiveDate>,
    /// Inclusive; `None`: still.
    pub to: Option<NaiveDate>,
    /// First and last days of absences.
    pub away: Vec<(NaiveDate, NaiveDate)>,
}

impl Organisation {
    /// Whoever hears for the post `role` of `unit` itself on a day: its holder, or a deputy while nobody is there.
    #[must_use]
    pub fn holder(&self, unit: &UnitCode, role: Role, on: NaiveDate) -> Option<Recipient> {
        let posts = self
            .posts
            .iter()
            .filter(|post| post.unit == *unit && post.role == role);
        posts.into_iter().find_map(|post| post.recipient(on))
    }

    /// Whoever runs the program on a day: the district's operator, else that of the first unit in the file which
    /// has one then (since 2025-07-01 there is no district).
    #[must_use]
    pub fn operator(&self, on: NaiveDate) -> Option<Recipient> {
        let of_any = || {
            let posts = self.posts.iter().filter(|post| post.role == Role::Operator);
            posts.into_iter().find_map(|post| post.recipient(on))
        };
        self.holder(&self.district, Role::Operator, on)
            .or_else(of_any)
    }

    /// Who stands in for the post `role` of `unit` on a day, whether its holder is there or not: who gets a mail that
    /// the holder's address refuses.
    #[must_use]
    pub fn deputy(&self, unit: &UnitCode, role: Role, on: NaiveDate) -> Option<Recipient> {
        let of_post = |post: &&Post| post.unit == *unit && post.role == role;
        self.posts.iter().filter(of_post).find_map(|post| {
            let deputy = post.deputy(on)?;
            Some(Recipient {
                unit: unit.clone(),
                role,
                title: deputy.title.clone(),
                title_en: deputy.title_en.clone(),
                address: deputy.holder.address.clone(),
            })
        })
    }

    /// The day after the last one on which somebody held the post `role` of `unit` or stood in for it; `None`: nobody
    /// ever did.
    #[must_use]
    pub fn vacant_since(&self, unit: &UnitCode, role: Role, on: NaiveDate) -> Option<NaiveDate> {
        let of_post = |post: &&Post| post.unit == *unit && post.role == role;
        let posts: Vec<&Post> = self.posts.iter().filter(of_post).collect();
        let ends = posts.iter().flat_map(|post| {
            let deputies = post.deputies.iter().map(|deputy| &deputy.holder);
            post.holders.iter().chain(deputies).flat_map(Holder::ends)
        });
        ends.filter(|end| *end < on)
            .filter_map(|end| end.succ_opt())
            .max()
    }

    /// Whether anybody ever holds the post `role` of `unit`: a post that is only vacant for a while is no slip.
    #[must_use]
    pub fn is_ever_held(&self, unit: &UnitCode, role: Role) -> bool {
        let of_post = |post: &&Post| post.unit == *unit && post.role == role;
        self.posts
            .iter()
            .filter(of_post)
            .any(|post| !post.holders.is_empty())
    }

    /// Whoever hears about `unit` at the rung `role` of the ladder on a day: the unit's own post if it
    /// has one that day, else the district's. A head is always the unit's own.
    #[must_use]
    pub fn rung(&self, unit: &UnitCode, role: Role, on: NaiveDate) -> Option<Recipient> {
        let own = self.holder(unit, role, on);
        if role == Role::Head {
            own
        } else {
            own.or_else(|| self.holder(&self.district, role, on))
        }
    }
}

impl Post {
    fn recipient(&self, on: NaiveDate) -> Option<Recipient> {
        let there = self.holders.iter().find(|holder| holder.is_there_on(on));
        let recipient = |holder: &Holder, title: &str, title_en: &str| Recipient {
            unit: self.unit.clone(),
            role: self.role,
            title: title.to_owned(),
            title_en: title_en.to_owned(),
            address: holder.address.clone(),
        };
        there
            .map(|holder| recipient(holder, &self.title, &self.title_en))
            .or_else(|| {
                let deputy = self.deputy(on)?;
                Some(recipient(&deputy.holder, &deputy.title, &deputy.title_en))
            })
    }

    fn deputy(&self, on: NaiveDate) -> Option<&Deputy> {
        let mut deputies = self.deputies.iter();
        deputies.find(|deputy| deputy.holder.is_there_on(on))
    }
}

impl Holder {
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// The days after which the holder is not there: the last one, and those before absences.
    fn ends(&self) -> impl Iterator<Item = NaiveDate> {
        let before_absences = self.away.iter().filter_map(|(from, _)| from.pred_opt());
        before_absences.chain(self.to)
    }

    /// Holds the post and is not away.
    #[must_use]
    pub fn is_there_on(&self, day: NaiveDate) -> bool {
        let away = |(from, to): &(NaiveDate, NaiveDate)| (*from..=*to).contains(&day);
        self.holds_on(day) && !self.away.iter().any(away)
    }
}

/// Someone a mail goes to: the holder of a post on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub unit: UnitCode,
    pub role: Role,
    pub title: String,
    pub title_en: String,
    pub address: Address,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document::Document;
    use crate::config::reader::read;

    fn shipped() -> Organisation {
        read(
            &Document::new(FILE, include_str!("../../config/organisation.toml")),
            organisation,
        )
        .unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn full(recipient: Option<Recipient>) -> Option<(String, String)> {
        recipient.map(|recipient| (recipient.title, recipient.address.full().to_owned()))
    }

    #[test]
    fn a_code_that_was_used_again_leads_to_the_head_of_its_day() {
        let organisation = shipped();
        let code = UnitCode::parse("00118").unwrap();
        let head = |on| {
            full(organisation.holder(&code, Role::Head, day(on)))
                .unwrap()
                .0
        };
        assert_eq!(head("2020-06-01"), "Chủ tịch UBND phường Ngọc Thụy");
        assert_eq!(head("2025-06-30"), "Chủ tịch UBND phường Ngọc Thụy");
        assert_eq!(head("2025-07-01"), "Chủ tịch UBND phường Bồ Đề");
    }

    #[test]
    fn the_upper_rungs_are_the_district_s_as_long_as_there_is_one() {
        let organisation = shipped();
        let code = UnitCode::parse("TNMT").unwrap();
        let rung =
            |role, on| full(organisation.rung(&code, role, day(on))).map(|(_, address)| address);
        assert_eq!(
            rung(Role::Head, "2020-06-01").unwrap(),
            "truongphong.tnmt@longbien.example"
        );
        assert_eq!(
            rung(Role::Chair, "2020-06-01").unwrap(),
            "chutich@longbien.example"
        );
        assert_eq!(rung(Role::Chair, "2025-07-01"), None);
    }

    #[test]
    fn somebody_runs_the_program_before_and_after_the_reform() {
        let organisation = shipped();
        let operator = |on| {
            let found = organisation.operator(day(on)).unwrap();
            (
                found.unit.as_str().to_owned(),
                found.address.full().to_owned(),
            )
        };
        let address = "quantri.dondoc@longbien.example".to_owned();
        assert_eq!(operator("2020-06-01"), ("004".to_owned(), address.clone()));
        assert_eq!(operator("2025-07-01"), ("00145".to_owned(), address));
    }

    #[test]
    fn nobody_else_s_head_is_ever_told() {
        let organisation = shipped();
        let gone = UnitCode::parse("00142").unwrap();
        assert_eq!(
            organisation.rung(&gone, Role::Head, day("2025-01-01")),
            None
        );
    }

    #[test]
    fn the_units_of_2020_and_of_today_are_there() {
        let units = shipped().units;
        let count = |on: &str, kind| units.on(day(on)).filter(|unit| unit.kind == kind).count();
        use crate::domain::unit::UnitKind::{Department, Ward};
        assert_eq!(
            (count("2020-06-01", Department), count("2020-06-01", Ward)),
            (12, 14)
        );
        assert_eq!(count("2025-01-01", Ward), 13);
        assert_eq!(
            (count("2026-11-24", Department), count("2026-11-24", Ward)),
            (0, 4)
        );
    }
}

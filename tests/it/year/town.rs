//! Dossiers that come, move, stand still and go by chance, and the people who answer for them.
//!
//! Owns: the world of one year.
//! Never: what is told of it.
//! Reads next: `../rows.rs`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use serde_json::Value;

use crate::rows;

const WARDS: [(&str, &str); 14] = [
    ("00115", "thuongthanh"),
    ("00118", "ngocthuy"),
    ("00121", "giangbien"),
    ("00124", "ducgiang"),
    ("00127", "viethung"),
    ("00130", "giathuy"),
    ("00133", "ngoclam"),
    ("00136", "phucloi"),
    ("00139", "bode"),
    ("00142", "saidong"),
    ("00145", "phuong.longbien"),
    ("00148", "thachban"),
    ("00151", "phucdong"),
    ("00154", "cukhoi"),
];
const DEPARTMENT: (&str, &str) = ("TNMT", "truongphong.tnmt");
/// Dossiers that come on a working day.
const ARRIVE: usize = 13;

#[derive(Clone, Debug)]
pub struct Dossier {
    pub code: String,
    pub unit: String,
    pub received: NaiveDate,
    pub due: NaiveDate,
    first_due: NaiveDate,
    finished: Option<NaiveDate>,
    is_stopped: bool,
}

/// An absence of a head, with or without somebody who stands in.
#[derive(Clone, Debug)]
struct Absence {
    from: NaiveDate,
    to: NaiveDate,
}

pub struct Town {
    pub chance: Rng,
    dossiers: BTreeMap<String, Dossier>,
    /// As the source showed them when it was last read.
    read: BTreeMap<String, Dossier>,
    changed: BTreeSet<String>,
    today: NaiveDate,
    absences: BTreeMap<&'static str, Vec<Absence>>,
    deputies: BTreeSet<&'static str>,
}

impl Dossier {
    /// At half past seven in the morning: due days end at five in the afternoon.
    pub fn is_overdue(&self, day: NaiveDate) -> bool {
        self.finished.is_none() && !self.is_stopped && self.due < day
    }

    fn row(&self, changed: NaiveDate) -> Value {
        let day = |day: NaiveDate| day.format("%Y%m%d").to_string();
        let row = rows::dossier(&self.code)
            .unit(&self.unit)
            .received(&day(self.received));
        let row = match self.first_due == self.due {
            true => row.due(&day(self.due)),
            false => row.rescheduled(&day(self.first_due), &day(self.due)),
        };
        let row = match self.finished {
            Some(finished) => row.finished(&day(finished)),
            None if self.is_stopped => row.with("TrangThaiHoSo", "5"),
            None => row,
        };
        row.changed(&format!("{}060000", day(changed))).row()
    }
}

impl Town {
    pub fn new(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let mut absences: BTreeMap<&str, Vec<Absence>> = BTreeMap::new();
        let mut deputies = BTreeSet::new();
        let first: NaiveDate = "2020-01-02".parse().unwrap();
        for (code, _) in WARDS {
            let mut from = first + Days::new(chance.u64(10..90));
            while chance.u32(..4) > 0 && from < first + Days::new(350) {
                let to = from + Days::new(chance.u64(..25));
                absences.entry(code).or_default().push(Absence { from, to });
                from = to + Days::new(chance.u64(2..90));
            }
            if chance.bool() {
                deputies.insert(code);
            }
        }
        Self {
            chance,
            dossiers: BTreeMap::new(),
            read: BTreeMap::new(),
            changed: BTreeSet::new(),
            today: first,
            absences,
            deputies,
        }
    }

    /// Edits of the organisation's file: who is away when, and who stands in. Two wards have the same head.
    pub fn people(&self) -> Vec<(String, String)> {
        WARDS
            .iter()
            .map(|(code, name)| {
                let from = format!("holders = [{{ address = \"chutich.{name}@longbien.example\" }}]");
                let away: Vec<String> = self.absences.get(code).into_iter().flatten().map(|it| format!("{{ from = {}, to = {} }}", it.from, it.to)).collect();
                let holder = self.holder(code);
                let mut to = format!("holders = [{{ address = \"{holder}\", away = [{}] }}]", away.join(", "));
                if self.deputies.contains(code) {
                    to.push_str(&format!("\ndeputies = [{{ address = \"pho.{name}@longbien.example\", title = \"Phó Chủ tịch\", title_en = \"Deputy\" }}]"));
                }
                (from, to)
            })
            .collect()
    }

    fn holder(&self, unit: &str) -> String {
        // One person is head of two wards.
        let unit = if unit == "00121" { "00115" } else { unit };
        let ward = WARDS.iter().find(|(code, _)| *code == unit);
        match ward {
            Some((_, name)) => format!("chutich.{name}@longbien.example"),
            None => format!("{}@longbien.example", DEPARTMENT.1),
        }
    }

    /// Whoever hears as head of the unit on a day; `None`: nobody is there.
    pub fn head_of(&self, unit: &str, day: NaiveDate) -> Option<String> {
        let away = self
            .absences
            .get(unit)
            .into_iter()
            .flatten()
            .any(|it| (it.from..=it.to).contains(&day));
        if !away {
            return Some(self.holder(unit));
        }
        let name = WARDS.iter().find(|(code, _)| *code == unit)?.1;
        self.deputies
            .contains(unit)
            .then(|| format!("pho.{name}@longbien.example"))
    }

    /// The post under which this address hears of the dossier.
    pub fn post_of(&self, address: &str, dossier: &Dossier, day: NaiveDate) -> String {
        match address {
            _ if self.head_of(&dossier.unit, day).as_deref() == Some(address) => {
                format!("head@{}", dossier.unit)
            }
            "phochutich@longbien.example" => "vice-chair@004".to_owned(),
            _ => "chair@004".to_owned(),
        }
    }

    /// What happened since the morning before: it is known to the source at six.
    pub fn pass_day(&mut self, day: NaiveDate, is_worked: &dyn Fn(NaiveDate) -> bool) {
        self.today = day;
        let yesterday = day.pred_opt().unwrap();
        let later = |from: NaiveDate, days: usize| {
            from.iter_days()
                .skip(1)
                .filter(|day| is_worked(*day))
                .nth(days)
                .unwrap()
        };
        let codes: Vec<String> = self
            .dossiers
            .values()
            .filter(|it| it.finished.is_none())
            .map(|it| it.code.clone())
            .collect();
        for code in codes {
            let is_overdue = self.dossiers[&code].is_overdue(day);
            let drawn = self.chance.u32(..1000);
            let unit = WARDS[self.chance.usize(..WARDS.len())].0;
            let extra = self.chance.usize(3..9);
            let dossier = self.dossiers.get_mut(&code).unwrap();
            match drawn {
                0..=109 if !is_overdue => dossier.finished = Some(yesterday),
                0..=69 if is_overdue => dossier.finished = Some(yesterday),
                200..=219 => dossier.is_stopped = !dossier.is_stopped,
                220..=229 if dossier.first_due == dossier.due => dossier.due = later(day, extra),
                230..=234 => dossier.unit = unit.to_owned(),
                _ => continue,
            }
            self.changed.insert(code);
        }
        for n in 0..self.chance.usize(..2 * ARRIVE) {
            let unit = match self.chance.usize(..15) {
                14 => DEPARTMENT.0,
                ward => WARDS[ward].0,
            };
            let code = format!("H26.23.14-{}-{n:04}", yesterday.format("%y%m%d"));
            let due = later(yesterday, self.chance.usize(..9));
            let dossier = Dossier {
                code: code.clone(),
                unit: unit.to_owned(),
                received: yesterday,
                due,
                first_due: due,
                finished: None,
                is_stopped: false,
            };
            self.dossiers.insert(code.clone(), dossier);
            self.changed.insert(code);
        }
    }

    /// Rows that changed since the source was last read.
    pub fn changed_rows(&self) -> Vec<Value> {
        self.changed
            .iter()
            .map(|code| self.dossiers[code].row(self.today))
            .collect()
    }

    pub fn is_read(&mut self) {
        for code in std::mem::take(&mut self.changed) {
            self.read.insert(code.clone(), self.dossiers[&code].clone());
        }
    }

    /// The dossiers as the program can know them.
    pub fn read(&self) -> impl Iterator<Item = &Dossier> {
        self.read.values()
    }

    pub fn find(&self, code: &str) -> &Dossier {
        self.read
            .get(code)
            .unwrap_or_else(|| panic!("nobody ever showed {code}"))
    }
}

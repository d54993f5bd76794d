//! A year of alerts: 250 working days, 15 units, thousands of dossiers with histories of chance, absences, promises,
//! silent sources and restarts; every letter is held against what an independent reckoning expects of it.
//!
//! Owns: the days, the people, what must and what must not be told.
//! Never: asking the program what it should have done.
//! Reads next: `year/town.rs`, `year/letter.rs`.

mod letter;
mod town;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use dondoc::domain::answer::AnswerKind;
use dondoc::store::answers::{Answered, Via};
use dondoc::store::runs::RunStatus;

use crate::app::TestApp;
use crate::database::stories;
use crate::letters_sent::Sent;
use crate::scripted::{Answer, DOSSIERS};
use letter::{Entry, Mark, entries};
use town::{Dossier, Town};

const JOB: &str = "jobs/overdue-alerts.toml";
const ORGANISATION: &str = "config/organisation.toml";
const DAYS: usize = 250;
const FIRST: &str = "2020-01-02";
/// Working days late from which the vice-chair and the chair hear.
const RUNGS: [(i64, &str); 2] = [(3, "phochutich"), (10, "chutich")];
/// Working days to the first reminder, and to each later one.
const REMIND: [i64; 2] = [4, 8];

/// A dossier that is late by one due day, and who hears of it.
type Lateness = (String, String, NaiveDate);

/// What somebody heard of a lateness.
#[derive(Clone, Debug, Default)]
struct Heard {
    rung: i64,
    last: NaiveDate,
    reminders: usize,
    broken: BTreeSet<NaiveDate>,
}

/// The reckoning, kept beside the program.
#[derive(Default)]
struct Reckoning {
    heard: BTreeMap<Lateness, Heard>,
    warned: BTreeSet<Lateness>,
    ended: BTreeSet<(String, String, String)>,
    /// The last day on which a promise holds.
    promised: BTreeMap<String, NaiveDate>,
    silent: BTreeMap<(String, String), NaiveDate>,
    /// The last mail that was looked at.
    seen: i64,
    letters: usize,
    told: usize,
}

stories! {
    async fn two_hundred_and_fifty_working_days_of_alerts(app: &mut TestApp) {
        let seed = std::env::var("DONDOC_YEAR").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        prepare(app, seed).await;
        let mut town = Town::new(seed);
        let mut reckoning = Reckoning::default();
        let mut day: NaiveDate = FIRST.parse().unwrap();
        let mut read_on = None;
        // A year is lived through once; the other database has a month of it.
        let days = if app.store.kind() == "SQLite" { DAYS } else { DAYS / 12 };
        for _ in 0..days {
            while !is_worked(app, day) {
                day = day.succ_opt().unwrap();
            }
            town.pass_day(day, &|day| is_worked(app, day));
            let fails = town.chance.u32(..30) == 0;
            live(app, &mut town, day, fails).await;
            if !fails {
                town.is_read();
                read_on = Some(day);
            }
            let is_stale = read_on.is_none_or(|read: NaiveDate| (day - read).num_days() > 1);
            reckoning.hold(app, &town, day, is_stale).await;
            reckoning.answer(app, &mut town, day).await;
            if town.chance.u32(..40) == 0 {
                app.reopen().await;
            }
            day = day.succ_opt().unwrap();
        }
        assert!(reckoning.letters > 4 * days && reckoning.told > 8 * days, "{} letters, {} told", reckoning.letters, reckoning.told);
    }
}

/// The ladder, the reminders, and the people of this year.
async fn prepare(app: &mut TestApp, seed: u64) {
    let ladder = "ladder = [{ late = 0, to = \"head\" }, { late = 3, to = \"vice-chair\" }, { late = 10, to = \"chair\" }] #";
    app.edit(JOB, "ladder = [{ late = 0, to = \"head\" }]", ladder)
        .await;
    app.edit(JOB, "# remind = 3", "remind = [4, 8]").await;
    for (from, to) in Town::new(seed).people() {
        app.edit(ORGANISATION, &from, &to).await;
    }
}

fn is_worked(app: &TestApp, day: NaiveDate) -> bool {
    app.files.calendar.is_worked(day).worked
}

/// Working days in (from, to], day by day.
fn between(app: &TestApp, from: NaiveDate, to: NaiveDate) -> i64 {
    let days = from.iter_days().skip(1).take_while(|day| *day <= to);
    i64::try_from(days.filter(|day| is_worked(app, *day)).count()).unwrap()
}

/// One morning: the source shows what changed, or fails; the job runs, now and then once more before noon.
async fn live(app: &mut TestApp, town: &mut Town, day: NaiveDate, fails: bool) {
    app.at(&format!("{day} 07:30"));
    if fails {
        app.city.fails("/", Answer::Status(503));
    } else {
        app.city.heals();
        app.city.shows(DOSSIERS, town.changed_rows());
    }
    let ran = app.run("overdue-alerts").await;
    let expected = if fails {
        RunStatus::Partial
    } else {
        RunStatus::Succeeded
    };
    assert_eq!(ran.status(), expected, "{day}: {ran:#?}");
    if town.chance.u32(..5) == 0 {
        app.at(&format!("{day} 11:00"));
        app.run("overdue-alerts").await;
    }
}

impl Reckoning {
    /// Every letter of this day against what had to be told.
    async fn hold(&mut self, app: &TestApp, town: &Town, day: NaiveDate, is_stale: bool) {
        let new = app.store.mails_after(self.seen).await.unwrap();
        self.seen = new.last().map_or(self.seen, |mail| mail.id);
        let today = Sent::read_all(&app.store, new).await;
        assert!(today.iter().all(|sent| on(sent.date) == day));
        let mut told: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for sent in today
            .iter()
            .filter(|sent| !sent.post.starts_with("operator"))
        {
            let known = told.insert(sent.recipient.clone(), entries(sent));
            assert!(
                known.is_none(),
                "{day}: a second letter to {}",
                sent.recipient
            );
            self.letters += 1;
        }
        if is_stale {
            assert!(
                told.is_empty(),
                "{day}: an alarm from old figures: {told:?}"
            );
            return;
        }
        self.expect(app, town, day, &told);
        for (address, entries) in told {
            for entry in entries {
                self.check(app, town, day, &address, &entry);
            }
        }
    }

    /// Nobody who had to hear was left out.
    fn expect(
        &self,
        app: &TestApp,
        town: &Town,
        day: NaiveDate,
        told: &BTreeMap<String, Vec<Entry>>,
    ) {
        for dossier in town.read().filter(|dossier| dossier.is_overdue(day)) {
            let late = between(app, dossier.due, day);
            if self
                .promised
                .get(&dossier.code)
                .is_some_and(|until| day <= *until)
            {
                continue;
            }
            for (address, rung) in hearers(town, dossier, late, day) {
                let post = town.post_of(&address, dossier, day);
                if self
                    .silent
                    .get(&(dossier.code.clone(), post))
                    .is_some_and(|until| day <= *until)
                {
                    continue;
                }
                let key = (address.clone(), dossier.code.clone(), dossier.due);
                let heard = self.heard.get(&key);
                if heard.is_some_and(|heard| heard.rung >= rung) {
                    continue;
                }
                let entries = told.get(&address).map_or(&[][..], Vec::as_slice);
                assert!(
                    entries
                        .iter()
                        .any(|entry| entry.code == dossier.code && entry.mark != Mark::Over),
                    "{day}: {address} had to hear of {dossier:?}, {late} working days late, rung {rung}; told {entries:?}; heard {heard:?}"
                );
            }
        }
    }

    /// What was told is true, is theirs, and is told for the first time for its reason.
    fn check(&mut self, app: &TestApp, town: &Town, day: NaiveDate, address: &str, entry: &Entry) {
        let dossier = town.find(&entry.code);
        let key = (address.to_owned(), entry.code.clone(), dossier.due);
        self.told += 1;
        if entry.mark == Mark::Over {
            let once = self.ended.insert((
                address.to_owned(),
                entry.code.clone(),
                format!("{} {}", entry.how, dossier.due),
            ));
            assert!(
                once,
                "{day}: {address} hears twice that {} is over",
                entry.code
            );
            let is_theirs = town.head_of(&dossier.unit, day).as_deref() == Some(address);
            let is_over = if entry.how.starts_with("Không còn ở đơn vị") {
                // One person is head of two wards, and hears in the post of each.
                !is_theirs || address.starts_with("chutich.thuongthanh@")
            } else {
                !dossier.is_overdue(day)
            };
            assert!(
                is_over,
                "{day}: {address} hears that it is over: {entry:?} {dossier:?}"
            );
            return;
        }
        let hears = town.head_of(&dossier.unit, day).as_deref() == Some(address)
            || RUNGS
                .iter()
                .any(|(_, name)| address.starts_with(&format!("{name}@")));
        assert!(
            hears,
            "{day}: {address} is told of another unit's {dossier:?}"
        );
        if entry.mark == Mark::Soon {
            assert!(
                !dossier.is_overdue(day) && between(app, day, dossier.due) <= 2,
                "{day}: {dossier:?}"
            );
            assert!(self.warned.insert(key), "{day}: warned twice: {dossier:?}");
            return;
        }
        assert!(
            dossier.is_overdue(day),
            "{day}: {address} is told that this is overdue: {dossier:?}"
        );
        let late = between(app, dossier.due, day);
        let rung = hearers(town, dossier, late, day)
            .get(address)
            .copied()
            .unwrap_or_else(|| panic!("{day}: too early for {address}: {dossier:?}"));
        let promise = self.promised.get(&dossier.code).copied();
        assert!(
            promise.is_none_or(|until| until < day),
            "{day}: it was promised: {dossier:?}"
        );
        let Some(heard) = self.heard.get_mut(&key) else {
            assert_eq!(entry.mark, Mark::New, "{day}: {address} {entry:?}");
            self.heard.insert(
                key,
                Heard {
                    rung,
                    last: day,
                    ..Heard::default()
                },
            );
            return;
        };
        match entry.mark {
            Mark::Worse => assert!(
                heard.rung < rung,
                "{day}: {address} heard of rung {rung} before: {dossier:?}"
            ),
            Mark::Broken => assert!(
                heard.broken.insert(promise.unwrap()),
                "{day}: {address} heard of the broken promise"
            ),
            Mark::Reminder => {
                heard.reminders += 1;
                let wait = REMIND[(heard.reminders - 1).min(REMIND.len() - 1)];
                assert!(
                    between(app, heard.last, day) >= wait,
                    "{day}: {address} is reminded too early: {dossier:?} {heard:?}"
                );
            }
            Mark::New | Mark::Soon | Mark::Over => {
                panic!("{day}: {address} hears twice: {entry:?} {heard:?}")
            }
        }
        heard.rung = heard.rung.max(rung);
        heard.last = day;
    }

    /// Now and then somebody answers at nine.
    async fn answer(&mut self, app: &mut TestApp, town: &mut Town, day: NaiveDate) {
        app.at(&format!("{day} 11:30"));
        for alert in app.store.open_alerts().await.unwrap() {
            let Some(code) = alert.about.strip_prefix("dossier/") else {
                continue;
            };
            let is_late = self.heard.contains_key(&(
                alert.recipient.clone(),
                code.to_owned(),
                town.find(code).due,
            ));
            let (kind, days) = match town.chance.u32(..120) {
                0..=1 if is_late => (AnswerKind::Promised, 1 + town.chance.i64(0..5)),
                2 if is_late => (AnswerKind::Silenced, 1 + town.chance.i64(0..8)),
                _ => continue,
            };
            let until = app.files.calendar.add(day, days).unwrap().date;
            let answered = Answered {
                about: alert.about.clone(),
                post: alert.post.clone(),
                recipient: alert.recipient.clone(),
                kind,
                until: Some(until),
                via: Via::Command,
                message_id: None,
                at: app.clock.now(),
            };
            let write = app.store.write().await.unwrap();
            write.save_answer(&answered).await.unwrap();
            write.commit().await.unwrap();
            match kind {
                AnswerKind::Promised => self.promised.insert(code.to_owned(), until),
                _ => self
                    .silent
                    .insert((code.to_owned(), alert.post.clone()), until),
            };
        }
    }
}

/// Who hears of a dossier so late, and the highest rung for which.
fn hearers(town: &Town, dossier: &Dossier, late: i64, day: NaiveDate) -> BTreeMap<String, i64> {
    let mut hearers = BTreeMap::new();
    let upper = |name: &str| format!("{name}@longbien.example");
    // Where nobody is head, the vice-chair hears.
    let head = town
        .head_of(&dossier.unit, day)
        .unwrap_or_else(|| upper("phochutich"));
    hearers.insert(head, 0);
    for (rung, name) in RUNGS.into_iter().filter(|(rung, _)| *rung <= late) {
        let known = hearers.entry(upper(name)).or_insert(rung);
        *known = rung.max(*known);
    }
    hearers
}

fn on(date: i64) -> NaiveDate {
    let at = chrono::DateTime::from_timestamp(date, 0).unwrap() + chrono::TimeDelta::hours(7);
    let day = at.date_naive();
    assert!(day.year() >= 2020);
    day
}

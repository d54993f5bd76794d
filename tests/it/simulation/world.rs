//! The world of a simulated process: its time, its database's moods, its mail relay, its death.
//!
//! Owns: chance, the trace, what was done to the program and what it was told.
//! Never: a rule of the program.
//! Reads next: `process.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};
use dondoc::clock::Clock;
use dondoc::job::watch::Watcher;
use dondoc::mail::transport::{Carrier, Outcome};
use dondoc::store::Observer;

/// How the simulated process dies: with no chance to do anything.
#[derive(Debug)]
pub struct Killed;

/// What is done to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `kill -9` between two statements.
    Kill,
    /// `kill -9` while a mail is under way.
    KillInMail,
    /// One statement fails.
    Refuse,
    /// A commit is done, and its answer lost.
    LoseAnswer,
    /// Somebody else holds the write lock for a while.
    Lock,
    /// The database does not answer at all for a while.
    Gone,
    ClockBack,
    ClockForward,
    /// The machine sleeps for a day.
    Suspend,
    /// SIGTERM.
    Stop,
    /// A step panics.
    Panic,
    /// The relay answers 4xx, 5xx, or not at all.
    Relay,
}

/// One message in the hands of the relay.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    pub bytes: Vec<u8>,
    /// How often its reader got it.
    pub arrived: usize,
    pub refused: bool,
    /// How often nobody could know whether it arrived.
    pub doubts: usize,
    /// The relay asked for it again.
    pub waits: bool,
    pub has_changed: bool,
}

pub struct World {
    pub clock: Clock,
    state: Mutex<State>,
}

pub struct State {
    pub rng: fastrand::Rng,
    pub is_calm: bool,
    is_dead: bool,
    /// Statements until it happens.
    armed: Option<(u32, Fault)>,
    kill_in_mail: bool,
    panics: Option<u32>,
    locked_until: DateTime<Utc>,
    gone_until: DateTime<Utc>,
    /// Time that has really passed.
    pub lived: TimeDelta,
    /// The latest time the clock has ever shown.
    pub high_water: DateTime<Utc>,
    /// `now` of the tick under way.
    pub tick: DateTime<Utc>,
    moves_cursors: bool,
    /// `now` of every tick that was committed.
    pub ticks: Vec<DateTime<Utc>>,
    pub carried: BTreeMap<String, Carried>,
    pub faults: BTreeMap<Fault, usize>,
    /// Where a fault struck: statement and fault.
    pub struck: BTreeMap<(String, Fault), usize>,
    pub statements: u64,
    pub panicked_jobs: Vec<String>,
    pub trace: Vec<String>,
    pub is_traced: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub fn new(seed: u64, start: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::fixed(start),
            state: Mutex::new(State {
                rng: fastrand::Rng::with_seed(seed),
                is_calm: true,
                is_dead: false,
                armed: None,
                kill_in_mail: false,
                panics: None,
                locked_until: start,
                gone_until: start,
                lived: TimeDelta::zero(),
                high_water: start,
                tick: start,
                moves_cursors: false,
                ticks: Vec::new(),
                carried: BTreeMap::new(),
                faults: BTreeMap::new(),
                struck: BTreeMap::new(),
                statements: 0,
                panicked_jobs: Vec::new(),
                trace: Vec::new(),
                is_traced: false,
            }),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Time passes, and the clock shows it.
    pub fn pass(&self, time: TimeDelta) {
        self.state().lived += time;
        self.step(time);
    }

    /// The clock is set to another time.
    pub fn step(&self, by: TimeDelta) {
        let at = self.now() + by;
        self.clock.set(at);
        let mut state = self.state();
        state.high_water = state.high_water.max(at);
    }

    pub fn chance(&self, one_in: u32) -> bool {
        self.state().rng.u32(0..one_in) == 0
    }

    pub fn below(&self, n: u32) -> u32 {
        self.state().rng.u32(0..n)
    }

    pub fn note(&self, line: impl fmt::Display) {
        let now = self.now();
        self.state().line(now, &line.to_string());
    }

    pub fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    pub fn revive(&self) {
        let mut state = self.state();
        state.is_dead = false;
        state.armed = None;
        state.kill_in_mail = false;
        state.panics = None;
        state.moves_cursors = false;
    }

    /// No more faults, and a relay that takes everything.
    pub fn calm_down(&self) {
        self.revive();
        let now = self.now();
        let mut state = self.state();
        state.is_calm = true;
        (state.locked_until, state.gone_until) = (now, now);
    }

    /// Somebody asks for a fault in the time to come.
    pub fn arm(&self, fault: Fault) {
        let now = self.now();
        let mut state = self.state();
        state.line(now, &format!("armed: {fault:?}"));
        match fault {
            Fault::Kill | Fault::Refuse | Fault::LoseAnswer => {
                let n = state
                    .rng
                    .u32(0..if fault == Fault::LoseAnswer { 25 } else { 160 });
                state.armed = Some((n, fault));
            }
            Fault::KillInMail => state.kill_in_mail = true,
            Fault::Panic => state.panics = Some(state.rng.u32(0..3)),
            Fault::Lock => {
                let seconds = state.rng.i64(5..120);
                state.locked_until = now + TimeDelta::seconds(seconds);
                state.count(fault);
            }
            Fault::Gone => {
                let seconds = state.rng.i64(5..120);
                state.gone_until = now + TimeDelta::seconds(seconds);
                state.count(fault);
            }
            Fault::ClockBack
            | Fault::ClockForward
            | Fault::Suspend
            | Fault::Stop
            | Fault::Relay => state.count(fault),
        }
    }

    fn die(&self, sql: &str, fault: Fault) -> ! {
        {
            let now = self.now();
            let mut state = self.state();
            if !state.is_dead {
                state.is_dead = true;
                state.strike(sql, fault);
                state.line(now, "killed");
            }
        }
        resume_unwind(Box::new(Killed))
    }
}

impl State {
    /// A mail that the relay has seen may come again.
    pub fn has_open_mails(&self) -> bool {
        self.carried.values().any(|carried| carried.waits)
    }

    pub fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    fn strike(&mut self, sql: &str, fault: Fault) {
        self.count(fault);
        let words: Vec<&str> = sql.split_whitespace().collect();
        let table = ["INTO", "FROM", "UPDATE"].iter().find_map(|before| {
            let at = words.iter().position(|word| word == before)?;
            words.get(at + 1)
        });
        let point = format!("{} {}", words.first().unwrap_or(&""), table.unwrap_or(&""));
        *self.struck.entry((point, fault)).or_default() += 1;
    }

    pub fn line(&mut self, now: DateTime<Utc>, text: &str) {
        if self.is_traced {
            self.trace.push(format!("{} {text}", now.format("%F %T")));
        }
    }

    /// Whether the armed fault of this kind strikes here.
    fn strikes(&mut self, is: impl Fn(Fault) -> bool) -> Option<Fault> {
        let (left, fault) = self.armed.as_mut()?;
        if !is(*fault) {
            return None;
        }
        if *left > 0 {
            *left -= 1;
            return None;
        }
        let fault = *fault;
        self.armed = None;
        Some(fault)
    }
}

impl Observer for World {
    fn before(&self, sql: &str) -> Result<(), String> {
        if self.is_dead() {
            resume_unwind(Box::new(Killed));
        }
        if !self.state().is_calm && self.chance(12) {
            let seconds = i64::from(self.below(4));
            self.pass(TimeDelta::seconds(seconds));
        }
        let now = self.now();
        let mut state = self.state();
        state.statements += 1;
        state.line(now, sql);
        if now < state.gone_until {
            if sql == "COMMIT" {
                state.moves_cursors = false;
            }
            return Err("injected: the database does not answer".to_owned());
        }
        if sql == "BEGIN" && now < state.locked_until {
            let until = state.locked_until;
            let wait = (until - now).min(TimeDelta::seconds(20));
            drop(state);
            self.pass(wait);
            if self.now() < until {
                return Err("injected: the database is locked".to_owned());
            }
            return Ok(());
        }
        match state.strikes(|fault| matches!(fault, Fault::Kill | Fault::Refuse)) {
            Some(Fault::Kill) => {
                drop(state);
                self.die(sql, Fault::Kill)
            }
            Some(fault) => {
                state.strike(sql, fault);
                if sql == "COMMIT" {
                    state.moves_cursors = false;
                }
                state.line(now, "refused");
                Err("injected: the statement is refused".to_owned())
            }
            None => Ok(()),
        }
    }

    fn after(&self, sql: &str) -> Result<(), String> {
        let now = self.now();
        let mut state = self.state();
        if sql.starts_with("INSERT INTO schedule") {
            state.moves_cursors = true;
        }
        if sql == "COMMIT" && std::mem::take(&mut state.moves_cursors) {
            let tick = state.tick;
            state.ticks.push(tick);
        }
        if state.is_dead {
            drop(state);
            resume_unwind(Box::new(Killed));
        }
        let lost = sql == "COMMIT" && state.strikes(|fault| fault == Fault::LoseAnswer).is_some();
        if lost {
            state.strike(sql, Fault::LoseAnswer);
            state.line(now, "answer lost");
            return Err("injected: the answer is lost".to_owned());
        }
        if state.strikes(|fault| fault == Fault::Kill).is_some() {
            drop(state);
            self.die(&format!("{sql} done"), Fault::Kill);
        }
        Ok(())
    }
}

impl Carrier for World {
    fn carry(&self, message_id: &str, bytes: &[u8]) -> Outcome {
        if self.is_dead() {
            resume_unwind(Box::new(Killed));
        }
        let now = self.now();
        let mut state = self.state();
        let dies = std::mem::take(&mut state.kill_in_mail).then(|| state.rng.bool());
        let act = if state.is_calm {
            9
        } else {
            state.rng.u32(0..20)
        };
        let arrives_in_doubt = state.rng.bool();
        state.line(now, &format!("mail {message_id} {act} {dies:?}"));
        if act < 4 {
            state.count(Fault::Relay);
        }
        let carried = state.carried.entry(message_id.to_owned()).or_default();
        carried.has_changed |= !carried.bytes.is_empty() && carried.bytes != bytes;
        carried.bytes = bytes.to_vec();
        carried.waits = act < 2 && dies.is_none();
        if let Some(has_arrived) = dies {
            carried.arrived += usize::from(has_arrived);
            drop(state);
            self.die("mail", Fault::KillInMail);
        }
        let reply = "the relay's words".to_owned();
        match act {
            0 | 1 => Outcome::Retry { reply },
            2 => {
                carried.refused = true;
                Outcome::Rejected { reply }
            }
            3 => {
                carried.arrived += usize::from(arrives_in_doubt);
                carried.doubts += 1;
                Outcome::Ambiguous { reply }
            }
            _ => {
                carried.arrived += 1;
                Outcome::Accepted { reply }
            }
        }
    }
}

impl Watcher for World {
    fn step(&self, job: &str, step: &str) {
        let now = self.now();
        let mut state = self.state();
        state.line(now, &format!("step {job}: {step}"));
        match &mut state.panics {
            Some(0) => {
                state.panics = None;
                state.count(Fault::Panic);
                state.panicked_jobs.push(job.to_owned());
                drop(state);
                resume_unwind(Box::new("the step panics"));
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }
}

//! Thousands of simulated days, in which everything that can go wrong does.
//!
//! Owns: how long, which seeds, and how a seed is told again.
//! Never: a mock of our own modules: planner, runner, steps, store and outbox are the shipped ones.
//! Reads next: `simulation/world.rs`.
//!
//! `DONDOC_SIMULATION_SEED=N` tells one seed again and writes down all that happened; `DONDOC_SIMULATION_DAYS` scales.

mod jobs;
mod judge;
mod process;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use dondoc::clock::Clock;
use dondoc::config::settings::{Bounds, Delivery, Relay, Security};
use dondoc::config::sources::DOSSIERS;
use dondoc::daemon;
use dondoc::domain::dossier::{Channel, Dossier, Status};
use dondoc::domain::unit::{Level, UnitCode};
use dondoc::job::{App, spec};
use dondoc::mail::Transport;
use dondoc::store::Store;
use dondoc::store::filing::Reading;
use dondoc::store::pulls::PullState;

use crate::app::write_site;
use judge::Evidence;
use process::Life;
use world::{Fault, State, World};

const DAYS: u64 = 10_000;
const DAYS_OF_A_SEED: u64 = 125;
/// Codes of wards.
const UNITS: [&str; 3] = ["00115", "00118", "00121"];

#[derive(Default)]
struct Sum {
    days: i64,
    runs: usize,
    mails: usize,
    statements: u64,
    faults: BTreeMap<Fault, usize>,
    struck: BTreeMap<(String, Fault), usize>,
}

#[test]
fn ten_thousand_days_lose_nothing_and_double_nothing() {
    let start = Instant::now();
    let days = number("DONDOC_SIMULATION_DAYS").unwrap_or(DAYS);
    let seeds: Vec<u64> = match number("DONDOC_SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => (0..days.div_ceil(DAYS_OF_A_SEED)).collect(),
    };
    let mut sum = Sum::default();
    // While one waits for its database, the other goes on.
    let halves = [0, 1].map(|half| {
        let seeds: Vec<u64> = seeds.iter().copied().skip(half).step_by(2).collect();
        std::thread::spawn(move || simulated(live_through(seeds)))
    });
    for half in halves {
        sum.add(half.join().unwrap_or_else(|panic| resume_unwind(panic)));
    }
    let Sum {
        days,
        runs,
        mails,
        statements,
        faults,
        struck,
    } = sum;
    let (took, places) = (start.elapsed(), struck.len());
    eprintln!(
        "{days} days, {runs} runs, {mails} mails, {statements} statements in {took:?}; faults in {places} kinds of \
         places: {faults:?}"
    );
}

async fn live_through(seeds: Vec<u64>) -> Sum {
    let mut bench = Bench::new().await;
    bench.keeps_traces = std::env::var_os("DONDOC_SIMULATION_SEED").is_some();
    for seed in seeds {
        let told = bench.tell(seed, DAYS_OF_A_SEED).await;
        bench.write_trace(seed);
        if let Err(breaches) = told {
            let breaches = breaches.join("\n");
            panic!("DONDOC_SIMULATION_SEED={seed} tells it again:\n{breaches}");
        }
    }
    bench.sum
}

#[test]
fn the_same_seed_is_the_same_story() {
    let story = async || {
        let mut bench = Bench::new().await;
        bench.keeps_traces = true;
        for seed in 1000..1004 {
            bench.tell(seed, 40).await.unwrap();
        }
        bench.traces
    };
    let traces = [simulated(story()), simulated(story())];
    let (first, second) = (&traces[0], &traces[1]);
    assert!(first.len() > 1000, "{} lines", first.len());
    let differs =
        (0..first.len().max(second.len())).find(|nth| first.get(*nth) != second.get(*nth));
    if let Some(nth) = differs {
        let around = nth.saturating_sub(20)..nth + 5;
        let show = |lines: &[String]| lines.get(around.clone()).map(|lines| lines.join("\n"));
        panic!(
            "line {nth} of {}:\n{:?}\n{:?}",
            first.len(),
            show(first),
            show(second)
        );
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap())
}

/// On one thread and in one queue, so that the same seed is the same story.
fn simulated<T: Send + 'static>(story: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .global_queue_interval(u32::MAX)
        .build()
        .unwrap();
    let told = runtime.block_on(async { tokio::spawn(story).await });
    told.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

/// A site whose files are read once; each seed writes its own jobs.
struct Bench {
    folder: tempfile::TempDir,
    app: Option<App>,
    keeps_traces: bool,
    traces: Vec<String>,
    sum: Sum,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_site(folder.path(), "127.0.0.1:1".parse().unwrap(), false);
        let clock = Clock::fixed(day_zero());
        let mut app = daemon::open_with(folder.path(), clock, Vec::new())
            .await
            .unwrap();
        app.files.settings.mail.delivery = Delivery::Smtp(Relay {
            host: "relay.longbien.example".into(),
            port: 25,
            security: Security::None,
            username: None,
            password: None,
            timeout: Duration::from_secs(1),
            trust: None,
            bounds: Bounds::default(),
        });
        Self {
            folder,
            app: Some(app),
            keeps_traces: false,
            traces: Vec::new(),
            sum: Sum::default(),
        }
    }

    /// One seed from its first day to its judgement: the breaches of rules, if there are any.
    async fn tell(&mut self, seed: u64, days: u64) -> Result<(), Vec<String>> {
        fastrand::seed(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let start = day_zero() + TimeDelta::minutes(rng.i64(0..1000 * 24 * 60));
        let days = days.cast_signed();
        let end = start + TimeDelta::days(days * 3);
        let plans = jobs::drawn(&mut rng);
        let dossiers = dossiers(&mut rng, start, days);
        let world = World::new(seed, start);
        world.state().is_traced = self.keeps_traces;
        let store = Store::open("sqlite::memory:", Path::new("")).await.unwrap();
        store.migrate().await.unwrap();
        let app = self.app(&plans, &store, &world);
        fill(&store, &app, &dossiers, start, end).await;
        let life = Life {
            app,
            world: world.clone(),
            store,
            dues: dues(&plans, start, end),
            days: TimeDelta::days(days),
        };
        life.live().await;
        let evidence = Evidence::collect(&life.store).await;
        let breaches = judge::judge(&life, &plans, &dossiers, &evidence);
        self.sum.add(Sum::of(days, &evidence, &world.state()));
        self.traces.append(&mut world.state().trace);
        self.take_back(life.app).await;
        if breaches.is_empty() {
            Ok(())
        } else {
            Err(breaches)
        }
    }

    fn write_trace(&self, seed: u64) {
        if self.keeps_traces {
            let file = std::env::temp_dir().join(format!("dondoc-simulation-{seed}.log"));
            fs::write(&file, self.traces.join("\n")).unwrap();
            eprintln!("every statement and fault: {}", file.display());
        }
    }

    /// The site with the jobs, the database and the world of one seed.
    fn app(&mut self, plans: &[jobs::Plan], store: &Store, world: &Arc<World>) -> Arc<App> {
        let mut app = self.app.take().unwrap();
        app.jobs = self.jobs(plans);
        app.store = store.observed_by(world.clone());
        app.clock = world.clock.clone();
        app.transport = Transport::Given(world.clone());
        Arc::new(app)
    }

    async fn take_back(&mut self, app: Arc<App>) {
        while Arc::strong_count(&app) > 1 {
            tokio::task::yield_now().await;
        }
        self.app = Arc::try_unwrap(app).ok();
    }

    fn jobs(&self, plans: &[jobs::Plan]) -> Vec<spec::Job> {
        let folder = self.folder.path().join("jobs");
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        for plan in plans {
            fs::write(folder.join(format!("{}.toml", plan.name)), plan.file()).unwrap();
        }
        spec::load(self.folder.path(), Ho_Chi_Minh).unwrap()
    }
}

impl Sum {
    fn of(days: i64, evidence: &Evidence, state: &State) -> Self {
        Self {
            days,
            runs: evidence.runs.len(),
            mails: evidence.mails.len(),
            statements: state.statements,
            faults: state.faults.clone(),
            struck: state.struck.clone(),
        }
    }

    fn add(&mut self, other: Self) {
        self.days += other.days;
        self.runs += other.runs;
        self.mails += other.mails;
        self.statements += other.statements;
        for (fault, times) in other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        for (place, times) in other.struck {
            *self.struck.entry(place).or_default() += times;
        }
    }
}

/// When something is due, or somebody has waited in vain for the job before it.
fn dues(plans: &[jobs::Plan], start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut dues = Vec::new();
    for plan in plans {
        for at in plan.occurrences(start, end) {
            dues.push(at);
            if plan.after.is_some() {
                dues.push(midnight(at) + TimeDelta::days(1));
            }
        }
    }
    dues.sort();
    dues
}

fn day_zero() -> DateTime<Utc> {
    Ho_Chi_Minh
        .with_ymd_and_hms(2020, 1, 2, 0, 0, 0)
        .unwrap()
        .to_utc()
}

/// Just after the midnight before `at`.
fn midnight(at: DateTime<Utc>) -> DateTime<Utc> {
    let day = at.with_timezone(&Ho_Chi_Minh).date_naive();
    let midnight = Ho_Chi_Minh.from_local_datetime(&day.and_hms_opt(0, 0, 5).unwrap());
    midnight.unwrap().to_utc()
}

/// Dossiers that fall due now and then; some are finished late, some never.
fn dossiers(rng: &mut fastrand::Rng, start: DateTime<Utc>, days: i64) -> Vec<Dossier> {
    let drawn = (0..days / 8).map(|nth| {
        let received_at = start + TimeDelta::hours(rng.i64(-240..days * 24));
        let due_at = midnight(received_at) + TimeDelta::days(rng.i64(3..20)) + TimeDelta::hours(17);
        let is_finished = rng.u8(0..20) > 0;
        let finished_at = is_finished.then(|| due_at + TimeDelta::hours(rng.i64(-100..250)));
        Dossier {
            code: format!("H26.23.14-200504-{nth:04}"),
            procedure: "1.004959".into(),
            procedure_name: "Đăng ký khai sinh".into(),
            field: "Hộ tịch".into(),
            unit: UnitCode::parse(UNITS[rng.usize(0..UNITS.len())]).unwrap(),
            level: Level::Ward,
            channel: Channel::Direct,
            status: Status(if is_finished { 9 } else { 4 }),
            received_at,
            due_at,
            original_due_at: None,
            finished_at: finished_at.map(|at| at.max(received_at)),
            stopped_at: None,
        }
    });
    drawn.collect()
}

/// The dossiers, as read by a pull that stays fresh.
async fn fill(
    store: &Store,
    app: &App,
    dossiers: &[Dossier],
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) {
    let write = store.write().await.unwrap();
    for source in &app.files.sources {
        for pull in &source.pulls {
            if pull.records == DOSSIERS {
                let reading = Reading {
                    source: &source.name,
                    at: start,
                    zone: app.zone(),
                };
                write.file_dossiers(reading, dossiers).await.unwrap();
            }
            let state = PullState {
                completed_at: Some(end),
                ..PullState::never(&source.name, &pull.records)
            };
            write.save_pull_state(&state).await.unwrap();
        }
    }
    write.commit().await.unwrap();
}

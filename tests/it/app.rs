//! The application under test: the real one, on a site of the shipped files, towards a city on loopback.
//!
//! Owns: the site's folder, the clock, what a story may do and ask.
//! Never: a mock of our own modules.
//! Reads next: `scripted.rs`, `letters_sent.rs`.

use std::cell::Cell;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use dondoc::clock::Clock;
use dondoc::daemon;
use dondoc::demo::City;
use dondoc::domain::board::{Board, TargetRow, UnitAssessment};
use dondoc::domain::period::Period;
use dondoc::job::plan::{self, Planner};
use dondoc::job::round::{self, Haste};
use dondoc::job::watch::Unwatched;
use dondoc::job::{App, deliver, figures, runner};
use dondoc::shipped;
use dondoc::store::outbox::MailStatus;
use dondoc::store::runs::{Run, RunStatus};
use dondoc::store::steps::Step;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::database::{Database, Stage};
use crate::letters_sent::Sent;
use crate::program::on_site_beside;
use crate::relay::ScriptedRelay;
use crate::scripted::{SECRET, ScriptedCity};

/// Monday, 1 June 2020, half past seven in the morning in Hà Nội.
pub const MORNING: &str = "2020-06-01 07:30";

/// `2020-06-01 07:30` in Hà Nội.
pub fn instant(text: &str) -> DateTime<Utc> {
    let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    let hanoi = FixedOffset::east_opt(7 * 3600).unwrap();
    wall.and_local_timezone(hanoi).unwrap().to_utc()
}

/// The world outside: what the site's endpoint leads to.
pub trait Town {
    /// What a site of this town has in its settings.
    const SIMULATED: bool;
    async fn start() -> Self;
    fn address(&self) -> SocketAddr;
    fn set_now(&self, now: DateTime<Utc>);
}

impl Town for ScriptedCity {
    const SIMULATED: bool = false;

    async fn start() -> Self {
        Self::start().await
    }

    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn set_now(&self, _now: DateTime<Utc>) {}
}

/// All 60,000 rows of 2020.
impl Town for City {
    const SIMULATED: bool = true;

    async fn start() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let secret = SecretString::from(SECRET);
        Self::start(address, instant(MORNING), "dondoc", secret)
            .await
            .unwrap()
    }

    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn set_now(&self, now: DateTime<Utc>) {
        self.set_now(now);
    }
}

pub struct TestApp<T = ScriptedCity> {
    app: Arc<App>,
    pub city: T,
    pub database: Database,
    folder: TempDir,
    clock: Clock,
    planner: Planner,
    /// When the next letter is due.
    letters: Cell<Option<DateTime<Utc>>>,
    /// The story ends with mails that wait, and knows it.
    pub leaves_mails_waiting: bool,
}

/// A run that ended, with its steps.
#[derive(Debug)]
pub struct Ran {
    pub run: Run,
    pub steps: Vec<Step>,
}

impl Ran {
    pub fn status(&self) -> RunStatus {
        self.run.status
    }

    /// What the step of this name counted.
    pub fn counted(&self, step: &str) -> &serde_json::Value {
        let found = self.steps.iter().find(|found| found.name == step);
        &found
            .unwrap_or_else(|| panic!("no step `{step}` in {self:?}"))
            .counts
    }
}

impl<T> Deref for TestApp<T> {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl<T: Town> Stage for TestApp<T> {
    async fn set(database: Database) -> Self {
        let city = T::start().await;
        let folder = tempfile::tempdir().unwrap();
        write_site(folder.path(), city.address(), T::SIMULATED);
        let clock = Clock::fixed(instant(MORNING));
        let app = open(folder.path(), &clock, &database).await;
        Self {
            app,
            city,
            database,
            folder,
            clock,
            planner: Planner::default(),
            letters: Cell::new(None),
            leaves_mails_waiting: false,
        }
    }

    async fn examine(&mut self) {
        for status in [MailStatus::Queued, MailStatus::Sending] {
            let left = self.store.mails(Some(status)).await.unwrap();
            assert!(
                left.is_empty() || self.leaves_mails_waiting,
                "the outbox still holds {left:?}"
            );
        }
    }
}

/// A stage of nothing but a database, for stories that make their site themselves.
impl Stage for Database {
    async fn set(database: Database) -> Self {
        database
    }

    async fn examine(&mut self) {}
}

/// A site in `folder` that asks the city at `address`.
pub fn write_site(folder: &Path, address: SocketAddr, simulated: bool) {
    shipped::write_missing(folder).unwrap();
    let local = format!(
        "[site]\nsimulated = {simulated}\n\n[endpoints]\ncity = \"http://{address}\"\n\n\
         [credentials.city]\nid = \"dondoc\"\nsecret_file = \"config/secrets/city\"\n"
    );
    fs::write(folder.join("config/local.toml"), local).unwrap();
    fs::create_dir_all(folder.join("config/secrets")).unwrap();
    fs::write(folder.join("config/secrets/city"), SECRET).unwrap();
    // A job tries each step once, a request twice: as good a story, and sooner told.
    for (job, attempts) in [
        ("pull-city", 5),
        ("overdue-alerts", 5),
        ("ward-lag", 3),
        ("weekly-digest", 3),
    ] {
        let file = folder.join(format!("jobs/{job}.toml"));
        replace_in(&file, &format!("attempts = {attempts}"), "attempts = 1");
    }
    for source in fs::read_dir(folder.join("config/sources")).unwrap() {
        replace_in(&source.unwrap().path(), "attempts = 4", "attempts = 2");
    }
}

/// Replaces text that must stand in the file.
fn replace_in(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} has no `{from}`", path.display());
    fs::write(path, text.replace(from, to)).unwrap();
}

async fn open(folder: &Path, clock: &Clock, database: &Database) -> Arc<App> {
    let opened = daemon::open_with(folder, clock.clone(), database.variables()).await;
    match opened {
        Ok(app) => Arc::new(app),
        Err(daemon::OpenError::Problems(problems, _)) => panic!("{problems:#?}"),
        Err(error) => panic!("{error}"),
    }
}

impl<T: Town> TestApp<T> {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The clock goes to this instant of Hà Nội, and the city with it.
    pub fn at(&mut self, instant: &str) {
        self.go_to(self::instant(instant));
    }

    pub fn go_to(&mut self, at: DateTime<Utc>) {
        self.clock.set(at);
        self.city.set_now(at);
    }

    /// Replaces text in a file of the site and opens the site again, as a restart does.
    pub async fn edit(&mut self, file: &str, from: &str, to: &str) {
        replace_in(&self.folder().join(file), from, to);
        self.reopen().await;
    }

    /// Writes a file of the site and opens the site again.
    pub async fn write(&mut self, file: &str, text: &str) {
        fs::write(self.folder().join(file), text).unwrap();
        self.reopen().await;
    }

    pub async fn add(&mut self, file: &str, text: &str) {
        let before = fs::read_to_string(self.folder().join(file)).unwrap();
        self.write(file, &format!("{before}{text}")).await;
    }

    pub async fn reopen(&mut self) {
        self.app = open(self.folder.path(), &self.clock, &self.database).await;
        self.planner = Planner::default();
    }

    /// A second process on the same site.
    pub async fn second(&self) -> Arc<App> {
        open(self.folder.path(), &self.clock, &self.database).await
    }

    /// What a command on this site prints, at the story's instant.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let at = self.clock.now().to_rfc3339();
        let arguments = [&["--at", &at], arguments].concat();
        let ended = on_site_beside(&self.database, self.folder(), &arguments).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    }

    /// Mails go to `relay` from now on.
    pub async fn deliver_to(&mut self, relay: &ScriptedRelay) {
        let port = relay.address.port();
        let text = format!(
            "\n[mail.delivery]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\ntimeout = \"300ms\"\n"
        );
        self.add("config/local.toml", &text).await;
    }

    /// Queues the job by hand, runs whatever is queued and delivers.
    pub async fn run(&mut self, job: &str) -> Ran {
        let spec = self
            .job(job)
            .unwrap_or_else(|| panic!("there is no job {job}"));
        let run = plan::queue_now(&self.app, spec, self.clock.now())
            .await
            .unwrap();
        self.run_queued().await;
        self.ran(run.id).await
    }

    /// Runs the job and expects it to succeed.
    pub async fn succeed(&mut self, job: &str) -> Ran {
        let ran = self.run(job).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{ran:#?}");
        ran
    }

    pub async fn ran(&self, id: i64) -> Ran {
        let run = self.store.run(id).await.unwrap().unwrap();
        let steps = self.store.steps(id).await.unwrap();
        Ran { run, steps }
    }

    /// What the daemon does at a beat of the heart: plan, run, deliver.
    pub async fn beat(&mut self) {
        self.planner
            .tick(&self.app, self.clock.now())
            .await
            .unwrap();
        self.run_queued().await;
    }

    /// Runs and delivers until nothing may begin any more.
    pub async fn run_queued(&self) {
        runner::run_to_end(&self.app, Arc::new(Unwatched))
            .await
            .unwrap();
        let round = round::write(&self.app, Haste::Now).await.unwrap();
        self.letters.set(round.next);
        deliver::drain(&self.app).await.unwrap();
    }

    /// Goes on to the end of `days` whole days, running what the schedules bring.
    pub async fn live_through(&mut self, days: i64) {
        let end = self.clock.now() + chrono::TimeDelta::days(days);
        self.beat().await;
        loop {
            let now = self.clock.now();
            let nexts = self
                .jobs
                .iter()
                .filter_map(|job| job.timing.schedule.next_after(now));
            let nexts = nexts.map(|next| next.at).chain(self.letters.get());
            let Some(next) = nexts.min().filter(|next| *next <= end) else {
                break;
            };
            self.go_to(next);
            self.beat().await;
        }
        self.go_to(end);
    }

    /// Every run, oldest first, as `job at: status`.
    pub async fn history(&self, job: &str) -> Vec<String> {
        let mut runs = self.store.runs(Some(job), 1000).await.unwrap();
        runs.reverse();
        let line = |run: &Run| {
            let at = run
                .scheduled_for
                .with_timezone(&self.zone())
                .format("%a %d %H:%M");
            format!("{at} {}", run.status)
        };
        runs.iter().map(line).collect()
    }

    /// Every mail of the outbox, parsed, oldest first.
    pub async fn sent(&self) -> Vec<Sent> {
        let mails = self.store.mails(None).await.unwrap();
        Sent::read_all(&self.store, mails).await
    }

    /// Mails to the holder of this post, `head@00118`.
    pub async fn sent_to(&self, post: &str) -> Vec<Sent> {
        self.sent()
            .await
            .into_iter()
            .filter(|sent| sent.post == post)
            .collect()
    }

    /// The board of the year until now.
    pub async fn board(&self) -> Board {
        let now = self.clock.now();
        self.board_of(now, self.year_to_date(now)).await
    }

    pub async fn board_of(&self, as_of: DateTime<Utc>, period: Period) -> Board {
        figures::board(&self.app, as_of, period).await.unwrap()
    }

    pub async fn target(&self, id: &str, level: &str) -> TargetRow {
        let board = self.board().await;
        let found = board
            .targets
            .into_iter()
            .find(|row| row.id == id && row.level == level);
        found.unwrap_or_else(|| panic!("no target {id} at {level}"))
    }

    /// How a ward stands by a target.
    pub async fn ward(&self, unit: &str, target: &str) -> UnitAssessment {
        let board = self.board().await;
        let row = board
            .dossiers
            .units
            .into_iter()
            .find(|row| row.unit.as_str() == unit)
            .unwrap();
        row.assessments
            .into_iter()
            .find(|found| found.target == target)
            .unwrap()
    }
}
